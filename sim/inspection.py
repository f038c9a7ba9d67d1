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
        if car.phase is not Phase.INSPECTION or car.hands.are_on_chain(car.now_ns):
            return False
        return self._hoist.drive_slowly(way, until_ns, car.building.drive.inspection_speed_mps)

    def open_chain(self, thing: Stimulus, until_ns: int) -> bool:
        """Open the safety chain at a contact (a moving car stops) or at the stop switch (of a standing car only)."""
        car = self._car
        moving = car.phase is Phase.INSPECTION_RUN
        if not car.trouble.inspecting or (moving and thing is Stimulus.STOP_SWITCH):
            return False
        car.hands.take(thing, until_ns)
        if moving:
            self._hoist.brake()
        return True

    def end(self) -> bool:
        """Whatever opened the chain is let go, and the car goes back into service; whether it was under inspection."""
        car = self._car
        if not car.trouble.inspecting:
            return False
        car.trouble.inspecting = False
        car.hands.close_chain()
        if car.phase is Phase.INSPECTION_RUN:
            self._hoist.brake()
        elif car.phase is Phase.INSPECTION:
            car.enter(Phase.STUCK)
        self._on_end()
        return True
