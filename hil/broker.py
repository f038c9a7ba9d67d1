"""An MQTT broker in memory: what the uplink may meet, on the loop's time.

It keeps retained messages, acknowledges QoS 1 with a reason, denies by an access rule as a broker does (0x87 under
MQTT 5; silently under 3.1.1), refuses versions, closes silently, loses PUBACKs, stalls, goes down and comes back, and
publishes the last will of a client that vanished. Nothing is queued for a client that is away. What becomes of each
packet its `network` says, where faults act.
"""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import msgspec
from paho.mqtt.client import topic_matches_sub

from edge_agent.ports import (
    BrokerClosedSilently,
    BrokerError,
    BrokerVersionRefused,
    MqttVersion,
    PubAck,
    Publication,
)
from hil.broker_session import SUCCESS, Answer, MemorySession, no_answer
from hil.course import PLAIN, VANISHES, Act, Course, Exchange, Refusal
from hil.loop import NS_PER_S

NO_MATCHING_SUBSCRIBERS: Final = 0x10
NOT_AUTHORIZED: Final = 0x87
"""PUBACK reason codes of MQTT 5.0, 3.4.2.1."""
_DENIED: Final = 0x80
WILL_AFTER_S: Final = 30
"""After one and a half times the agent's keep-alive a broker gives a silent client up (MQTT 5.0, 3.1.2.10)."""


class Received(msgspec.Struct, frozen=True):
    """A publication that the broker took from `client_id` at `t_ns`."""

    t_ns: int
    client_id: str
    publication: Publication


OnReceived = Callable[[Received], None]
MayPublish = Callable[[str, str], bool]
"""(client id, topic) -> allowed?"""
Network = Callable[[Exchange], Course]
"""What becomes of a packet."""


def allow_all(_client_id: str, _topic: str) -> bool:
    """The access rule of an open broker."""
    return True


def _plain(_exchange: Exchange) -> Course:
    return PLAIN


def _refused(refusal: Refusal, version: MqttVersion) -> BrokerError:
    match refusal:
        case Refusal.NOBODY:
            return BrokerError("connection refused: no broker there")
        case Refusal.SILENT:
            return BrokerClosedSilently("the broker closed the connection without an answer")
        case Refusal.VERSION:
            return BrokerVersionRefused(f"the broker does not speak MQTT {version.value}")
        case Refusal.NOT_AUTHORIZED:
            return BrokerError("the broker refused the connection: not authorized")


class MemoryBroker:
    """A BrokerPort, and the hands of a test on the broker behind it.

    `published` is the log of everything handed on. `refused`: versions answered with "unsupported". `silent`: versions
    at which the broker just closes. `may_publish`: the access rule. `latency_s`: until a PUBACK is back. `stalled`:
    packets vanish, the connection stays up and nothing comes back. `lose_acks`: so many times, take the message and
    drop the client before its PUBACK. `network`: what becomes of each packet.
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
        self.network: Network = _plain
        self._now_ns = now_ns
        self._up = True
        self._sessions: dict[str, MemorySession] = {}
        self._connects: dict[str, int] = {}
        self._callbacks: list[tuple[str, OnReceived]] = []
        self._context = contextvars.copy_context()

    @asynccontextmanager
    async def session(
        self, version: MqttVersion, client_id: str, will: Publication, timeout_s: float
    ) -> AsyncIterator[MemorySession]:
        """Connect; leaving in peace disconnects cleanly, leaving on a BrokerError lets the last will speak."""
        number = self._connects.get(client_id, 0)
        self._connects[client_id] = number + 1
        course = self.course(Exchange(self.now_ns, Act.CONNECT, client_id, session=number))
        await self._connected(course, version, timeout_s)
        self.drop(client_id)
        session = self._sessions[client_id] = MemorySession(self, version, client_id, will, number)
        self.connections += 1
        if course.forgets:
            self.retained.clear()
        try:
            yield session
        except BrokerError:
            if not session.is_dead and self._sessions.get(client_id) is session:
                self.drop(client_id)
            raise
        finally:
            if not session.is_dead and self._sessions.get(client_id) is session:
                del self._sessions[client_id]
            session.end()

    async def _connected(self, course: Course, version: MqttVersion, timeout_s: float) -> None:
        answer = Answer(None)
        self.send(course, lambda: None, lambda: answer.give(connected=True))
        await asyncio.wait((answer.given,), timeout=timeout_s)
        if not answer.given.done():
            raise no_answer(timeout_s)
        if course.refusal is not None:
            raise _refused(course.refusal, version)
        if not self._up:
            raise _refused(Refusal.NOBODY, version)
        if version in self.silent:
            raise _refused(Refusal.SILENT, version)
        if version in self.refused:
            raise _refused(Refusal.VERSION, version)

    @property
    def now_ns(self) -> int:
        """The present instant."""
        return self._now_ns()

    def course(self, exchange: Exchange) -> Course:
        """What becomes of it."""
        return VANISHES if self.stalled else self.network(exchange)

    def send(self, course: Course, arrive: Callable[[], None], answer: Callable[[], None]) -> None:
        """Let a packet take its course: `arrive` at the broker, and `answer` at the client."""
        if course.reaches_ns is None:
            return
        reaches_ns = course.reaches_ns + round(self.latency_s * NS_PER_S)
        self._at(reaches_ns, arrive)
        if not course.cuts:
            self._at(reaches_ns + course.answer_ns, answer)

    def later(self, after_ns: int, callback: Callable[[], object]) -> None:
        """Do something of the broker's own, at once if it is due now."""
        if after_ns:
            self._at(after_ns, callback)
        else:
            callback()

    def _at(self, after_ns: int, callback: Callable[[], object]) -> None:
        asyncio.get_running_loop().call_later(after_ns / NS_PER_S, callback, context=self._context)

    def take(self, session: MemorySession, publication: Publication, course: Course = PLAIN) -> PubAck:
        """A client's publication arrives: hand it on, and answer as a broker of that version does."""
        verified = session.version is MqttVersion.V5
        denied = course.reason >= _DENIED or not self.may_publish(session.client_id, publication.topic)
        if denied:
            reason = course.reason if course.reason >= _DENIED else NOT_AUTHORIZED
            return PubAck(reason if verified else SUCCESS, verified)
        heard = self._is_heard(publication)
        for copy_ns in course.copies_ns:
            self.later(copy_ns, lambda: self._route(session.client_id, publication))
        if self.lose_acks > 0 or course.cuts:
            self.lose_acks -= self.lose_acks > 0
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

    def vanish(self, client_id: str) -> None:
        """A client's connection is dead and nobody says so: its last will comes once the keep-alive has run out."""
        session = self._sessions.get(client_id)
        if session is not None and not session.is_dead:
            session.is_dead = True
            self._at(WILL_AFTER_S * NS_PER_S, lambda: self._give_up(session))

    def _give_up(self, session: MemorySession) -> None:
        if self._sessions.get(session.client_id) is session:
            self.drop(session.client_id)

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

    def _is_heard(self, publication: Publication) -> bool:
        return any(session.wants(publication.topic) for session in self._sessions.values()) or any(
            topic_matches_sub(pattern, publication.topic) for pattern, _ in self._callbacks
        )

    def _route(self, client_id: str, publication: Publication) -> None:
        received = Received(self._now_ns(), client_id, publication)
        self.published.append(received)
        if publication.retain:
            self._keep(publication)
        for session in self._sessions.values():
            session.offer(publication)
        for pattern, call in self._callbacks:
            if topic_matches_sub(pattern, publication.topic):
                call(received)

    def _keep(self, publication: Publication) -> None:
        if publication.payload:
            self.retained[publication.topic] = publication
        else:
            self.retained.pop(publication.topic, None)
