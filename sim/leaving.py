"""People who walk out of a car that stands at a landing with its door open far enough, whoever runs the lift or nobody.

They go one by one, wherever they wanted to, and nobody gets in. No power is needed for that.
"""

from typing import Final, final

from sim.agenda import Appointment, to_ns
from sim.car import Car, Phase
from sim.truth import TruthKind

_STANDING: Final = frozenset({Phase.STUCK, Phase.INSPECTION})


@final
class Leaving:
    """Of one car. Begins when it comes to stand, and ends when it does anything else or nobody is left."""

    def __init__(self, car: Car) -> None:
        self._car: Final = car
        self._next: Appointment | None = None

    def begin(self) -> None:
        """The car stands now: whoever can get out begins to."""
        if self._next is None and self._can_leave():
            self._expect()

    def _can_leave(self) -> bool:
        car = self._car
        return car.persons > 0 and car.phase in _STANDING and car.lets_out(car.now_ns)

    def _expect(self) -> None:
        car = self._car
        self._next = car.later(car.now_ns + to_ns(car.building.traffic.transfer_s), self._step)

    def _step(self) -> None:
        self._next = None
        car = self._car
        if not self._can_leave():
            return
        person = car.riders.persons[0]
        car.riders.alight(person)
        car.tell(TruthKind.ALIGHTED, person=person.serial, floor=car.floor, persons=car.persons)
        car.load_changed()
        self.begin()
