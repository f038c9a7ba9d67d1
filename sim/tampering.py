"""What is done to chain, machine, sill and buttons: bridges, the bypass device, what sticks."""

from typing import Literal, assert_never

from sim.car import Car
from sim.lift import Lift
from sim.stimuli import Effect, Stimulus

Bridge = Literal[
    Stimulus.BRIDGE_LANDING_LOCK,
    Stimulus.BRIDGE_THIS_LANDING,
    Stimulus.BRIDGE_CAR_CONTACT,
    Stimulus.BRIDGE_CHAIN,
]
Tampering = Literal[
    Bridge,
    Stimulus.UNBRIDGE,
    Stimulus.BYPASS_ON,
    Stimulus.BYPASS_OFF,
    Stimulus.BYPASS_LEFT_ON,
    Stimulus.BRAKE_STUCK,
    Stimulus.CONTACTOR_STUCK,
    Stimulus.SILL_OBSTRUCTED,
    Stimulus.HALL_BUTTON_STUCK,
    Stimulus.HALL_BUTTON_FREED,
]


def tamper(stimulus: Tampering, lift: Lift) -> Effect:
    """Do `stimulus` now. What it does stays until it is undone."""
    car = lift.car
    done = True
    match stimulus:
        case (
            Stimulus.BRIDGE_LANDING_LOCK
            | Stimulus.BRIDGE_THIS_LANDING
            | Stimulus.BRIDGE_CAR_CONTACT
            | Stimulus.BRIDGE_CHAIN
        ):
            _bridge(stimulus, car)
        case Stimulus.UNBRIDGE:
            done = car.chain.unbridge()
            lift.inspection.chain_changed()
        case Stimulus.BYPASS_ON:
            done = lift.inspection.bypass()
        case Stimulus.BYPASS_OFF:
            done = lift.inspection.end_bypass()
        case Stimulus.BYPASS_LEFT_ON:
            done = lift.inspection.leave_bypass_on()
        case Stimulus.BRAKE_STUCK:
            car.machine.stick_brake(car.machine_at(car.now_ns, is_alive=car.has_power).brake_open)
        case Stimulus.CONTACTOR_STUCK:
            return _weld(car)
        case Stimulus.SILL_OBSTRUCTED:
            return _obstruct(car)
        case Stimulus.HALL_BUTTON_STUCK:
            done = lift.group.stick_button(car.floor)
        case Stimulus.HALL_BUTTON_FREED:
            done = lift.group.free_buttons()
        case _:
            assert_never(stimulus)
    return Effect.NOW if done else Effect.NONE


def _bridge(bridge: Bridge, car: Car) -> None:
    match bridge:
        case Stimulus.BRIDGE_LANDING_LOCK:
            car.chain.bridge_landings()
        case Stimulus.BRIDGE_THIS_LANDING:
            car.chain.bridge_landings(1 << car.floor)
        case Stimulus.BRIDGE_CAR_CONTACT:
            car.chain.bridge_car()
        case Stimulus.BRIDGE_CHAIN:
            car.chain.bridge_stops()
        case _:
            assert_never(bridge)


def _obstruct(car: Car) -> Effect:
    if car.trouble.out_of_order:
        return Effect.NONE
    car.trouble.obstructed = True
    return Effect.ARMED


def _weld(car: Car) -> Effect:
    is_closed = car.machine_at(car.now_ns, is_alive=car.has_power).contactor_closed
    car.machine.weld(is_closed)
    return Effect.NOW if is_closed else Effect.ARMED
