"""Finds RTU frames in a stream of bytes, wherever they begin: behind noise, glued together, cut into chunks.

Every place where a frame may begin is followed until its length is there, and the CRC decides. A frame is handed over
with its last byte, so noise that looks like the head of a longer frame delays nothing; and the longer one is handed
over too if it turns out good. So no good frame of a known length is ever lost, and which ones are found does not
depend on how the bytes were cut. (Two good frames that overlap are a coincidence of about 2^-16.)

What is no frame is an anomaly. A damaged frame is told as soon as its length is there, if nothing speaks against it;
its bytes are still searched, and a good frame that begins among them is handed over all the same. A frame of a function
without a known length is found when a feed, a silence or a known frame ends it; an echo of a request whose address
looks like a byte count, when a silence or an answer does.
"""

import enum
from typing import Final, Self

import msgspec

from protocols.modbus.crc import crc_ok
from protocols.modbus.frames import LONGEST
from protocols.modbus.shapes import ANSWERS, REQUESTS, Shape

_NOISE: Final = 4
"""Bytes that a turnaround adds at most, before or after a frame."""
_OPEN: Final = -1


class AnomalyKind(enum.Enum):
    """What is wrong with bytes that are no frame."""

    LEADING_JUNK = "leading_junk"
    TRAILING_JUNK = "trailing_junk"
    BAD_CRC = "bad_crc"
    TRUNCATED = "truncated"
    OVERSIZE = "oversize"


class Frame(msgspec.Struct, frozen=True):
    """A whole frame with a good CRC; `t_ns` is that of the bytes that completed it."""

    adu: bytes
    t_ns: int


class Anomaly(msgspec.Struct, frozen=True):
    """Bytes that are no frame."""

    kind: AnomalyKind
    data: bytes
    t_ns: int


Found = list[Frame | Anomaly]


class Deframer:
    """Feed it what the line says, and flush it when the line is silent. Holds at most 256 bytes between calls."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._buffer = bytearray()
        self._heads: list[int] = []  # where a frame may have begun whose end is not there yet
        self._screened = 0  # up to where such places were looked for
        self._told = 0  # up to where the buffer was handed over
        self._framed = False

    @classmethod
    def for_requests(cls) -> Self:
        """A slave's ear."""
        return cls(REQUESTS)

    @classmethod
    def for_replies(cls) -> Self:
        """A master's ear. It hears echoes of its requests as frames, too."""
        return cls(ANSWERS)

    def feed(self, data: bytes, t_ns: int) -> list[Frame | Anomaly]:
        """What these bytes complete, in the order of the line."""
        found: Found = []
        for start in range(0, len(data), LONGEST):
            self._buffer += data[start : start + LONGEST]
            self._search(t_ns, found)
            if self._told < len(self._buffer):
                self._tell_damaged(t_ns, found)
                self._tell_oversize(t_ns, found)
            self._forget()
        return found

    def flush(self, t_ns: int) -> list[Frame | Anomaly]:
        """The line fell silent: what is left will not become a frame any more."""
        found: Found = []
        if self._told < len(self._buffer):
            self._name(bytes(self._buffer[self._told :]), t_ns, found, is_gap=False)
        self.reset()
        return found

    @property
    def held(self) -> bytes:
        """What may be the head of a frame yet, or was not told so far."""
        return bytes(self._buffer)

    def reset(self) -> None:
        """Forget everything heard so far."""
        self._buffer.clear()
        self._heads.clear()
        self._screened = self._told = 0
        self._framed = False

    # frames

    def _search(self, t_ns: int, found: Found) -> None:
        """Hand over the frames that are whole now; keep the heads that wait for more."""
        buffer, free = self._buffer, 0
        heads = self._heads
        self._heads = []
        for head in heads:
            if head >= free:
                free = max(free, self._try(head, t_ns, found))
        screen, at = self._shape.screen, max(self._screened, free)
        while place := screen.search(buffer, at):
            at = max(place.start() + 1, self._try(place.start(), t_ns, found))
        self._screened = max(at, len(buffer) - 1)

    def _try(self, head: int, t_ns: int, found: Found) -> int:
        """Where the frame that begins at `head` ends, and it is handed over; 0 if there is none."""
        length = self._length(head)
        if length == _OPEN:
            self._heads.append(head)
        if length <= 0:
            return 0
        if self._told < head:
            self._name(bytes(self._buffer[self._told : head]), t_ns, found, is_gap=True)
        end = head + length
        found.append(Frame(bytes(self._buffer[head:end]), t_ns))
        self._told = max(self._told, end)
        self._framed = True
        return end

    def _length(self, head: int) -> int:
        buffer = self._buffer
        there = len(buffer) - head
        for length in self._shape.lengths(buffer, head):
            if length > there:
                return _OPEN
            if crc_ok(buffer[head : head + length]):
                return length
        return 0

    # what is left

    def _tell_damaged(self, t_ns: int, found: Found) -> None:
        """Hand over damaged frames that are whole, if nothing speaks against it."""
        eager = self._shape.eager
        while self._told < len(self._buffer) and (eager or not self._waits()):
            rest = bytes(self._buffer[self._told :])
            start, end, kind = self._piece(rest, 0)
            is_whole = end == len(rest) or (eager and start == 0)
            if not is_whole or kind not in (AnomalyKind.BAD_CRC, None) or (kind is None and not eager):
                return
            self._hand_over(rest[:start], AnomalyKind.LEADING_JUNK, t_ns, found)
            self._hand_over(rest[start:end], kind, t_ns, found)
            self._told += end

    def _waits(self) -> bool:
        """Whether a frame may yet come whose first bytes were taken for another's, with noise before it."""
        return any(self._told <= head <= self._told + _NOISE for head in self._heads)

    def _tell_oversize(self, t_ns: int, found: Found) -> None:
        """Hand over what has grown beyond the longest frame."""
        if len(self._buffer) - self._told > LONGEST:
            end = self._heads[0] if self._heads else len(self._buffer)
            self._hand_over(bytes(self._buffer[self._told : end]), AnomalyKind.OVERSIZE, t_ns, found)
            self._told = end

    def _name(self, data: bytes, t_ns: int, found: Found, *, is_gap: bool) -> None:
        """Hand over bytes that are no known frame, each piece by its name; in a gap a frame follows."""
        at = 0
        while at < len(data):
            start, end, kind = self._piece(data, at)
            is_noise = (is_gap or self._framed) and len(data) - at <= _NOISE and kind is not None
            if is_noise or kind in (AnomalyKind.LEADING_JUNK, AnomalyKind.TRAILING_JUNK):
                trails = self._framed and not is_gap
                kind = AnomalyKind.TRAILING_JUNK if trails else AnomalyKind.LEADING_JUNK
                start, end = at, len(data)
            self._hand_over(data[at:start], AnomalyKind.LEADING_JUNK, t_ns, found)
            self._hand_over(data[start:end], kind, t_ns, found)
            at = end

    def _piece(self, data: bytes, at: int) -> tuple[int, int, AnomalyKind | None]:
        """The next thing in what is no known frame, a few bytes of noise allowed before it; no kind: a good frame."""
        starts = range(at, min(at + _NOISE + 1, len(data) - 1))
        for start in starts:
            length = self._shape.unmarked(data, start)
            if length:
                return start, start + length, None
        for start in starts:
            lengths = self._shape.lengths(data, start)
            if lengths:
                return start, *_damaged(lengths, start, len(data))
        return at, len(data), AnomalyKind.LEADING_JUNK

    def _hand_over(self, data: bytes, kind: AnomalyKind | None, t_ns: int, found: Found) -> None:
        if kind is None:
            found.append(Frame(data, t_ns))
            self._framed = True
        elif data:
            found.append(Anomaly(kind, data, t_ns))

    def _forget(self) -> None:
        """Drop what was told and cannot become the beginning of a frame any more."""
        gone = min(self._told, self._screened, *self._heads[:1])
        if gone:
            del self._buffer[:gone]
            self._told -= gone
            self._screened -= gone
            self._heads = [head - gone for head in self._heads]


def _damaged(lengths: tuple[int, ...], start: int, size: int) -> tuple[int, AnomalyKind]:
    """Where a frame that is not good ends: best with the data, else by its likeliest length, else beyond the data."""
    there = size - start
    if there in lengths:
        return size, AnomalyKind.BAD_CRC
    if lengths[0] < there:
        return start + lengths[0], AnomalyKind.BAD_CRC
    return size, AnomalyKind.TRUNCATED
