"""The agent killed at each point between suspicion and PUBACK, and started anew while people are trapped.

All points at once, each with a lift, a port and a terminal of its own; as root, then as `nobody` too.
"""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge_agent.points import ENVIRONMENT_VARIABLE, Point
from tests.support.mosquitto import Mosquitto
from tests.support.processes import NOBODY, Desk, Site, at_once, desk, undelivered, until

pytestmark = [pytest.mark.mosquitto, pytest.mark.process]

WINDOW_NS = 10_000_000_000
USERS = ("root", "nobody") if os.geteuid() == 0 else ("self",)
UNPUBLISHED = frozenset(Point) - {Point.UPLINK_SENT, Point.UPLINK_PUBACK, Point.UPLINK_MARKED}


class Seen(msgspec.Struct, frozen=True):
    """What one life, its end and the next life left behind."""

    user: int
    exit_code: int
    before: list[dict[str, Any]]
    """Alarm messages received before the restart."""
    alarms: list[dict[str, Any]]
    occupancy: str
    """After the restart."""
    running_ns: int
    """When the second life had its first answer from the lift."""
    undelivered: int
    unacknowledged: int
    log: list[str]


Cases = tuple[int, dict[Point, Future[Seen]]]
"""The user id that the processes were to have, and what came of each point."""


def phases(seen: Seen, phase: str) -> list[dict[str, Any]]:
    return [one for one in seen.alarms if one["phase"] == phase]


def killed_and_restarted(point: Point, broker: Mosquitto, subscriber: Desk, *, nobody: bool) -> Seen:
    name = point.value.replace(".", "-").replace("_", "-")
    with Site(broker.url, terminal_id=name, nobody=nobody) as site:
        site.start_bench()
        first = site.start_agent(environment={ENVIRONMENT_VARIABLE: point.value})
        first.says("link.up")
        until(lambda: subscriber.messages(site.topics.health), "the agent is connected")
        user = first.user
        site.entrap()
        exit_code = first.ended()
        before = subscriber.alarms(site)
        second = site.start_agent("detect.occupancy.sensor_hold_s=120")  # what is seen now proves nothing for 120 s
        second.says("link.up")
        running_ns = time.monotonic_ns()
        occupancy = site.ask("screen").lifts[0].occupancy
        until(lambda: len(subscriber.alarms(site)) > len(before), "the alarm after the restart")
        subscriber.acknowledge(site, subscriber.alarms(site)[-1]["event_id"])
        until(lambda: subscriber.alarms(site)[-1]["phase"] == "acknowledged", "the alarm acknowledged")
        until(lambda: not undelivered(site), "all delivered")
        health = site.ask("health").health
        assert health is not None
        return Seen(
            user,
            exit_code,
            before,
            subscriber.alarms(site),
            occupancy,
            running_ns,
            health.undelivered,
            health.unacknowledged_alarms,
            first.said() + second.said(),
        )


@pytest.fixture(scope="module", params=USERS)
def cases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cases]:
    directory: Path = tmp_path_factory.mktemp("kill")
    broker = Mosquitto(directory)
    try:
        broker.start()
        nobody = request.param == "nobody"
        with desk(broker, directory / "received") as subscriber:
            scenarios = {
                point: partial(killed_and_restarted, point, broker, subscriber, nobody=nobody) for point in Point
            }
            with at_once(scenarios) as futures:
                yield NOBODY if nobody else os.geteuid(), futures
    finally:
        broker.kill()


@pytest.mark.parametrize("point", Point, ids=lambda point: point.value)
def test_a_kill_at_any_point_leaves_one_alarm_that_is_in_time_and_knows_of_the_people(
    cases: Cases, point: Point
) -> None:
    user, futures = cases
    seen = futures[point].result()
    raised = phases(seen, "raised")
    assert seen.user == user
    assert seen.exit_code == -signal.SIGKILL
    assert point not in UNPUBLISHED or seen.before == []
    assert len({(one["journal_id"], one["event_id"], one["code"]) for one in seen.alarms}) == 1
    assert {(one["seq"], one["phase"]) for one in seen.alarms} == {(1, "raised"), (2, "acknowledged")}
    assert raised[0]["code"] == "A01"
    assert {one["trapped"] for one in raised} == {"yes"}, "what was known of the people is forgotten"
    assert seen.occupancy == "yes"
    assert raised[-1]["snapshot"]["at"]["mono_ns"] - seen.running_ns < 2 * WINDOW_NS, "more than a window late"
    assert (seen.undelivered, seen.unacknowledged) == (0, 0)
    assert [line for line in seen.log if "Traceback" in line or " ERROR " in line] == []
