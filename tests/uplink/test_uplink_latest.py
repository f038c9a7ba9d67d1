"""Lift states: retained with an expiry, when they change, not too often and not too seldom."""

import asyncio
from pathlib import Path

from hil.loop import run_virtual
from tests.support.uplink import STATE_TOPIC, TOPICS, uplink_bench


def test_a_state_is_retained_with_its_expiry(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            await asyncio.sleep(1)
            kept = bench.broker.retained[STATE_TOPIC]
            assert kept.expiry_s == bench.states()[0].expires_s == 180

    run_virtual(main())


def test_a_changed_lift_is_published_at_once_and_then_at_most_every_min_period(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, state_min_period_s=2) as bench:
            await asyncio.sleep(10)
            for floor in range(8):
                bench.floors["lift-1"] = str(floor + 2)
                bench.uplink.state_changed()
                await asyncio.sleep(0.5)
            await asyncio.sleep(10)
            assert bench.times_s("state") == [0, 10, 12, 14]
            assert bench.states()[-1].snapshot.floor_label == "9"

    run_virtual(main())


def test_an_unchanged_lift_is_published_every_max_period(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, state_max_period_s=60) as bench:
            for _ in range(250):
                bench.uplink.state_changed()
                await asyncio.sleep(0.5)
            assert bench.times_s("state") == [0, 60, 120]

    run_virtual(main())


def test_only_the_lift_that_changed_is_published(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            await bench.stop()
            bench.floors["lift-2"] = "1"
            bench.start()
            await asyncio.sleep(5)
            bench.floors["lift-2"] = "2"
            bench.uplink.state_changed()
            await asyncio.sleep(1)
            shown = [(one.ids.lift_id, one.snapshot.floor_label) for one in bench.states()]
            assert shown[-3:] == [("lift-1", "1"), ("lift-2", "1"), ("lift-2", "2")]
            assert TOPICS.state("lift-2") in bench.broker.retained

    run_virtual(main())


def test_every_session_begins_with_every_state(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            await asyncio.sleep(20)
            bench.broker.down(forget_retained=True)
            await asyncio.sleep(5)
            bench.broker.up()
            await asyncio.sleep(10)
            assert STATE_TOPIC in bench.broker.retained

    run_virtual(main())


def test_a_denied_state_topic_does_not_hold_up_health(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, health_period_s=30) as bench:
            bench.broker.may_publish = lambda _client, topic: topic != STATE_TOPIC
            await asyncio.sleep(61)
            assert len(bench.healths()) == 3
            assert bench.healths()[-1].notes == [f"the broker denies {STATE_TOPIC}: 0x87 not authorized"]

    run_virtual(main())
