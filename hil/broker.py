"""An MQTT broker in memory: what the uplink may meet, on the loop's time.

It keeps retained messages, acknowledges QoS 1 with a reason, denies by an access rule as a broker does (0x87 under
MQTT 5; silently under 3.1.1), refuses versions, closes silently, loses PUBACKs, stalls, goes down and comes back, and
publishes the last will of a client that vanished. Nothing is queued for a client that is away.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import msgspec
from paho.mqtt.client import topic_matches_sub

from edge_agent.ports import (
    BrokerClosedSilently,
    BrokerError,
    BrokerVersionRefused,
    Incoming,
    MqttVersion,
    PubAck,
    Publication,
)

SUCCESS: Final = 0x00
NO_MATCHING_SUBSCRIBERS: Final = 0x10
NOT_AUTHORIZED: Final = 0x87
"""PUBACK reason codes of MQTT 5.0, 3.4.2.1."""


class Received(msgspec.Struct, frozen=True):
    """A publication that the broker took from `client_id` at `t_ns`."""

    t_ns: int
    client_id: str
    publication: Publication


OnReceived = Callable[[Received], None]
MayPublish = Callable[[str, str], bool]
"""(client id, topic) -> allowed?"""


def allow_all(_client_id: str, _topic: str) -> bool:
    """The access rule of an open broker."""
    return True


class MemorySession:
    """One client's connection."""

    def __init__(self, broker: "MemoryBroker", version: MqttVersion, client_id: str, will: Publication) -> None:
        self.client_id = client_id
        self.will = will
        self._version = version
        self._broker = broker
        self._filters: list[str] = []
        self._inbox: asyncio.Queue[Incoming | None] = asyncio.Queue()
        self._alive = True

    @property
    def version(self) -> MqttVersion:
        """The version in use."""
        return self._version

    async def publish(self, publication: Publication, timeout_s: float) -> PubAck:
        """Publish and wait for the PUBACK. Raises BrokerError when the connection is gone or stalled."""
        self._check_alive()
        await self._broker.travel(timeout_s)
        self._check_alive()
        ack = self._broker.take(self, publication)
        self._check_alive()
        return ack

    async def subscribe(self, topic: str, timeout_s: float) -> None:
        """Subscribe, and get the retained messages that match."""
        self._check_alive()
        await self._broker.travel(timeout_s)
        self._check_alive()
        self._filters.append(topic)
        for kept in self._broker.retained.values():
            if topic_matches_sub(topic, kept.topic):
                self._inbox.put_nowait(Incoming(kept.topic, kept.payload, retained=True))

    async def messages(self) -> AsyncIterator[Incoming]:
        """What arrives, until the connection ends (then BrokerError)."""
        while self._alive or not self._inbox.empty():
            incoming = await self._inbox.get()
            if incoming is not None:
                yield incoming
        raise BrokerError("the broker closed the connection")

    def offer(self, publication: Publication) -> bool:
        """Deliver a live publication if this client subscribed to its topic."""
        wanted = any(topic_matches_sub(pattern, publication.topic) for pattern in self._filters)
        if wanted:
            self._inbox.put_nowait(Incoming(publication.topic, publication.payload))
        return wanted

    def end(self) -> None:
        """The connection is gone."""
        self._alive = False
        self._inbox.put_nowait(None)

    def _check_alive(self) -> None:
        if not self._alive:
            raise BrokerError("the connection to the broker is gone")


class MemoryBroker:
    """A BrokerPort, and the hands of a test on the broker behind it.

    `published` is the log of everything taken. `refused`: versions answered with "unsupported". `silent`: versions
    at which the broker just closes. `may_publish`: the access rule. `latency_s`: until a PUBACK is back. `stalled`:
    the connection stays up and nothing comes back. `lose_acks`: so many times, take the message and drop the client
    before its PUBACK.
    """

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self.published: list[Received] = []
        self.retained: dict[str, Publication] = {}
        self.refused: set[MqttVersion] = set()
        self.silent: set[MqttVersion] = set()
        self.may_publish: MayPublish = allow_all
        self.latency_s = 0.0
        self.stalled = False
        self.lose_acks = 0
        self.connections = 0
        self._now_ns = now_ns
        self._up = True
        self._sessions: dict[str, MemorySession] = {}
        self._callbacks: list[tuple[str, OnReceived]] = []

    @asynccontextmanager
    async def session(
        self, version: MqttVersion, client_id: str, will: Publication, timeout_s: float
    ) -> AsyncIterator[MemorySession]:
        """Connect; leaving the context disconnects cleanly, without the last will."""
        await self.travel(timeout_s)
        self._check_version(version)
        self.drop(client_id)
        session = self._sessions[client_id] = MemorySession(self, version, client_id, will)
        self.connections += 1
        try:
            yield session
        finally:
            if self._sessions.get(client_id) is session:
                del self._sessions[client_id]
            session.end()

    def _check_version(self, version: MqttVersion) -> None:
        if not self._up:
            raise BrokerError("connection refused: no broker there")
        if version in self.silent:
            raise BrokerClosedSilently("the broker closed the connection without an answer")
        if version in self.refused:
            raise BrokerVersionRefused(f"the broker does not speak MQTT {version.value}")

    async def travel(self, timeout_s: float) -> None:
        """There and back on the network. Raises BrokerError after `timeout_s` if it takes longer."""
        if self.stalled or self.latency_s > timeout_s:
            await asyncio.sleep(timeout_s)
            raise BrokerError(f"the broker did not answer within {timeout_s:g} s")
        await asyncio.sleep(self.latency_s)

    def take(self, session: MemorySession, publication: Publication) -> PubAck:
        """A client's publication arrives: route it, and answer as a broker of that version does."""
        verified = session.version is MqttVersion.V5
        if not self.may_publish(session.client_id, publication.topic):
            return PubAck(NOT_AUTHORIZED, verified) if verified else PubAck(SUCCESS, verified)
        heard = self._route(session.client_id, publication)
        if self.lose_acks > 0:
            self.lose_acks -= 1
            self.drop(session.client_id)
        return PubAck(NO_MATCHING_SUBSCRIBERS if verified and not heard else SUCCESS, verified)

    def subscribe(self, pattern: str, on_received: OnReceived) -> None:
        """A subscriber outside the agent: called at the instant of reception."""
        self._callbacks.append((pattern, on_received))

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, client_id: str = "platform") -> None:
        """Publish from outside the agent, whatever the access rule."""
        self._route(client_id, Publication(topic, payload, retain=retain))

    def drop(self, client_id: str) -> None:
        """Cut a client's connection: it gets no farewell, and its last will is published."""
        session = self._sessions.pop(client_id, None)
        if session is not None:
            session.end()
            self._route(client_id, session.will)

    def drop_all(self) -> None:
        """Cut every connection."""
        for client_id in tuple(self._sessions):
            self.drop(client_id)

    def down(self, *, forget_retained: bool = False) -> None:
        """The broker dies: every connection ends, no will is published, nobody can connect."""
        self._up = False
        for session in self._sessions.values():
            session.end()
        self._sessions.clear()
        if forget_retained:
            self.retained.clear()

    def up(self) -> None:
        """The broker is back."""
        self._up = True

    def _route(self, client_id: str, publication: Publication) -> bool:
        received = Received(self._now_ns(), client_id, publication)
        self.published.append(received)
        if publication.retain:
            self._keep(publication)
        heard = [session.offer(publication) for session in self._sessions.values()]
        matching = [call for pattern, call in self._callbacks if topic_matches_sub(pattern, publication.topic)]
        for call in matching:
            call(received)
        return any(heard) or bool(matching)

    def _keep(self, publication: Publication) -> None:
        if publication.payload:
            self.retained[publication.topic] = publication
        else:
            self.retained.pop(publication.topic, None)
