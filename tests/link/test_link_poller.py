"""The poller: a fixed rate, outages at their instant, and nobody waits for a dead slave or port."""

import asyncio
import itertools
import logging

import pytest
from link_bench import (
    LATENCY_NS,
    LINE,
    MAX_LATE_NS,
    MS,
    PollBench,
    S,
    Sends,
    altered,
    good,
    late_by,
    serial_answer,
    silent,
)

from edge_agent.link.master import MARGIN_NS
from hil.loop import VirtualLoop, run_virtual
from protocols.modbus.crc import append_crc, crc_ok
from protocols.modbus.pdu import ReadRequest

PERIOD_NS = 500 * MS
REPLY_NS = LINE.wire_ns(9)
"""Two registers."""
TIMEOUT_NS = LINE.wire_ns(8) + LATENCY_NS + REPLY_NS + MARGIN_NS


def damaged(adu: bytes) -> bytes:
    return adu[:-1] + bytes((adu[-1] ^ 1,))


def gaps(starts: list[int]) -> list[int]:
    return [after - before for before, after in itertools.pairwise(starts)]


# the rate


def test_requests_go_out_on_a_grid_that_does_not_drift() -> None:
    async def main() -> None:
        bench = PollBench({1: good}, {1: [2]})
        await bench.poll_for(1000)
        assert bench.starts(1) == [LINE.t35_ns, *(PERIOD_NS * k for k in range(1, 2000))]

    run_virtual(main())


def test_a_slow_answer_does_not_shift_the_next_request() -> None:
    async def main() -> None:
        bench = PollBench({1: late_by(90 * MS)}, {1: [2]})
        await bench.poll_for(5.2)
        assert bench.starts(1)[1:] == [PERIOD_NS * k for k in range(1, 11)]

    run_virtual(main())


def test_every_block_of_every_device_is_read_once_a_period() -> None:
    async def main() -> None:
        bench = PollBench({1: good, 2: good}, {1: [2, 3], 2: [1]})
        await bench.poll_for(10)
        read = [(name, block) for name, block, *_ in bench.blocks]
        assert {one: read.count(one) for one in set(read)} == {
            ("device-1", "b0"): 20,
            ("device-1", "b1"): 20,
            ("device-2", "b0"): 20,
        }

    run_virtual(main())


def test_a_load_beyond_the_wire_is_shared_and_never_queued() -> None:
    """Four slaves of 80 ms each in a period of 100 ms: what cannot be read in its turn is left out."""

    async def main() -> None:
        slow = {slave: late_by(40 * MS) for slave in range(1, 5)}
        bench = PollBench(slow, {slave: [2] for slave in slow}, poll_period_s=0.1, shapes=2)
        await bench.poll_for(60)
        counts = [len(bench.starts(slave)) for slave in slow]
        assert max(counts) - min(counts) <= 1
        assert max(max(gaps(bench.starts(slave))) for slave in slow) <= 400 * MS

    run_virtual(main())


def test_two_requests_in_a_row_go_to_different_slaves_where_they_can() -> None:
    async def main() -> None:
        bench = PollBench({1: good, 2: good}, {1: [2, 2], 2: [2, 2]})
        await bench.poll_for(5)
        asked = [tapped.data[0] for tapped in bench.requests]
        assert asked == [1, 2] * (len(asked) // 2)

    run_virtual(main())


def test_one_slave_at_one_hertz_wakes_the_processor_at_most_eight_times_a_second() -> None:
    """Every jump of virtual time is a wake-up: the agent's timers, and the bytes that reach it."""
    jumps = 0

    async def main() -> None:
        nonlocal jumps
        bench = PollBench({1: good}, {1: [39]}, poll_period_s=1.0)

        def count(_t_ns: int) -> None:
            nonlocal jumps
            jumps += 1

        bench.loop.add_time_source(count)
        await bench.poll_for(100)

    run_virtual(main())
    assert jumps <= 8 * 100


def test_nothing_but_reads_of_the_blocks_goes_out() -> None:
    async def main() -> None:
        bench = PollBench({1: good}, {1: [2, 3], 2: [1]})
        await bench.poll_for(30)
        assert {tapped.data[:6] for tapped in bench.requests} == {
            bytes.fromhex("01 03 0000 0002"),
            bytes.fromhex("01 03 0064 0003"),
            bytes.fromhex("02 03 0000 0001"),
        }
        assert all(crc_ok(tapped.data) and len(tapped.data) == 8 for tapped in bench.requests)

    run_virtual(main())


# outages


def test_a_device_is_up_with_its_first_answer() -> None:
    async def main() -> None:
        bench = PollBench({1: good}, {1: [2]})
        assert bench.state() == "probing"
        await bench.poll_for(0.2)
        assert bench.state() == "up"
        ((name, block, words, from_ns, to_ns),) = bench.blocks
        assert (name, block, words) == ("device-1", "b0", (1, 1))
        assert bench.links == [("device-1", False, to_ns, to_ns + REPLY_NS)]
        assert to_ns - from_ns == LATENCY_NS

    run_virtual(main())


def test_an_outage_is_reported_three_seconds_after_the_first_unanswered_request() -> None:
    async def main() -> None:
        bench = PollBench({1: good}, {1: [2]})
        bench.loop.call_at_ns(1_700 * MS, bench.habits.clear)
        await bench.poll_for(10)
        assert bench.links[1:] == [("device-1", True, 2 * S, 5 * S)]
        assert bench.state() == "down"

    run_virtual(main())


def test_one_failed_cycle_is_no_outage_however_long_ago() -> None:
    async def main() -> None:
        bench = PollBench({}, {1: [2]}, poll_period_s=20.0)
        await bench.poll_for(19)
        assert bench.links == []
        await bench.poll_for(0)

    run_virtual(main())


def test_the_second_failed_cycle_of_a_slow_rate_is_the_outage() -> None:
    async def main() -> None:
        bench = PollBench({}, {1: [2]}, poll_period_s=20.0)
        await bench.poll_for(30)
        ((name, down, since_ns, t_ns),) = bench.links
        assert (name, down, since_ns) == ("device-1", True, 0)
        assert t_ns == 20 * S + TIMEOUT_NS

    run_virtual(main())


def test_an_outage_ends_with_the_first_answer() -> None:
    async def main() -> None:
        bench = PollBench({}, {1: [2]})
        bench.loop.call_at_ns(30 * S, bench.habits.__setitem__, 1, good)
        await bench.poll_for(60)
        assert [down for _, down, *_ in bench.links] == [True, False]
        assert bench.links[1][3] <= 30 * S + 10 * S + TIMEOUT_NS
        assert bench.state() == "up"

    run_virtual(main())


def test_a_device_that_only_refuses_is_an_outage_that_says_why() -> None:
    async def main() -> None:
        refusal = append_crc(bytes((1, 0x83, 2)))
        bench = PollBench({1: altered(lambda _adu: refusal)}, {1: [2]})
        await bench.poll_for(10)
        assert bench.state() == "down"
        assert "exception 02h" in bench.poller.views()[0].last_error
        assert bench.poller.views()[0].counters["exception"] == 20

    run_virtual(main())


def test_a_lost_block_makes_the_link_degraded_until_it_is_read_again() -> None:
    async def main() -> None:
        bench = PollBench({1: good}, {1: [2]})
        bench.loop.call_at_ns(900 * MS, bench.habits.__setitem__, 1, altered(damaged))
        bench.loop.call_at_ns(1_400 * MS, bench.habits.__setitem__, 1, good)
        seen: list[str] = []
        for at_ms in (600, 1_300, 1_800):
            bench.loop.call_at_ns(at_ms * MS, lambda: seen.append(bench.state()))
        await bench.poll_for(2)
        assert seen == ["up", "degraded", "up"]

    run_virtual(main())


# back to the full rate


def test_a_damaged_answer_costs_no_more_than_its_own_cycle() -> None:
    async def main() -> None:
        bench = PollBench({1: good}, {1: [2]})
        bench.loop.call_at_ns(900 * MS, bench.habits.__setitem__, 1, altered(damaged))
        bench.loop.call_at_ns(1_400 * MS, bench.habits.__setitem__, 1, good)
        await bench.poll_for(10)
        assert bench.starts(1)[1:] == [PERIOD_NS * k for k in range(1, 20)]
        assert len(bench.blocks) == 19

    run_virtual(main())


def test_a_late_answer_costs_its_quarantine_and_one_cycle_at_most() -> None:
    async def main() -> None:
        bench = PollBench({1: good}, {1: [2]})
        bench.loop.call_at_ns(900 * MS, bench.habits.__setitem__, 1, late_by(800 * MS))
        bench.loop.call_at_ns(1_400 * MS, bench.habits.__setitem__, 1, good)
        await bench.poll_for(10)
        starts = bench.starts(1)
        assert max(gaps(starts)) <= TIMEOUT_NS + MAX_LATE_NS + REPLY_NS + PERIOD_NS
        assert bench.blocks[-1][2] == (len(starts),) * 2
        assert bench.poller.views()[0].counters["late"] == 1

    run_virtual(main())


@pytest.mark.parametrize("dead", [1, 8, 16])
def test_a_dead_slave_of_sixteen_takes_nothing_from_the_others(dead: int) -> None:
    """reference/peers.md: the others keep 0.00 to 0.62 of their rate beside the masters measured there."""

    async def main() -> None:
        slaves = range(1, 17)
        bench = PollBench(dict.fromkeys(slaves, good), {slave: [2] for slave in slaves}, poll_period_s=1.0, shapes=2)
        bench.loop.call_at_ns(round(10.5 * S), bench.habits.pop, dead)
        await bench.poll_for(70.5)
        for slave in set(range(1, 17)) - {dead}:
            during = [start for start in bench.starts(slave) if start >= 10.5 * S]
            assert len(during) >= 0.99 * 60
            assert max(gaps(bench.starts(slave))) <= S + TIMEOUT_NS + LINE.wire_ns(6)

    run_virtual(main())


def test_a_dead_slave_is_asked_ever_less_often_down_to_every_ten_seconds() -> None:
    async def main() -> None:
        bench = PollBench({}, {1: [2]})
        await bench.poll_for(120)
        asked = gaps(bench.starts(1))
        assert asked == sorted(asked)
        assert asked[0] <= TIMEOUT_NS + MAX_LATE_NS + REPLY_NS + PERIOD_NS
        assert 10 * S <= asked[-1] <= 10 * S + TIMEOUT_NS + PERIOD_NS

    run_virtual(main())


def test_a_block_that_is_never_answered_does_not_keep_its_neighbours_waiting() -> None:
    async def main() -> None:
        bench = PollBench(
            {1: lambda r, n: [] if r.address == 0 else [(LATENCY_NS, serial_answer(r, n))]}, {1: [2, 2, 2]}
        )
        await bench.poll_for(60)
        read = [block for _, block, *_ in bench.blocks]
        assert read.count("b1") == pytest.approx(read.count("b2"), abs=1)
        assert read.count("b1") >= 30
        assert bench.state() == "degraded"

    run_virtual(main())


# the port


def test_an_unplugged_adapter_is_an_outage_of_every_device_and_found_again(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        bench = PollBench({1: good, 2: good}, {1: [2], 2: [2]})
        bench.loop.call_at_ns(5_200 * MS, bench.memory.unplug)
        bench.loop.call_at_ns(20_200 * MS, bench.memory.plug)
        notes: list[tuple[str, ...]] = []
        bench.loop.call_at_ns(15 * S, lambda: notes.append(bench.poller.notes()))
        await bench.poll_for(40)
        outages = [said for said in bench.links if said[1]]
        assert outages == [(f"device-{n}", True, 5_500 * MS, 8_500 * MS) for n in (1, 2)]
        back = [t_ns for _, down, _, t_ns in bench.links[2:] if not down]
        assert len(back) == 2
        assert max(back) <= 20_200 * MS + 5 * S + PERIOD_NS
        assert notes == [("memory: no such port; plug the adapter in",)]
        assert bench.poller.notes() == ()

    with caplog.at_level(logging.WARNING):
        run_virtual(main())
    said = [record.getMessage() for record in caplog.records if "link.port" in record.getMessage()]
    assert [line.split(" ")[0] for line in said] == ["link.port_unusable"] * 2
    assert "unplugged" in said[0]
    assert "no such port" in said[1]


def test_a_port_missing_from_the_start_is_tried_until_it_is_there() -> None:
    async def main() -> None:
        bench = PollBench({1: good}, {1: [2]})
        bench.memory.unplug()
        bench.loop.call_at_ns(60 * S, bench.memory.plug)
        await bench.poll_for(70)
        assert [down for _, down, *_ in bench.links] == [True, False]
        assert bench.links[0][2:] == (0, 3 * S)
        assert bench.links[1][3] <= 65 * S + PERIOD_NS

    run_virtual(main())


def test_a_port_that_opens_and_carries_nothing_is_not_hammered() -> None:
    opened = 0

    async def main() -> None:
        nonlocal opened
        bench = PollBench({1: good}, {1: [2]})
        plain = bench.memory.__call__

        async def opens_and_dies(*args):  # type: ignore[no-untyped-def]
            nonlocal opened
            opened += 1
            port = await plain(*args)
            bench.loop.call_soon(port.lose)
            return port

        bench.poller._bus._open_bus = opens_and_dies
        await bench.poll_for(60)

    run_virtual(main())
    assert opened <= 20


def test_the_port_is_closed_when_polling_ends() -> None:
    async def main() -> None:
        bench = PollBench({1: good}, {1: [2]})
        await bench.poll_for(1)
        await bench.poll_for(1)
        assert bench.state() == "up"

    run_virtual(main())


def test_strangers_on_the_line_are_said() -> None:
    async def main() -> None:
        bench = PollBench({1: good}, {1: [2]})
        bench.drive(9, 700 * MS, append_crc(bytes.fromhex("09 03 02 00 01")))
        await bench.poll_for(2)
        (note,) = bench.poller.notes()
        assert "1 frames" in note

    run_virtual(main())


def test_two_runs_are_the_same_to_the_nanosecond() -> None:
    def run() -> list[object]:
        traces: list[object] = []

        async def main() -> None:
            bench = PollBench({1: good, 2: late_by(300 * MS), 3: silent}, {1: [2, 2], 2: [2], 3: [1]})
            await bench.poll_for(30)
            traces.extend([*bench.taps, *bench.blocks, *bench.links])

        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(main())
        return traces

    assert run() == run()


def test_two_requests_in_a_row_to_one_slave_ask_for_different_numbers() -> None:
    """With a single read, its two shapes take turns; what was read in excess is dropped."""

    async def main() -> None:
        bench = PollBench({1: good}, {1: [3]}, poll_period_s=0.1, shapes=2)
        await bench.poll_for(1.05)
        counts = [int.from_bytes(tapped.data[4:6], "big") for tapped in bench.requests]
        assert counts[:6] == [3, 4, 3, 4, 3, 4]
        assert {len(words) for _, _, words, _, _ in bench.blocks} == {3}

    run_virtual(main())


def test_the_answer_to_the_request_before_does_not_fit_the_next_one() -> None:
    """Every second answer comes twice, the copy in the next turn and before the right one."""

    def doubling(request: ReadRequest, serial: int) -> Sends:
        adu = serial_answer(request, serial)
        return [(LATENCY_NS, adu), (101 * MS, adu)] if serial % 2 else [(LATENCY_NS + 20 * MS, adu)]

    async def main() -> None:
        bench = PollBench({1: doubling}, {1: [3]}, poll_period_s=0.1, shapes=2)
        await bench.poll_for(5)
        serials = [words[0] for _, _, words, _, _ in bench.blocks]
        assert serials == list(range(1, 51))
        assert bench.poller.views()[0].counters["duplicate"] == 25

    run_virtual(main())
