"""A lift that a technician drives slowly by hand, and no call moves: under inspection, or from the machine room.

Emergency electrical operation makes some contacts ineffective (safety gear, governor, buffers, final limits: EN 81-20
5.12.1.6, C); those of the doors, and a chain that stands open at an unknown place, stop it here.
"""

from typing import Final, final

from protocols.lift.vocabulary import Direction
from sim.car import Car, Phase
from sim.hoist import Hoist
from sim.mode_switch import ModeSwitch
from sim.modes import Event, Mode
from sim.motion import Rest
from sim.outages import Outages
from sim.recovery import Recovery
from sim.stimuli import Stimulus


@final
class Inspection:
    """Takes a car out of service, drives it, and gives it back."""

    def __init__(self, car: Car, hoist: Hoist, modes: ModeSwitch, outages: Outages, recovery: Recovery) -> None:
        self._car: Final = car
        self._hoist: Final = hoist
        self._modes: Final = modes
        self._outages: Final = outages
        self._recovery: Final = recovery

    def begin(self) -> bool:
        """A parked, empty car leaves service; whether it was one. Such a car is in order, and has no calls."""
        car = self._car
        if car.phase is not Phase.PARKED or car.persons:
            return False
        car.trouble.inspecting = True
        car.enter(Phase.INSPECTION)
        self._modes.turn(Event.INSPECTION_ON)
        return True

    def begin_electrical(self) -> bool:
        """The machine room takes the car: it stops where it is, and so does its door; whether it can."""
        trouble = self._car.trouble
        if trouble.by_hand or not trouble.is_alive:
            return False
        trouble.inspecting = True
        self._outages.go_dark("emergency_electrical")
        self._modes.turn(Event.EMERGENCY_ELECTRICAL_ON)
        self._recovery.begin_if_possible()
        return True

    def drive(self, way: Direction, until_ns: int, mode: Mode = Mode.INSPECTION) -> bool:
        """In `mode` drive the standing car `way` until `until_ns`; whether it can go."""
        car = self._car
        if car.service.mode is not mode or car.phase is not Phase.INSPECTION:
            return False
        if not car.may_move or car.machine.fault is not None:
            return False
        drive, by_hand = car.building.drive, mode is Mode.INSPECTION
        return self._hoist.drive_slowly(
            way, until_ns, drive.inspection_speed_mps if by_hand else drive.emergency_electrical_speed_mps
        )

    def open_chain(self, thing: Stimulus, until_ns: int) -> bool:
        """Open the safety chain at a contact (a moving car stops) or at the stop switch (of a standing car only)."""
        car = self._car
        moving = car.phase is Phase.INSPECTION_RUN
        if not car.trouble.inspecting or (moving and thing is Stimulus.STOP_SWITCH):
            return False
        car.hands.take(thing, until_ns)
        self.chain_changed()
        return True

    def bypass(self) -> bool:
        """The landing door locks are bypassed by the device for it: only under inspection; whether it is on now."""
        if not self._car.trouble.inspecting and not self.begin():
            return False
        self._car.chain.bypassed = True
        return True

    def chain_changed(self) -> None:
        """A contact may be open now that was closed: a car that is driven by hand stops, and no contactor holds."""
        car, motion = self._car, self._car.motion
        if car.phase is Phase.INSPECTION_RUN and not car.may_move:
            self._hoist.brake()
        elif isinstance(motion, Rest) and motion.ran_until_ns is not None and not car.taps(car.now_ns).end:
            car.motion = Rest(motion.position_m(car.now_ns), motion.end_ns)

    def end_bypass(self) -> bool:
        """The device is off, and the inspection goes on; whether it was on."""
        was = self._car.chain.end_bypass()
        self.chain_changed()
        return was

    def leave_bypass_on(self) -> bool:
        """The bypass device is on and the controller does not see it; whether that is new."""
        chain = self._car.chain
        if chain.bypassed and not chain.bypass_seen:
            return False
        chain.bypassed, chain.bypass_seen = True, False
        return True

    def end(self, mode: Mode | None = None) -> bool:
        """Whatever opened the chain is let go, and the car is the controller's again; whether it was in `mode`.

        None: in either of both. Not with the bypass device seen on, which allows nothing else.
        """
        car, chain = self._car, self._car.chain
        if not car.trouble.inspecting or mode not in {None, car.service.mode}:
            return False
        if chain.bypassed and chain.bypass_seen:
            return False
        car.trouble.inspecting = False
        self._modes.turn(Event.INSPECTION_OFF)
        self._modes.turn(Event.EMERGENCY_ELECTRICAL_OFF)
        car.hands.close_chain()
        if car.phase is Phase.INSPECTION_RUN:
            self._hoist.brake()
        elif car.phase is Phase.INSPECTION:
            car.enter(Phase.STUCK)
        self._recovery.resume()
        return True
