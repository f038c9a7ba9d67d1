"""Finds frames on a line that is only listened to: requests and answers come from the same wire, one after the other.

The answer that is waited for is known by its head and its length, and its CRC decides; nothing is looked for inside it.
(Register values look like the head of some frame several times in every answer, and each time the CRC fits once in
65 536.) Everything else is heard by two deframers, byte by byte, one as a slave hears and one as a master; a frame that
either finds is handed over with its last byte.

Each byte has a time: the last of a chunk is seen when the chunk is, those before it back to back on the wire.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from protocols.modbus.crc import crc_ok
from protocols.modbus.deframer import Anomaly, AnomalyKind, Deframer, Frame
from protocols.modbus.frames import LONGEST, SHORTEST
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import HEADER_LEN, REQUEST_LEN, ReadFunction, ReadRequest

SETTLE_NS: Final = 50_000_000
"""A silence that ends a torn frame: a busy host tears one by less, a master that misses its answer waits longer."""
_NOISE: Final = 4
"""Bytes that a turn-round adds at most before a frame."""


class Piece(msgspec.Struct, frozen=True):
    """Bytes that belong together. A whole frame has no `anomaly`, and can be a request, an answer, or either.

    With an anomaly, `is_answer` says that they resemble the answer that was waited for.
    `start_ns` and `end_ns` are those of its first and last bit; `hole_ns` is the longest silence inside it.
    """

    data: bytes
    start_ns: int
    end_ns: int
    hole_ns: int
    is_request: bool = False
    is_answer: bool = False
    anomaly: AnomalyKind | None = None


class TwoWayDeframer:
    """Feed it what the line says, and set `awaited` between two pieces whenever an answer is waited for."""

    def __init__(self, line: LineSettings) -> None:
        self.awaited: ReadRequest | None = None
        self._line = line
        self._requests = Deframer.for_requests()
        self._answers = Deframer.for_replies()
        self._rest = bytearray()  # heard and not yet handed over
        self._starts: list[int] = []  # when each byte of it began
        self._ends: list[int] = []  # and ended
        self._searched = 0  # how much of it the deframers have heard
        self._last_ns: int | None = None

    @property
    def settles_ns(self) -> int | None:
        """When what is left will not become a frame any more; None if nothing is left."""
        return None if not self._rest or self._last_ns is None else self._last_ns + max(SETTLE_NS, self._line.t35_ns)

    def feed(self, data: bytes, t_ns: int) -> Iterator[Piece]:
        """What these bytes complete, in the order of the line."""
        settles_ns = self.settles_ns
        if settles_ns is not None and t_ns - self._line.wire_ns(len(data)) >= settles_ns:
            yield from self.settle()
        for place, byte in enumerate(data, start=1):
            self._rest.append(byte)
            self._time(*(t_ns - self._line.wire_ns(len(data) - passed) for passed in (place - 1, place)))
            yield from self._look()
            if len(self._rest) > 2 * LONGEST:
                yield self._take(len(self._rest) - LONGEST, anomaly=AnomalyKind.OVERSIZE)

    def _time(self, start_ns: int, end_ns: int) -> None:
        """The times of the next byte; in a late chunk none begins before the one in front of it ended."""
        earliest_ns = start_ns if self._last_ns is None else self._last_ns
        self._starts.append(max(start_ns, earliest_ns))
        self._last_ns = max(end_ns, earliest_ns)
        self._ends.append(self._last_ns)

    def settle(self) -> Iterator[Piece]:
        """The line is silent: hand over everything that is left."""
        yield from self._search()
        yield from self._leftover(len(self._rest))
        self._forget()

    def _look(self) -> Iterator[Piece]:
        start, awaited = self._answer_begins(), self.awaited
        if start is None or awaited is None or len(self._rest) > start + awaited.reply_len:
            yield from self._search()
        elif len(self._rest) == start + awaited.reply_len:
            if crc_ok(self._rest[start:]):
                self._forget()
                yield from self._leftover(start)
                yield self._take(awaited.reply_len, is_answer=True)
            else:
                yield from self._search()

    def _answer_begins(self) -> int | None:
        """Where in what is left the awaited answer begins, as far as can be told yet."""
        if self.awaited is None:
            return None
        header = bytes((self.awaited.slave, self.awaited.function, self.awaited.data_len & 0xFF))
        for start in range(min(_NOISE + 1, len(self._rest))):
            if header.startswith(self._rest[start : start + HEADER_LEN]):
                return start
        return None

    def _search(self) -> Iterator[Piece]:
        """Let the deframers hear what they have not heard yet, and hand over the frames they find."""
        while self._searched < len(self._rest):
            self._searched += 1
            found = self._found()
            if found is not None:
                length, is_request, is_answer = found
                yield from self._leftover(self._searched - length)
                yield self._take(length, is_request=is_request, is_answer=is_answer)

    def _found(self) -> tuple[int, bool, bool] | None:
        """The longest good frame that ends with the byte heard last: its length, and what it can be."""
        heard = self._rest[: self._searched]
        byte, t_ns = bytes(heard[-1:]), self._ends[self._searched - 1]
        requests = [len(adu) for adu in _frames(self._requests.feed(byte, t_ns)) if heard.endswith(adu)]
        answers = [
            len(adu) for adu in _frames(self._answers.feed(byte, t_ns)) if heard.endswith(adu) and not _is_echo(adu)
        ]
        longest = max((*requests, *answers), default=0)
        return (longest, longest in requests, longest in answers) if longest else None

    def _forget(self) -> None:
        """What comes next has nothing to do with what was heard."""
        self._requests.reset()
        self._answers.reset()
        self._searched = len(self._rest)

    # handing over

    def _leftover(self, length: int) -> Iterator[Piece]:
        """Bytes without a known end: a frame of an unknown function, or none, and then each piece by its name."""
        data = bytes(self._rest[:length])
        if not data:
            return
        if self.awaited is not None and resembles(self.awaited, data):
            yield self._take(length, is_answer=True, anomaly=AnomalyKind.BAD_CRC)
            return
        if length >= SHORTEST and crc_ok(data):
            yield self._take(length, is_request=True, is_answer=True)
            return
        ear = Deframer.for_requests() if self.awaited is None else Deframer.for_replies()
        left = length
        for found in (*ear.feed(data, 0), *ear.flush(0)):
            if isinstance(found, Anomaly) and len(found.data) <= left:
                left -= len(found.data)
                yield self._take(len(found.data), anomaly=found.kind)
        if left:
            yield self._take(left, anomaly=AnomalyKind.LEADING_JUNK)

    def _take(
        self, length: int, *, is_request: bool = False, is_answer: bool = False, anomaly: AnomalyKind | None = None
    ) -> Piece:
        starts, ends = self._starts[:length], self._ends[:length]
        holes = (start_ns - end_ns for end_ns, start_ns in zip(ends, starts[1:], strict=False))
        piece = Piece(
            data=bytes(self._rest[:length]),
            start_ns=starts[0],
            end_ns=ends[-1],
            hole_ns=max(holes, default=0),
            is_request=is_request,
            is_answer=is_answer,
            anomaly=anomaly,
        )
        del self._rest[:length], self._starts[:length], self._ends[:length]
        self._searched = max(0, self._searched - length)
        return piece


def _frames(found: list[Frame | Anomaly]) -> list[bytes]:
    return [one.adu for one in found if isinstance(one, Frame)]


def _is_echo(adu: bytes) -> bool:
    """Whether a master's ear has only heard a read request; three bytes of bits make an answer of the same length."""
    is_read = len(adu) == REQUEST_LEN and 1 <= adu[1] <= ReadFunction.INPUT
    return is_read and not (adu[1] <= ReadFunction.DISCRETE and adu[2] == REQUEST_LEN - HEADER_LEN - 2)


def resembles(awaited: ReadRequest, data: bytes) -> bool:
    """Whether bytes are the awaited answer, damaged: two of the three bytes of its head, and nearly all of it."""
    head = (awaited.slave, int(awaited.function), awaited.data_len & 0xFF)
    starts = range(min(_NOISE, max(0, len(data) - awaited.reply_len)) + 1)
    is_long_enough = len(data) >= awaited.reply_len - 2
    return is_long_enough and any(sum(map(int.__eq__, head, data[start:])) >= 2 for start in starts)
