"""Forced up-peak on the plant: exactly so many people wait, the car takes them up, and the truth log is the clock.

People come to the main floor while the car is away, so that they wait when it is back, and no two loads mix. A trip
is timed from one arrival at the main floor to the next.
"""

import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, final

import msgspec
import yaml

from sim.agenda import NS_PER_S
from sim.building import Building, Door, Drive, Floor, Title, Traffic, parse_building
from sim.doors import CLOSED_LIMIT, OPEN_LIMIT
from sim.passengers import Journeys
from sim.plant import Plant
from sim.truth import TruthKind, TruthRecord
from verify.findings import PlantWrong
from verify.reference import KHALEEL_CASE, KHALEEL_HEIGHTS_M, KHALEEL_PEOPLE, TripRow
from verify.uppeak import House

LONGEST_ADVANCE_S: Final = 0.8
"""All cases but C16, whose 1.5 s begin outside an unlocking zone of 0.20 m."""
_LONGEST_TRIP_NS: Final = 3600 * NS_PER_S


class Trip(msgspec.Struct, frozen=True):
    """What one round trip was: who rode where, how often the car stopped above the main floor, how high it went."""

    destinations: tuple[int, ...]
    boarded: int
    alighted: int
    stops: int
    highest: int
    seconds: float


def case_of(row: TripRow) -> tuple[House, Building]:
    """A row as the reference means it, and as the plant can be told it."""
    khaleel = row == KHALEEL_CASE
    heights_m = KHALEEL_HEIGHTS_M if khaleel else tuple(row.df_m * i for i in range(row.N + 1))
    people = KHALEEL_PEOPLE if khaleel else (1,) * row.N
    house = House(
        heights_m=heights_m,
        shares=tuple(part / sum(people) for part in people),
        limits=(row.v, row.a, row.j),
        door_s=row.t_open + row.t_close - row.t_adv + row.t_start + row.t_level,
        transfer_s=(row.tp_in + row.tp_out) / 2,
    )
    return house, through_yaml(_building(row, house))


def _building(row: TripRow, house: House) -> Building:
    """The plant's limit contacts make 2 % before the ends.

    So the whole travels are stretched until the *contacts* make when the reference's doors are open and closed. An
    advance opening that begins where no door may is taken off the opening. The references count no time from
    standstill to the opening door: brake and contactor drop at once.
    """
    ahead = 0 < row.t_adv <= LONGEST_ADVANCE_S
    return Building(
        name="uppeak",
        title=Title(en=row.case, zh=row.case),
        floors=tuple(Floor(str(i), height_m) for i, height_m in enumerate(house.heights_m)),
        capacity_persons=60,
        drive=Drive(
            *(row.v, row.a, row.j),
            start_delay_s=row.t_start + row.t_level,
            contactor_lag_s=0.0,
            brake_drop_s=0.0,
            contactor_hold_s=0.0,
        ),
        door=Door(
            opening_s=(row.t_open if ahead else row.t_open - row.t_adv) / OPEN_LIMIT,
            closing_s=row.t_close / (1 - CLOSED_LIMIT),
            dwell_car_call_s=0.0,
            dwell_hall_call_s=0.0,
            advance_opening=ahead,
            advance_s=row.t_adv if ahead else None,
        ),
        traffic=Traffic(
            passengers_per_hour=0.0, incoming=1.0, outgoing=0.0, transfer_s=house.transfer_s, patience_s=1e6
        ),
    )


def through_yaml(building: Building) -> Building:
    """The same building read from a file's text: whatever a building file may not say is refused."""
    return parse_building(yaml.safe_dump(msgspec.to_builtins(building)), building.name)


def loads(
    building: Building, seed: int, sizes: Iterable[int], shares: Sequence[float] | None = None
) -> Iterator[list[int]]:
    """Destinations of each load: from the plant's own journeys, or by `shares` of the floors if they are unequal."""
    journeys, draw = Journeys(building, seed), random.Random(f"{seed}/loads")
    floors = range(1, len(building.floors))
    for size in sizes:
        if shares is None:
            yield [journeys.route()[1] for _ in range(size)]
        else:
            yield draw.choices(floors, shares, k=size)


def sizes(seed: int, mean: float, count: int) -> list[int]:
    """Load sizes of that mean: whole numbers beside it."""
    draw, low = random.Random(f"{seed}/sizes"), math.floor(mean)
    return [low + (draw.random() < mean - low) for _ in range(count)]


def poisson_sizes(seed: int, mean: float, count: int) -> list[int]:
    """Load sizes by a Poisson law, empty ones among them."""
    draw = random.Random(f"{seed}/poisson")
    return [_poisson(draw, mean) for _ in range(count)]


def _poisson(draw: random.Random, mean: float) -> int:
    """As many as exponential gaps fit into `mean`."""
    count, t = 0, draw.expovariate(1.0)
    while t < mean:
        count, t = count + 1, t + draw.expovariate(1.0)
    return count


def round_trips(building: Building, batches: Iterable[Sequence[int]]) -> list[Trip]:
    """The trips of these loads, none of them empty. Raises PlantWrong if the car does not come back.

    A trip before them is not theirs: in it the door of a car that stands opens, and not ahead of one that comes.
    """
    peak = _Peak(building)
    loads = [[1], *batches, [1]]
    peak.people_come(loads[0])
    return [peak.trip(load, following) for load, following in pairwise(loads)][1:]


@final
class _Peak:
    """A plant, and what its log said of the trip that is under way."""

    def __init__(self, building: Building) -> None:
        self._plant: Final = Plant(building, 0, self._hear)
        self._left = self._back = False
        self._stops: Final[list[int]] = []
        self._boarded = self._alighted = 0

    def people_come(self, destinations: Sequence[int]) -> None:
        """They come to the main floor, all at once."""
        for floor in destinations:
            self._plant._lift.person_comes(0, floor)

    def trip(self, destinations: Sequence[int], following: Sequence[int]) -> Trip:
        """Those who wait ride; when the car has left, those of the next trip come and call it back."""
        began_ns = self._plant.now_ns
        self._until(lambda: self._left, began_ns)
        self.people_come(following)
        self._until(lambda: self._back, began_ns)
        trip = Trip(
            destinations=tuple(destinations),
            boarded=self._boarded,
            alighted=self._alighted,
            stops=len(self._stops),
            highest=max(self._stops, default=0),
            seconds=(self._plant.now_ns - began_ns) / NS_PER_S,
        )
        self._left = self._back = False
        self._stops.clear()
        self._boarded = self._alighted = 0
        return trip

    def _until(self, reached: Callable[[], bool], began_ns: int) -> None:
        while not reached():
            due_ns = self._plant.next_event_ns()
            if due_ns is None or due_ns > began_ns + _LONGEST_TRIP_NS:
                raise PlantWrong(f"the car that left the main floor after {began_ns} ns did not come back")
            self._plant.advance_to(due_ns)

    def _hear(self, record: TruthRecord) -> None:
        match record.kind, record.data.get("floor"):
            case TruthKind.DEPARTED, 0:
                self._left = True
            case TruthKind.ARRIVED, 0:
                self._back = True
            case TruthKind.ARRIVED, int(floor):
                self._stops.append(floor)
            case TruthKind.BOARDED, _:
                self._boarded += 1
            case TruthKind.ALIGHTED, _:
                self._alighted += 1
            case _:
                pass
