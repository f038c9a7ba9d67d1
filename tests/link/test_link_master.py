"""The master: no value is good that the slave did not send for this request, and every fault has its own name."""

import asyncio

import pytest
from link_bench import (
    LATENCY_NS,
    LINE,
    MAX_LATE_NS,
    MS,
    REPLY_NS,
    REQUEST_NS,
    TIMEOUT_NS,
    TIMES,
    Asker,
    LinkBench,
    answer_with,
    good,
    holding,
    kind_of,
    late_by,
    on_bench,
    serial_answer,
    silent,
)

from edge_agent.link.counters import Counter
from edge_agent.link.master import MARGIN_NS
from edge_agent.link.outcome import Failure, FailureKind, Reply, SlaveTimes
from hil.bus.segment import Delivery
from hil.loop import NS_PER_S
from protocols.modbus.crc import crc_ok
from protocols.modbus.pdu import ReadFunction, ReadRequest

# timing


def test_an_answer_carries_the_span_from_the_requests_end_to_its_own_start() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        reply = await asker.ask()
        end_ns = LINE.t35_ns + REQUEST_NS
        assert reply == Reply((1, 1), end_ns, end_ns + LATENCY_NS)
        assert asker.count() == {Counter.OK: 1}

    on_bench(main, habits={1: good})


def test_the_line_is_silent_for_t35_before_every_transmission() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        for count in (2, 3, 2):
            await asker.ask(holding(count=count))
        frames = sorted(bench.taps, key=lambda tapped: tapped.t_start_ns)
        gaps = [after.t_start_ns - before.t_end_ns for before, after in zip(frames[1::2], frames[2::2], strict=False)]
        assert gaps == [LINE.t35_ns] * 2

    on_bench(main, habits={1: good})


def test_a_slaves_longer_gap_is_kept_before_it_is_asked() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        await asker.ask()
        heard_ns = bench.loop.now_ns
        await asker.ask(
            holding(count=3), times=SlaveTimes(latency_ns=LATENCY_NS, max_late_ns=MAX_LATE_NS, min_gap_ns=10 * MS)
        )
        assert bench.starts(1)[1] - heard_ns == 10 * MS

    on_bench(main, habits={1: good})


def test_silence_is_counted_from_our_own_sending_too() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        gap = SlaveTimes(latency_ns=0, max_late_ns=0, min_gap_ns=500 * MS)
        await asker.ask(holding(slave=7), gap)
        await asker.ask(holding(slave=8), gap)
        first, second = bench.requests
        assert second.t_start_ns - first.t_end_ns == 500 * MS

    on_bench(main)


def test_a_request_ends_at_its_absolute_deadline() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        outcome = await asker.ask()
        assert isinstance(outcome, Failure)
        assert outcome.kind is FailureKind.TIMEOUT
        assert bench.loop.now_ns - bench.starts(1)[0] == TIMEOUT_NS
        assert asker.count() == {Counter.TIMEOUT: 1}

    on_bench(main)


def test_an_answer_a_nanosecond_before_the_deadline_counts_and_one_a_nanosecond_after_does_not() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        assert kind_of(await asker.ask()) is None
        bench.habits[1] = late_by(MARGIN_NS + 1)
        assert kind_of(await asker.ask()) is FailureKind.TIMEOUT

    on_bench(main, habits={1: late_by(MARGIN_NS - 1)})


def test_a_line_that_never_falls_silent_is_spoken_on_after_the_longest_frames_time() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        for index in range(300):
            bench.drive(99, index * 2 * MS, b"\x00")
        await asker.ask()
        assert bench.starts(1) == [LINE.t35_ns + LINE.wire_ns(256)]

    on_bench(main)


# quarantine


def test_after_a_timeout_the_slave_is_left_alone_until_its_answer_cannot_come_any_more() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        await asker.ask()
        deadline_ns = bench.loop.now_ns
        bench.habits[1] = good
        assert kind_of(await asker.ask()) is None
        assert bench.starts(1)[1] == deadline_ns + MAX_LATE_NS + REPLY_NS

    on_bench(main)


def test_others_are_served_at_once_while_one_is_in_quarantine() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        await asker.ask()
        deadline_ns = bench.loop.now_ns
        assert kind_of(await asker.ask(holding(slave=2))) is None
        assert bench.starts(2)[0] == deadline_ns

    on_bench(main, habits={2: good})


@pytest.mark.parametrize("late_ms", [101, 110, 150, 200, 300, 500, 700, 1000, 1099])
def test_a_late_answer_never_becomes_the_next_answer(late_ms: int) -> None:
    """serial_faults.md, 1: one late reply shifts every later one in the plain pymodbus client."""

    async def main(bench: LinkBench, asker: Asker) -> None:
        assert kind_of(await asker.ask()) is FailureKind.TIMEOUT
        bench.habits[1] = good
        for serial in range(2, 6):
            outcome = await asker.ask(holding(address=10 * serial))
            assert isinstance(outcome, Reply)
            assert outcome.words == (serial, serial)
        assert asker.count() == {Counter.TIMEOUT: 1, Counter.LATE: 1, Counter.OK: 4}

    on_bench(main, habits={1: late_by(late_ms * MS)})


@pytest.mark.parametrize("held_ms", [1, 8, 15])
def test_the_latest_of_late_answers_is_none_to_the_next_request_though_an_adapter_holds_it_back(held_ms: int) -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        came_ns = LINE.t35_ns + TIMEOUT_NS + MAX_LATE_NS + REPLY_NS
        early_ns = (-came_ns - held_ms * MS) % (16 * MS)
        await asyncio.sleep(early_ns / NS_PER_S)
        bench.drive(1, early_ns + came_ns - REPLY_NS, answer_with(1, 3, [9, 9]))
        assert kind_of(await asker.ask()) is FailureKind.TIMEOUT
        assert kind_of(await asker.ask()) is FailureKind.TIMEOUT
        assert asker.count() == {Counter.TIMEOUT: 2, Counter.LATE: 1}

    on_bench(main, habits={1: silent}, delivery=Delivery.USB)


def test_a_late_answer_in_another_slaves_turn_is_late_there_and_foreign_here() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        await asker.ask()
        assert kind_of(await asker.ask(holding(slave=2))) is FailureKind.TIMEOUT
        assert asker.count(1) == {Counter.TIMEOUT: 1, Counter.LATE: 1}
        assert asker.count(2) == {Counter.TIMEOUT: 1, Counter.FOREIGN: 1}

    on_bench(main, habits={1: late_by(MARGIN_NS + 50 * MS)})


def test_a_cancelled_request_puts_its_slave_in_quarantine() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await asker.ask()
        bench.habits[1] = good
        outcome = await asker.ask()
        assert isinstance(outcome, Reply)
        assert outcome.words == (2, 2)
        assert asker.count() == {Counter.LATE: 1, Counter.OK: 1}

    on_bench(main, habits={1: late_by(20 * MS)})


@pytest.mark.parametrize("noise", [b"\x00", b"\xff\xff", b"\x5a\x01\x03\x04", b"\x01" + bytes(9), bytes(30)])
def test_noise_alone_does_not_end_the_wait_for_a_late_answer(noise: bytes) -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        await asker.ask()
        bench.habits[1] = good
        outcome = await asker.ask()
        assert isinstance(outcome, Reply)
        assert outcome.words == (2, 2)

    on_bench(
        main, habits={1: lambda request, n: [(0, noise), (LATENCY_NS + MARGIN_NS + MS, serial_answer(request, n))]}
    )


# the port


def test_a_port_lost_in_mid_turn_ends_it_and_its_slave_is_left_alone() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        bench.loop.call_at_ns(15 * MS, bench.memory.unplug)
        outcome = await asker.ask()
        assert kind_of(outcome) is FailureKind.PORT
        assert bench.loop.now_ns == 15 * MS
        assert asker.master.quarantined_until(1) > MAX_LATE_NS
        assert asker.count() == {}

    on_bench(main)


def test_a_closed_port_is_said_with_its_reason_and_costs_no_quarantine() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        bench.memory.unplug()
        outcome = await asker.ask()
        assert isinstance(outcome, Failure)
        assert outcome.kind is FailureKind.PORT
        assert "unplugged" in outcome.detail
        assert asker.master.quarantined_until(1) == 0

    on_bench(main)


def test_bytes_seen_after_the_deadline_are_no_answer_however_we_came_to_look_late() -> None:
    """A process that stood still for 10 s finds the answer in the kernel's buffer: it is 10 s old."""

    async def main(bench: LinkBench, asker: Asker) -> None:
        asking = asyncio.create_task(asker.ask(), name="asking")
        await asyncio.sleep(0.02)
        asker.master._received(answer_with(1, 3, [9, 9]), bench.loop.now_ns + 10 * NS_PER_S)
        assert kind_of(await asking) is FailureKind.TIMEOUT
        assert asker.count()[Counter.LATE] == 1

    on_bench(main)


def test_two_callers_never_share_the_line() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        one, other = await asyncio.gather(asker.ask(), asker.ask(holding(slave=2)))
        assert isinstance(one, Reply)
        assert isinstance(other, Reply)
        assert (one.words, other.words) == ((1, 1), (2, 2))
        assert bench.segment.collisions == []

    on_bench(main, habits={1: good, 2: good})


@pytest.mark.parametrize("function", ReadFunction)
def test_nothing_but_reads_goes_out(function: ReadFunction) -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        await asker.ask(ReadRequest(1, function, 5, 1), TIMES)
        (sent,) = (tapped.data for tapped in bench.requests)
        assert (len(sent), sent[1], crc_ok(sent)) == (8, int(function), True)

    on_bench(main, habits={1: silent})
