"""A slave that serves a profile's registers from the plant.

A request is understood when its last stop bit has passed. The answer starts `latency` later, or as soon after that as
the line is free of this device's own bytes; the registers are sampled at that very instant. Only the reads that the
profile knows are served; everything else is an error, answered as the device does: an exception, or silence. A write
is refused with exception 01 whatever the device does: nothing writes to a lift unnoticed. A device that is not up says
nothing at all.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

import msgspec

from hil.bus.segment import End, Segment
from hil.devices.ears import CicEar, Ear, RtuEar
from hil.devices.habits import Habits
from hil.timeline import Timeline
from protocols.modbus.pdu import (
    OtherRequest,
    ReadRequest,
    encode_exception,
    encode_reply,
    parse_request,
)
from protocols.profiles.layout import Layout
from protocols.profiles.schema import Framing

ILLEGAL_FUNCTION: Final = 0x01
ILLEGAL_ADDRESS: Final = 0x02
ILLEGAL_VALUE: Final = 0x03
"""Exception codes of the Modbus application protocol V1.1b3, chapter 7."""
WRITES: Final = frozenset((0x05, 0x06, 0x0F, 0x10, 0x15, 0x16, 0x17))
"""Functions that change something, ibid., chapter 6."""
SILENCE_NS: Final = 50_000_000
"""What ends a torn request: a busy host tears a frame by less, a master that misses its answer waits longer."""

Values = Callable[[int], Mapping[str, object]]
"""What the sensors say at an instant, by the vocabulary's item names."""


class Sample(msgspec.Struct, frozen=True):
    """Evidence: the words a device took at `t_ns`, at the start of its answer."""

    t_ns: int
    device: str
    slave: int
    function: int
    address: int
    words: tuple[int, ...]


class ProfileDevice:
    """One slave on the segment. `values` gives the truth at the instant of sampling."""

    def __init__(
        self,
        name: str,
        slave: int,
        layout: Layout,
        habits: Habits,
        values: Values,
        on_sample: Callable[[Sample], None] | None = None,
        is_up: Callable[[int], bool] = lambda _: True,
    ) -> None:
        self.name = name
        self.slave = slave
        self.layout = layout
        self._habits = habits
        self._values = values
        self._on_sample = on_sample
        self._is_up = is_up
        self._readable = {
            (int(block.function), block.address + offset) for block in layout.blocks for offset in range(block.count)
        }
        self._functions = {int(block.function) for block in layout.blocks}

    def connect(self, segment: Segment, timeline: Timeline) -> None:
        """Join the segment and answer from now on."""
        plug_in(self, segment, timeline, self._habits)

    def answer(self, request: ReadRequest | OtherRequest, t_ns: int) -> bytes | None:
        """The answer to a request whose answer starts at `t_ns`; None is silence, as while it starts anew."""
        if not self._is_up(t_ns):
            return None
        code = self._fault_of(request)
        if code is None and isinstance(request, ReadRequest):
            words = self._sample(request, t_ns)
            return encode_reply(request, words[::-1] if self._habits.descending else words)
        if code is not None and (self._habits.exceptions or request.function in WRITES):
            return encode_exception(self.slave, int(request.function), code)
        return None

    def _fault_of(self, request: ReadRequest | OtherRequest) -> int | None:
        if not isinstance(request, ReadRequest) or int(request.function) not in self._functions:
            return ILLEGAL_FUNCTION
        if not 1 <= request.count <= self._habits.max_count:
            return ILLEGAL_VALUE
        wanted = ((int(request.function), request.address + offset) for offset in range(request.count))
        return None if all(register in self._readable for register in wanted) else ILLEGAL_ADDRESS

    def _sample(self, request: ReadRequest, t_ns: int) -> tuple[int, ...]:
        values = self._values(t_ns)
        image: dict[int, int] = {}
        for block in self.layout.blocks:
            if int(block.function) == int(request.function):
                image.update(enumerate(self.layout.encode(block, values), start=block.address))
        words = tuple(image[request.address + offset] for offset in range(request.count))
        if self._on_sample is not None:
            self._on_sample(Sample(t_ns, self.name, self.slave, int(request.function), request.address, words))
        return words


class Answers(Protocol):
    """A slave, as far as the wire is concerned."""

    name: str
    slave: int

    def answer(self, request: ReadRequest | OtherRequest, t_ns: int) -> bytes | None:
        """The answer to a request whose answer starts at `t_ns`; None is silence."""


def plug_in(device: Answers, segment: Segment, timeline: Timeline, habits: Habits) -> None:
    """Let it hear the wire from now on, and answer as `habits` say."""
    _Connection(device, segment, timeline, habits)


class _Connection:
    """The device's line driver: hears requests, answers after its latency."""

    def __init__(self, device: Answers, segment: Segment, timeline: Timeline, habits: Habits) -> None:
        self._device = device
        self._timeline = timeline
        self._habits = habits
        self._ear: Ear = RtuEar(habits.checks_crc) if habits.framing is Framing.RTU else CicEar()
        self._heard_ns = 0
        self._free_ns = 0
        self._end: End = segment.attach(device.name, self._heard, delivery=segment.uart_delivery)

    def _heard(self, data: bytes, t_ns: int) -> None:
        line = self._end.line
        if t_ns - line.wire_ns(len(data)) - self._heard_ns >= max(SILENCE_NS, line.t35_ns):
            self._ear.reset()  # what stood before a silence belongs to nothing
        self._heard_ns = t_ns
        for adu in self._ear.hear(data, t_ns):
            if adu[0] == self._device.slave:
                self._reply_later(adu, t_ns)

    def _reply_later(self, adu: bytes, t_ns: int) -> None:
        self._timeline.call_at_ns(t_ns + self._habits.latency_ns, lambda: self._reply(adu))

    def _reply(self, adu: bytes) -> None:
        now_ns = self._timeline.now_ns
        if now_ns < self._free_ns:
            self._timeline.call_at_ns(self._free_ns, lambda: self._reply(adu))
            return
        answer = self._device.answer(parse_request(adu), now_ns)
        if answer is not None:
            self._free_ns = self._end.send(self._ear.framed(adu, answer))
