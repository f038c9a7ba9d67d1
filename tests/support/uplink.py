"""The uplink on virtual time, with a real journal behind it and the in-memory broker before it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from edge_agent.clock import rfc3339, stamp
from edge_agent.config_types import JournalConfig, UplinkConfig
from edge_agent.journal.entries import Batch, Entry
from edge_agent.journal.errors import JournalError
from edge_agent.journal.journal import Journal
from edge_agent.uplink.uplink import Uplink
from hil.broker import MemoryBroker
from hil.loop import NS_PER_S, VirtualClock
from protocols.upstream.messages import (
    Command,
    CommandKind,
    EventMessage,
    HealthMessage,
    ItemView,
    LiftIds,
    Phase,
    SnapshotView,
    Stamp,
    StateMessage,
    Stream,
    Text,
    TombstoneMessage,
)
from protocols.upstream.topics import Topics

TERMINAL = "box-1"
TOPICS = Topics(TERMINAL)
ALARM_TOPIC = TOPICS.numbered("lift-1", Stream.ALARM)
EVENT_TOPIC = TOPICS.numbered("lift-1", Stream.EVENT)
STATE_TOPIC = TOPICS.state("lift-1")
AT = Stamp(wall="2026-01-01T12:00:00.000Z", synchronised=True, boot_id="boot", mono_ns=0)

_numbered = msgspec.json.Decoder(EventMessage | TombstoneMessage)
_state = msgspec.json.Decoder(StateMessage)
_health = msgspec.json.Decoder(HealthMessage)


def message(
    event_id: str, phase: Phase = Phase.RAISED, stream: Stream = Stream.ALARM, lift_id: str = "lift-1"
) -> EventMessage:
    """A message as the agent hands it to the journal."""
    return EventMessage(
        terminal_id=TERMINAL,
        journal_id="",
        stream=stream,
        seq=0,
        ids=LiftIds(lift_id, "31000000000000000001", "310001"),
        event_id=event_id,
        code="A01" if stream is Stream.ALARM else "F19",
        name=Text("平层外停梯困人", "trapped between floors"),
        severity=1,
        phase=phase,
        begin=AT,
        confidence=0.9,
        evidence=Text("轿厢停在门区外", "the car stands outside the door zone"),
        snapshot=SnapshotView(AT, {"floor": ItemView(value=3)}, 2, "3"),
    )


class RefusingJournal:
    """A journal whose disk refuses while `refuses` names the method."""

    def __init__(self, journal: Journal) -> None:
        self.refuses: set[str] = set()
        self._journal = journal

    def __getattr__(self, name: str) -> Any:
        async def call(*arguments: Any) -> Any:
            if name in self.refuses:
                raise JournalError("journal /x: the disk is full: free space on it")
            return await getattr(self._journal, name)(*arguments)

        return call


class Bench:
    """One uplink and its surroundings; what it published is read off the broker."""

    def __init__(self, config: UplinkConfig, journal: Journal, broker: MemoryBroker, clock: VirtualClock) -> None:
        self.config = config
        self.journal = journal
        self.broker = broker
        self.clock = clock
        self.acknowledged: list[tuple[str, str]] = []
        self.floors: dict[str, str] = {"lift-1": "1"}
        self.disk = RefusingJournal(journal)
        self.uplink = self._new_uplink()
        self.task: asyncio.Task[None] | None = None

    def _new_uplink(self) -> Uplink:
        return Uplink(
            self.config,
            TERMINAL,
            self.clock,
            self.broker,
            self.disk,
            on_ack=self._on_ack,
            health=self._health,
            states=self._states,
        )

    def _on_ack(self, event_id: str, operator: str) -> bool:
        self.acknowledged.append((event_id, operator))
        return False

    def start(self) -> None:
        """Start a new uplink, as a new process would."""
        self.uplink = self._new_uplink()
        self.task = asyncio.create_task(self.uplink.run(), name="uplink")

    async def stop(self) -> None:
        """Cancel it and wait for its end."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait([self.task])
            if not self.task.cancelled():
                self.task.result()
            self.task = None

    def _health(self) -> HealthMessage:
        status = self.uplink.status()
        return HealthMessage(
            terminal_id=TERMINAL,
            online=True,
            at=stamp(self.clock),
            mqtt_version=status.mqtt_version,
            delivery_unverified=status.delivery_unverified,
            notes=list(status.notes),
        )

    def _states(self) -> list[StateMessage]:
        return [
            StateMessage(
                terminal_id=TERMINAL,
                ids=LiftIds(lift_id),
                expires_s=180,
                snapshot=SnapshotView(stamp(self.clock), {"floor": ItemView(value=1, age_ms=7)}, 0, floor),
                link={"box": "up"},
                open_alarms=[],
            )
            for lift_id, floor in self.floors.items()
        ]

    async def store(self, *messages: EventMessage) -> None:
        """Append as one batch and tell the uplink, as the agent does."""
        await self.journal.append(Batch(entries=tuple(Entry(one.stream, one) for one in messages), sync=True))
        self.uplink.wake()

    def numbered(self, leaf: str = "alarm") -> list[EventMessage | TombstoneMessage]:
        """What the broker took on the alarm or event topics, in order, repetitions included."""
        return [_numbered.decode(one) for one in self.payloads(f"/{leaf}")]

    def seqs(self, leaf: str = "alarm") -> list[int]:
        """Their numbers."""
        return [one.seq for one in self.numbered(leaf)]

    def times_s(self, leaf: str) -> list[float]:
        """When the broker took them."""
        return [one.t_ns / NS_PER_S for one in self.broker.published if one.publication.topic.endswith(f"/{leaf}")]

    def healths(self) -> list[HealthMessage]:
        """What the broker took on the health topic, the last will included."""
        return [_health.decode(one) for one in self.payloads("/health")]

    def states(self) -> list[StateMessage]:
        """What the broker took on state topics."""
        return [_state.decode(one) for one in self.payloads("/state")]

    def payloads(self, ending: str) -> list[bytes]:
        """What the broker took on topics with that ending."""
        return [one.publication.payload for one in self.broker.published if one.publication.topic.endswith(ending)]

    def acknowledge(self, event_id: str, counter: int, *, retain: bool = False, **changes: Any) -> None:
        """Send an acknowledgement down."""
        payload = msgspec.json.encode(self.command(event_id, counter, **changes))
        self.broker.publish(TOPICS.command, payload, retain=retain)

    def command(self, event_id: str, number: int, **changes: Any) -> Command:
        """An acknowledgement that is good for a minute from now."""
        now_ns = self.clock.wall().unix_ns
        command = Command(
            kind=CommandKind.ACK,
            id=f"desk-{number}",
            issued=rfc3339(now_ns),
            expires=rfc3339(now_ns + 60 * NS_PER_S),
            counter=number,
            event_id=event_id,
            operator="desk",
        )
        return msgspec.structs.replace(command, **changes)


@asynccontextmanager
async def uplink_bench(directory: Path, *, start: bool = True, **settings: Any) -> AsyncIterator[Bench]:
    """A bench on the running virtual loop."""
    clock = VirtualClock()
    path = str(directory / "journal.db")
    journal = await Journal.open(path, clock, JournalConfig(path=path), new_id=lambda: "journal-1")
    config = UplinkConfig(broker="mqtt://127.0.0.1", **settings)
    bench = Bench(config, journal, MemoryBroker(clock.now_ns), clock)
    if start:
        bench.start()
    try:
        yield bench
    finally:
        await bench.stop()
        await journal.close()
