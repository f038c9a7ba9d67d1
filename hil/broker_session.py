"""One client's connection to the in-memory broker. What travels over it takes the course that the network gives it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from paho.mqtt.client import topic_matches_sub

from edge_agent.ports import BrokerError, Incoming, MqttVersion, PubAck, Publication
from hil.course import VANISHES, Act, Course, Exchange

if TYPE_CHECKING:
    from hil.broker import MemoryBroker

T = TypeVar("T")
SUCCESS: Final = 0x00
"""A PUBACK's reason code (MQTT 5.0, 3.4.2.1)."""


def no_answer(timeout_s: float) -> BrokerError:
    """A deadline passed."""
    return BrokerError(f"the broker did not answer within {timeout_s:g} s")


class Answer(Generic[T]):
    """An answer on its way to a client; what it says may still change until it is given."""

    def __init__(self, content: T) -> None:
        self.content = content
        self.given: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def give(self, connected: bool) -> None:
        """It is there, if the client still is."""
        if connected and not self.given.done():
            self.given.set_result(None)


class MemorySession:
    """See `edge_agent.ports.BrokerSession`. `number` counts the client's connections, from 0."""

    def __init__(
        self, broker: "MemoryBroker", version: MqttVersion, client_id: str, will: Publication, number: int
    ) -> None:
        self.client_id = client_id
        self.will = will
        self.is_dead = False
        self._version = version
        self._broker = broker
        self._number = number
        self._nth = dict.fromkeys(Act, 0)
        self._filters: list[str] = []
        self._inbox: asyncio.Queue[Incoming | None] = asyncio.Queue()
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def version(self) -> MqttVersion:
        """The version in use."""
        return self._version

    @property
    def is_open(self) -> bool:
        """Neither side has left."""
        return not self._ended.done()

    async def publish(self, publication: Publication, timeout_s: float) -> PubAck:
        """Publish and wait for the PUBACK. Raises BrokerError when the connection is gone or nothing comes back."""
        course = self._course(Act.PUBLISH, publication.topic)
        taking = Answer(PubAck(SUCCESS, self._version is MqttVersion.V5))

        def arrive() -> None:
            if self.is_open:
                taking.content = self._broker.take(self, publication, course)

        return await self._answered(course, arrive, taking, timeout_s)

    async def subscribe(self, topic: str, timeout_s: float) -> None:
        """Subscribe, and get the retained messages that match."""

        def arrive() -> None:
            self._filters.append(topic)
            for kept in self._broker.retained.values():
                if topic_matches_sub(topic, kept.topic):
                    self._deliver(Incoming(kept.topic, kept.payload, retained=True))

        await self._answered(self._course(Act.SUBSCRIBE, topic), arrive, Answer(None), timeout_s)

    async def _answered(self, course: Course, arrive: Callable[[], None], answer: Answer[T], timeout_s: float) -> T:
        if not self.is_open:
            raise BrokerError("the connection to the broker is gone")
        self._broker.send(course, arrive, lambda: answer.give(self.is_open))
        await asyncio.wait((answer.given, self._ended), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if answer.given.done():
            return answer.content
        raise no_answer(timeout_s) if self.is_open else BrokerError("the connection to the broker is gone")

    async def messages(self) -> AsyncIterator[Incoming]:
        """What arrives, until the connection ends (then BrokerError)."""
        while self.is_open or not self._inbox.empty():
            incoming = await self._inbox.get()
            if incoming is not None:
                yield incoming
        raise BrokerError("the broker closed the connection")

    def wants(self, topic: str) -> bool:
        """Whether this client subscribed to a topic."""
        return any(topic_matches_sub(pattern, topic) for pattern in self._filters)

    def offer(self, publication: Publication) -> None:
        """Deliver a live publication if this client subscribed to its topic."""
        if self.wants(publication.topic):
            self._deliver(Incoming(publication.topic, publication.payload))

    def _deliver(self, incoming: Incoming) -> None:
        course = self._course(Act.DELIVER, incoming.topic)
        if course.reaches_ns is not None:
            for copy_ns in course.copies_ns:
                self._broker.later(course.reaches_ns + copy_ns, lambda: self._inbox.put_nowait(incoming))

    def _course(self, act: Act, topic: str) -> Course:
        if self.is_dead:
            return VANISHES
        exchange = Exchange(self._broker.now_ns, act, self.client_id, topic, self._number, self._nth[act])
        self._nth[act] += 1
        course = self._broker.course(exchange)
        if course.deadens:
            self._broker.vanish(self.client_id)
        return course

    def end(self) -> None:
        """The connection is gone."""
        if self.is_open:
            self._ended.set_result(None)
            self._inbox.put_nowait(None)
