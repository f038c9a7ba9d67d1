"""What a maintenance technician does to the lift by hand while it is commissioned."""

from typing import Final, Literal, assert_never

from protocols.lift.vocabulary import Direction
from sim.agenda import to_ns
from sim.lift import Lift
from sim.modes import Mode
from sim.stimuli import Effect, Stimulus

Deed = Literal[
    Stimulus.RIDE_UP,
    Stimulus.RIDE_DOWN,
    Stimulus.OPEN_BUTTON,
    Stimulus.BLOCK_BEAM,
    Stimulus.SAFETY_EDGE,
    Stimulus.ALARM_BUTTON,
    Stimulus.CABINET_DOOR,
    Stimulus.OVERLOAD,
    Stimulus.INSPECTION_ON,
    Stimulus.INSPECTION_OFF,
    Stimulus.INSPECTION_UP,
    Stimulus.INSPECTION_DOWN,
    Stimulus.STOP_SWITCH,
    Stimulus.LANDING_LOCK,
    Stimulus.CAR_CONTACT,
]

DEFAULT_S: Final[dict[Stimulus, float]] = {
    Stimulus.OPEN_BUTTON: 3.0,
    Stimulus.BLOCK_BEAM: 5.0,
    Stimulus.ALARM_BUTTON: 2.0,
    Stimulus.CABINET_DOOR: 10.0,
    Stimulus.OVERLOAD: 10.0,
    Stimulus.INSPECTION_UP: 4.0,
    Stimulus.INSPECTION_DOWN: 4.0,
    Stimulus.STOP_SWITCH: 5.0,
    Stimulus.LANDING_LOCK: 3.0,
    Stimulus.CAR_CONTACT: 3.0,
}
"""How long each deed that lasts does so if it isn't said (design values: long enough for several polls)."""


def work(deed: Deed, seconds: float | None, lift: Lift) -> Effect:
    """Do `deed` now. `seconds` is for those that last."""
    lasts_ns = to_ns(DEFAULT_S.get(deed, 0.0) if seconds is None else seconds)
    until_ns = lift.car.now_ns + lasts_ns
    match deed:
        case Stimulus.RIDE_UP:
            done = lift.people.ride(Direction.UP)
        case Stimulus.RIDE_DOWN:
            done = lift.people.ride(Direction.DOWN)
        case Stimulus.OPEN_BUTTON | Stimulus.OVERLOAD:
            lift.car.hands.take(deed, until_ns)
            lift.people.keep_open()
            done = True
        case Stimulus.ALARM_BUTTON | Stimulus.CABINET_DOOR:
            lift.car.hands.take(deed, until_ns)
            done = True
        case Stimulus.BLOCK_BEAM:
            return _block_beam(lasts_ns, lift)
        case Stimulus.SAFETY_EDGE:
            return _touch_edge(lift)
        case Stimulus.INSPECTION_ON:
            done = lift.inspection.begin()
        case Stimulus.INSPECTION_OFF:
            done = lift.inspection.end(Mode.INSPECTION)
        case Stimulus.INSPECTION_UP:
            done = lift.inspection.drive(Direction.UP, until_ns)
        case Stimulus.INSPECTION_DOWN:
            done = lift.inspection.drive(Direction.DOWN, until_ns)
        case Stimulus.STOP_SWITCH | Stimulus.LANDING_LOCK | Stimulus.CAR_CONTACT:
            done = lift.inspection.open_chain(deed, until_ns)
        case _:
            assert_never(deed)
    return Effect.NOW if done else Effect.NONE


def _block_beam(lasts_ns: int, lift: Lift) -> Effect:
    if lift.car.trouble.out_of_order:
        return Effect.NONE
    lift.car.hands.beam_ns = lasts_ns
    return Effect.NOW if lift.people.block_beam() else Effect.ARMED


def _touch_edge(lift: Lift) -> Effect:
    if lift.car.trouble.out_of_order:
        return Effect.NONE
    lift.car.hands.at_edge = True
    return Effect.NOW if lift.people.touch_edge() else Effect.ARMED
