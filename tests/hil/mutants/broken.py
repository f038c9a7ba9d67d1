"""The production agent with one thing broken."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

import msgspec

from edge_agent import app
from edge_agent.app import Agent, Ports
from edge_agent.config_types import AgentConfig
from edge_agent.detect import entrapment
from edge_agent.detect.entrapment import Finding, Stage
from edge_agent.journal.journal import Journal
from edge_agent.outbox import Outbox
from hil.host_process import MakeAgent
from mutants.naive_poller import NaivePoller

_AGES_S = 1e6


def broken(break_it: Callable[[], AbstractContextManager[Any]]) -> MakeAgent:
    """The production agent that runs with something broken."""

    class Broken(Agent):
        async def run(self, stop: asyncio.Event) -> None:
            with break_it():
                await super().run(stop)

    return Broken


def naive_poller() -> AbstractContextManager[Any]:
    """Polls as a few lines around pymodbus do."""
    return patch.object(app, "transport_of", NaivePoller)


def never_alarms() -> AbstractContextManager[Any]:
    """No rule ever finds anybody trapped."""
    return patch.object(entrapment, "findings", lambda *_given: [])


def always_alarms() -> AbstractContextManager[Any]:
    """Every rule finds somebody trapped, whatever the lift does."""
    honest = entrapment.findings

    def findings(*given: Any) -> Sequence[Finding]:
        return [msgspec.structs.replace(one, stage=Stage.RAISE) for one in honest(*given)]

    return patch.object(entrapment, "findings", findings)


def publishes_before_it_journals() -> AbstractContextManager[Any]:
    """What is to be written goes out first, and to the disk a moment later."""
    honest = Outbox._write_waiting

    async def write_waiting(self: Outbox) -> bool:
        self._say_undurable(tuple(self._waiting))
        await asyncio.sleep(0.1)
        return await honest(self)

    return patch.object(Outbox, "_write_waiting", write_waiting)


def trusts_stale_values(config: AgentConfig, ports: Ports) -> Agent:
    """A value once heard holds until another one comes."""
    detect = msgspec.structs.replace(config.detect, item_stale_s=_AGES_S)
    return Agent(msgspec.structs.replace(config, detect=detect), ports)


def forgets_its_latch() -> AbstractContextManager[Any]:
    """A restarted agent knows nothing of what was open."""

    async def states(_self: Journal) -> dict[str, bytes]:
        return {}

    return patch.object(Journal, "states", states)


def takes_a_puback_for_delivery() -> AbstractContextManager[Any]:
    """What the broker has confirmed is never sent again."""

    async def unacknowledged_alarms(_self: Journal) -> list[Any]:
        return []

    return patch.object(Journal, "unacknowledged_alarms", unacknowledged_alarms)
