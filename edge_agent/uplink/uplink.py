"""Keeps one session with the broker, for ever: connect, serve, and after any loss wait, and connect again.

Within a session five tasks live and die together: alarms and events out of the journal, health, lift states, what comes
down, and under MQTT 3.1.1 a canary. Whichever meets a lost connection or a passed deadline ends the session; nothing is
marked delivered that no PUBACK confirmed.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, NoReturn

import msgspec

from edge_agent.clock import ns
from edge_agent.config_types import UplinkConfig
from edge_agent.ports import BrokerError, BrokerPort, BrokerSession, Clock, MqttVersion, Publication
from edge_agent.uplink.commands import Commands
from edge_agent.uplink.denials import Denials
from edge_agent.uplink.latest import Latest, health_publication
from edge_agent.uplink.negotiation import BackOff, Negotiation
from edge_agent.uplink.outgoing import Outgoing
from edge_agent.uplink.refusal import SubscriptionRefused
from edge_agent.uplink.source import JournalSide, Source
from protocols.upstream.messages import EventMessage, HealthMessage, StateMessage
from protocols.upstream.topics import Topics

_log: Final = logging.getLogger(__name__)
VERSION_KEY: Final = "uplink.mqtt_version"
STEADY_AFTER_S: Final = 10.0
"""A session that lasted so long was a good one: the next reconnect may be quick again."""
FAREWELL_S: Final = 0.5
"""For the last word when the agent stops; the whole stop has 2 s."""


class UplinkStatus(msgspec.Struct, frozen=True):
    """How it stands with the platform. `mqtt_version` is that of the latest session; "" before the first."""

    connected: bool = False
    mqtt_version: str = ""
    delivery_unverified: bool = False
    last_error: str = ""
    notes: tuple[str, ...] = ()


class Uplink:
    """`run` until cancelled. All methods belong to the loop that runs it."""

    def __init__(
        self,
        config: UplinkConfig,
        terminal_id: str,
        clock: Clock,
        broker: BrokerPort,
        journal: JournalSide,
        on_ack: Callable[[str, str], bool],
        health: Callable[[], HealthMessage],
        states: Callable[[], list[StateMessage]],
    ) -> None:
        self._config = config
        self._terminal_id = terminal_id
        self._clock = clock
        self._broker = broker
        self._health = health
        self._on_ack = on_ack
        self._topics = Topics(terminal_id)
        self._source = Source(journal)
        self._denials = Denials()
        self._negotiation = Negotiation(config.protocol, config.broker, clock.now_ns())
        self._back_off = BackOff(terminal_id)
        self._outgoing = Outgoing(config, self._topics, clock, self._source, self._denials)
        self._latest = Latest(config, self._topics, clock, self._denials, health, states)
        self._commands = Commands(clock, self._source, self._acknowledged)
        self._connected = False
        self._connected_ns = 0
        self._version: MqttVersion | None = None
        self._last_error = ""
        self._warned = False
        self._deaf = ""
        self._canary_lost = False
        self._canary_back = asyncio.Event()

    # from the rest of the agent

    def wake(self) -> None:
        """There is something new in the journal."""
        self._outgoing.wake()

    def state_changed(self) -> None:
        """A lift looks different."""
        self._latest.state_changed()

    def publish_undurable(self, message: EventMessage) -> None:
        """An alarm step that the journal could not take: out at once, marked `durable` false, outside the stream."""
        self._outgoing.add_undurable(message)

    def status(self) -> UplinkStatus:
        """How it stands now."""
        return UplinkStatus(
            connected=self._connected,
            mqtt_version="" if self._version is None else self._version.value,
            delivery_unverified=self._version is MqttVersion.V311,
            last_error=self._last_error,
            notes=tuple(self._notes()),
        )

    def _notes(self) -> list[str]:
        notes = list(self._denials.notes)
        if self._negotiation.fell_back and self._version is MqttVersion.V311:
            notes.append("the broker did not take MQTT 5; 3.1.1 cannot show a denied publish")
        if self._canary_lost:
            notes.append(f"{self._topics.canary}: nothing comes back; the broker may be dropping what we publish")
        if self._deaf:
            notes.append(self._deaf)
        if self._source.problem:
            notes.append(self._source.problem)
        if not self._connected and self._last_error:
            notes.append(f"not connected: {self._last_error}")
        return notes

    # the sessions

    async def run(self) -> None:
        """Connect again and again until cancelled; being stopped says goodbye within `FAREWELL_S`."""
        self._negotiation.remember(await self._source.meta(VERSION_KEY))
        while True:
            try:
                await self._one_session()
            except BrokerError as error:
                self._lost(error)
            finally:
                self._connected = False
            await asyncio.sleep(self._back_off.next_s())

    async def _one_session(self) -> NoReturn:
        version = self._negotiation.offer(self._clock.now_ns())
        will = health_publication(self._topics, self._offline())
        try:
            async with self._broker.session(version, self._terminal_id, will, self._config.timeout_s) as session:
                await self._begin(session)
                await self._serve_until_cancelled(session)
        except BrokerError as error:
            if not self._connected and self._negotiation.failed(error):
                _log.warning("uplink.version offered=%s problem=%s; trying another", version.value, error)
            raise
        raise BrokerError("the session ended by itself")

    async def _begin(self, session: BrokerSession) -> None:
        self._negotiation.agreed()
        self._connected = True
        self._connected_ns = self._clock.now_ns()
        self._version = session.version
        self._last_error, self._warned, self._deaf = "", False, ""
        self._canary_lost = False
        _log.info("uplink.connected broker=%s mqtt=%s", self._config.broker, session.version.value)
        if await self._source.meta(VERSION_KEY) != self._negotiation.memory:
            await self._source.set_meta(VERSION_KEY, self._negotiation.memory)

    async def _serve_until_cancelled(self, session: BrokerSession) -> None:
        """In a task of its own: before Python 3.13 a TaskGroup may forget that it was cancelled when a child fails."""
        serving = asyncio.create_task(self._serve(session), name="uplink-session")
        try:
            await asyncio.wait([serving])
        except asyncio.CancelledError:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            await self._say_goodbye(session)
            raise
        try:
            serving.result()
        except BaseExceptionGroup as group:
            lost, others = group.split(BrokerError)
            if others is not None or lost is None:
                raise
            raise _first(lost) from group

    async def _serve(self, session: BrokerSession) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(session), name="uplink-listen")
            await self._subscribe(session, self._topics.command)
            tasks.create_task(self._outgoing.run(session), name="uplink-numbered")
            tasks.create_task(self._latest.run_health(session), name="uplink-health")
            tasks.create_task(self._latest.run_states(session), name="uplink-states")
            if session.version is MqttVersion.V311:
                tasks.create_task(self._send_canary(session), name="uplink-canary")

    async def _subscribe(self, session: BrokerSession, topic: str) -> None:
        """A refused subscription leaves us deaf, not dumb."""
        try:
            await session.subscribe(topic, self._config.timeout_s)
        except SubscriptionRefused as error:
            self._deaf = str(error)
            _log.warning("uplink.deaf topic=%s problem=%s", topic, error)

    async def _listen(self, session: BrokerSession) -> None:
        async for incoming in session.messages():
            if incoming.topic == self._topics.command:
                await self._commands.take(incoming)
            elif incoming.topic == self._topics.canary:
                self._canary_back.set()
        raise BrokerError("the broker sends nothing any more")

    async def _send_canary(self, session: BrokerSession) -> None:
        """MQTT 3.1.1 hides a denied publish; a message to ourselves shows at least whether anything gets through."""
        self._canary_back.clear()
        await self._subscribe(session, self._topics.canary)
        await session.publish(Publication(self._topics.canary, b"canary"), self._config.timeout_s)
        try:
            async with asyncio.timeout(self._config.timeout_s):
                await self._canary_back.wait()
        except TimeoutError:
            self._canary_lost = True
            _log.warning(
                "uplink.canary_lost topic=%s: the broker may be dropping what we publish; check its ACL",
                self._topics.canary,
            )
            self._latest.health_changed()

    async def _say_goodbye(self, session: BrokerSession) -> None:
        farewell = health_publication(self._topics, self._offline())
        try:
            await session.publish(farewell, FAREWELL_S)
        except BrokerError as error:
            _log.debug("uplink.no_goodbye problem=%s", error)

    # details

    def _acknowledged(self, event_id: str, operator: str) -> bool:
        known = self._on_ack(event_id, operator)
        self._outgoing.acknowledged(event_id)
        return known

    def _offline(self) -> HealthMessage:
        return msgspec.structs.replace(self._health(), online=False)

    def _lost(self, error: BrokerError) -> None:
        if self._connected and self._clock.now_ns() - self._connected_ns >= ns(STEADY_AFTER_S):
            self._back_off.reset()
        self._last_error = str(error)
        level = logging.DEBUG if self._warned else logging.WARNING
        self._warned = True
        _log.log(level, "uplink.lost broker=%s problem=%s; nothing is lost, trying again", self._config.broker, error)


def _first(group: BaseExceptionGroup[BrokerError]) -> BrokerError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, BrokerError)  # noqa: S101
    return error
