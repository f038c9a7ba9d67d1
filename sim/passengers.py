"""People: a seeded stream of journeys, who waits at which landing, and who is in which car."""

import math
import random
from typing import Final, final

import msgspec

from protocols.lift.vocabulary import Direction
from sim.agenda import to_ns
from sim.arrivals import Arrivals
from sim.building import Building
from sim.controller import heading_to
from sim.load import Bodies, Body, Limits


class Passenger(msgspec.Struct, frozen=True):
    """One person. Without a destination: steps in, presses nothing, and stays."""

    serial: int
    origin: int
    destination: int | None
    came_ns: int
    body: Body = Body()

    @property
    def way(self) -> Direction:
        """The hall button this person presses."""
        return Direction.NONE if self.destination is None else heading_to(self.origin, self.destination)


@final
class Journeys:
    """When the next people come, and from where to where. Each concern draws from a stream of its own."""

    def __init__(self, building: Building, seed: int) -> None:
        self._main: Final = building.main_floor
        self._others: Final = tuple(i for i in range(len(building.floors)) if i != building.main_floor)
        people = [building.floors[floor].people for floor in self._others]
        self._homes: Final = tuple(floor for floor, some in zip(self._others, people, strict=True) if some)
        self._weights: Final = None if min(people) == max(people) else [some for some in people if some]
        self._arrivals: Final = Arrivals(building.traffic, seed)
        self._routes: Final = random.Random(f"{seed}/routes")
        self._visitors: Final = random.Random(f"{seed}/visitors")

    def next_gap_ns(self, now_ns: int = 0) -> int | None:
        """From now until the next people come; None if nobody ever comes."""
        return self._arrivals.gap_ns(now_ns)

    def batch(self) -> int:
        """How many come together."""
        return self._arrivals.batch()

    def route(self, now_ns: int = 0) -> tuple[int, int]:
        """Origin and destination of those who come now, by the shares of traffic and the floors' people."""
        incoming, outgoing = self._arrivals.mix(now_ns)
        draw = self._routes.random()
        other = self._home()
        if draw < incoming:
            return self._main, other
        if draw < incoming + outgoing or len(self._homes) == 1:
            return other, self._main
        return other, self._home(other)

    def destination_from(self, floor: int) -> int:
        """Where somebody who is sent to the lift by a stimulus wants to go."""
        return self._visitors.choice([i for i in (self._main, *self._others) if i != floor])

    def _home(self, but: int | None = None) -> int:
        """A floor that is not the main one, by its people."""
        if self._weights is None:
            return self._routes.choice(self._homes if but is None else [i for i in self._homes if i != but])
        homes, weights = self._homes, self._weights
        if but is not None:
            weights = [some for home, some in zip(homes, weights, strict=True) if home != but]
            homes = tuple(home for home in homes if home != but)
        return self._routes.choices(homes, weights)[0]


@final
class Crowd:
    """Everybody who came and has not gone. Nobody is lost: came = waiting + riding + served + abandoned.

    The landings' queues are the group's; who rides is with each car's `Riders`.
    """

    def __init__(self, building: Building, seed: int = 0) -> None:
        self.bodies: Final = Bodies(building.traffic, seed)
        self._patience_ns: Final = to_ns(building.traffic.patience_s)
        self._waiting: Final[list[list[Passenger]]] = [[] for _ in building.floors]
        self._cars: Final[list[Riders]] = []
        self.came = 0
        self.served = 0
        self.abandoned = 0

    @property
    def waiting(self) -> int:
        """How many wait at the landings."""
        return sum(map(len, self._waiting))

    @property
    def riding(self) -> int:
        """How many are in the cars."""
        return sum(len(car.persons) for car in self._cars)

    def newcomer(self, origin: int, destination: int | None, now_ns: int, body: Body | None = None) -> Passenger:
        """Somebody comes to the landing `origin`."""
        self.came += 1
        body = self.bodies.next() if body is None else body
        person = Passenger(self.came, origin, destination, now_ns, body)
        self._waiting[origin].append(person)
        return person

    def join(self, car: "Riders") -> None:
        """One more car of the group takes people from the landings."""
        self._cars.append(car)

    def lose_patience(self, floor: int, now_ns: int) -> list[Passenger]:
        """Those who had gone away from `floor` by now without a ride (found out when the doors open there)."""
        gone = [person for person in self._waiting[floor] if now_ns - person.came_ns > self._patience_ns]
        if len(self._cars) > 1:
            entering = self._entering()
            gone = [person for person in gone if person not in entering]
        if gone:
            self._waiting[floor] = [person for person in self._waiting[floor] if person not in gone]
            self.abandoned += len(gone)
        return gone

    def next_boarder(self, floor: int, heading: Direction) -> Passenger | None:
        """Who at `floor` steps into a car that goes `heading` (NONE: wherever it is asked to), and into no other."""
        anywhere = heading is Direction.NONE
        entering = self._entering() if len(self._cars) > 1 else ()
        for person in self._waiting[floor]:
            if (anywhere or person.destination is None or person.way is heading) and person not in entering:
                return person
        return None

    def come_back(self, person: Passenger) -> None:
        """Out of a car again, in front of the others at the landing `origin`."""
        self._waiting[person.origin].insert(0, person)

    def give_up(self, person: Passenger) -> None:
        """Away from the landing for good, without a ride."""
        self.depart(person)
        self.abandoned += 1

    def depart(self, person: Passenger) -> None:
        """Away from the landing, into a car."""
        self._waiting[person.origin].remove(person)

    def button(self, person: Passenger) -> Direction:
        """The hall button that `person` presses; who will only stand in the car presses for any."""
        if person.destination is not None:
            return person.way
        return Direction.UP if person.origin < len(self._waiting) - 1 else Direction.DOWN

    def ways_wanted(self, floor: int) -> list[Direction]:
        """The hall buttons that those at `floor` press, in a fixed order."""
        if not self._waiting[floor]:
            return []
        wanted = [self.button(person) for person in self._waiting[floor]]
        return [way for way in (Direction.UP, Direction.DOWN) if way in wanted]

    def _entering(self) -> list[Passenger]:
        return [car.entering for car in self._cars if car.entering is not None]


@final
class Riders:
    """Who is in one car, `load_kg` in all. `entering` is whoever is in its doorway, on the way in."""

    def __init__(self, crowd: Crowd, building: Building) -> None:
        self._crowd: Final = crowd
        self._capacity: Final = building.capacity_persons
        self._limits: Final = Limits.of(building)
        self.persons: Final[list[Passenger]] = []
        self.entering: Passenger | None = None
        self.load_kg = 0.0
        crowd.join(self)

    @property
    def has_room(self) -> bool:
        """Whether one more may enter."""
        return len(self.persons) < self._capacity and not self.overloaded

    @property
    def nearly_full(self) -> bool:
        """Whether hall calls are passed by: by the load, or because nobody else fits in."""
        return not self.has_room or self.load_kg >= self._limits.bypass_kg

    @property
    def overloaded(self) -> bool:
        """Whether the car must not start."""
        return self.load_kg >= self._limits.overload_kg

    def next_leaver(self, floor: int) -> Passenger | None:
        """Who in the car wants out at `floor`."""
        for person in self.persons:
            if person.destination == floor:
                return person
        return None

    def board(self, person: Passenger) -> None:
        """From the landing into the car."""
        self._crowd.depart(person)
        self.persons.append(person)
        self._weigh()

    def step_out(self, person: Passenger, floor: int) -> bool:
        """Out of the car again, to wait at `floor` for the next one; False: too heavy for any, and gone."""
        self.persons.remove(person)
        self._weigh()
        person = msgspec.structs.replace(person, origin=floor)
        self._crowd.come_back(person)
        fits = person.body.mass_kg < self._limits.overload_kg
        if not fits:
            self._crowd.give_up(person)
        return fits

    def alight(self, person: Passenger) -> None:
        """Out of the car, and gone."""
        self.persons.remove(person)
        self._weigh()
        self._crowd.served += 1

    def all_want_out(self, floor: int) -> None:
        """Everybody in the car will leave at `floor`."""
        self.persons[:] = [msgspec.structs.replace(person, destination=floor) for person in self.persons]

    def idle_want_out(self, floor: int) -> bool:
        """Those who ride nowhere will leave at `floor`; whether there are any."""
        idle = any(person.destination is None for person in self.persons)
        self.persons[:] = [
            msgspec.structs.replace(person, destination=floor) if person.destination is None else person
            for person in self.persons
        ]
        return idle

    def _weigh(self) -> None:
        self.load_kg = math.fsum([person.body.mass_kg for person in self.persons])
