"""A broker whose ACL denies the alarm topic, seen from the whole agent: nobody is told that the alarm was delivered.

Both protocols run at the same time.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from protocols.upstream.messages import HealthMessage
from tests.support.mosquitto import Mosquitto
from tests.support.processes import Site, at_once, desk, numbers, undelivered, until

pytestmark = [pytest.mark.mosquitto, pytest.mark.process]

ALARM_TOPIC = "liftwarden/v1/box-1/lift/lift-1/alarm"
DENYING = f"topic readwrite liftwarden/#\ntopic deny {ALARM_TOPIC}\n"
ALLOWING = "topic readwrite liftwarden/#\n"


def health_of(site: Site) -> HealthMessage:
    health = site.ask("health").health
    assert health is not None
    return health


def alarms_in_journal(site: Site) -> list[dict[str, Any]]:
    lines = site.liftwarden("-c", str(site.config), "events", "--json").splitlines()
    return [one for one in map(json.loads, lines) if one["stream"] == "alarm"]


def under_mqtt_5(directory: Path) -> None:
    """Nothing is marked, one line says why, and a corrected ACL gets the alarm through."""
    acl = directory / "acl"
    acl.write_text(DENYING)
    broker = Mosquitto(directory, f"acl_file {acl}")
    try:
        broker.start()
        with Site(broker.url) as site, desk(broker, directory / "received") as subscriber:
            site.start_bench()
            agent = site.start_agent("log.level=debug")
            agent.says("link.up")
            site.entrap()
            agent.says("WARNING uplink.denied")
            agent.says("DEBUG uplink.denied")  # denied again at the second try
            (warning,) = agent.said("WARNING uplink.denied")
            for part in (f"topic={ALARM_TOPIC}", "reason=0x87", "not delivered", "allow it in the broker's ACL"):
                assert part in warning
            assert [(one["code"], one["phase"], one["seq"]) for one in alarms_in_journal(site)] == [
                ("A01", "raised", 1)
            ]
            health = health_of(site)
            assert (health.undelivered, health.unacknowledged_alarms, health.delivery_unverified) == (1, 1, False)
            assert f"the broker denies {ALARM_TOPIC}: 0x87 not authorized" in health.notes
            assert subscriber.alarms(site) == []
            broker.kill()
            acl.write_text(ALLOWING)
            broker.start()
            with desk(broker, directory / "after") as allowed:
                until(lambda: allowed.alarms(site), "the alarm")
                until(lambda: undelivered(site) == 0, "it is marked")
                assert numbers(allowed.alarms(site)) == [1]
    finally:
        broker.kill()


def under_mqtt_3_1_1(directory: Path) -> None:
    """A PUBACK that lies leaves the alarm open, and health says that delivery is not verified."""
    acl = directory / "acl"
    acl.write_text(DENYING)
    broker = Mosquitto(directory, f"acl_file {acl}")
    try:
        broker.start()
        with Site(broker.url, protocol="3.1.1") as site, desk(broker, directory / "received") as subscriber:
            site.start_bench()
            agent = site.start_agent()
            agent.says("link.up")
            site.entrap()
            agent.says("code=A01 phase=raised")
            until(lambda: undelivered(site) == 0, "the broker pretends to take it")
            health = health_of(site)
            assert (health.mqtt_version, health.delivery_unverified, health.unacknowledged_alarms) == ("3.1.1", True, 1)
            assert [(one["code"], one["phase"]) for one in alarms_in_journal(site)] == [("A01", "raised")]
            assert subscriber.messages(site.topics.health)[-1]["delivery_unverified"] is True
            assert subscriber.alarms(site) == []
            assert site.ask("screen").lifts[0].open_alarms
    finally:
        broker.kill()


SCENARIOS: dict[str, Callable[[Path], None]] = {one.__name__: one for one in (under_mqtt_5, under_mqtt_3_1_1)}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[None]]]:
    with at_once({name: partial(run, tmp_path_factory.mktemp("denied")) for name, run in SCENARIOS.items()}) as futures:
        yield futures


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_denied_alarm_stays_undelivered_or_open(running: dict[str, Future[None]], scenario: str) -> None:
    running[scenario].result()
