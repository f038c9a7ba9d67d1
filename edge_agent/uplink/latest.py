"""Latest values, retained: the terminal's health, and the state of each lift with an expiry.

A lift's state goes out when it looks different, at most every `state_min_period_s`, and at least every
`state_max_period_s`. Nothing here is queued: what a broker did not take is followed by something newer.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from edge_agent.clock import ns
from edge_agent.config_types import UplinkConfig
from edge_agent.ports import BrokerSession, Clock, Publication
from edge_agent.uplink.denials import Denials, seconds_until
from protocols.upstream.messages import HealthMessage, SnapshotView, StateMessage
from protocols.upstream.topics import Topics

_encoder: Final = msgspec.json.Encoder()


class _Shown(msgspec.Struct, frozen=True):
    """What was published last of one lift, and when."""

    essence: StateMessage
    at_ns: int


def essence(state: StateMessage) -> StateMessage:
    """What makes two states different for a reader: everything but when it was looked at."""
    view = state.snapshot
    items = {name: msgspec.structs.replace(item, age_ms=0) for name, item in view.items.items()}
    at = msgspec.structs.replace(view.at, wall="", mono_ns=0)
    return msgspec.structs.replace(state, snapshot=SnapshotView(at, items, view.floor_index, view.floor_label))


def health_publication(topics: Topics, health: HealthMessage) -> Publication:
    """Retained without expiry: that a terminal is offline stays true."""
    return Publication(topics.health, _encoder.encode(health), retain=True)


class Latest:
    """`run_health` and `run_states` serve one session each; `state_changed` and `health_changed` hurry them."""

    def __init__(
        self,
        config: UplinkConfig,
        topics: Topics,
        clock: Clock,
        denials: Denials,
        health: Callable[[], HealthMessage],
        states: Callable[[], list[StateMessage]],
    ) -> None:
        self._config = config
        self._topics = topics
        self._clock = clock
        self._denials = denials
        self._health = health
        self._states = states
        self._state_changed = asyncio.Event()
        self._health_changed = asyncio.Event()

    def state_changed(self) -> None:
        """A lift looks different."""
        self._state_changed.set()

    def health_changed(self) -> None:
        """Do not wait for the next period."""
        self._health_changed.set()

    async def run_health(self, session: BrokerSession) -> None:
        """Publish at once, then every `health_period_s` and on changes. Raises BrokerError."""
        while True:
            self._health_changed.clear()
            await self._publish(session, health_publication(self._topics, self._health()))
            await _set_within(self._health_changed, self._config.health_period_s)

    async def run_states(self, session: BrokerSession) -> None:
        """Publish all at once, then what changes. Raises BrokerError."""
        shown: dict[str, _Shown] = {}
        while True:
            self._state_changed.clear()
            for state in self._states():
                await self._show(session, state, shown)
            await asyncio.sleep(self._config.state_min_period_s)
            oldest_ns = min((one.at_ns for one in shown.values()), default=None)
            due_ns = None if oldest_ns is None else oldest_ns + ns(self._config.state_max_period_s)
            await _set_within(self._state_changed, seconds_until(due_ns, self._clock.now_ns()))

    async def _show(self, session: BrokerSession, state: StateMessage, shown: dict[str, _Shown]) -> None:
        lift_id, now_ns, looks = state.ids.lift_id, self._clock.now_ns(), essence(state)
        before = shown.get(lift_id)
        fresh = before is not None and now_ns - before.at_ns < ns(self._config.state_max_period_s)
        if before is not None and fresh and before.essence == looks:
            return
        topic = self._topics.state(lift_id)
        publication = Publication(topic, _encoder.encode(state), retain=True, expiry_s=state.expires_s)
        await self._publish(session, publication)
        shown[lift_id] = _Shown(looks, now_ns)

    async def _publish(self, session: BrokerSession, publication: Publication) -> None:
        now_ns = self._clock.now_ns()
        if not self._denials.held(publication.topic, now_ns):
            ack = await session.publish(publication, self._config.timeout_s)
            self._denials.hear(publication.topic, ack, self._clock.now_ns())


async def _set_within(event: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
