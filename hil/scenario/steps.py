"""What a scenario does, and when: to the lift, to its sensors, to the wire, to the agent."""

import enum
from typing import Annotated, Any, Final

from msgspec import Meta, field

from hil import UsageError
from hil.scenario.capabilities import Capability
from hil.scenario.families import read_fault
from hil.scenario.parts import Duration, Section, ns_of, one_of
from sim import SimError
from sim.stimuli import Stimulus

Text = Annotated[str, Meta(min_length=1, max_length=64)]


class AgentStep(enum.Enum):
    """What is done to the agent's process: as systemd starts and stops it, or SIGKILL."""

    START = "start"
    STOP = "stop"
    KILL = "kill"


class Ask(enum.Enum):
    """What a technician asks the running agent on the spot."""

    SCREEN = "screen"
    READ = "read"
    BLOCKS = "blocks"
    EVENTS = "events"
    WHY = "why"
    HEALTH = "health"
    BUS = "bus"


class PersonComes(Section, frozen=True, kw_only=True):
    """Somebody at the landing `from` who wants to go to `to`; both by the sign on the landing."""

    from_: Text = field(name="from")
    to: Text


class SensorStep(Section, frozen=True, kw_only=True):
    """An imperfection of `world.sensors` begins, or ends with `on: false`."""

    item: Text
    imperfection: Text
    on: bool = True


DOES: Final = (
    "stimulus",
    "person",
    "fault",
    "clear",
    "sensor",
    "agent",
    "acknowledge",
    "technician",
)


class Step(Section, frozen=True, kw_only=True):
    """One of `DOES` at an instant after the start.

    `for` belongs to a stimulus that lasts, or is when a fault is cleared again; `car` (the first is 1) to a stimulus.
    `fault` is as in the catalogue of faults: its kind, its parameters, `when` it fires, and `id` to tell two apart.
    `acknowledge` is the code of an open alarm that the platform takes on.
    """

    at: Duration
    stimulus: Stimulus | None = None
    person: PersonComes | None = None
    fault: dict[str, Any] | None = None
    clear: Text | None = None
    sensor: SensorStep | None = None
    agent: AgentStep | None = None
    acknowledge: Text | None = None
    technician: Ask | None = None
    for_: Duration | None = field(default=None, name="for")
    car: Annotated[int, Meta(ge=1, le=8)] | None = None

    def __post_init__(self) -> None:
        does = self.does
        if self.for_ is not None and does not in ("stimulus", "fault"):
            raise ValueError(f"for belongs to a stimulus or a fault, not to {does}")
        if self.car is not None and does != "stimulus":
            raise ValueError(f"car belongs to a stimulus, not to {does}")
        if self.fault is not None:
            try:
                read_fault(self.fault)
            except (UsageError, SimError) as error:
                raise ValueError(str(error)) from error

    @property
    def does(self) -> str:
        """Which of `DOES` it is."""
        return one_of(self, DOES)

    @property
    def at_ns(self) -> int:
        """When."""
        return ns_of(self.at)

    @property
    def for_ns(self) -> int | None:
        """How long, if it is said."""
        return None if self.for_ is None else ns_of(self.for_)

    @property
    def fault_id(self) -> str:
        """The name of the fault that it arms or clears, or ""."""
        return read_fault(self.fault).fault.id if self.fault is not None else self.clear or ""

    @property
    def needs(self) -> Capability | None:
        """What a bench must be able to do for it; None for what whoever armed a fault can do anyway."""
        if self.fault is not None:
            return read_fault(self.fault).family.needs
        if self.agent is not None:
            return Capability.AGENT_KILL if self.agent is AgentStep.KILL else Capability.AGENT_STOP
        return _NEEDS.get(self.does)


_NEEDS: Final = {
    "stimulus": Capability.PLANT,
    "person": Capability.PLANT,
    "sensor": Capability.SENSOR_FAULTS,
    "acknowledge": Capability.PLATFORM,
    "technician": Capability.TECHNICIAN,
}
