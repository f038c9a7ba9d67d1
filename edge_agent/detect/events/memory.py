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
        """The memory to go on with after a restart: what was told and counted stays, what was under way is forgotten.

        A rebooted box's clock begins anew, so no instant stays.
        """
        return Memory(
            doors=Doors(
                openings=self.doors.openings,
                quick=self.doors.quick,
                is_open=self.doors.is_open,
                is_shut=self.doors.is_shut,
                significant_moves=self.doors.significant_moves,
            ),
            movement=Movement(
                open_since_zone=self.movement.open_since_zone,
                told_away_open=self.movement.told_away_open,
                told_opened_away=self.movement.told_opened_away,
            ),
            chain=Chain(told_chain=self.chain.told_chain, told_lock=self.chain.told_lock),
            shorted=self.shorted.restored(),
            relevel=Relevel(
                attempts=self.relevel.attempts,
                has_stood=self.relevel.has_stood,
                told_fast=self.relevel.told_fast,
                significant_moves=self.relevel.significant_moves,
            ),
            buttons=msgspec.structs.replace(self.buttons, left=None, left_ns=0),
            modes=Modes(mode=self.modes.mode, is_away=self.modes.is_away),
        )
