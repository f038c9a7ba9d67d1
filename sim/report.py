"""Traffic of a run, from its truth: who was served after how long, and what the lift did for it.

Waiting is told by both definitions in use. CIBSE Guide D ends it when the responding car begins to open its doors at
the landing (not below 0: a person may find them open), others when the person is in the car. Time to destination ends
when the doors begin to open at the destination (ATTD), and here also when the person has left the car.
"""

from itertools import pairwise
from statistics import fmean
from typing import Final, final

import msgspec

from sim.history import Head, Line
from sim.truth import TruthKind

_DAY_S: Final = 86_400.0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything counted over the whole run; None where nothing happened that could be averaged."""

    building: str
    seed: int
    cars: int
    simulated_s: float
    came: int
    served: int
    let_out_elsewhere: int
    abandoned: int
    waiting: int
    riding: int
    idle: int
    awt_to_opening_s: float | None
    awt_to_boarding_s: float | None
    longest_wait_s: float | None
    attd_s: float | None
    att_to_exit_s: float | None
    interval_s: float | None
    load_mean_persons: float | None
    load_mean_percent: float | None
    load_max_persons: int
    starts: int
    starts_empty: int
    starts_by_car: tuple[int, ...]
    door_cycles: int
    entrapments: int
    trapped_people: int
    trapped_longest_s: float | None
    still_trapped: int
    wall_s: float | None = None
    lift_days_per_s: float | None = None


class _Ride(msgspec.Struct):
    """One person's way so far. No destination: came to stand in the car."""

    came_ns: int
    to: int | None
    to_opening_ns: int | None = None
    boarded_ns: int | None = None


class _Trapped(msgspec.Struct):
    since_ns: int
    persons: int
    freed_ns: int | None = None

    def lasted_s(self, now_ns: int) -> float:
        return ((now_ns if self.freed_ns is None else self.freed_ns) - self.since_ns) / 1e9


@final
class Tally:
    """Takes the truth's lines as they come, and makes the report of them at any instant."""

    def __init__(self, head: Head) -> None:
        self._head: Final = head
        self._under_way: Final[dict[int, _Ride]] = {}
        self._opened_ns: Final[dict[tuple[int, int], int]] = {}
        self._to_opening_ns: Final[list[int]] = []
        self._to_boarding_ns: Final[list[int]] = []
        self._to_destination_ns: Final[list[int]] = []
        self._to_exit_ns: Final[list[int]] = []
        self._home_ns: Final[list[int]] = []
        self._loads: Final[list[int]] = []
        self._starts: Final = [0] * head.cars
        self._trapped: Final[list[_Trapped]] = []
        self._standing: Final[dict[int, _Trapped]] = {}
        self._came = self._idle = self._elsewhere = self._abandoned = self._door_cycles = 0

    def add(self, line: Line) -> None:
        """The next line of the run, of any kind."""
        match line.kind:
            case TruthKind.WAITING:
                self._waits(line)
            case TruthKind.ABANDONED:
                self._abandoned += self._under_way.pop(line.number("person"), None) is not None
            case TruthKind.DOOR_OPENING:
                self._opened_ns[line.car, line.number("floor")] = line.t_ns
            case TruthKind.DOOR_CLOSED:
                self._door_cycles += 1
            case TruthKind.BOARDED:
                self._boards(line)
            case TruthKind.STEPPED_OUT:
                self._steps_out(line)
            case TruthKind.ALIGHTED:
                self._alights(line)
            case TruthKind.DEPARTED:
                self._loads.append(line.number("persons"))
                self._starts[line.car] += 1
            case TruthKind.ARRIVED if line.number("floor") == self._head.building.main_floor:
                self._home_ns.append(line.t_ns)
            case TruthKind.TRAPPED_SINCE:
                self._standing[line.car] = _Trapped(line.t_ns, line.number("persons"))
                self._trapped.append(self._standing[line.car])
            case TruthKind.FREED if line.car in self._standing:
                self._standing.pop(line.car).freed_ns = line.t_ns
            case _:
                pass

    def _waits(self, line: Line) -> None:
        to = line.number("to")
        self._under_way[line.number("person")] = _Ride(line.t_ns, None if to < 0 else to)
        self._came += to >= 0
        self._idle += to < 0

    def _boards(self, line: Line) -> None:
        ride = self._under_way.get(line.number("person"))
        if ride is None:
            return
        ride.boarded_ns = line.t_ns
        if ride.to is not None:
            ride.to_opening_ns = max(0, self._opening_ns(line) - ride.came_ns)
            self._to_opening_ns.append(ride.to_opening_ns)
            self._to_boarding_ns.append(line.t_ns - ride.came_ns)

    def _steps_out(self, line: Line) -> None:
        """Of an overloaded car: still waiting."""
        ride = self._under_way.get(line.number("person"))
        if ride is None or ride.to_opening_ns is None or ride.boarded_ns is None:
            return
        self._to_opening_ns.remove(ride.to_opening_ns)
        self._to_boarding_ns.remove(ride.boarded_ns - ride.came_ns)
        ride.boarded_ns = ride.to_opening_ns = None

    def _alights(self, line: Line) -> None:
        ride = self._under_way.pop(line.number("person"), None)
        if ride is None or ride.to is None:
            return
        if ride.to != line.number("floor"):
            self._elsewhere += 1
            return
        self._to_destination_ns.append(self._opening_ns(line) - ride.came_ns)
        self._to_exit_ns.append(line.t_ns - ride.came_ns)

    def _opening_ns(self, line: Line) -> int:
        return self._opened_ns.get((line.car, line.number("floor")), line.t_ns)

    def report(self, now_ns: int, wall_s: float | None = None) -> Report:
        """What it comes to at `now_ns`; `wall_s` is how long the computer took."""
        riders = [ride for ride in self._under_way.values() if ride.to is not None]
        riding = sum(ride.boarded_ns is not None for ride in riders)
        occupied = [load for load in self._loads if load]
        days = self._head.cars * now_ns / 1e9 / _DAY_S
        capacity = self._head.building.capacity_persons
        return Report(
            building=self._head.building.name,
            seed=self._head.seed,
            cars=self._head.cars,
            simulated_s=now_ns / 1e9,
            came=self._came,
            served=len(self._to_exit_ns),
            let_out_elsewhere=self._elsewhere,
            abandoned=self._abandoned,
            waiting=len(riders) - riding,
            riding=riding,
            idle=self._idle,
            awt_to_opening_s=_mean_s(self._to_opening_ns),
            awt_to_boarding_s=_mean_s(self._to_boarding_ns),
            longest_wait_s=max(self._to_boarding_ns) / 1e9 if self._to_boarding_ns else None,
            attd_s=_mean_s(self._to_destination_ns),
            att_to_exit_s=_mean_s(self._to_exit_ns),
            interval_s=_mean_s([later - sooner for sooner, later in pairwise(self._home_ns)]),
            load_mean_persons=fmean(occupied) if occupied else None,
            load_mean_percent=100 * fmean(occupied) / capacity if occupied else None,
            load_max_persons=max(self._loads, default=0),
            starts=len(self._loads),
            starts_empty=len(self._loads) - len(occupied),
            starts_by_car=tuple(self._starts),
            door_cycles=self._door_cycles,
            entrapments=len(self._trapped),
            trapped_people=sum(one.persons for one in self._trapped),
            trapped_longest_s=max((one.lasted_s(now_ns) for one in self._trapped), default=None),
            still_trapped=sum(one.persons for one in self._standing.values()),
            wall_s=wall_s,
            lift_days_per_s=days / wall_s if wall_s else None,
        )


def _mean_s(spans_ns: list[int]) -> float | None:
    return fmean(spans_ns) / 1e9 if spans_ns else None
