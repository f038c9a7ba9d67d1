"""A half-duplex RS-485 segment: who drives when, in integer ns, and what everybody else hears.

Every byte has its nominal wire time from the line settings. What an end sends is released to the others when its last
stop bit has passed (`Delivery.FRAME`), byte by byte (`Delivery.BYTE`), or as a USB adapter hands it over
(`Delivery.USB`). Two ends driving at once is a collision: bytes that overlap arrive as one, the AND of both, on the
grid of the end that began first (of two that begin at the same instant: that was sent first). An end that drives hears
nothing. An end with other line settings than the sender hears at the frame's end what its UART makes of the waveform.
Faults come in at `Segment.wire`; `hil.bus.copper` is a segment where all of this happens bit by bit.
"""

import enum
from collections.abc import Callable, Sequence

import msgspec

from hil.bus.usb_adapter import LATENCY_NS, UsbAdapter
from hil.bus.waveform import decode, encode
from hil.timeline import Timeline
from protocols.modbus.line import LineSettings

OnHeard = Callable[[bytes, int], None]
"""Called with bytes and the nominal ns at which the last of them had passed (USB: at which they were handed over)."""


class Delivery(enum.Enum):
    """When an end hears what another one sends."""

    FRAME = "frame"
    BYTE = "byte"
    USB = "usb"


class Tapped(msgspec.Struct, frozen=True):
    """Evidence from the wire: what `source` drove, and when."""

    t_start_ns: int
    t_end_ns: int
    source: str
    data: bytes


class Drive(msgspec.Struct, frozen=True):
    """What `source` drives from `start_ns` on."""

    start_ns: int
    source: str
    data: bytes


Wire = Callable[[Drive, LineSettings], Sequence[Drive]]
"""From what an end with these settings drives to what goes on the wire instead, perhaps in other names."""


class Collision(msgspec.Struct, frozen=True):
    """Two ends drove at once from `t_ns` on."""

    t_ns: int
    sources: tuple[str, str]


class _Sent:
    """What one end drives in one go."""

    __slots__ = ("by_byte", "data", "end_ns", "order", "released", "sender", "start_ns")

    def __init__(self, sender: "End", start_ns: int, end_ns: int, data: bytes, order: int) -> None:
        self.order = order
        self.sender = sender
        self.start_ns = start_ns
        self.end_ns = end_ns
        self.data = data
        self.by_byte = False
        self.released = False

    def overlaps(self, start_ns: int, end_ns: int) -> bool:
        return self.start_ns < end_ns and start_ns < self.end_ns

    def began_before(self, other: "_Sent") -> bool:
        """Of two that begin at the same instant, the one that was sent first."""
        return (self.start_ns, self.order) < (other.start_ns, other.order)


class End:
    """One node's transceiver on a segment."""

    def __init__(
        self, segment: "Segment", name: str, on_heard: OnHeard, line: LineSettings, delivery: Delivery
    ) -> None:
        self.name = name
        self.line = line
        self.delivery = delivery
        self._segment = segment
        self._usb = UsbAdapter(segment._timeline, on_heard, segment.usb_latency_ns)
        self.on_heard = self._usb.take if delivery is Delivery.USB else on_heard
        self._free_ns = 0

    def wire_ns(self, n_bytes: int) -> int:
        """How long this end takes for so many bytes."""
        return self.line.wire_ns(n_bytes)

    def send(self, data: bytes) -> int:
        """Drive `data` now, or right behind what this end still drives; returns when the last stop bit passes."""
        start_ns = max(self._segment.now_ns, self._free_ns)
        self._free_ns = start_ns + self.wire_ns(len(data))
        if data:
            self._segment._drive(self, start_ns, bytes(data))
        return self._free_ns

    def detach(self) -> None:
        """Leave the segment: what is still on the wire is not heard any more."""
        self._segment._ends.remove(self)
        self._usb.flush()


class Segment:
    """The wire. `tap` gets every transmission at its end; `collisions` is the record of overlaps.

    `delivery` is for every end that does not ask for another one when it attaches. `wire` is where faults come in.
    """

    def __init__(
        self,
        timeline: Timeline,
        line: LineSettings,
        tap: Callable[[Tapped], None] | None = None,
        delivery: Delivery = Delivery.FRAME,
        usb_latency_ns: int = LATENCY_NS,
    ) -> None:
        self.line = line
        self.wire: Wire | None = None
        self.collisions: list[Collision] = []
        self._timeline = timeline
        self._tap = tap
        self._delivery = delivery
        self.usb_latency_ns = usb_latency_ns
        self._ends: list[End] = []
        self._recent: list[_Sent] = []
        self._sendings = 0

    @property
    def now_ns(self) -> int:
        """The present instant on the wire."""
        return self._timeline.now_ns

    @property
    def uart_delivery(self) -> Delivery:
        """How a node with a UART of its own hears, where the others sit behind USB adapters."""
        return Delivery.FRAME if self._delivery is Delivery.USB else self._delivery

    @property
    def grain_ns(self) -> int:
        """How much later than on the wire an end may hear bytes."""
        return self.usb_latency_ns if self._delivery is Delivery.USB else 0

    def attach(
        self, name: str, on_heard: OnHeard, line: LineSettings | None = None, delivery: Delivery | None = None
    ) -> End:
        """Connect a node; it hears everybody but itself."""
        end = End(self, name, on_heard, line or self.line, delivery or self._delivery)
        self._ends.append(end)
        return end

    def _drive(self, sender: End, start_ns: int, data: bytes) -> None:
        if self.wire is None:
            self._put(sender, start_ns, data)
            return
        for put in self.wire(Drive(start_ns, sender.name, data), sender.line):
            driver = sender if put.source == sender.name else self._named(put.source)
            self._put(driver, max(put.start_ns, self.now_ns), put.data)

    def _named(self, name: str) -> End:
        """The end of that name; one that hears nothing if there is none."""
        known = next((end for end in self._ends if end.name == name), None)
        return self.attach(name, lambda _data, _t_ns: None) if known is None else known

    def _put(self, sender: End, start_ns: int, data: bytes) -> None:
        sent = _Sent(sender, start_ns, start_ns + sender.line.wire_ns(len(data)), data, self._sendings)
        self._sendings += 1
        self._forget(self.now_ns)
        self._note_collisions(sent)
        self._recent.append(sent)
        self._timeline.call_at_ns(sent.end_ns, lambda: self._passed(sent))
        if any(end.delivery is not Delivery.FRAME for end in self._ends):
            for index in range(len(data)):
                self._release_byte_at(sent, index)

    def _note_collisions(self, sent: _Sent) -> None:
        for other in self._recent:
            if other.sender is not sent.sender and other.overlaps(sent.start_ns, sent.end_ns):
                t_ns = max(other.start_ns, sent.start_ns)
                self.collisions.append(Collision(t_ns, (other.sender.name, sent.sender.name)))

    def _forget(self, now_ns: int) -> None:
        """Drop what can overlap neither a transmission still on its way nor any later one."""
        horizon_ns = min((sent.start_ns for sent in self._recent if not sent.released), default=now_ns)
        self._recent = [sent for sent in self._recent if not sent.released or sent.end_ns > min(horizon_ns, now_ns)]

    def _passed(self, sent: _Sent) -> None:
        """The last stop bit has passed."""
        if self._tap is not None:
            self._tap(Tapped(sent.start_ns, sent.end_ns, sent.sender.name, sent.data))
        self._release(sent, 0, len(sent.data), sent.end_ns, by_byte=False)
        sent.released = not sent.by_byte

    def _release_byte_at(self, sent: _Sent, index: int) -> None:
        sent.by_byte = True
        t_ns = sent.start_ns + sent.sender.line.wire_ns(index + 1)
        self._timeline.call_at_ns(t_ns, lambda: self._byte_passed(sent, index, t_ns))

    def _byte_passed(self, sent: _Sent, index: int, t_ns: int) -> None:
        self._release(sent, index, index + 1, t_ns, by_byte=True)
        sent.released = index + 1 == len(sent.data)

    def _release(self, sent: _Sent, first: int, stop: int, t_ns: int, *, by_byte: bool) -> None:
        others = [other for other in self._recent if other is not sent and other.overlaps(sent.start_ns, sent.end_ns)]
        for end in tuple(self._ends):
            if end is not sent.sender and _hears_bytes(end, sent) is by_byte:
                heard = sent.data[first:stop] if not others else _merged(sent, first, stop, others, end)
                if end.line != sent.sender.line:
                    heard = bytes(char.byte for char in decode(encode(heard, sent.sender.line, 0), end.line))
                if heard:
                    end.on_heard(heard, t_ns)


def _hears_bytes(end: End, sent: _Sent) -> bool:
    """Whether `end` hears the frame in pieces. What makes no sense to it is decoded in one go."""
    return sent.by_byte and end.delivery is not Delivery.FRAME and end.line == sent.sender.line


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
