"""The switches of the service modes at work on a car: what a change of mode does to its calls, its run and its door."""

from typing import Final, final

from protocols.lift.vocabulary import Direction
from sim.car import Car, Phase
from sim.controller import Calls
from sim.doorway import Doorway
from sim.hoist import Hoist
from sim.modes import SHUT, Event, Mode
from sim.operation import Operation
from sim.truth import TruthKind


@final
class ModeSwitch:
    """Of one lift."""

    def __init__(self, car: Car, hoist: Hoist, doorway: Doorway, operation: Operation) -> None:
        self._car: Final = car
        self._hoist: Final = hoist
        self._doorway: Final = doorway
        self._operation: Final = operation

    def turn(self, event: Event) -> bool:
        """A switch is turned; whether it stood otherwise."""
        service, before = self._car.service, self._car.service.mode
        if not service.step(event):
            return False
        if service.mode is not before:
            self._begin()
        return True

    @property
    def is_recalled(self) -> bool:
        """Whether the car stands open at the fire floor."""
        return self._car.phase in {Phase.TRANSFER, Phase.DWELL} and self._car.floor == self._car.building.fire_floor

    def _begin(self) -> None:
        """Calls that the mode does not take are dropped, people press again, and the car does what it says."""
        car, service = self._car, self._car.service
        car.tell(TruthKind.MODE, mode=service.mode.value)
        if not service.rules.hall_calls:
            keeps = service.rules.car_calls or service.mode in SHUT
            car.calls = Calls(car=car.calls.car if keeps else 0)
        self._operation.press_again()
        match car.phase:
            case Phase.PARKED | Phase.STARTING:
                self._operation.dispatch()
            case Phase.DWELL:
                self._doorway.settle()
            case Phase.RUNNING if service.mode is Mode.EARTHQUAKE:
                car.trouble.halted_by = service.mode.value
                self._hoist.brake()
            case Phase.RUNNING if service.mode is Mode.FIRE_RECALL:
                self._turn_home()
            case _:
                pass

    def _turn_home(self) -> None:
        """A running car goes on to the fire floor, or stops where it can first to turn there."""
        up, floors = self._car.motion.direction is Direction.UP, range(len(self._car.heights_m))
        for floor in (self._car.building.fire_floor, *(floors if up else reversed(floors))):
            if self._hoist.retarget_to(floor):
                return
