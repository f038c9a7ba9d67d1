"""What each stimulus does to the lift."""

from typing import Final

from sim.agenda import to_ns
from sim.callers import come
from sim.car import Phase
from sim.lift import Lift
from sim.modes import RELEASED
from sim.stimuli import Effect, Stimulus
from sim.switches import turn
from sim.tampering import tamper
from sim.technician import work
from sim.trouble import ENTRAPPING, Trouble

DEFAULT_HOLD_S: Final = 300.0
"""How long somebody holds the door if it isn't said (scene "door held open 5 min by a person")."""


def act(stimulus: Stimulus, seconds: float | None, lift: Lift) -> Effect:  # noqa: PLR0911  # one for each stimulus
    """Apply `stimulus` now. `seconds` is for those that last."""
    trouble = lift.car.trouble
    match stimulus:
        case (
            Stimulus.ENTRAP_BETWEEN_FLOORS
            | Stimulus.ENTRAP_AT_LANDING
            | Stimulus.DOOR_JAMMED_AJAR
            | Stimulus.CHAIN_GLITCH
            | Stimulus.DOOR_OPENS_RUNNING
            | Stimulus.OVERSPEED
            | Stimulus.NO_MOTION
            | Stimulus.ROPE_SLIP
            | Stimulus.UCM
            | Stimulus.OVERTRAVEL
            | Stimulus.NOT_SLOWED
        ):
            return _arm(stimulus, lift, trouble)
        case Stimulus.RELEASE:
            return _release(lift, trouble)
        case Stimulus.POWER_LOSS:
            return _power_loss(lift, trouble)
        case Stimulus.POWER_RESTORE:
            return _power_restore(lift, trouble)
        case Stimulus.HOLD_DOOR:
            return _hold(DEFAULT_HOLD_S if seconds is None else seconds, lift, trouble)
        case Stimulus.FORCE_DOOR:
            return Effect.NOW if lift.people.pry_door() else Effect.NONE
        case (
            Stimulus.IDLE_PERSON
            | Stimulus.PERSON_ENTERS
            | Stimulus.PERSON_LEAVES
            | Stimulus.E_BIKE_ENTERS
            | Stimulus.DOOR_STOP
            | Stimulus.CLEANING
            | Stimulus.TECHNICIAN_VISIT
        ):
            return come(stimulus, seconds, lift, lambda step, lasts_s: act(step, lasts_s, lift))
        case (
            Stimulus.BRIDGE_LANDING_LOCK
            | Stimulus.BRIDGE_THIS_LANDING
            | Stimulus.BRIDGE_CAR_CONTACT
            | Stimulus.BRIDGE_CHAIN
            | Stimulus.UNBRIDGE
            | Stimulus.BYPASS_ON
            | Stimulus.BYPASS_OFF
            | Stimulus.BYPASS_LEFT_ON
            | Stimulus.BRAKE_STUCK
            | Stimulus.CONTACTOR_STUCK
            | Stimulus.SILL_OBSTRUCTED
            | Stimulus.HALL_BUTTON_STUCK
            | Stimulus.HALL_BUTTON_FREED
        ):
            return tamper(stimulus, lift)
        case (
            Stimulus.FIRE_RECALL
            | Stimulus.FIREFIGHTER
            | Stimulus.FIRE_END
            | Stimulus.ATTENDANT_ON
            | Stimulus.ATTENDANT_OFF
            | Stimulus.INDEPENDENT_ON
            | Stimulus.INDEPENDENT_OFF
            | Stimulus.REPAIR_BEGINS
            | Stimulus.REPAIR_ENDS
            | Stimulus.OUT_OF_SERVICE
            | Stimulus.IN_SERVICE
            | Stimulus.EARTHQUAKE
            | Stimulus.EARTHQUAKE_END
            | Stimulus.EMERGENCY_ELECTRICAL_ON
            | Stimulus.EMERGENCY_ELECTRICAL_OFF
            | Stimulus.EMERGENCY_ELECTRICAL_UP
            | Stimulus.EMERGENCY_ELECTRICAL_DOWN
            | Stimulus.CLOSE_BUTTON
            | Stimulus.CONTROLLER_REBOOT
            | Stimulus.MODE_SELECTOR_BROKEN
            | Stimulus.MODE_SELECTOR_MENDED
        ):
            return turn(stimulus, seconds, lift)
        case _:
            return work(stimulus, seconds, lift)


def _arm(stimulus: Stimulus, lift: Lift, trouble: Trouble) -> Effect:
    if trouble.out_of_order or trouble.refuses(stimulus):
        return Effect.NONE
    trouble.armed = ENTRAPPING[stimulus]
    return Effect.NOW if lift.look_for_trouble() else Effect.ARMED


def _release(lift: Lift, trouble: Trouble) -> Effect:
    car = lift.car
    if car.phase is Phase.RUNAWAY:
        trouble.release_waits = True  # nobody works on a car that a device is about to stop
        return Effect.ARMED
    is_driven = bool(car.service.standing & RELEASED)
    was_wrong = trouble.out_of_order or trouble.wants_passenger or is_driven or car.hands.are_busy(car.now_ns)
    was_wrong = lift.release() or was_wrong
    return Effect.NOW if was_wrong else Effect.NONE


def _power_loss(lift: Lift, trouble: Trouble) -> Effect:
    if not trouble.mains:
        return Effect.NONE
    trouble.mains = False
    lift.outages.cut_power()
    return Effect.NOW


def _power_restore(lift: Lift, trouble: Trouble) -> Effect:
    if trouble.mains:
        return Effect.NONE
    trouble.mains = True
    lift.outages.power_back()
    return Effect.NOW


def _hold(seconds: float, lift: Lift, trouble: Trouble) -> Effect:
    if trouble.out_of_order:
        return Effect.NONE
    trouble.hold_ns = to_ns(seconds)
    return Effect.NOW if lift.people.hold_door() else Effect.ARMED
