"""What an expectation looks for: a sign is a kind of record of the trace, a look is what a retained message says."""

import enum
from typing import Final

import msgspec

from hil.scenario.parts import Name, Plain, Section, one_of
from hil.trace import Lane
from protocols.upstream.messages import Phase
from sim.stimuli import Stimulus
from sim.truth import TruthKind

ANY: Final = "any"


class FaultDid(enum.Enum):
    """What became of a fault."""

    ARMED = "armed"
    FIRED = "fired"
    CLEARED = "cleared"


class AgentDid(enum.Enum):
    """What an agent's process did, as seen from outside."""

    STARTED = "started"
    STOPPED = "stopped"
    KILLED = "killed"
    ENDED = "ended"


class Wire(enum.Enum):
    """Who drove the line: the master that is tested, or somebody else."""

    REQUEST = "request"
    REPLY = "reply"


class Kept(enum.Enum):
    """A message that the broker keeps."""

    STATE = "state"
    HEALTH = "health"


LANES: Final = {
    "alarm": Lane.MQTT,
    "event": Lane.MQTT,
    "truth": Lane.TRUTH,
    "stimulus": Lane.STEP,
    "fault": Lane.FAULT,
    "wire": Lane.WIRE,
    "agent": Lane.AGENT,
}
"""The key of a sign says in which lane it is."""
_ONLY_AT: Final = {
    "phase": ("alarm", "event"),
    "lift": ("alarm", "event"),
    "repeats": ("alarm", "event"),
    "did": ("fault",),
    "slave": ("wire",),
    "function": ("wire",),
}


class Sign(Section, frozen=True, kw_only=True):
    """Which records: one of `alarm`, `event` (a code or `any`), `truth`, `stimulus`, `fault` (its id), `wire`, `agent`.

    The rest narrows it. `where`: values of the record's fields, or of the message's, by dotted keys. A message that is
    sent again (same stream and number) counts once, unless `repeats`. A fault counts when it fired, unless `did`.
    """

    alarm: str | None = None
    event: str | None = None
    truth: TruthKind | None = None
    stimulus: Stimulus | None = None
    fault: str | None = None
    wire: Wire | None = None
    agent: AgentDid | None = None
    phase: Phase | None = None
    lift: str | None = None
    repeats: bool = False
    did: FaultDid | None = None
    slave: int | None = None
    function: int | None = None
    where: dict[str, Plain] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        key = self.key
        for narrower, keys in _ONLY_AT.items():
            if getattr(self, narrower) not in (None, False) and key not in keys:
                raise ValueError(f"{narrower} belongs to {' or '.join(keys)}, not to {key}")

    @property
    def key(self) -> str:
        """Which of the keys it has. Raises ValueError unless it is one."""
        return one_of(self, tuple(LANES))


class Look(Section, frozen=True, kw_only=True):
    """What a retained message says: `items` of the lift's snapshot by name, `where` other fields by dotted keys.

    `alarms` is how many alarms are open; `lift` is needed only where there are several.
    """

    kept: Kept = Kept.STATE
    lift: Name | None = None
    items: dict[str, Plain] = msgspec.field(default_factory=dict)
    where: dict[str, Plain] = msgspec.field(default_factory=dict)
    alarms: int | None = None

    def __post_init__(self) -> None:
        if not self.items and not self.where and self.alarms is None:
            raise ValueError("wants items, where or alarms")
        if self.kept is Kept.HEALTH and (self.items or self.alarms is not None):
            raise ValueError("items and alarms belong to state; health has only where")
