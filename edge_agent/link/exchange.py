"""One request's turn on the wire, as heard: from its first bit to its answer or its deadline. Pure: bytes and times in.

Only a whole frame with a good CRC from the slave asked, with the function and the count asked for, seen no later than
the deadline, is an answer. Everything else is counted under its own name. A turn is *conclusive* when the slave has
certainly sent what it had to send for this request; after any other end its answer may still come.
"""

from collections.abc import Callable
from typing import Final

from edge_agent.link.counters import Counter
from edge_agent.link.damage import Damage
from edge_agent.link.echo import looks_like_echo
from edge_agent.link.outcome import Failure, FailureKind, Reply
from edge_agent.link.pace import is_too_soon
from protocols.modbus.deframer import Anomaly, AnomalyKind, Deframer, Frame
from protocols.modbus.line import LineSettings
from protocols.modbus.matching import Match, match
from protocols.modbus.pdu import REQUEST_LEN, ReadFunction, ReadRequest, decode_reply, encode_request, exception_name

_KEPT_BYTES: Final = 256
"""A frame's greatest length (Modbus over Serial Line V1.02, 2.5.1): enough to show what was heard."""
_FRAMING_BYTES: Final = 5
"""Slave, function, byte count and CRC around the words."""
_NS_PER_MS: Final = 1_000_000
_FRAMED: Final = -1
"""In place of a time: these bytes were a good frame."""

_ANOMALIES: Final = {
    AnomalyKind.LEADING_JUNK: Counter.LEADING_JUNK,
    AnomalyKind.TRAILING_JUNK: Counter.TRAILING_JUNK,
    AnomalyKind.BAD_CRC: Counter.CRC,
    AnomalyKind.TRUNCATED: Counter.CRC,
    AnomalyKind.OVERSIZE: Counter.CRC,
}
_NOISES: Final = {Counter.LEADING_JUNK, Counter.TRAILING_JUNK}


class Exchange:
    """Hears what follows a request. `on_stray` is told of frames that belong to other turns.

    `before` is the slave's last answer: what equals it is that one once more. `contested`: another master asked the
    slave and has no answer yet, so whose the next one is cannot be told. `pace_tells`: an answer that no wire carries
    so soon is an older one.
    """

    def __init__(
        self,
        request: ReadRequest,
        line: LineSettings,
        deframer: Deframer,
        begun_ns: int,
        deadline_ns: int,
        on_stray: Callable[[bytes], None],
        before: bytes = b"",
        grain_ns: int = 0,
        contested: bool = False,
        pace_tells: bool = False,
    ) -> None:
        self.request = request
        self.adu = encode_request(request)
        self.begun_ns = begun_ns
        self.sent_ns = begun_ns + line.wire_ns(len(self.adu))
        self.deadline_ns = deadline_ns
        self.grain_ns = grain_ns
        self.counted: list[Counter] = []
        self.answer = b""
        self.too_soon = False
        self._line = line
        self._deframer = deframer
        self._on_stray = on_stray
        self._before = before
        self._longest_gap_ns = line.t15_ns + grain_ns
        self._silence_ns = line.t35_ns + grain_ns
        self._seen_ns = self._seen_bytes = self._gap_at = 0
        self._heard = bytearray()
        self._log: list[tuple[bytes, int]] = []  # what was heard, and the frames found in it
        self._damage: Damage | None = None
        self._junk: list[Anomaly] = []
        self._wrong: Failure | None = None
        self._contested = contested
        self._pace_tells = pace_tells
        self._is_cut = self._framed = False

    def take(self, data: bytes, t_ns: int) -> Reply | Failure | None:
        """Bytes, the last of them seen at `t_ns`; how the turn ended, if they ended it."""
        if t_ns - self._line.wire_ns(len(data)) - self._seen_ns > self._longest_gap_ns:
            self._gap_at = self._seen_bytes
        self._seen_ns, self._seen_bytes = t_ns, self._seen_bytes + len(data)
        self._heard += data[: _KEPT_BYTES - len(self._heard)]
        self._log.append((data, t_ns))
        ended: Reply | Failure | None = None
        for found in self._deframer.feed(data, t_ns):
            if isinstance(found, Anomaly):
                self._junk.append(found)
                continue
            self._log.append((found.adu, _FRAMED))
            self._name_junk(found.adu)
            self._framed = True
            if self._gap_at > self._seen_bytes - len(found.adu):
                self.counted.append(Counter.GAP)
            if ended is None:
                behind = len(data.partition(found.adu)[2])  # on the wire after it, though handed over with it
                self.too_soon = is_too_soon(self._line, t_ns - self.begun_ns, len(found.adu) + behind)
                ended = self._frame(found)
            else:
                self._on_stray(found.adu)
        return ended

    def _frame(self, frame: Frame) -> Reply | Failure | None:
        adu = frame.adu
        if asks(adu) and adu != self.adu:
            self.overheard(adu)
            return None
        match match(self.request, adu):
            case Match.ANSWER | Match.EXCEPTION if self._contested:
                self.counted.append(Counter.FOREIGN)
            case Match.ANSWER if self._pace_tells and self.too_soon:
                self._older(adu)
            case Match.ANSWER:
                self.answer = adu
                return self._reply(frame)
            case Match.EXCEPTION:
                return Failure(FailureKind.EXCEPTION, f"exception {adu[2]:02X}h: {exception_name(adu[2])}", adu)
            case Match.ECHO:
                self.counted.append(Counter.ECHO)
            case Match.FOREIGN:
                self.counted.append(Counter.FOREIGN)
                self._on_stray(adu)
            case Match.WRONG_FUNCTION:
                self._wrong_function(adu)
            case Match.WRONG_COUNT if adu == self._before:
                self.counted.append(Counter.DUPLICATE)
            case Match.WRONG_COUNT:
                self._wrong = self._wrong_count(adu)
        return None

    def overheard(self, adu: bytes) -> None:
        """Another master's request, perhaps one that began before this turn."""
        self.counted.append(Counter.OTHER_MASTER)
        if adu[0] == self.request.slave:
            self._contested = True
        else:
            self._on_stray(adu)

    def _older(self, adu: bytes) -> None:
        if adu == self._before:
            self.counted.append(Counter.DUPLICATE)
        else:
            self._on_stray(adu)

    def _wrong_function(self, adu: bytes) -> None:
        self.counted.append(Counter.WRONG_FUNCTION)
        detail = f"answered function {adu[1]:02X}h, asked was {int(self.request.function):02X}h"
        self._wrong = Failure(FailureKind.WRONG_FUNCTION, detail, adu)

    def _wrong_count(self, adu: bytes) -> Failure:
        is_short = (len(adu), adu[2]) < (self.request.reply_len, self.request.data_len)
        self.counted.append(Counter.SHORT if is_short else Counter.LONG)
        wanted = self.request.reply_len - _FRAMING_BYTES
        detail = f"answered {len(adu) - _FRAMING_BYTES} bytes of data, asked was for {wanted}"
        return Failure(FailureKind.SHORT if is_short else FailureKind.LONG, detail, adu)

    def _reply(self, frame: Frame) -> Reply:
        words = decode_reply(self.request, frame.adu)
        start_ns = frame.t_ns - self._line.wire_ns(len(frame.adu))
        if start_ns < self.sent_ns:
            # No wire carries an answer before the request's end: this is a pty whose other end does not pace.
            return Reply(words, min(self.begun_ns, frame.t_ns), min(self.sent_ns, frame.t_ns))
        return Reply(words, self.sent_ns, start_ns)

    def _name_junk(self, before: bytes = b"") -> None:
        """Count what came between frames, each name once a turn: damage falls into pieces.

        Those of an echo are judged together first, without what belongs to the frame that they came `before`. Without
        any frame in the turn, noise beside a damaged answer is a part of the damage.
        """
        if not self._junk:
            return
        pieces, self._junk = self._junk, []
        joined = b"".join(piece.data for piece in pieces)
        if looks_like_echo(_without_head(joined, before), self.adu):
            self._count_once(Counter.ECHO)
            return
        echoed = [looks_like_echo(piece.data, self.adu) for piece in pieces]
        names = {
            Counter.ECHO if is_echo else _ANOMALIES[piece.kind] for piece, is_echo in zip(pieces, echoed, strict=True)
        }
        if Counter.CRC in names and not self._framed:
            names -= _NOISES
        for name in Counter:
            if name in names:
                self._count_once(name)

    def _count_once(self, name: Counter) -> None:
        if name not in self.counted:
            self.counted.append(name)

    @property
    def heard_damaged_answer(self) -> bool:
        """Whether what was no frame is the slave's own answer, and all of it is here."""
        return not self._is_cut and self._examined().is_answer

    @property
    def doubt(self) -> bytes:
        """What was heard, if there is a damaged answer in it beside the one that ended the turn; or nothing."""
        return bytes(self._heard) if self.counted and self.heard_damaged_answer else b""

    def _examined(self) -> Damage:
        """All that was heard, looked through for damage; a turn in which only its answer was heard never is."""
        if self._damage is None:
            self._damage = damage = Damage(self.request, self.adu, self._line, self.sent_ns, self._silence_ns)
            for data, t_ns in self._log:
                if t_ns == _FRAMED:
                    damage.framed(data)
                else:
                    damage.heard(data, t_ns)
        return self._damage

    def expire(self, t_ns: int) -> Failure:
        """The deadline has passed without an answer; what is still arriving is too late, and heard as such."""
        self._is_cut = self._seen_bytes > 0 and t_ns - self._seen_ns <= self._silence_ns
        if not self._is_cut:
            self._flush(t_ns)
        if self._wrong is not None:
            return self._wrong
        heard = bytes(self._heard)
        if not self._is_cut and (Counter.CRC in self.counted or self.heard_damaged_answer):
            return Failure(FailureKind.CRC, "the answer was damaged", heard)
        if self._contested:
            return Failure(FailureKind.TIMEOUT, "another master asked the same slave; the answer may be its")
        waited_ms = (self.deadline_ns - self.begun_ns) // _NS_PER_MS
        return Failure(FailureKind.TIMEOUT, f"no answer within {waited_ms} ms", heard)

    def _flush(self, t_ns: int) -> None:
        unknown = self._examined().unknown()
        if unknown and self._is_wrong(unknown):
            self._deframer.reset()
            self._junk.clear()
            return
        for found in self._deframer.flush(t_ns):
            if isinstance(found, Anomaly):
                self._junk.append(found)
            else:
                self._name_junk()
                self.counted.append(Counter.ECHO if found.adu == self.adu else Counter.FOREIGN)
        self._name_junk()

    def _is_wrong(self, adu: bytes) -> bool:
        """Whether a good frame of a length that no table has is an answer to something else; it is counted then."""
        kind = match(self.request, adu)
        if kind is Match.WRONG_FUNCTION:
            self._wrong_function(adu)
        elif kind is Match.WRONG_COUNT:
            self._wrong = self._wrong_count(adu)
        return kind in (Match.WRONG_FUNCTION, Match.WRONG_COUNT)

    def account(self, ended: Counter | None) -> list[Counter]:
        """Everything to be counted for the slave, with how the turn ended."""
        self._name_junk()
        if ended is not None and ended not in self.counted:
            self.counted.append(ended)
        return self.counted


def _without_head(junk: bytes, frame: bytes) -> bytes:
    """Junk without its end that is the frame's beginning: damage reaches into what follows it."""
    shared = next((size for size in range(len(frame) - 1, 0, -1) if junk.endswith(frame[:size])), 0)
    return junk[: len(junk) - shared]


def asks(adu: bytes) -> bool:
    """Whether a frame is somebody's read request. Only three bytes of bits make an answer of the same length."""
    is_bits = adu[1] <= ReadFunction.DISCRETE and adu[2] == REQUEST_LEN - _FRAMING_BYTES
    return len(adu) == REQUEST_LEN and ReadFunction.COILS <= adu[1] <= ReadFunction.INPUT and not is_bits
