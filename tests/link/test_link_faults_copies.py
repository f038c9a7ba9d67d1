"""A copy of an answer that was whole before the slave's next request: it came too soon to be that one's answer."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from fault_fuzz import Drawn, play, sent
from link_bench import (
    LATENCY_NS,
    LINE,
    MS,
    REPLY_NS,
    REQUEST_NS,
    TIMES,
    Asker,
    LinkBench,
    good,
    holding,
    kind_of,
    on_bench,
    serial_answer,
    silent,
)

from edge_agent.clock import NS
from edge_agent.link.bus import Bus
from edge_agent.link.counters import Counter
from edge_agent.link.master import RtuMaster
from edge_agent.link.outcome import Failure, FailureKind, Reply
from edge_agent.link.pace import is_too_soon
from hil.bus.segment import Delivery
from hil.loop import VirtualClock, run_virtual
from protocols.modbus.pdu import parse_request
from tests.support.answering_port import AnsweringPort

# found by `make fuzz` (seed 1, chunks 156, 191 and 223), shrunk

TWICE = {"fault": "resp.duplicate", "after_ms": 1, "when": {"match": {}}}
NOISY = sent(0, lambda adu: adu + b"\x00\x00\x00")


def sequence(plan: Sequence[Any], *faults: dict[str, Any]) -> Drawn:
    return plan, [], None, False, Delivery.FRAME, faults, 0


@pytest.mark.parametrize(
    "found",
    [
        sequence([(1, 1, NOISY), (1, 1, good)], TWICE),
        sequence([(1, 1, good), (1, 1, good), (2, 1, NOISY), (2, 1, good)], TWICE),
        sequence([(1, 1, good), (1, 1, good)], {"fault": "frame.merge", "when": {"match": {}}}, TWICE),
    ],
    ids=["with noise behind it", "with noise behind it, and a neighbour", "glued to a stranger's frame"],
)
def test_a_copy_heard_whole_while_we_ask_again_is_not_the_answer(found: Drawn) -> None:
    """Whole frames are heard only at their end, so the copy under way was longer than the silence that we kept."""
    assert play(found).stale == ()


# in the master

ASKED_AGAIN_NS = LINE.t35_ns + REPLY_NS
"""When the slave is asked for the same once more: after its answer, if nothing is heard."""


def hear(bench: LinkBench, asker: Asker, data: bytes, after_ns: int) -> None:
    """Have the master hear bytes so long after now."""
    t_ns = bench.loop.now_ns + after_ns
    bench.loop.call_at_ns(t_ns, asker.master._received, data, t_ns)


@pytest.mark.parametrize("noise", [b"", b"\x00" * 40], ids=["alone", "with noise handed over behind it"])
def test_an_answer_sooner_than_the_wire_carries_it_is_the_last_ones_copy(noise: bytes) -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        await asker.ask()
        bench.habits[1] = silent
        soonest_ns = REQUEST_NS + REPLY_NS + LINE.wire_ns(len(noise))
        hear(bench, asker, serial_answer(holding(), 1) + noise, ASKED_AGAIN_NS + soonest_ns * 9 // 10)
        assert kind_of(await asker.ask()) is FailureKind.TIMEOUT
        assert asker.count()[Counter.DUPLICATE] == 1

    on_bench(main, habits={1: good})


def test_the_answer_that_follows_such_a_copy_is_taken() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        await asker.ask()
        hear(bench, asker, serial_answer(holding(), 1), ASKED_AGAIN_NS + MS)
        outcome = await asker.ask()
        assert isinstance(outcome, Reply)
        assert outcome.words == (2, 2)

    on_bench(main, habits={1: good})


def test_what_comes_too_soon_and_is_no_copy_is_late() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        await asker.ask()
        bench.habits[1] = silent
        hear(bench, asker, serial_answer(holding(), 7), ASKED_AGAIN_NS + MS)
        assert kind_of(await asker.ask()) is FailureKind.TIMEOUT
        assert asker.count()[Counter.LATE] == 1

    on_bench(main, habits={1: good})


@pytest.mark.parametrize("count", [1, 2, 125])
def test_the_fastest_answer_of_a_slave_whose_clock_is_fast_is_in_time(count: int) -> None:
    """A UART reads no bytes of a clock that is off by a twentieth: half a bit in ten."""
    n_bytes = holding(count=count).reply_len
    nominal_ns = REQUEST_NS + LINE.wire_ns(n_bytes)
    assert not is_too_soon(LINE, nominal_ns * 96 // 100, n_bytes)
    assert is_too_soon(LINE, nominal_ns * 94 // 100, n_bytes)


# lines that take no time


class Instant(AnsweringPort):
    """USB all the way into the slave, which answers at once, if it does."""

    def __init__(self, *, takes_time: bool) -> None:
        self.takes_time = takes_time
        self.serial = 0
        self.silent_on: set[int] = set()

    def write(self, data: bytes) -> None:
        self.serial += 1
        request = parse_request(data)
        if self.serial not in self.silent_on and request is not None:
            self.answer(serial_answer(request, self.serial), MS)


def asked(port: Instant, times: int) -> list[Reply | Failure]:
    """What became of so many requests that are alike."""

    async def main() -> list[Reply | Failure]:
        bus = Bus(port, "instant", LINE)
        master = RtuMaster(bus, LINE, VirtualClock())
        await bus.open()
        outcomes = []
        for _ in range(times):
            outcomes.append(await master.transact(holding(), TIMES))
            await asyncio.sleep(LATENCY_NS / NS)
        return outcomes

    return run_virtual(main())


@pytest.mark.parametrize("takes_time", [False, True], ids=["known", "seen"])
def test_on_a_line_that_takes_no_time_every_answer_is_taken(takes_time: bool) -> None:
    assert all(isinstance(outcome, Reply) for outcome in asked(Instant(takes_time=takes_time), 3))


def test_a_line_that_takes_no_time_is_seen_to_after_an_answer_that_was_lost() -> None:
    port = Instant(takes_time=True)
    port.silent_on = {1}
    assert [kind_of(outcome) for outcome in asked(port, 3)] == [FailureKind.TIMEOUT, None, None]
