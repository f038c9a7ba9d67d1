"""A half-duplex RS-485 segment: who drives when, in integer ns, and what everybody else hears.

Every byte has its nominal wire time from the line settings. What an end sends is released to the others when its last
stop bit has passed (`Delivery.FRAME`), or byte by byte (`Delivery.BYTE`). Two ends driving at once is a collision:
bytes that overlap arrive as one, the AND of both, on the grid of the end that began first (of two that begin at the
same instant: that was sent first). An end that drives hears nothing. An end with other line settings than the sender
sees framing errors, which are delivered as zeros.
"""

import enum
from collections.abc import Callable

import msgspec

from hil.timeline import Timeline
from protocols.modbus.line import LineSettings

OnHeard = Callable[[bytes, int], None]
"""Called with bytes and the nominal ns at which the last of them had passed."""


class Delivery(enum.Enum):
    """When an end hears what another one sends."""

    FRAME = "frame"
    BYTE = "byte"


class Tapped(msgspec.Struct, frozen=True):
    """Evidence from the wire: what `source` drove, and when."""

    t_start_ns: int
    t_end_ns: int
    source: str
    data: bytes


class Collision(msgspec.Struct, frozen=True):
    """Two ends drove at once from `t_ns` on."""

    t_ns: int
    sources: tuple[str, str]


class _Sent:
    """What one end drives in one go."""

    __slots__ = ("data", "end_ns", "order", "released", "sender", "start_ns")

    def __init__(self, sender: "End", start_ns: int, end_ns: int, data: bytes, order: int) -> None:
        self.order = order
        self.sender = sender
        self.start_ns = start_ns
        self.end_ns = end_ns
        self.data = data
        self.released = False

    def overlaps(self, start_ns: int, end_ns: int) -> bool:
        return self.start_ns < end_ns and start_ns < self.end_ns

    def began_before(self, other: "_Sent") -> bool:
        """Of two that begin at the same instant, the one that was sent first."""
        return (self.start_ns, self.order) < (other.start_ns, other.order)


class End:
    """One node's transceiver on a segment."""

    def __init__(self, segment: "Segment", name: str, on_heard: OnHeard, line: LineSettings) -> None:
        self.name = name
        self.line = line
        self.on_heard = on_heard
        self._segment = segment
        self._free_ns = 0

    def send(self, data: bytes) -> int:
        """Drive `data` now, or right behind what this end still drives; returns when the last stop bit passes."""
        start_ns = max(self._segment.now_ns, self._free_ns)
        self._free_ns = start_ns + self.line.wire_ns(len(data))
        if data:
            self._segment._drive(self, start_ns, self._free_ns, bytes(data))
        return self._free_ns

    def detach(self) -> None:
        """Leave the segment: what is still on the wire is not heard any more."""
        self._segment._ends.remove(self)


class Segment:
    """The wire. `tap` gets every transmission at its end; `collisions` is the record of overlaps."""

    def __init__(
        self,
        timeline: Timeline,
        line: LineSettings,
        tap: Callable[[Tapped], None] | None = None,
        delivery: Delivery = Delivery.FRAME,
    ) -> None:
        self.line = line
        self.collisions: list[Collision] = []
        self._timeline = timeline
        self._tap = tap
        self._delivery = delivery
        self._ends: list[End] = []
        self._recent: list[_Sent] = []
        self._sendings = 0

    @property
    def now_ns(self) -> int:
        """The present instant on the wire."""
        return self._timeline.now_ns

    def attach(self, name: str, on_heard: OnHeard, line: LineSettings | None = None) -> End:
        """Connect a node; it hears everybody but itself."""
        end = End(self, name, on_heard, self.line if line is None else line)
        self._ends.append(end)
        return end

    def _drive(self, sender: End, start_ns: int, end_ns: int, data: bytes) -> None:
        sent = _Sent(sender, start_ns, end_ns, data, self._sendings)
        self._sendings += 1
        self._forget(self.now_ns)
        for other in self._recent:
            if other.sender is not sent.sender and other.overlaps(sent.start_ns, sent.end_ns):
                t_ns = max(other.start_ns, sent.start_ns)
                self.collisions.append(Collision(t_ns, (other.sender.name, sent.sender.name)))
        self._recent.append(sent)
        if self._delivery is Delivery.BYTE:
            for index in range(len(sent.data)):
                self._release_at(sent, index, index + 1)
        else:
            self._release_at(sent, 0, len(sent.data))

    def _forget(self, now_ns: int) -> None:
        """Drop what can overlap neither a transmission still on its way nor any later one."""
        horizon_ns = min((sent.start_ns for sent in self._recent if not sent.released), default=now_ns)
        self._recent = [sent for sent in self._recent if not sent.released or sent.end_ns > min(horizon_ns, now_ns)]

    def _release_at(self, sent: _Sent, first: int, stop: int) -> None:
        t_ns = sent.start_ns + sent.sender.line.wire_ns(stop)
        self._timeline.call_at_ns(t_ns, lambda: self._release(sent, first, stop, t_ns))

    def _release(self, sent: _Sent, first: int, stop: int, t_ns: int) -> None:
        if stop == len(sent.data):
            sent.released = True
            if self._tap is not None:
                self._tap(Tapped(sent.start_ns, sent.end_ns, sent.sender.name, sent.data))
        others = [other for other in self._recent if other is not sent and other.overlaps(sent.start_ns, sent.end_ns)]
        for end in tuple(self._ends):
            if end is not sent.sender:
                heard = sent.data[first:stop] if not others else _merged(sent, first, stop, others, end)
                if heard:
                    end.on_heard(heard if end.line == sent.sender.line else bytes(len(heard)), t_ns)


def _merged(sent: _Sent, first: int, stop: int, others: list[_Sent], listener: End) -> bytes:
    """Bytes `first`..`stop` of `sent` as `listener` hears them under the others' transmissions."""
    heard = bytearray()
    for index in range(first, stop):
        start_ns, end_ns = _char(sent, index)
        over = [other for other in others if other.overlaps(start_ns, end_ns)]
        drowned = any(other.sender is listener or other.began_before(sent) for other in over)
        if not drowned:
            heard.append(_and(sent.data[index], over, start_ns, end_ns))
    return bytes(heard)


def _char(sent: _Sent, index: int) -> tuple[int, int]:
    wire_ns = sent.sender.line.wire_ns
    return sent.start_ns + wire_ns(index), sent.start_ns + wire_ns(index + 1)


def _and(value: int, over: list[_Sent], start_ns: int, end_ns: int) -> int:
    for other in over:
        for index, byte in enumerate(other.data):
            other_start_ns, other_end_ns = _char(other, index)
            if other_start_ns < end_ns and start_ns < other_end_ns:
                value &= byte
    return value
