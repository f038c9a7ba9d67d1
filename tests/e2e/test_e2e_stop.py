"""SIGTERM: the process ends within 2 s with exit code 0, whoever is silent; what it knew comes after the restart."""

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.support.mosquitto import Mosquitto
from tests.support.processes import STOP_WITHIN_S, Desk, Program, Site, frozen, gapless, numbers, undelivered, until

pytestmark = [pytest.mark.mosquitto, pytest.mark.process]


@contextmanager
def silent_bus(site: Site, bench: Program, broker: Mosquitto) -> Iterator[None]:
    """The port is there, and nobody answers."""
    bench.send(signal.SIGSTOP)
    yield
    bench.send(signal.SIGCONT)


@contextmanager
def gone_bench(site: Site, bench: Program, broker: Mosquitto) -> Iterator[None]:
    """The adapter is pulled."""
    site.unplug(bench)
    yield


@contextmanager
def silent_broker(site: Site, bench: Program, broker: Mosquitto) -> Iterator[None]:
    """Its connections stay up, and nothing is answered: neither PUBACK nor the farewell's."""
    with frozen(broker):
        bench.send(signal.SIGSTOP)
        yield
    bench.send(signal.SIGCONT)


@pytest.mark.parametrize("trouble", [silent_bus, gone_bench, silent_broker], ids=lambda trouble: trouble.__name__)
def test_it_ends_in_time_in_trouble_and_nothing_is_lost(
    broker: Mosquitto, subscriber: Desk, trouble: Callable[[Site, Program, Mosquitto], AbstractContextManager[None]]
) -> None:
    with Site(broker.url) as site:
        bench = site.start_bench()
        agent = site.start_agent()
        agent.says("link.up")
        until(lambda: subscriber.messages(site.topics.health), "the agent is connected")
        with trouble(site, bench, broker):
            agent.says("code=D02 phase=begin")
            agent.send(signal.SIGTERM)
            assert agent.process.wait(STOP_WITHIN_S) == 0
        assert agent.said("agent.stopped")
        assert not agent.said("Traceback"), agent.story()
        if trouble is gone_bench:
            site.start_bench()
        again = site.start_agent()
        again.says("code=D02 phase=end")
        until(lambda: len(numbers(subscriber.events(site))) == 2, "begin and end of the outage")
        until(lambda: undelivered(site) == 0, "all is marked")
        assert gapless(subscriber.events(site))
        assert {one["phase"] for one in subscriber.events(site)} == {"begin", "end"}
        assert len({one["event_id"] for one in subscriber.events(site)}) == 1


def test_it_ends_in_time_when_all_is_well_and_says_goodbye(broker: Mosquitto, subscriber: Desk) -> None:
    with Site(broker.url) as site:
        site.start_bench()
        agent = site.start_agent()
        agent.says("link.up")
        until(lambda: subscriber.messages(site.topics.health), "the agent is connected")
        agent.send(signal.SIGTERM)
        assert agent.process.wait(STOP_WITHIN_S) == 0
        until(lambda: subscriber.messages(site.topics.health)[-1]["online"] is False, "the farewell")
        assert not agent.said("Traceback"), agent.story()
