"""Which car of a group answers a landing's button: pure functions of what the cars are doing.

Two rules. `nearest`, the baseline of the textbooks (Barney and dos Santos; recalled, C): a car d floors away in a
building of N + 1 landings scores N + 2 - d if it comes towards the call going its way, N + 1 - d if it comes towards it
otherwise or stands idle, and 1 if it goes away from it; the highest score takes the call, of equal ones the nearer car.
`eta`: the car that would begin to open its doors there first, by the way through all its stops: flights in closed form,
doors, dwell and the people who get in and out. Of equal cars the lower number answers.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final, final

import msgspec

from protocols.lift.vocabulary import Direction
from sim.building import Building, Dispatch
from sim.controller import Calls, answer, heading_to, next_stop
from sim.kinematics import Move


class CarState(msgspec.Struct, frozen=True, kw_only=True):
    """What a car of the group is doing. Without a heading it stands idle.

    `floor` is where it stands or where its run ends, and `ready_s` until it arrives there (`arriving`) or may leave
    from there with doors closed. `passing_s` is until it is at the call's landing if it can still stop there on this
    run. `open_here`: at `floor` people may get in now.
    """

    floor: int
    heading: Direction
    calls: Calls
    ready_s: float = 0.0
    arriving: bool = False
    passing_s: float | None = None
    open_here: bool = False
    near: int
    """The landing that is nearest now."""


@final
class Times:
    """How long a building's lift takes for what."""

    def __init__(self, building: Building) -> None:
        door, traffic = building.door, building.traffic
        self._heights_m: Final = building.heights_m
        self._limits: Final = building.motion_limits
        self._flights_s: Final[dict[float, float]] = {}
        self.start_s: Final = building.drive.start_delay_s
        self.car_stop_s: Final = door.opening_s + max(door.dwell_car_call_s, traffic.transfer_s) + door.closing_s
        self.hall_stop_s: Final = door.opening_s + max(door.dwell_hall_call_s, traffic.transfer_s) + door.closing_s
        self.landings: Final = len(building.floors)

    def flight_s(self, origin: int, target: int) -> float:
        """From rest at one landing to rest at another."""
        way_m = abs(self._heights_m[target] - self._heights_m[origin])
        flight_s = self._flights_s.get(way_m)
        if flight_s is None:
            flight_s = self._flights_s[way_m] = Move(way_m, *self._limits).duration_s
        return flight_s


Score = Callable[[CarState, int, Direction, Times], tuple[float, float]]
"""Of a car for a call: the lowest takes it."""


def chosen(cars: Sequence[CarState], floor: int, way: Direction, times: Times, rule: Dispatch) -> int:
    """The index of the car that answers the call at `floor` to go `way`; there is at least one car."""
    score = _SCORES[rule]
    scores = [score(car, floor, way, times) for car in cars]
    return scores.index(min(scores))


def eta_s(car: CarState, floor: int, way: Direction, times: Times) -> float:
    """Until the car begins to open its doors for that call, if it takes it and nobody else calls."""
    if car.open_here and floor == car.floor and car.heading in {way, Direction.NONE}:
        return 0.0
    if car.passing_s is not None and (way is car.heading or not car.calls.every):
        return car.passing_s
    at, t_s, heading, calls = car.floor, car.ready_s, car.heading, car.calls.with_hall(floor, way)
    stops_here = car.arriving and bool(calls.every >> at & 1)
    for _ in range(4 * times.landings):
        if not stops_here:
            stop = next_stop(calls, at, heading, full=False)
            if stop is None:
                break
            if stop != at:
                t_s += times.start_s + times.flight_s(at, stop)
                heading, at = heading_to(at, stop), stop
        stops_here = False
        hall_before = calls.hall
        calls, heading = answer(calls, at, heading)
        if not calls.has_hall(floor, way):
            return t_s
        t_s += times.car_stop_s if calls.hall == hall_before else times.hall_stop_s
    return math.inf


def suitability(car: CarState, floor: int, way: Direction, times: Times) -> int:
    """The nearest-car score: the highest takes the call."""
    distance, top = abs(floor - car.near), times.landings
    if car.heading is Direction.NONE:
        return top - distance
    comes = floor == car.near or heading_to(car.near, floor) is car.heading
    if not comes:
        return 1
    return top + 1 - distance if way is car.heading else top - distance


def _by_eta(car: CarState, floor: int, way: Direction, times: Times) -> tuple[float, float]:
    return eta_s(car, floor, way, times), 0.0


def _by_distance(car: CarState, floor: int, way: Direction, times: Times) -> tuple[float, float]:
    return -suitability(car, floor, way, times), abs(floor - car.near)


_SCORES: Final[dict[Dispatch, Score]] = {Dispatch.ETA: _by_eta, Dispatch.NEAREST: _by_distance}
