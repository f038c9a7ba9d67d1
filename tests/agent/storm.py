"""Ten minutes in which all around the agent fails at random, then peace: what a platform must have at the end."""

import asyncio
import sqlite3
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec

from edge_agent import AgentError
from edge_agent.config_types import Protocol, UplinkConfig
from hil.broker import Received
from hil.faults.catalogue import HostFault, UplinkFault
from hil.faults.contract import Ledger
from hil.faults.host import PLACES
from hil.faults.host_injector import HostInjector
from hil.faults.uplink_injector import UplinkInjector
from hil.loop import NS_PER_S, running_loop
from protocols.upstream.messages import EventMessage, HealthMessage, Phase, Stream
from sim.stimuli import Stimulus
from sim.truth import TruthKind
from tests.support.streams import complaints, numbered
from tests.support.virtual_agent import NO_TRAFFIC, VirtualAgent, virtual_agent

STORM_S: Final = 600.0
END_S: Final = 900.0
ACKNOWLEDGED_AFTER_S: Final = 5.0
_BEFORE_NS: Final = 30 * NS_PER_S
_WINDOW_NS: Final = 150 * NS_PER_S
"""The longest window that needs no more than people, and some time to look."""
_SHARE: Final = 0.25
"""Of four faults of each kind so many are armed."""
_HAPPENINGS: Final = (
    Stimulus.PERSON_ENTERS,
    Stimulus.ENTRAP_BETWEEN_FLOORS,
    Stimulus.ENTRAP_AT_LANDING,
    Stimulus.RELEASE,
    Stimulus.HOLD_DOOR,
    Stimulus.DOOR_JAMMED_AJAR,
    Stimulus.IDLE_PERSON,
    Stimulus.ALARM_BUTTON,
    Stimulus.OPEN_BUTTON,
)


class Outcome(msgspec.Struct):
    """What a storm left. `wrong` is empty if all is as it must be."""

    seed: int
    wrong: list[str]
    firings: dict[str, int]
    lives: list[str]
    messages: int = 0
    health: HealthMessage | None = None


def faults_of(chance: Random) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Some faults of the uplink and some of the box, each at a time of its own."""
    uplink: list[dict[str, Any]] = [
        {"fault": "uplink.refuse", "how": chance.choice(["nobody", "silent", "not_authorized"]), "when": {"p": 0.5}},
        {"fault": "uplink.half_open", "when": {"p": 0.05}},
        {"fault": "uplink.hole", "when": {"p": 0.2}},
        {"fault": "uplink.slow_ack", "late_s": 0, "most_s": chance.choice([3, 30]), "when": {"p": 0.3}},
        {"fault": "uplink.cut", "when": {"p": 0.3}},
        {"fault": "uplink.duplicate", "after_s": chance.uniform(0, 20), "when": {"p": 0.5}},
        {"fault": "uplink.denied", "reason": chance.choice([0x80, 0x87, 0x97]), "when": {"p": 0.5}},
        {"fault": "uplink.session_lost"},
        {"fault": "uplink.reorder", "first": 10, "most_s": 20},
        {"fault": "uplink.broker_down", "for_s": chance.uniform(1, 120), "forgets": chance.random() < 0.5},
    ]
    down: dict[str, Any] = {"down_s": chance.choice([0.5, 2, 60])}
    place = {"match": {"at": chance.choice(PLACES)}, "count": chance.randrange(1, 4)}
    box: list[dict[str, Any]] = [
        {"fault": "host.wall_step", "by_s": chance.choice([-600, -5, 30]), "synchronised": False},
        {"fault": "host.disk_full", "for_s": chance.uniform(1, 200)},
        {"fault": "host.disk_read_only", "for_s": chance.uniform(1, 200)},
        {"fault": "host.pause", "for_s": chance.choice([1, 20, 100])},
        {"fault": "host.crash", "id": "crash by time", **down},
        {"fault": "host.crash", "id": "crash by place", **down, "when": place},
        {"fault": "host.power_cut", "id": "cut by time", "wall": chance.choice(["kept", "unset"]), **down},
        {"fault": "host.power_cut", "id": "cut by place", **down, "when": place},
        {"fault": "host.torn_write", **down, "when": {"every": chance.randrange(1, 20), "count": 2}},
    ]
    return _some(uplink, chance), _some(box, chance)


def _some(faults: list[dict[str, Any]], chance: Random) -> list[dict[str, Any]]:
    chosen = []
    for number in range(4 * len(faults)):
        raw = dict(faults[number % len(faults)])
        if chance.random() < _SHARE:
            first_s = chance.uniform(0, STORM_S - 1)
            window = [round(first_s * NS_PER_S), round(chance.uniform(first_s, STORM_S) * NS_PER_S)]
            name = f"{raw.get('id', raw['fault'])} {number}"
            chosen.append(raw | {"id": name, "when": {"window": window, **raw.get("when", {})}})
    return chosen


class Storm:
    """One of them: `uplink` and `box` are its faults."""

    def __init__(self, seed: int, agent: VirtualAgent, uplink: list[UplinkFault], box: list[HostFault]) -> None:
        self.outcome = Outcome(seed, [], {}, [])
        self._agent = agent
        ledger = Ledger([*uplink, *box])
        self._uplink = UplinkInjector(agent.world.broker, running_loop(), str(seed), uplink, on_firing=ledger)
        self._box = HostInjector(agent.host, running_loop(), str(seed), box, on_firing=ledger)
        agent.world.broker.subscribe("#", self._heard)
        chance = Random(f"{seed}/happenings")
        for _ in range(12):
            agent.world.at(chance.uniform(5, STORM_S), chance.choice(_HAPPENINGS))
        for _ in range(20):
            lost_s = chance.uniform(5, STORM_S)
            agent.world.at(lost_s, Stimulus.POWER_LOSS)
            agent.world.at(lost_s + chance.uniform(3, 9), Stimulus.POWER_RESTORE)

    def _heard(self, one: Received) -> None:
        for message in numbered([one]):
            if isinstance(message, EventMessage) and message.phase is Phase.RAISED:
                running_loop().call_later(ACKNOWLEDGED_AFTER_S, self._agent.acknowledge, message.event_id)

    async def blow(self) -> Outcome:
        """Storm, then peace."""
        await asyncio.sleep(STORM_S)
        self._uplink.heal()
        self._box.heal()
        await asyncio.sleep(END_S - STORM_S)
        self._judge()
        return self.outcome

    def _must_know(self) -> bool:
        """Whether people were trapped for long enough with nothing wrong with the box shortly before and meanwhile."""
        world = self._agent.world
        freed = [one.t_ns for one in world.truth_of(TruthKind.FREED)]
        for one in world.truth_of(TruthKind.TRAPPED_SINCE):
            first_ns, last_ns = one.t_ns - _BEFORE_NS, one.t_ns + _WINDOW_NS
            is_well = all(firing.until_ns < first_ns or firing.t_ns > last_ns for firing in self._box.firings)
            if last_ns < END_S * NS_PER_S and is_well and not any(one.t_ns <= t_ns <= last_ns for t_ns in freed):
                return True
        return False

    def highest(self) -> dict[str, int]:
        """The last number that came, by stream."""
        seqs = {stream.value: 0 for stream in Stream}
        for one in numbered(self._agent.world.broker.published):
            seqs[one.stream.value] = max(seqs[one.stream.value], one.seq)
        return seqs

    def _told(self) -> bool:
        return any(
            isinstance(one, EventMessage) and one.phase is Phase.RAISED
            for one in numbered(self._agent.world.broker.published)
        )

    def _judge(self) -> None:
        wrong, world = self.outcome.wrong, self._agent.world
        for firing in (*self._uplink.firings, *self._box.firings):
            kind = firing.fault.rpartition(" ")[0]
            self.outcome.firings[kind] = self.outcome.firings.get(kind, 0) + 1
        wrong += complaints(world.broker.published)
        if self._must_know() and not self._told():
            wrong.append("people were trapped while the box was well, and nobody was told")
        if not self._agent.is_running:
            wrong.append("no agent runs")
        self.outcome.messages = len({(one.stream, one.seq) for one in numbered(world.broker.published)})
        health = self.outcome.health = self._agent.health()
        if not health.online or health.undelivered or health.unacknowledged_alarms:
            waiting = f"{health.undelivered} undelivered, {health.unacknowledged_alarms} unacknowledged"
            wrong.append(f"health: online {health.online}, {waiting}")
        failures = [error for error in self._agent.host.ended if not isinstance(error, AgentError | None)]
        wrong += [f"the agent failed: {error!r}" for error in failures]


async def storm(seed: int, directory: Path) -> Outcome:
    """Blow one."""
    lives: list[str] = []
    chance = Random(seed)
    uplink, box = faults_of(chance)
    denied = any(raw["fault"] == "uplink.denied" for raw in uplink)
    protocol = Protocol.V5 if denied else chance.choice([Protocol.AUTO, Protocol.V311])  # 3.1.1 hides a denial
    async with virtual_agent(
        directory,
        seed=seed,
        building_set=NO_TRAFFIC,
        on_agent=lambda what, why: lives.append(f"{running_loop().time():.1f} {what} {why}"),
        restart_s=2.0,
        uplink=UplinkConfig(broker="mqtt://127.0.0.1:1883", protocol=protocol),
    ) as agent:
        faults = [UplinkFault.of(raw) for raw in uplink], [HostFault.of(raw) for raw in box]
        blown = Storm(seed, agent, *faults)
        outcome = await blown.blow()
        received = blown.highest()
    outcome.lives = lives
    issued = _issued(Path(agent.config.journal.path))
    if issued != received:
        outcome.wrong.append(f"numbers were given up to {issued}, received up to {received}")
    return outcome


def _issued(journal: Path) -> dict[str, int]:
    """The last number that the journal gave, by stream."""
    connection = sqlite3.connect(journal)
    try:
        return {str(stream): int(seq) - 1 for stream, seq in connection.execute("SELECT stream, next_seq FROM counter")}
    finally:
        connection.close()
