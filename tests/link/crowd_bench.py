"""Sixteen slaves on one bus as a plan with the default bus use polls them, one of which may go bad at any time."""

import asyncio
import random
from collections.abc import Callable
from itertools import pairwise

from link_bench import (
    LATENCY_NS,
    LINE,
    MS,
    REQUEST_NS,
    TIMES,
    Habit,
    LinkBench,
    S,
    Sends,
    device,
    good,
    holding,
    silent,
)

from edge_agent.link.bus import Bus
from edge_agent.link.master import MARGIN_NS, RtuMaster
from edge_agent.link.plan import exchange_ns
from edge_agent.link.poller import PolledDevice, Poller
from hil.bus.memory import MEMORY_PORT
from hil.bus.segment import Delivery
from hil.loop import run_virtual
from protocols.modbus.pdu import ReadRequest

SLAVES = 16
BAD = 16
BUS_USE = 0.6
"""The default of `link.max_bus_use`."""
GOES_BAD_NS = 10 * S
BYTE_NS = LINE.wire_ns(1)


def time_out_ns(registers: int) -> int:
    """How long a request to a silent slave takes."""
    return REQUEST_NS + LATENCY_NS + LINE.wire_ns(holding(count=registers + 1).reply_len) + MARGIN_NS


class Crowd(LinkBench):
    """All slaves are good until a test says otherwise. `delivery`: noise that lasts has to be heard byte by byte."""

    def __init__(self, registers: int = 2, delivery: Delivery = Delivery.FRAME) -> None:
        super().__init__(dict.fromkeys(range(1, SLAVES + 1), good), delivery=delivery)
        request = holding(count=registers + 1)
        self.registers = registers
        self.period_ns = round(SLAVES * exchange_ns(LINE, TIMES, request) / BUS_USE)
        self.turns_ns = SLAVES * LINE.wire_ns(2)
        """That everybody is asked for a register more or less by turns moves an answer by so much at most."""
        self.answers: dict[int, list[int]] = {slave: [] for slave in range(1, SLAVES + 1)}
        self.links: list[tuple[int, str, bool]] = []
        self.poller = self.polling([device(slave, [registers], self.period_ns, shapes=2) for slave in self.answers])

    def polling(self, devices: list[PolledDevice]) -> Poller:
        """The production poller on this bus."""
        return Poller(
            devices,
            RtuMaster(Bus(self.opener, MEMORY_PORT, LINE), LINE, self.clock),
            self.clock,
            3 * S,
            on_block=lambda name, _block, _words, _from, to: self.answers[_slave_of(name)].append(to),
            on_link=lambda name, down, *_span: self.links.append((self.loop.now_ns, name, down)),
        )

    async def run(self, seconds: float) -> None:
        """Poll for so long from now."""
        task = asyncio.create_task(self.poller.run(), name="poller")
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    def goes(self, habit: Habit, at_ns: int = GOES_BAD_NS, slave: int = BAD) -> None:
        """From then on the slave has this habit."""
        self.loop.call_at_ns(at_ns, self.habits.__setitem__, slave, habit)

    def others(self) -> list[int]:
        return [slave for slave in self.answers if slave != BAD]

    def rates(self) -> list[float]:
        """The fraction of their polls that each of the others was answered since the bad one went bad."""
        polls = (self.loop.now_ns - GOES_BAD_NS) // self.period_ns
        return [sum(t_ns > GOES_BAD_NS for t_ns in self.answers[slave]) / polls for slave in self.others()]

    def longest_gap_ns(self) -> int:
        """Between two answers of any of the others."""
        return max(later - sooner for slave in self.others() for sooner, later in pairwise(self.answers[slave]))

    def downs(self) -> set[str]:
        """Who was reported down."""
        return {name for _, name, down in self.links if down}


def _slave_of(name: str) -> int:
    return int(name.removeprefix("device-"))


def flapping(crowd: Crowd, up_s: float, down_s: float) -> Habit:
    """Good for some seconds, then silent for some, again and again."""

    def habit(request: ReadRequest, serial: int) -> Sends:
        phase_s = (crowd.loop.now_ns - GOES_BAD_NS) / S % (up_s + down_s)
        return good(request, serial) if phase_s < up_s else silent(request, serial)

    return habit


def babbling(for_ms: int, seed: int) -> Habit:
    """Whenever it is asked it drives garbage for so long."""
    rng = random.Random(seed)
    return lambda _request, _serial: [(LATENCY_NS, rng.randbytes(for_ms * MS // BYTE_NS))]


def speaks_unasked(crowd: Crowd, for_ms: int, every_s: float, until_s: float, seed: int) -> None:
    """A node that nobody configured drives garbage every now and then."""
    rng = random.Random(seed)
    at_s = GOES_BAD_NS / S
    while at_s < until_s:
        crowd.drive(99, round(at_s * S), rng.randbytes(for_ms * MS // BYTE_NS))
        at_s += every_s * rng.uniform(0.5, 1.5)


def on_crowd(
    main: Callable[[Crowd], None], seconds: float, registers: int = 2, delivery: Delivery = Delivery.FRAME
) -> Crowd:
    """A crowd that was prepared by `main` and polled for so long."""

    async def run() -> Crowd:
        crowd = Crowd(registers, delivery)
        main(crowd)
        await crowd.run(seconds)
        return crowd

    return run_virtual(run())
