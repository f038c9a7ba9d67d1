"""What people do who come to the lift or leave it: riders, somebody who only stands in it, a cleaner, a technician."""

from collections.abc import Sequence
from typing import Final, Literal, assert_never

from sim.agenda import to_ns
from sim.lift import Lift
from sim.stimuli import Effect, Stimulus
from sim.visits import CLEANING_S, MAINTENANCE, Do, Step, cleaning

Call = Literal[
    Stimulus.IDLE_PERSON,
    Stimulus.PERSON_ENTERS,
    Stimulus.PERSON_LEAVES,
    Stimulus.E_BIKE_ENTERS,
    Stimulus.DOOR_STOP,
    Stimulus.CLEANING,
    Stimulus.TECHNICIAN_VISIT,
]

E_BIKE: Final = "e_bike"
E_BIKE_KG: Final = 50.0
"""An electric bicycle with its battery (assumption)."""


def come(call: Call, seconds: float | None, lift: Lift, do: Do) -> Effect:
    """Do `call` now. `seconds` is for those that last; `do` does the steps of a visit."""
    lasts_s = CLEANING_S if seconds is None else seconds
    match call:
        case Stimulus.IDLE_PERSON:
            lift.people.idle_person_comes()
        case Stimulus.PERSON_ENTERS:
            lift.people.passenger_comes()
        case Stimulus.E_BIKE_ENTERS:
            lift.people.passenger_comes(E_BIKE, E_BIKE_KG)
        case Stimulus.PERSON_LEAVES:
            return _done(lift.people.idle_persons_leave())
        case Stimulus.DOOR_STOP:
            return _done(lift.people.stop_door(lift.car.now_ns + to_ns(lasts_s)))
        case Stimulus.CLEANING:
            return _visit(cleaning(lasts_s), lift, do)
        case Stimulus.TECHNICIAN_VISIT:
            return _visit(MAINTENANCE, lift, do)
        case _:
            assert_never(call)
    return Effect.NOW


def _visit(steps: Sequence[Step], lift: Lift, do: Do) -> Effect:
    return _done(lift.visit.begin(steps, do))


def _done(is_done: bool) -> Effect:
    return Effect.NOW if is_done else Effect.NONE
