"""The controller's switches: of its service modes, what is driven and pressed under them, and its own."""

from typing import Final, Literal

from protocols.lift.vocabulary import Direction
from sim.agenda import to_ns
from sim.lift import Lift
from sim.modes import Event, Mode
from sim.stimuli import Effect, Stimulus

Switch = Literal[
    Stimulus.FIRE_RECALL,
    Stimulus.FIREFIGHTER,
    Stimulus.FIRE_END,
    Stimulus.ATTENDANT_ON,
    Stimulus.ATTENDANT_OFF,
    Stimulus.INDEPENDENT_ON,
    Stimulus.INDEPENDENT_OFF,
    Stimulus.REPAIR_BEGINS,
    Stimulus.REPAIR_ENDS,
    Stimulus.OUT_OF_SERVICE,
    Stimulus.IN_SERVICE,
    Stimulus.EARTHQUAKE,
    Stimulus.EARTHQUAKE_END,
    Stimulus.EMERGENCY_ELECTRICAL_ON,
    Stimulus.EMERGENCY_ELECTRICAL_OFF,
    Stimulus.EMERGENCY_ELECTRICAL_UP,
    Stimulus.EMERGENCY_ELECTRICAL_DOWN,
    Stimulus.CLOSE_BUTTON,
    Stimulus.CONTROLLER_REBOOT,
    Stimulus.MODE_SELECTOR_BROKEN,
    Stimulus.MODE_SELECTOR_MENDED,
]
DRIVE_S: Final = 4.0
"""How long the car is driven by hand if it is not said (as under inspection)."""


def turn(switch: Switch, seconds: float | None, lift: Lift) -> Effect:
    """Turn `switch` now. `seconds` is for those that last."""
    until_ns = lift.car.now_ns + to_ns(DRIVE_S if seconds is None else seconds)
    match switch:
        case Stimulus.EMERGENCY_ELECTRICAL_ON:
            done = lift.inspection.begin_electrical()
        case Stimulus.EMERGENCY_ELECTRICAL_OFF:
            done = lift.inspection.end(Mode.EMERGENCY_ELECTRICAL)
        case Stimulus.EMERGENCY_ELECTRICAL_UP:
            done = lift.inspection.drive(Direction.UP, until_ns, Mode.EMERGENCY_ELECTRICAL)
        case Stimulus.EMERGENCY_ELECTRICAL_DOWN:
            done = lift.inspection.drive(Direction.DOWN, until_ns, Mode.EMERGENCY_ELECTRICAL)
        case Stimulus.CLOSE_BUTTON:
            done = lift.people.close_door()
        case Stimulus.CONTROLLER_REBOOT:
            done = lift.outages.reboot(seconds)
        case Stimulus.FIREFIGHTER:
            done = lift.modes.is_recalled and lift.modes.turn(Event.FIREFIGHTER)
        case _:
            done = lift.modes.turn(Event(switch.value))
    return Effect.NOW if done else Effect.NONE
