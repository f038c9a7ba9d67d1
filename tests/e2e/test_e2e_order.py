"""Whatever starts first and whatever is killed midway: the alarm comes, nothing is missing, nothing is there twice.

The scenarios run at the same time, each with a broker, a lift and a terminal of its own; choosing one runs them all.
"""

import json
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.mosquitto import Hole, Mosquitto
from tests.support.processes import (
    STOP_WITHIN_S,
    Desk,
    Program,
    Site,
    at_once,
    desk,
    frozen,
    gapless,
    numbers,
    undelivered,
    until,
)

pytestmark = [pytest.mark.mosquitto, pytest.mark.process]


def raised(subscriber: Desk, site: Site) -> list[dict[str, Any]]:
    return [one for one in subscriber.alarms(site) if one["phase"] == "raised"]


def link_lost(bench: Program, agent: Program) -> None:
    """The bench falls silent until the agent has noted it (D02)."""
    before = len(agent.said("code=D02 phase=begin"))
    bench.send(signal.SIGSTOP)
    agent.says("code=D02 phase=begin", before + 1)


def link_back(bench: Program, agent: Program) -> None:
    """It answers again."""
    before = len(agent.said("code=D02 phase=end"))
    bench.send(signal.SIGCONT)
    agent.says("code=D02 phase=end", before + 1)


def journalled(site: Site) -> dict[str, list[int]]:
    """The numbers in the agent's journal by stream, as `liftwarden events --json` tells."""
    lines = site.liftwarden("-c", str(site.config), "events", "--limit", "100", "--json").splitlines()
    messages = [json.loads(line) for line in lines]
    return {stream: sorted(one["seq"] for one in messages if one["stream"] == stream) for stream in ("alarm", "event")}


def nothing_missing(site: Site, *subscribers: Desk) -> None:
    """What the subscribers have together is what the journal has: gapless, in order, each step under one number."""
    events = [one for subscriber in subscribers for one in subscriber.events(site)]
    alarms = [one for subscriber in subscribers for one in subscriber.alarms(site)]
    assert gapless(events)
    assert gapless(alarms)
    assert {"alarm": numbers(alarms), "event": numbers(events)} == journalled(site)
    for stream in (events, alarms):
        arrived = list(dict.fromkeys(one["seq"] for one in stream))
        assert arrived == sorted(arrived)
        assert all(one["durable"] for one in stream)
        assert len({(one["event_id"], one["phase"]) for one in stream}) == len(arrived)


@contextmanager
def broker_and_desk(directory: Path) -> Iterator[tuple[Mosquitto, Desk]]:
    broker = Mosquitto(directory)
    try:
        broker.start()
        with desk(broker, directory / "received") as subscriber:
            yield broker, subscriber
    finally:
        broker.kill()


def agent_then_bench_then_broker(directory: Path) -> None:
    broker = Mosquitto(directory)
    with Site(broker.url) as site:
        agent = site.start_agent()
        agent.says("link.port_unusable")
        agent.says("uplink.lost")
        site.start_bench()
        agent.says("link.up")
        site.entrap()
        try:
            broker.start()
            with desk(broker, directory / "received") as subscriber:
                until(lambda: raised(subscriber, site), "the alarm")
                (alarm,) = {(one["code"], one["trapped"], one["seq"]) for one in raised(subscriber, site)}
                assert alarm == ("A01", "yes", 1)
        finally:
            broker.kill()


def broker_then_bench_then_agent_and_the_whole_life_of_the_alarm(directory: Path) -> None:
    """`mosquitto_sub`, the broker's own client, sees it all; the lift is acted on live with `hil poke`."""
    with broker_and_desk(directory) as (broker, subscriber), Site(broker.url) as site:
        site.start_bench("--truth", str(site.truth))
        site.start_agent().says("link.up")
        site.entrap()
        until(lambda: raised(subscriber, site), "the alarm")
        alarm = raised(subscriber, site)[0]
        assert (alarm["code"], alarm["trapped"], alarm["seq"]) == ("A01", "yes", 1)
        subscriber.acknowledge(site, alarm["event_id"])
        until(lambda: len(numbers(subscriber.alarms(site))) == 2, "the acknowledgement")
        assert "it happens now" in site.poke("release")
        until(lambda: len(numbers(subscriber.alarms(site))) == 4, "cleared and ended")
        steps = {one["seq"]: one["phase"] for one in subscriber.alarms(site)}
        assert steps == {1: "raised", 2: "acknowledged", 3: "cleared", 4: "ended"}
        assert {one["event_id"] for one in subscriber.alarms(site)} == {alarm["event_id"]}
        topic = site.topics.base + "/lift/lift-1/alarm"
        assert {line.split(" ")[1] for line in subscriber.lines() if line.startswith(topic)} == {"0"}, "retained"
        pokes = [one["data"]["stimulus"] for one in site.happened("stimulus")]
        assert pokes == ["entrap_between_floors", "person_enters", "release"]
        nothing_missing(site, subscriber)


def agent_killed(directory: Path) -> None:
    """It goes on where it was: the outage that it noted ends under the id under which it began."""
    with broker_and_desk(directory) as (broker, subscriber), Site(broker.url) as site:
        bench = site.start_bench()
        agent = site.start_agent()
        agent.says("link.up")
        link_lost(bench, agent)
        until(lambda: numbers(subscriber.events(site)) == [1], "the outage is on disk, and so has happened")
        agent.kill()
        again = site.start_agent()
        again.says("agent.started")
        link_back(bench, again)
        site.entrap()
        until(lambda: raised(subscriber, site), "the alarm")
        until(lambda: len(numbers(subscriber.events(site))) == 2, "the events")
        assert len({one["event_id"] for one in subscriber.events(site)}) == 1
        nothing_missing(site, subscriber)


def bench_killed(directory: Path) -> None:
    """To the agent it is a pulled adapter, and later another one at the same name."""
    with broker_and_desk(directory) as (broker, subscriber), Site(broker.url) as site:
        bench = site.start_bench()
        agent = site.start_agent()
        agent.says("link.up")
        site.unplug(bench)
        agent.says("code=D02 phase=begin")
        site.start_bench()
        agent.says("code=D02 phase=end")
        site.entrap()
        until(lambda: raised(subscriber, site), "the alarm")
        until(lambda: len(numbers(subscriber.events(site))) == 2, "the events")
        nothing_missing(site, subscriber)
        warned = agent.said("WARNING link.port_unusable")
        assert len(warned) == len(set(warned)) <= 2, warned  # unplugged, then not there


def broker_killed(directory: Path) -> None:
    """What happens meanwhile comes afterwards, an alarm too.

    The agent may reach the new broker only when the new subscriber listens: nobody keeps messages for that one. To the
    agent a shut gate is a broker that closes without a word; hence the fixed version.
    """
    broker = Mosquitto(directory).start()
    gate = Hole(broker.port)
    try:
        with gate.running() as url, Site(url, protocol="5") as site:
            bench = site.start_bench()
            agent = site.start_agent()
            agent.says("link.up")
            with desk(broker, directory / "before") as first:
                link_lost(bench, agent)
                link_back(bench, agent)
                site.entrap()
                until(lambda: len(numbers(first.events(site))) == 2 and not undelivered(site), "the first events")
                gate.open_ = False
                link_lost(bench, agent)  # handed to a connection that swallows it
                link_back(bench, agent)
                agent.says("uplink.lost")
                broker.kill()
            agent.says("code=A01 phase=raised")
            assert undelivered(site) == 3
            broker.start()
            with desk(broker, directory / "after") as second:
                gate.open_ = True
                until(
                    lambda: raised(second, site) and len(numbers(second.events(site))) == 2, "what happened meanwhile"
                )
                until(lambda: not undelivered(site), "all is marked")
                nothing_missing(site, first, second)
                assert numbers(first.events(site)) == [1, 2]
                assert first.alarms(site) == []
    finally:
        broker.kill()


def agent_stopped_with_an_alarm_that_nobody_took(directory: Path) -> None:
    """The broker is silent when the alarm is raised, and still when the agent is told to stop."""
    with broker_and_desk(directory) as (broker, subscriber), Site(broker.url) as site:
        site.start_bench()
        agent = site.start_agent()
        agent.says("link.up")
        until(lambda: subscriber.messages(site.topics.health), "the agent is connected")
        site.entrap()
        with frozen(broker):
            agent.says("code=A01 phase=raised")
            agent.send(signal.SIGTERM)
            assert agent.process.wait(STOP_WITHIN_S) == 0
        site.start_agent()
        until(lambda: raised(subscriber, site), "the alarm")
        until(lambda: undelivered(site) == 0, "all is marked")
        nothing_missing(site, subscriber)


SCENARIOS: dict[str, Callable[[Path], None]] = {
    scenario.__name__: scenario
    for scenario in (
        agent_then_bench_then_broker,
        broker_then_bench_then_agent_and_the_whole_life_of_the_alarm,
        agent_killed,
        bench_killed,
        broker_killed,
        agent_stopped_with_an_alarm_that_nobody_took,
    )
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[None]]]:
    with at_once({name: partial(run, tmp_path_factory.mktemp("order")) for name, run in SCENARIOS.items()}) as futures:
        yield futures


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_alarm_comes_and_nothing_is_missing_or_doubled(running: dict[str, Future[None]], scenario: str) -> None:
    running[scenario].result()
