"""What the families of events remember between looks, in one struct that is stored with the lift's state."""

import msgspec

from edge_agent.detect.events.buttons import Buttons
from edge_agent.detect.events.chain import Chain
from edge_agent.detect.events.doors import Doors
from edge_agent.detect.events.modes import Modes
from edge_agent.detect.events.movement import Movement
from edge_agent.detect.events.relevel import Relevel
from edge_agent.detect.events.shorted import Shorted


class Memory(msgspec.Struct, frozen=True):
    """One part a family."""

    doors: Doors = Doors()
    movement: Movement = Movement()
    chain: Chain = Chain()
    shorted: Shorted = Shorted()
    relevel: Relevel = Relevel()
    buttons: Buttons = Buttons()
    modes: Modes = Modes()

    def restored(self) -> "Memory":
        """The memory to go on with after a restart: counts stay, what was under way is forgotten."""
        shorted = Shorted(tallies=self.shorted.tallies, dull_visits=self.shorted.dull_visits)
        return Memory(shorted=shorted, buttons=self.buttons)
