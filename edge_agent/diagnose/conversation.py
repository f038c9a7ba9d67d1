"""Who said what on a line that is only listened to: requests with their answers, and everything that is odd about them.

Pure: bytes and times in, what was heard out. A frame that fits the request before it is its answer; of the functions
whose answer repeats the request, the second frame is. A request that nobody answers is told when the next one comes or
when `ANSWER_WITHIN_NS` has passed, whichever is first.

Times are judged as finely as the port allows: what it hands over late by `grain_ns` looks glued or torn on the wire and
is not, so silences are called too short or too long only when they certainly are.
"""

import enum
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from edge_agent.diagnose.sniff_frames import SETTLE_NS, Piece, TwoWayDeframer
from protocols import ProtocolError
from protocols.modbus.deframer import AnomalyKind
from protocols.modbus.frames import EXCEPTION
from protocols.modbus.line import LineSettings
from protocols.modbus.matching import Match, match
from protocols.modbus.pdu import OtherRequest, ReadRequest, parse_request
from protocols.modbus.shapes import REQUESTS

ANSWER_WITHIN_NS: Final = 1_000_000_000
"""How long an answer is waited for: a profile's `max_late_ms`, if it says nothing."""
_ECHO_WITHIN_NS: Final = 10_000_000
"""A repetition that begins so soon is an echo: no master gives up that quickly."""
_BROADCAST: Final = 0


class Role(enum.Enum):
    """What something heard is in the conversation."""

    REQUEST = "request"
    ANSWER = "answer"
    DAMAGED = "damaged"
    JUNK = "junk"


class Oddity(enum.Enum):
    """What is odd about it. An exception is a proper answer, and still worth a look."""

    EXCEPTION = "exception"
    BAD_CRC = "bad_crc"
    TRUNCATED = "truncated"
    OVERSIZE = "oversize"
    JUNK = "junk"
    NO_REQUEST = "no_request"
    NO_ANSWER = "no_answer"
    MISFIT = "misfit"
    DUPLICATE = "duplicate"
    ECHO = "echo"
    GAP_INSIDE = "gap_inside"
    SHORT_GAP = "short_gap"


class Heard(msgspec.Struct, frozen=True):
    """Bytes that belong together, from their first bit to their last; `gap_ns` is the silence before them.

    An answer has the `request` it answers; a request that was not answered is told a second time, with NO_ANSWER.
    """

    role: Role
    data: bytes
    start_ns: int
    end_ns: int
    gap_ns: int | None
    oddities: tuple[Oddity, ...] = ()
    request: bytes = b""

    @property
    def slave(self) -> int | None:
        """Whom it asks or who answers, as far as damaged bytes tell; None for junk."""
        if self.role is Role.JUNK:
            return None
        return self.request[0] if self.request else self.data[0]

    @property
    def function(self) -> int | None:
        """The function code without an exception's bit; None for junk."""
        return self.data[1] & ~EXCEPTION if self.role is not Role.JUNK and len(self.data) > 1 else None


_DAMAGE: Final = {
    AnomalyKind.BAD_CRC: Oddity.BAD_CRC,
    AnomalyKind.TRUNCATED: Oddity.TRUNCATED,
    AnomalyKind.OVERSIZE: Oddity.OVERSIZE,
    AnomalyKind.LEADING_JUNK: Oddity.JUNK,
    AnomalyKind.TRAILING_JUNK: Oddity.JUNK,
}
_NOT_A_FRAME: Final = frozenset((AnomalyKind.LEADING_JUNK, AnomalyKind.TRAILING_JUNK, AnomalyKind.OVERSIZE))


class Conversation:
    """Hears one line. `grain_ns`: how much later than they were on the wire bytes may be seen."""

    def __init__(self, line: LineSettings, grain_ns: int = 0) -> None:
        self._line = line
        self._grain_ns = grain_ns
        self._deframer = TwoWayDeframer(line)
        self._open: Heard | None = None  # the request whose answer is waited for
        self._asked: ReadRequest | OtherRequest | None = None
        self._answers: dict[int, bytes] = {}  # each slave's last one
        self._before: Heard | None = None
        self._is_first = True

    def hear(self, data: bytes, t_ns: int) -> list[Heard]:
        """What these bytes complete; `t_ns` is when the last of them was seen."""
        return [*self._expired(t_ns - self._line.wire_ns(len(data))), *self._judged(self._deframer.feed(data, t_ns))]

    def tick(self, t_ns: int) -> list[Heard]:
        """What the silence until `t_ns` completes."""
        told: list[Heard] = []
        settles_ns = self._deframer.settles_ns
        if settles_ns is not None and t_ns >= settles_ns:
            told += self._judged(self._deframer.settle())
        return [*told, *self._expired(t_ns)]

    def next_deadline(self) -> int | None:
        """When `tick` may have something to tell; None if silence changes nothing."""
        settles_ns = self._deframer.settles_ns
        return self._answer_by_ns() if settles_ns is None else settles_ns

    def end(self) -> list[Heard]:
        """Nobody listens any more: what was left unfinished."""
        return list(self._judged(self._deframer.settle()))

    def _answer_by_ns(self) -> int | None:
        return None if self._open is None else self._open.end_ns + ANSWER_WITHIN_NS

    def _expired(self, t_ns: int) -> list[Heard]:
        by_ns = self._answer_by_ns()
        if by_ns is None or t_ns < by_ns:
            return []
        may_be_answer = self._deframer.settles_ns is not None and t_ns < by_ns + SETTLE_NS
        return [] if may_be_answer else self._unanswered()

    def _unanswered(self) -> list[Heard]:
        request = self._open
        self._close()
        if request is None:
            return []
        return [msgspec.structs.replace(request, oddities=(*request.oddities, Oddity.NO_ANSWER))]

    def _close(self) -> None:
        self._open = self._asked = self._deframer.awaited = None

    def _judged(self, pieces: Iterable[Piece]) -> Iterator[Heard]:
        for piece in pieces:
            heard = self._damaged(piece) if piece.anomaly is not None else self._frame(piece)
            if heard.role is Role.REQUEST and Oddity.ECHO not in heard.oddities:
                yield from self._unanswered()
                self._wait_for_answer(heard)
            yield heard
            self._before = heard

    def _wait_for_answer(self, request: Heard) -> None:
        if request.data[0] == _BROADCAST:
            return  # everybody obeys and nobody answers
        try:
            self._asked = parse_request(request.data)
        except ProtocolError:
            return
        self._open = request
        self._deframer.awaited = self._asked if isinstance(self._asked, ReadRequest) else None

    # judging

    def _damaged(self, piece: Piece) -> Heard:
        kind = piece.anomaly if piece.anomaly is not None else AnomalyKind.LEADING_JUNK
        heard = self._heard(piece, Role.JUNK if kind in _NOT_A_FRAME else Role.DAMAGED, [_DAMAGE[kind]])
        if piece.is_answer and self._open is not None:
            heard = msgspec.structs.replace(heard, request=self._open.data)
            self._close()
        return heard

    def _frame(self, piece: Piece) -> Heard:
        asked, adu = self._asked, piece.data
        is_first, self._is_first = self._is_first, False
        if asked is not None and self._answers_it(asked, piece):
            return self._answer(piece)
        if piece.is_request and adu[1] < EXCEPTION:
            return self._heard(piece, Role.REQUEST, [Oddity.ECHO] if self._is_echo(piece) else [])
        return self._unasked(piece, is_first=is_first)

    def _answers_it(self, asked: ReadRequest | OtherRequest, piece: Piece) -> bool:
        adu = piece.data
        if isinstance(asked, ReadRequest):
            return piece.is_answer and match(asked, adu) in {Match.ANSWER, Match.EXCEPTION}
        is_whole = piece.is_answer or (self._open is not None and adu == self._open.data) or _is_unknown(asked.function)
        return is_whole and adu[0] == asked.slave and adu[1] & ~EXCEPTION == asked.function

    def _answer(self, piece: Piece, *more: Oddity) -> Heard:
        oddities = [*more, Oddity.EXCEPTION] if piece.data[1] & EXCEPTION else list(more)
        heard = self._heard(piece, Role.ANSWER, oddities)
        heard = msgspec.structs.replace(heard, request=b"" if self._open is None else self._open.data)
        self._answers[piece.data[0]] = piece.data
        self._close()
        return heard

    def _is_echo(self, piece: Piece) -> bool:
        before = self._before
        if before is None or before.role is not Role.REQUEST or before.data != piece.data:
            return False
        return piece.start_ns - before.end_ns <= max(_ECHO_WITHIN_NS, self._line.t35_ns) + self._grain_ns

    def _unasked(self, piece: Piece, *, is_first: bool) -> Heard:
        """An answer that does not fit what was asked, if anything was. What the first frame answers nobody heard."""
        slave = piece.data[0]
        if piece.data == self._answers.get(slave):
            return self._heard(piece, Role.ANSWER, [Oddity.DUPLICATE])
        if self._asked is not None and self._asked.slave == slave:
            return self._answer(piece, Oddity.MISFIT)
        exception = [Oddity.EXCEPTION] if piece.data[1] & EXCEPTION else []
        self._answers[slave] = piece.data
        return self._heard(piece, Role.ANSWER, exception if is_first else [*exception, Oddity.NO_REQUEST])

    def _heard(self, piece: Piece, role: Role, oddities: list[Oddity]) -> Heard:
        before = self._before
        gap_ns = None if before is None else max(0, piece.start_ns - before.end_ns)
        if piece.hole_ns > self._line.t15_ns + self._grain_ns:
            oddities.append(Oddity.GAP_INSIDE)
        is_between_frames = before is not None and Role.JUNK not in {role, before.role}
        if gap_ns is not None and is_between_frames and gap_ns + self._grain_ns < self._line.t35_ns:
            oddities.append(Oddity.SHORT_GAP)
        return Heard(role, piece.data, piece.start_ns, piece.end_ns, gap_ns, tuple(oddities))


def _is_unknown(function: int) -> bool:
    """Whether nobody knows how long the function's frames are: then the second one is taken for the answer."""
    return function not in REQUESTS.fixed and function not in REQUESTS.counted
