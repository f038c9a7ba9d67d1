"""Connecting, staying connected, and what is told about it."""

import asyncio
import logging
from pathlib import Path

import pytest

from edge_agent.config_types import Protocol
from edge_agent.ports import MqttVersion
from edge_agent.uplink.negotiation import BackOff
from hil.loop import run_virtual
from tests.support.uplink import TOPICS, Bench, uplink_bench


def warnings(caplog: pytest.LogCaptureFixture, start: str) -> list[str]:
    records = (one for one in caplog.records if one.levelno >= logging.WARNING)
    return [one.getMessage() for one in records if one.getMessage().startswith(start)]


def test_health_goes_out_at_once_then_every_period_retained(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, health_period_s=30) as bench:
            await asyncio.sleep(61)
            assert bench.times_s("health") == [0, 30, 60]
            assert all(one.online for one in bench.healths())
            assert bench.broker.retained[TOPICS.health].expiry_s is None

    run_virtual(main())


def test_the_last_will_says_offline_and_is_retained(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            await asyncio.sleep(1)
            bench.broker.drop("box-1")
            assert not bench.healths()[-1].online
            assert TOPICS.health in bench.broker.retained
            await asyncio.sleep(2)
            assert bench.healths()[-1].online

    run_virtual(main())


def test_being_stopped_says_goodbye(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            await asyncio.sleep(1)
            await bench.stop()
            assert [one.online for one in bench.healths()] == [True, False]

    run_virtual(main())


@pytest.mark.parametrize("trouble", ["stalled", "down", "none"])
def test_being_stopped_takes_less_than_a_second_whatever_the_broker_does(tmp_path: Path, trouble: str) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            await asyncio.sleep(1)
            bench.broker.stalled = trouble == "stalled"
            if trouble == "down":
                bench.broker.down()
            began_ns = bench.clock.now_ns()
            await bench.stop()
            assert bench.clock.now_ns() - began_ns < 1_000_000_000

    run_virtual(main())


def test_being_stopped_at_the_moment_the_broker_dies_still_stops(tmp_path: Path) -> None:
    async def main() -> None:
        for _ in range(3):
            async with uplink_bench(tmp_path) as bench:
                await asyncio.sleep(1)
                bench.broker.down()
                for _ in range(4):
                    await asyncio.sleep(0)
                await bench.stop()

    run_virtual(main())


def test_reconnecting_backs_off_from_1_to_30_s_and_warns_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            bench.broker.down()
            await asyncio.sleep(300)
            bench.broker.up()
            await asyncio.sleep(31)
            assert bench.uplink.status().connected

    with caplog.at_level(logging.DEBUG):
        run_virtual(main())
    tried = [one for one in caplog.records if one.getMessage().startswith("uplink.lost")]
    assert len(warnings(caplog, "uplink.lost")) == 1
    assert 12 <= len(tried) <= 18, "1, 2, 4, 8, 16, then every 30 s, each give or take a quarter"


def test_after_a_steady_session_the_first_reconnect_is_quick(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            bench.broker.down()
            await asyncio.sleep(100)
            bench.broker.up()
            await asyncio.sleep(60)
            bench.broker.drop("box-1")
            await asyncio.sleep(1.5)
            assert bench.uplink.status().connected

    run_virtual(main())


def test_two_terminals_do_not_return_at_the_same_instant() -> None:
    assert BackOff("box-1").next_s() != BackOff("box-2").next_s()
    assert BackOff("box-1").next_s() == BackOff("box-1").next_s()


def test_a_lost_connection_is_told_in_status(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            await asyncio.sleep(1)
            bench.broker.down()
            await asyncio.sleep(0.5)
            status = bench.uplink.status()
            assert (status.connected, status.last_error) == (False, "the broker closed the connection")

    run_virtual(main())


# which version


async def version_after(bench: Bench, seconds: float) -> str:
    await asyncio.sleep(seconds)
    return bench.uplink.status().mqtt_version


def test_auto_speaks_5_when_it_can(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            assert await version_after(bench, 1) == "5"
            assert bench.healths()[-1].mqtt_version == "5"

    run_virtual(main())


def test_auto_falls_back_on_a_refusal_and_reports_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            bench.broker.refused.add(MqttVersion.V5)
            assert await version_after(bench, 2) == "3.1.1"
            health = bench.healths()[-1]
            assert (health.mqtt_version, health.delivery_unverified) == ("3.1.1", True)
            assert health.notes == ["the broker did not take MQTT 5; 3.1.1 cannot show a denied publish"]

    run_virtual(main())
    assert len(warnings(caplog, "uplink.version")) == 1


def test_auto_falls_back_on_the_second_silent_close_not_on_the_first(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            bench.broker.silent.add(MqttVersion.V5)
            assert await version_after(bench, 1.3) == ""
            assert await version_after(bench, 5) == "3.1.1"

    run_virtual(main())


@pytest.mark.parametrize("trouble", ["down", "stalled"])
def test_auto_does_not_fall_back_because_the_broker_is_away(tmp_path: Path, trouble: str) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, timeout_s=2) as bench:
            if trouble == "down":
                bench.broker.down()
            bench.broker.stalled = trouble == "stalled"
            await asyncio.sleep(300)
            bench.broker.up()
            bench.broker.stalled = False
            assert await version_after(bench, 40) == "5"

    run_virtual(main())


def test_auto_remembers_what_the_broker_took(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            bench.broker.refused.add(MqttVersion.V5)
            await asyncio.sleep(2)
            await bench.stop()
            caplog.clear()
            bench.start()
            assert await version_after(bench, 0.1) == "3.1.1"

    run_virtual(main())
    assert warnings(caplog, "uplink") == []


def test_a_day_later_5_is_offered_again_at_a_reconnect(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, health_period_s=3600) as bench:
            bench.broker.refused.add(MqttVersion.V5)
            assert await version_after(bench, 3600) == "3.1.1"
            bench.broker.refused.clear()
            bench.broker.drop("box-1")
            assert await version_after(bench, 23 * 3600 + 60) == "3.1.1"
            bench.broker.drop("box-1")
            assert await version_after(bench, 2) == "5"
            assert bench.uplink.status().notes == ()

    run_virtual(main())


@pytest.mark.parametrize("protocol", [Protocol.V5, Protocol.V311])
def test_a_fixed_version_is_never_left(tmp_path: Path, protocol: Protocol) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, protocol=protocol) as bench:
            bench.broker.refused.add(MqttVersion(protocol.value))
            assert await version_after(bench, 120) == ""
            assert "does not speak MQTT" in bench.uplink.status().last_error

    run_virtual(main())


# the canary


def test_under_3_1_1_a_canary_shows_that_something_gets_through(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, protocol=Protocol.V311) as bench:
            await asyncio.sleep(60)
            assert bench.payloads("/canary") == [b"canary"]
            assert bench.uplink.status().notes == ()
            assert bench.uplink.status().delivery_unverified

    run_virtual(main())


def test_under_3_1_1_a_lost_canary_is_told_in_health_and_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, protocol=Protocol.V311, timeout_s=5) as bench:
            bench.broker.may_publish = lambda _client, topic: topic == TOPICS.health
            await asyncio.sleep(6)
            assert "canary: nothing comes back" in bench.healths()[-1].notes[0]

    run_virtual(main())
    assert len(warnings(caplog, "uplink.canary_lost")) == 1


def test_under_5_there_is_no_canary(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            await asyncio.sleep(60)
            assert bench.payloads("/canary") == []

    run_virtual(main())
