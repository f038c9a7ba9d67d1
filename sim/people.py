"""What people do at one lift: come to it, press the buttons in its car, hold its door, stand in its way, force it."""

from typing import Final, final

from protocols.lift.vocabulary import Direction
from sim.car import Car, Phase
from sim.doorway import Doorway
from sim.operation import Operation
from sim.stimuli import Stimulus
from sim.trouble import PRIED_FRACTION

_AT_LANDING: Final = frozenset(
    {Phase.PARKED, Phase.OPENING, Phase.TRANSFER, Phase.DWELL, Phase.CLOSING, Phase.STARTING}
)


@final
class People:
    """Of one lift. Each method says whether there was the occasion, where there may be none."""

    def __init__(self, car: Car, doorway: Doorway, operation: Operation) -> None:
        self._car: Final = car
        self._doorway: Final = doorway
        self._operation: Final = operation

    # at the landing

    def passenger_comes(self, thing: str = "", mass_kg: float = 0.0) -> None:
        """Somebody comes to where the car is, perhaps with a thing of that mass, and wants to ride."""
        self._operation.summon(self._car.crowd.bodies.bringing(thing, mass_kg) if thing else None)

    def idle_person_comes(self) -> None:
        """Somebody comes to where the car is, and will only stand in it."""
        self._operation.person_comes(self._car.floor, None)

    def idle_persons_leave(self) -> bool:
        """Those who stand idle in a car that can open open it and leave; whether there are any."""
        if self._car.phase not in _AT_LANDING or not self._car.riders.idle_want_out(self._car.floor):
            return False
        self._doorway.be_open()
        return True

    # buttons in the car

    def ride(self, way: Direction) -> bool:
        """In the car the button of the next landing above, or of the lowest one, is pressed; whether that is taken."""
        car = self._car
        if car.trouble.out_of_order or car.trouble.by_hand or not car.service.rules.car_calls:
            return False
        floor = car.floor_above if way is Direction.UP else 0
        if floor is None or (floor == car.floor and car.stands_at_landing):
            return False
        self._operation.car_call(floor)
        return True

    def close_door(self) -> bool:
        """The door-close button in the car is pressed; whether a door at a landing was open."""
        return self._doorway.hurry()

    # at the door

    def keep_open(self) -> None:
        """Something holds the door open: a car at a landing opens it, or leaves it open."""
        self._doorway.be_open()

    def stop_door(self, until_ns: int) -> bool:
        """Something put at the door of a car in service at a landing keeps it open; whether there is such a car."""
        car = self._car
        if car.phase not in _AT_LANDING:
            return False
        car.hands.take(Stimulus.DOOR_STOP, until_ns)
        self.keep_open()
        return True

    def hold_door(self) -> bool:
        """Somebody stands in the doorway as soon as it is open; False if the car must first come to a landing."""
        if self._car.phase is Phase.PARKED:
            self._operation.summon()
        elif self._car.phase is not Phase.STARTING:
            self._doorway.be_open()
        return self._car.phase in {Phase.OPENING, Phase.TRANSFER, Phase.DWELL}

    def block_beam(self) -> bool:
        """Something is armed to block the light curtain; whether the door is closing, and opens again."""
        return self._doorway.block_beam()

    def touch_edge(self) -> bool:
        """Somebody is to be touched by the closing door; whether it is closing, and opens again."""
        return self._doorway.touch_edge()

    def pry_door(self) -> bool:
        """Somebody inside forces the door of a car stuck outside the zone; whether that could be."""
        car = self._car
        if car.trouble.rescuing or not car.trouble.out_of_order:
            return False
        if car.phase is not Phase.STUCK or car.in_zone(car.now_ns) or not car.persons:
            return False
        if car.a_door_is_open(car.now_ns):
            return False
        self._doorway.move_to(PRIED_FRACTION)
        return True
