"""The port lent to a technician: nobody asks meanwhile, no outage is called, and it comes back whatever happens."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest
from link_bench import LATENCY_NS, MAX_LATE_NS, PollBench, S, answer_with, good, silent

from edge_agent import AgentError
from edge_agent.link.master import MARGIN_NS
from hil.loop import run_virtual


def on_polled(main: Callable[[PollBench], Coroutine[object, object, None]]) -> None:
    """Run `main` beside a poller that has polled for a second."""

    async def run() -> None:
        bench = PollBench({1: good}, {1: [2]}, poll_period_s=0.1)
        task = asyncio.create_task(bench.poller.run(), name="poller")
        await asyncio.sleep(1)
        await main(bench)
        task.cancel()
        await asyncio.wait([task])

    run_virtual(run())


def test_while_the_port_is_lent_nothing_is_asked_and_the_port_is_free() -> None:
    async def main(bench: PollBench) -> None:
        await bench.poller.lend("doctor", 600 * S)
        asked = len(bench.requests)
        other = await bench.memory("memory", bench.segment.line, lambda _data, _t: None, lambda _error: None)
        await asyncio.sleep(60)
        assert len(bench.requests) == asked
        assert bench.state() == "paused"
        assert any("monitoring paused by doctor" in note for note in bench.poller.notes())
        other.close()

    on_polled(main)


def test_a_lent_port_is_no_outage() -> None:
    async def main(bench: PollBench) -> None:
        bench.links.clear()
        bench.habits[1] = silent
        await asyncio.sleep(0.5)
        await bench.poller.lend("doctor", 60 * S)
        await asyncio.sleep(50)
        assert bench.links == []

    on_polled(main)


OWED_S = (LATENCY_NS + MARGIN_NS + MAX_LATE_NS) / S
"""For so long an answer may still be owed to the borrower."""


def test_given_back_it_is_polled_as_soon_as_nothing_can_be_owed_to_the_borrower() -> None:
    async def main(bench: PollBench) -> None:
        lease = await bench.poller.lend("doctor", 600 * S)
        await asyncio.sleep(5)
        asked = len(bench.requests)
        bench.poller.take_back(lease)
        await asyncio.sleep(OWED_S - 0.01)
        assert len(bench.requests) == asked
        await asyncio.sleep(0.1)
        assert len(bench.requests) > asked
        assert bench.state() == "up"
        assert bench.poller.notes() == ()

    on_polled(main)


def test_it_comes_back_by_itself_when_its_time_is_up() -> None:
    async def main(bench: PollBench) -> None:
        await bench.poller.lend("doctor", 10 * S)
        asked = len(bench.requests)
        await asyncio.sleep(9.9)
        assert len(bench.requests) == asked
        await asyncio.sleep(0.3 + OWED_S)
        assert len(bench.requests) > asked

    on_polled(main)


def test_it_is_lent_to_one_at_a_time() -> None:
    async def main(bench: PollBench) -> None:
        await bench.poller.lend("doctor", 10 * S)
        with pytest.raises(AgentError, match="lent to doctor already"):
            await bench.poller.lend("sniff", 10 * S)

    on_polled(main)


def test_a_port_that_cannot_be_opened_is_lent_all_the_same() -> None:
    async def main(bench: PollBench) -> None:
        bench.memory.unplug()
        await asyncio.sleep(3)
        await bench.poller.lend("doctor", 10 * S)
        bench.memory.plug()
        await asyncio.sleep(11 + OWED_S)
        assert bench.state() == "up"

    on_polled(main)


def test_a_lease_of_long_ago_takes_nothing_back() -> None:
    async def main(bench: PollBench) -> None:
        old = await bench.poller.lend("doctor", 1 * S)
        await asyncio.sleep(2)
        await bench.poller.lend("sniff", 60 * S)
        bench.poller.take_back(old)
        await asyncio.sleep(1)
        assert bench.state() == "paused"

    on_polled(main)


def test_the_answer_to_the_borrowers_last_request_is_not_taken_for_ours() -> None:
    """He asked for as many registers, and went before the answer came."""

    async def main(bench: PollBench) -> None:
        lease = await bench.poller.lend("doctor", 600 * S)
        bench.blocks.clear()
        bench.drive(1, bench.loop.now_ns + 30_000_000, answer_with(1, 3, [0x5555, 0x5555]))
        bench.poller.take_back(lease)
        await asyncio.sleep(5)
        assert bench.blocks
        assert all(words != (0x5555, 0x5555) for _, _, words, _, _ in bench.blocks)

    on_polled(main)
