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


class Fault(enum.Enum):
    """A standing fault: only a technician ends it."""

    CHAIN_OPEN = "chain_open"
    DOOR_DEAD = "door_dead"
    DOOR_JAMMED = "door_jammed"


ENTRAPPING: Final = {
    Stimulus.ENTRAP_BETWEEN_FLOORS: Fault.CHAIN_OPEN,
    Stimulus.ENTRAP_AT_LANDING: Fault.DOOR_DEAD,
    Stimulus.DOOR_JAMMED_AJAR: Fault.DOOR_JAMMED,
}
"""The fault that each entrapping stimulus leads to. All three wait for a car with somebody in it."""


@dataclass(slots=True)
class Trouble:
    """Mutable: the armed fault, the standing fault, mains, a pending hold of the door, a technician at work."""

    armed: Fault | None = None
    fault: Fault | None = None
    mains: bool = True
    hold_ns: int | None = None
    rescuing: bool = False
    inspecting: bool = False

    @property
    def wants_passenger(self) -> bool:
        """Whether what is armed needs somebody to come to an idle lift."""
        return self.armed is not None or self.hold_ns is not None

    @property
    def out_of_order(self) -> bool:
        """Whether the controller can do nothing."""
        return self.fault is not None or not self.mains

    @property
    def by_hand(self) -> bool:
        """Whether a technician works on the lift."""
        return self.rescuing or self.inspecting

    @property
    def hears_buttons(self) -> bool:
        """Whether the controller takes calls: not without mains, and not under inspection."""
        return self.mains and not self.inspecting
