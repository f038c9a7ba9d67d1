"""A lift under inspection: a technician drives it slowly by hand, and no call moves it."""

from collections.abc import Callable
from typing import Final, final

from protocols.lift.vocabulary import Direction
from sim.car import Car, Phase
from sim.hoist import Hoist
from sim.stimuli import Stimulus


@final
class Inspection:
    """Takes a parked car out of service and drives it. Calls `on_end` when the car is the controller's again."""

    def __init__(self, car: Car, hoist: Hoist, on_end: Callable[[], None]) -> None:
        self._car: Final = car
        self._hoist: Final = hoist
        self._on_end: Final = on_end

    def begin(self) -> bool:
        """A parked, empty car leaves service; whether it was one. Such a car is in order, and has no calls."""
        car = self._car
        if car.phase is not Phase.PARKED or car.persons:
            return False
        car.trouble.inspecting = True
        car.enter(Phase.INSPECTION)
        return True

    def drive(self, way: Direction, until_ns: int) -> bool:
        """Drive the standing car `way` until `until_ns`; whether it can go."""
        car = self._car
        if car.phase is not Phase.INSPECTION or not car.may_move or car.machine.fault is not None:
            return False
        return self._hoist.drive_slowly(way, until_ns, car.building.drive.inspection_speed_mps)

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
        """A contact may be open now that was closed: a car that is driven by hand stops."""
        if self._car.phase is Phase.INSPECTION_RUN and not self._car.may_move:
            self._hoist.brake()

    def end_bypass(self) -> bool:
        """The device is off, and the inspection goes on; whether it was on."""
        car = self._car
        was, car.chain.bypassed = car.chain.bypassed, False
        self.chain_changed()
        return was

    def end(self) -> bool:
        """Whatever opened the chain is let go, and the car goes back into service.

        Not with the bypass device on, which allows nothing but inspection. Whether it was under inspection.
        """
        car = self._car
        if not car.trouble.inspecting or car.chain.bypassed:
            return False
        car.trouble.inspecting = False
        car.hands.close_chain()
        if car.phase is Phase.INSPECTION_RUN:
            self._hoist.brake()
        elif car.phase is Phase.INSPECTION:
            car.enter(Phase.STUCK)
        self._on_end()
        return True
