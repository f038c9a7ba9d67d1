"""An alarm is published again until the platform, not the broker, has taken it on."""

import asyncio
import itertools
from pathlib import Path

import pytest

from hil.loop import run_virtual
from protocols.upstream.messages import Phase, Stream
from tests.support.uplink import TOPICS, message, uplink_bench

FIELD = (5.0, 10.0, 20.0, 30.0)
"""RAISED: again after 5, 10, 20, 30, 30.. s until the platform's acknowledgement (reference/lift_standards.md)."""


def test_an_alarm_is_repeated_on_schedule_and_the_last_step_repeats(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, re_emit_s=FIELD) as bench:
            await asyncio.sleep(1)
            await bench.store(message("a1"))
            await asyncio.sleep(100)
            assert bench.times_s("alarm") == [1, 6, 16, 36, 66, 96]
            assert [one.attempt for one in bench.numbered()] == [1, 2, 3, 4, 5, 6]
            assert set(bench.seqs()) == {1}

    run_virtual(main())


def test_an_acknowledged_alarm_is_not_repeated(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, re_emit_s=FIELD) as bench:
            await asyncio.sleep(1)
            await bench.store(message("a1"), message("a2"))
            await asyncio.sleep(1)
            bench.acknowledge("a1", 1)
            await asyncio.sleep(100)
            assert bench.acknowledged == [("a1", "desk")]
            assert bench.seqs().count(1) == 1
            assert bench.seqs().count(2) > 1

    run_virtual(main())


def test_only_the_raised_step_is_repeated(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, re_emit_s=FIELD) as bench:
            await bench.store(message("a1"), message("a1", Phase.CLEARED))
            await asyncio.sleep(10)
            assert bench.seqs() == [1, 2, 1]

    run_virtual(main())


def test_a_repetition_waits_for_the_connection(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, re_emit_s=(5.0,)) as bench:
            await bench.store(message("a1"))
            await asyncio.sleep(1)
            bench.broker.down()
            await asyncio.sleep(100)
            bench.broker.up()
            await asyncio.sleep(35)
            before, after = (one for one in bench.numbered()[:2])
            assert (before.attempt, after.attempt) == (1, 2)

    run_virtual(main())


def test_after_a_restart_an_unacknowledged_alarm_is_repeated_at_once_as_a_repetition(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, re_emit_s=FIELD) as bench:
            await bench.store(message("a1"))
            await asyncio.sleep(1)
            await bench.stop()
            bench.start()
            await asyncio.sleep(1)
            assert [(one.seq, one.attempt) for one in bench.numbered()] == [(1, 1), (1, 2)]

    run_virtual(main())


def test_a_burst_of_alarms_longer_than_a_page_goes_out_once_each_and_in_order(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, start=False, re_emit_s=(3600.0,)) as bench:
            await bench.store(*(message(f"a{number}") for number in range(250)))
            bench.start()
            await asyncio.sleep(1)
            assert bench.seqs() == list(range(1, 251))

    run_virtual(main())


def test_repetitions_go_on_while_a_long_queue_of_events_drains(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, start=False, re_emit_s=(5.0,)) as bench:
            bench.broker.latency_s = 0.2
            await bench.store(message("a1"), *(message(f"e{n}", Phase.BEGIN, Stream.EVENT) for n in range(200)))
            bench.start()
            await asyncio.sleep(30)
            times_s = bench.times_s("alarm")
            assert len(times_s) >= 5
            assert all(later - earlier <= 5.7 for earlier, later in itertools.pairwise(times_s))
            assert len(bench.seqs("event")) > 100

    run_virtual(main())


def test_an_acknowledgement_that_arrives_twice_is_harmless(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, re_emit_s=FIELD) as bench:
            await bench.store(message("a1"))
            await asyncio.sleep(1)
            bench.acknowledge("a1", 1)
            bench.acknowledge("a1", 1)
            await asyncio.sleep(1)
            bench.acknowledge("a1", 2)
            await asyncio.sleep(1)
            assert set(bench.acknowledged) == {("a1", "desk")}
            assert await bench.journal.unacknowledged_alarms() == []
            assert bench.uplink.status().connected

    run_virtual(main())
    assert [one.getMessage() for one in caplog.records] == [
        "uplink.command_refused problem=id='desk-1': counter 1 must exceed the last one, 1"
    ]


def test_a_retained_command_is_ignored_with_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, start=False) as bench:
            await bench.store(message("a1"))
            bench.acknowledge("a1", 1, retain=True)
            bench.start()
            await asyncio.sleep(1)
            assert bench.acknowledged == []
            assert TOPICS.command in bench.broker.retained

    run_virtual(main())
    (line,) = (one.getMessage() for one in caplog.records)
    assert line == "uplink.command_refused problem=retained commands are not obeyed; publish it without retain"
