"""One fault of the uplink of every kind, exchanges to try them on, and a client on a broker in virtual time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from hypothesis import strategies as st

from edge_agent.ports import Incoming, MqttVersion, Publication
from hil.broker import MemoryBroker
from hil.broker_session import MemorySession
from hil.course import Act, Course, Exchange
from hil.faults.armed import OnFiring, Predicates
from hil.faults.catalogue import UplinkFault
from hil.faults.uplink_injector import UplinkInjector
from hil.loop import NS_PER_S, running_loop

EXAMPLES: list[dict[str, Any]] = [
    {"fault": "uplink.refuse"},
    {"fault": "uplink.half_open"},
    {"fault": "uplink.hole"},
    {"fault": "uplink.slow_ack", "late_s": 2, "most_s": 4},
    {"fault": "uplink.cut"},
    {"fault": "uplink.duplicate"},
    {"fault": "uplink.denied"},
    {"fault": "uplink.session_lost"},
    {"fault": "uplink.reorder"},
    {"fault": "uplink.broker_down", "for_s": 5},
]
WILL = Publication("t/health", b"offline", retain=True)
_COPIES = st.lists(st.integers(0, 10**10), min_size=1, max_size=3).map(lambda times: tuple(sorted(times)))
COURSES = st.builds(
    Course, reaches_ns=st.integers(0, 10**10), copies_ns=_COPIES, answer_ns=st.integers(0, 10**10), cuts=st.booleans()
)
EXCHANGES = st.builds(
    Exchange,
    t_ns=st.integers(0, 10**15),
    act=st.sampled_from(Act),
    client_id=st.just("box"),
    topic=st.sampled_from(["t/alarm", "t/event"]),
    session=st.integers(0, 3),
    nth=st.integers(0, 20),
)


class UplinkFaultsBench:
    """A broker with faults, and a client that publishes `1`, `2`, ... on t/event. Times are seconds from 0."""

    def __init__(
        self,
        faults: Sequence[dict[str, Any]],
        predicates: Predicates | None = None,
        on_firing: OnFiring | None = None,
        seed: str = "seed",
    ) -> None:
        self.broker = MemoryBroker(lambda: running_loop().now_ns)
        self.got: list[tuple[float, bytes]] = []
        self.broker.subscribe("t/+", lambda one: self.got.append((one.t_ns / NS_PER_S, one.publication.payload)))
        self.injector = UplinkInjector(
            self.broker,
            running_loop(),
            seed,
            [UplinkFault.of(raw) for raw in faults],
            predicates=predicates,
            on_firing=on_firing,
        )
        self._published = 0

    @asynccontextmanager
    async def session(self, version: MqttVersion = MqttVersion.V5) -> AsyncIterator[MemorySession]:
        async with self.broker.session(version, "box", WILL, 10) as session:
            yield session

    async def publish(self, session: MemorySession, count: int = 1, timeout_s: float = 10) -> list[int]:
        """So many messages, one after the other; their PUBACKs' reasons."""
        reasons = []
        for _ in range(count):
            self._published += 1
            publication = Publication("t/event", str(self._published).encode())
            reasons.append((await session.publish(publication, timeout_s)).reason)
        return reasons

    def payloads(self) -> list[str]:
        """What a subscriber received of them, in order."""
        return [payload.decode() for _, payload in self.got if payload != WILL.payload]


async def heard(session: MemorySession, seconds: float) -> list[Incoming]:
    """What comes down to the client within that time."""
    found: list[Incoming] = []

    async def listen() -> None:
        async for one in session.messages():
            found.append(one)

    task = asyncio.create_task(listen())
    await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.wait([task])
    return found
