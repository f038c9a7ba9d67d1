"""More demand than the wire carries, for ten minutes: nothing piles up, everybody gets its turn, values are new."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest
from link_bench import LINE, REQUEST_NS, LinkBench, S, holding, serial_answer

from edge_agent.link.bus import Bus
from edge_agent.link.master import RtuMaster
from edge_agent.link.outcome import SlaveTimes
from edge_agent.link.plan import Job, exchange_ns
from edge_agent.link.poller import PolledDevice, Poller
from hil.bus.memory import MEMORY_PORT
from hil.loop import run_virtual
from protocols.modbus.pdu import ReadFunction
from protocols.profiles.layout import Block, Layout, Part

SLAVES = range(1, 17)
TEN_MINUTES_S = 600
SLOW_NS = 60_000_000
TIMES = SlaveTimes(latency_ns=SLOW_NS, max_late_ns=1000_000_000, min_gap_ns=0)
COUNTS = (2, 3)
"""Two ways to ask, by turns."""
EXCHANGE_NS = exchange_ns(LINE, TIMES, holding(count=3))
LEAST_NS = exchange_ns(LINE, TIMES, holding(count=2))
FAST, SLOW = "fast", "slow"


class Overload(LinkBench):
    """Sixteen slow slaves; each is to be read far more often than the wire can carry, built below the plan's check."""

    def __init__(self, periods_s: Sequence[tuple[str, float]]) -> None:
        super().__init__(dict.fromkeys(SLAVES, lambda request, serial: [(SLOW_NS, serial_answer(request, serial))]))
        self.reads: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
        self.waiting: set[int] = set()
        self.poller = Poller(
            [self._device(slave, periods_s) for slave in SLAVES],
            RtuMaster(Bus(self.opener, MEMORY_PORT, LINE), LINE, self.clock),
            self.clock,
            3 * S,
            on_block=self._take,
            on_link=lambda *_said: None,
        )

    @staticmethod
    def _device(slave: int, periods_s: Sequence[tuple[str, float]]) -> PolledDevice:
        blocks = [Block(name, ReadFunction.HOLDING, 100 * at, 2) for at, (name, _) in enumerate(periods_s)]
        jobs = tuple(
            Job(block, round(period_s * S), tuple((holding(slave, block.address, count), 0) for count in COUNTS))
            for block, (_, period_s) in zip(blocks, periods_s, strict=True)
        )
        return PolledDevice(f"{slave}", "by hand", slave, Layout([Part(block, ()) for block in blocks]), TIMES, jobs)

    def _take(self, name: str, block: Block, words: tuple[int, ...], from_ns: int, _to_ns: int) -> None:
        self.reads.setdefault((name, block.name), []).append((self.loop.now_ns, from_ns, words[0]))
        self.waiting.add(len(asyncio.all_tasks()) + len(self.loop._scheduled))

    def gaps_ns(self, name: str) -> list[int]:
        """Between answers to the reads of one name."""
        return [
            later[0] - sooner[0]
            for (_, block), reads in self.reads.items()
            if block == name
            for sooner, later in pairwise(reads)
        ]


def overload(*periods_s: tuple[str, float], seconds: float = TEN_MINUTES_S) -> Overload:
    async def run() -> Overload:
        bench = Overload(periods_s)
        task = asyncio.create_task(bench.poller.run(), name="poller")
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.wait([task])
        return bench

    return run_virtual(run())


@pytest.fixture(scope="module")
def alike() -> Overload:
    """Everybody wants to be read every 0.1 s; a turn of all takes about 1.5 s."""
    return overload((FAST, 0.1))


def test_every_slave_gets_its_turn(alike: Overload) -> None:
    counts = [len(reads) for reads in alike.reads.values()]
    assert len(counts) == len(SLAVES)
    assert max(counts) - min(counts) <= 1
    assert max(alike.gaps_ns(FAST)) <= (len(SLAVES) + 1) * EXCHANGE_NS


def test_the_wire_is_used_for_nothing_else(alike: Overload) -> None:
    assert len(alike.requests) * (LEAST_NS + EXCHANGE_NS) / 2 >= 0.97 * TEN_MINUTES_S * S


def test_a_value_is_of_the_exchange_that_just_ended(alike: Overload) -> None:
    """In the tenth minute as in the first: sampled within this exchange, and of the very last request."""
    serials = {tapped.t_end_ns: serial for serial, tapped in enumerate(alike.requests, start=1)}
    for reads in alike.reads.values():
        for now_ns, from_ns, word in reads:
            assert now_ns - from_ns <= EXCHANGE_NS - REQUEST_NS
            assert word == serials[from_ns] % 0x10000


def test_nothing_piles_up(alike: Overload) -> None:
    """Tasks and timers at every answer: there are never more than at the start."""
    assert max(alike.waiting) <= 10


def test_a_slow_read_is_not_starved_by_fast_ones() -> None:
    bench = overload((FAST, 0.1), (SLOW, 5.0), seconds=120)
    assert {name for _, name in bench.reads} == {FAST, SLOW}
    assert max(bench.gaps_ns(SLOW)) <= 5 * S + 2 * (2 * len(SLAVES) + 1) * EXCHANGE_NS
    assert max(bench.gaps_ns(FAST)) <= 2 * (2 * len(SLAVES) + 1) * EXCHANGE_NS
