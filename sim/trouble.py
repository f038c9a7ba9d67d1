"""What is wrong with the lift, or will be at the next occasion."""

import enum
from dataclasses import dataclass
from typing import Final

from sim.stimuli import Stimulus

JAM_OPENING_M: Final = 0.15
"""How far a jammed door opens: rubbish in the sill (shared scene "door jammed 15 cm open")."""
PRIED_FRACTION: Final = 0.3
"""How far somebody inside pries a door between floors (assumption: a hand's breadth on each panel)."""
CLEAR_OF_LANDINGS_M: Final = 0.5
"""A car stopped between floors stands at least this far from every landing: well outside any unlocking zone."""


GLITCH_S: Final = 0.5
"""How long the safety chain is open in a glitch (assumption: a contact that bounces; longer than any debouncing)."""


class Fault(enum.Enum):
    """A standing fault. A technician ends it; a controller may forget a glitch by itself (see `self_recovery`)."""

    CHAIN_OPEN = "chain_open"
    CHAIN_GLITCH = "chain_glitch"
    DOOR_DEAD = "door_dead"
    DOOR_JAMMED = "door_jammed"
    BRAKE = "brake"
    CONTACTOR = "contactor"
    DOOR_BLOCKED = "door_blocked"
    DOOR_OPENED = "door_opened_running"
    OVERSPEED = "overspeed"
    NO_MOTION = "no_motion"
    ROPE_SLIP = "rope_slip"
    UCM = "ucm"
    OVERTRAVEL_TOP = "overtravel_top"
    OVERTRAVEL_BOTTOM = "overtravel_bottom"
    NOT_SLOWED = "not_slowed"
    """Only armed: it comes as an overtravel."""

    @property
    def event_code(self) -> str:
        """The code in the event catalogue that a controller would report for it."""
        return _EVENT_CODES[self]


_EVENT_CODES: Final = {
    Fault.CHAIN_OPEN: "F01",
    Fault.CHAIN_GLITCH: "F01",
    Fault.DOOR_DEAD: "F03",
    Fault.DOOR_JAMMED: "F03",
    Fault.BRAKE: "F22",
    Fault.CONTACTOR: "F08",
    Fault.DOOR_BLOCKED: "F02",
    Fault.DOOR_OPENED: "F13",
    Fault.OVERSPEED: "F11",
    Fault.NO_MOTION: "F06",
    Fault.ROPE_SLIP: "F06",
    Fault.UCM: "F05",
    Fault.OVERTRAVEL_TOP: "F09",
    Fault.OVERTRAVEL_BOTTOM: "F10",
    Fault.NOT_SLOWED: "F09",
}


ENTRAPPING: Final = {
    Stimulus.ENTRAP_BETWEEN_FLOORS: Fault.CHAIN_OPEN,
    Stimulus.CHAIN_GLITCH: Fault.CHAIN_GLITCH,
    Stimulus.ENTRAP_AT_LANDING: Fault.DOOR_DEAD,
    Stimulus.DOOR_JAMMED_AJAR: Fault.DOOR_JAMMED,
    Stimulus.DOOR_OPENS_RUNNING: Fault.DOOR_OPENED,
    Stimulus.OVERSPEED: Fault.OVERSPEED,
    Stimulus.NO_MOTION: Fault.NO_MOTION,
    Stimulus.ROPE_SLIP: Fault.ROPE_SLIP,
    Stimulus.UCM: Fault.UCM,
    Stimulus.OVERTRAVEL: Fault.OVERTRAVEL_TOP,  # or of the bottom: wherever the car next goes to a last landing
    Stimulus.NOT_SLOWED: Fault.NOT_SLOWED,
}
"""The fault that each entrapping stimulus leads to. All wait for a car with somebody in it."""


FAILING_TO_OPEN: Final = frozenset({Fault.DOOR_DEAD, Fault.DOOR_JAMMED})


@dataclass(slots=True)
class Trouble:
    """Mutable: the armed fault, the standing fault, mains, a pending hold of the door, a technician at work.

    And of the controller: whether it starts anew, whether it knows its floor, how many runs it has forgotten;
    `halted_by` is what last stopped the lift: a fault, also when it is mended since, or what is none.
    """

    armed: Fault | None = None
    fault: Fault | None = None
    mains: bool = True
    hold_ns: int | None = None
    rescuing: bool = False
    inspecting: bool = False
    """Under inspection, or driven from the machine room."""
    rebooting: bool = False
    floor_known: bool = True
    runs_forgotten: int = 0
    chain_open_until_ns: int = 0
    halted_by: str = ""
    obstructed: bool = False
    """Something lies in the sill that keeps the door from closing."""
    unnoticed: bool = False
    """The fault is there, and the controller does not know of it yet."""
    release_waits: bool = False
    """A technician has come, and waits for the car to stand."""

    @property
    def wants_passenger(self) -> bool:
        """Whether what is armed needs somebody to come to an idle lift."""
        return self.armed is not None or self.hold_ns is not None

    def refuses(self, stimulus: Stimulus) -> bool:
        """Whether something else is armed already, so that `stimulus` cannot be."""
        return self.armed is not None and stimulus in ENTRAPPING

    @property
    def out_of_order(self) -> bool:
        """Whether the controller can do nothing."""
        return self.fault is not None or not self.is_alive

    @property
    def is_alive(self) -> bool:
        """Whether a controller with power runs the lift."""
        return self.mains and not self.rebooting

    @property
    def by_hand(self) -> bool:
        """Whether a technician works on the lift."""
        return self.rescuing or self.inspecting

    @property
    def hears_buttons(self) -> bool:
        """Whether the controller takes calls: not without mains, not while it starts anew, not under inspection."""
        return self.is_alive and not self.inspecting

    @property
    def cause(self) -> str:
        """Why the lift stands."""
        return self.halted_by if self.fault is None else self.fault.value

    def chain_closed(self, t_ns: int) -> bool:
        """Whether no fault opens the safety chain at `t_ns`."""
        return self.fault is not Fault.CHAIN_OPEN and t_ns >= self.chain_open_until_ns

    @property
    def noticed(self) -> Fault | None:
        """The fault that the controller knows of."""
        return None if self.unnoticed else self.fault

    def mend(self) -> None:
        """A technician puts everything right."""
        self.armed = self.hold_ns = self.fault = None
        self.unnoticed = self.release_waits = self.obstructed = False
