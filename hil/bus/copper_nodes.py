"""Simple nodes for a copper segment: a slave with a few registers, a second master, a babbler, a drive that disturbs.

Each acts on virtual or real time through the segment alone and has a switch; what is random in it has its own seed.
"""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from edge_agent.ports import UartErrors
from hil.bus.copper import Copper
from hil.bus.copper_end import CopperEnd
from hil.bus.copper_wiring import Noise, Wiring
from hil.loop import NS_PER_S
from protocols.modbus.deframer import Deframer, Frame
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import (
    OtherRequest,
    ReadFunction,
    ReadRequest,
    encode_exception,
    encode_reply,
    encode_request,
    parse_request,
)

NO_ERRORS: Final = UartErrors(0, 0, 0, 0)
_MS: Final = 1_000_000
_SILENCE_NS: Final = 50 * _MS
"""What ends a torn request, as in `hil.devices`."""
_ILLEGAL_FUNCTION: Final = 0x01
_ILLEGAL_ADDRESS: Final = 0x02
"""Modbus application protocol V1.1b3, chapter 7."""


class SlaveSpec(msgspec.Struct, frozen=True):
    """A slave: holding and input registers alike from one image; other reads are refused with exceptions.

    `line` None is the bench's. The answer starts `latency_ns` after the request, plus up to `jitter_ns` at random.
    With `checks_chars` it ignores a request in which a character had bad parity or a bad stop bit, as most do.
    """

    address: int
    line: LineSettings | None = None
    latency_ns: int = 10 * _MS
    jitter_ns: int = 0
    registers: Mapping[int, int] = msgspec.field(default_factory=lambda: dict(enumerate(range(1000, 1128))))
    drift_ppm: int = 0
    checks_chars: bool = True


class CopperSlave:
    """A slave at work. `dead` and `latency_ns` may be changed at any time; `answered` counts."""

    def __init__(self, copper: Copper, name: str, spec: SlaveSpec, seed: int) -> None:
        self.name = name
        self.spec = spec
        self.dead = False
        self.latency_ns = spec.latency_ns
        self.answered = 0
        self.wiring = Wiring(drift_ppm=spec.drift_ppm)
        self._copper = copper
        self._draw = random.Random(f"{seed}/{name}")
        self._deframer = Deframer.for_requests()
        self._heard_ns = 0
        self._errors = NO_ERRORS
        self._end: CopperEnd = copper.attach(name, self._heard, spec.line, copper.uart_delivery, self.wiring)

    def _heard(self, data: bytes, t_ns: int) -> None:
        if t_ns - self._end.wire_ns(len(data)) - self._heard_ns >= max(_SILENCE_NS, self._end.line.t35_ns):
            self._deframer.reset()
        self._heard_ns = t_ns
        errors, self._errors = self._errors, self._end.errors
        if self.spec.checks_chars and errors != self._errors:
            self._deframer.reset()
            return
        for found in self._deframer.feed(data, t_ns):
            if isinstance(found, Frame) and found.adu[0] == self.spec.address and not self.dead:
                self._reply_to(parse_request(found.adu), t_ns)

    def _reply_to(self, request: ReadRequest | OtherRequest, t_ns: int) -> None:
        at_ns = t_ns + self.latency_ns + self._draw.randint(0, self.spec.jitter_ns)
        self._copper.at(at_ns, lambda: self._reply(request))

    def _reply(self, request: ReadRequest | OtherRequest) -> None:
        if not self.dead:
            self.answered += 1
            self._end.send(self.answer(request))

    def answer(self, request: ReadRequest | OtherRequest) -> bytes:
        """The answer's bytes."""
        address, registers = self.spec.address, self.spec.registers
        if not isinstance(request, ReadRequest) or request.function < ReadFunction.HOLDING:
            return encode_exception(address, int(request.function), _ILLEGAL_FUNCTION)
        wanted = range(request.address, request.address + request.count)
        if any(register not in registers for register in wanted):
            return encode_exception(address, int(request.function), _ILLEGAL_ADDRESS)
        return encode_reply(request, tuple(registers[register] for register in wanted))


class _Repeated(ABC):
    """Something done again and again while switched on."""

    def __init__(self, copper: Copper, first_ns: int) -> None:
        self.on = True
        self._copper = copper
        copper.at(first_ns, self._turn)

    def _turn(self) -> None:
        if self.on:
            self._act()
        self._copper.at(self._copper.now_ns + max(1, self._pause_ns()), self._turn)

    @abstractmethod
    def _act(self) -> None:
        """Do it once."""

    @abstractmethod
    def _pause_ns(self) -> int:
        """How long until the next time."""


class AsksSpec(msgspec.Struct, frozen=True):
    """What a second master asks, again and again; it does not listen before it speaks."""

    slave: int
    address: int = 0
    count: int = 8
    period_ns: int = 300 * _MS
    jitter_ns: int = 40 * _MS
    line: LineSettings | None = None


class SecondMaster(_Repeated):
    """Asks as `spec` says while `on`."""

    def __init__(self, copper: Copper, spec: AsksSpec, seed: int) -> None:
        self._spec = spec
        self._draw = random.Random(f"{seed}/second master")
        self.wiring = Wiring()
        self._end = copper.attach("second master", _deaf, spec.line, copper.uart_delivery, self.wiring)
        super().__init__(copper, copper.now_ns + self._pause_ns())

    def _act(self) -> None:
        spec = self._spec
        self._end.send(encode_request(ReadRequest(spec.slave, ReadFunction.HOLDING, spec.address, spec.count)))

    def _pause_ns(self) -> int:
        return self._spec.period_ns + self._draw.randint(0, self._spec.jitter_ns)


class BabbleSpec(msgspec.Struct, frozen=True):
    """How a node babbles: random bytes, so many at most, after pauses of so long on average."""

    longest: int = 40
    mean_pause_ns: int = 100 * _MS


class Babbler(_Repeated):
    """Sends random bytes unasked while `on`."""

    def __init__(self, copper: Copper, spec: BabbleSpec, seed: int) -> None:
        self._spec = spec
        self._draw = random.Random(f"{seed}/babbler")
        self.wiring = Wiring()
        self._end = copper.attach("babbler", _deaf, None, copper.uart_delivery, self.wiring)
        super().__init__(copper, copper.now_ns + self._pause_ns())

    def _act(self) -> None:
        self._end.send(self._draw.randbytes(self._draw.randint(1, self._spec.longest)))

    def _pause_ns(self) -> int:
        return round(self._draw.expovariate(1 / self._spec.mean_pause_ns))


class DriveNoise(_Repeated):
    """Pulses on the pair while `on` and while the drive `runs` at that instant."""

    def __init__(self, copper: Copper, noise: Noise, runs: Callable[[int], bool], seed: int) -> None:
        self._noise = noise
        self._runs = runs
        self._draw = random.Random(f"{seed}/drive")
        super().__init__(copper, copper.now_ns + self._pause_ns())

    def _act(self) -> None:
        now_ns = self._copper.now_ns
        if self._runs(now_ns):
            self._copper.disturb((now_ns, now_ns + self._draw.randint(self._noise.shortest_ns, self._noise.longest_ns)))

    def _pause_ns(self) -> int:
        return round(self._draw.expovariate(self._noise.pulses_per_s) * NS_PER_S)


def _deaf(_data: bytes, _t_ns: int) -> None:
    return
