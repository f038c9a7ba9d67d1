"""Where the cars and their doors were in a run, as curves.

The trace tells events, and between two of them a car moves by closed-form functions of time that only a plant knows. So
a plant with the same seed takes the same steps at the instants of the trace. It is believed only if what it says of
itself is what the trace says; else the curve is straight lines between the places that the trace does tell.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest
from typing import Final

import msgspec

from hil import BenchError
from hil.benches.plant_hands import PlantHands
from hil.scenario.record import RunRecord
from hil.scenario.steps import Step
from hil.timeline import Timer
from hil.trace import Lane, Record, Trace
from hil.world import World
from protocols import ProtocolError
from sim import SimError
from sim.building import Building, load_building
from sim.signals import PlantSignals
from sim.truth import TruthKind, TruthRecord

_PERIOD_NS: Final = 200_000_000
"""Between two looks at what moves; within it the jerk changes once (sim/track.py)."""
_AFTERWARDS_NS: Final = 1_000_000_000
"""So long after an event something may begin to move without another: a door's panels, a rope that gives."""
_PLACE_M: Final = 0.005
"""How far a straight piece may be from a look: below what a picture shows, and any levelling accuracy."""
_DOOR: Final = 0.01
_ON_PLANT: Final = frozenset({"stimulus", "person"})
"""The steps that change what the plant does; sensors only change what is said of it."""

Points = list[tuple[int, float]]
"""(ns, value), straight between two of them."""


class Way(msgspec.Struct, frozen=True):
    """One car's: place in m above the lowest landing, doors from 0 (closed) to 1. `exact`: not only where it stood."""

    car: int
    place: Points
    doors: Points
    exact: bool


class Ways(msgspec.Struct, frozen=True):
    """All cars', and the landings: height and sign of each."""

    landings: list[tuple[float, str]]
    cars: list[Way]


def ways_of(record: RunRecord, trace: Trace) -> Ways:
    """Empty where the bench knows no truth, or what it stood for is not there any more."""
    if next(trace.of(Lane.TRUTH), None) is None:
        return Ways([], [])
    try:
        setup = record.scenario.world.setup(record.seed)
        building = load_building(setup.building, setup.building_set)
        cars = sorted({one.car - 1 for one in setup.devices})
        ways = _played_again(record, trace, cars) or [_told(trace, building, car) for car in cars]
    except (BenchError, ProtocolError, SimError):
        return Ways([], [])
    return Ways([(floor.height_m, floor.label) for floor in building.floors], ways)


# a plant that does it again


class _Now:
    """A timeline that somebody else sets."""

    def __init__(self) -> None:
        self.now_ns = 0

    def call_at_ns(self, when_ns: int, callback: object) -> Timer:
        """Hands do everything at once."""
        raise BenchError("nothing is due later here")


def _played_again(record: RunRecord, trace: Trace, cars: Sequence[int]) -> list[Way] | None:
    said: list[TruthRecord] = []
    world = World(record.scenario.world.setup(record.seed), said.append)
    now, watch = _Now(), _Watch(world, cars)
    hands = PlantHands(world, now)
    for one in trace.of(Lane.STEP):
        if one.name in _ON_PLANT and "error" not in one.fields:
            watch.until(one.t_ns)
            now.now_ns = one.t_ns
            step = _step_of(one)
            hands.does[one.name](step)
            watch.look()
    watch.until(trace.end_ns)
    return watch.ways() if _same(said, trace, record.uncertainty_ns) else None


def _step_of(one: Record) -> Step:
    """The step that a record is of, without what came of it."""
    known = {field.encode_name for field in msgspec.structs.fields(Step)}
    plain = {key: value for key, value in one.fields.items() if key in known}
    return msgspec.convert({"at": "0 s", **plain}, Step)


def _same(said: Sequence[TruthRecord], trace: Trace, u_ns: int) -> bool:
    """Whether a plant said what the trace has, at the same instants as far as the bench can tell, up to the end."""
    end_ns = trace.end_ns - u_ns
    then = [one for one in trace.of(Lane.TRUTH) if one.t_ns < end_ns]
    again = [one for one in said if one.t_ns < end_ns]
    return all(
        a is not None
        and b is not None
        and a.name == b.kind.value
        and abs(a.t_ns - b.t_ns) <= u_ns
        and a.fields == msgspec.to_builtins(b.data)
        for a, b in zip_longest(then, again)
    )


class _Watch:
    """Advances a world's plant, and looks at its cars as often as a curve needs."""

    def __init__(self, world: World, cars: Sequence[int]) -> None:
        self._plant = world.plant
        self._looks: dict[int, list[PlantSignals]] = {car: [] for car in cars}
        self._rests_ns = 0
        self.look()

    def until(self, t_ns: int) -> None:
        """Advance to `t_ns`."""
        plant = self._plant
        while plant.now_ns < t_ns:
            due_ns = plant.next_event_ns()
            stops = [t_ns] if due_ns is None else [t_ns, due_ns]
            if plant.now_ns < self._rests_ns:
                stops.append(plant.now_ns + _PERIOD_NS)
            plant.advance_to(min(stops))
            if due_ns is not None and plant.now_ns >= due_ns:
                self._rests_ns = plant.now_ns + _AFTERWARDS_NS
            self.look()

    def look(self) -> None:
        """See where everything is now."""
        for car, looks in self._looks.items():
            seen = self._plant.signals(car=car)
            before = looks[-1] if looks else seen
            if seen.moving or (seen.position_m, seen.door_fraction) != (before.position_m, before.door_fraction):
                self._rests_ns = max(self._rests_ns, seen.t_ns + 1)
            looks.append(seen)

    def ways(self) -> list[Way]:
        """What was seen."""
        return [
            Way(
                car,
                thinned([(one.t_ns, one.position_m) for one in looks], _PLACE_M),
                thinned([(one.t_ns, one.door_fraction) for one in looks], _DOOR),
                exact=True,
            )
            for car, looks in self._looks.items()
        ]


def thinned(points: Points, tolerance: float) -> Points:
    """Without the points that a straight piece from the last kept one passes within `tolerance`."""
    kept = points[:1]
    low, high = float("-inf"), float("inf")
    for before, (t_ns, value) in pairwise(points):
        last_ns, last = kept[-1]
        if t_ns <= last_ns:
            kept[-1] = (t_ns, value)
            continue
        slope = (value - last) / (t_ns - last_ns)
        if not low <= slope <= high:
            kept.append(before)
            last_ns, last = before
            low, high = float("-inf"), float("inf")
        span_ns = t_ns - last_ns
        low = max(low, (value - tolerance - last) / span_ns)
        high = min(high, (value + tolerance - last) / span_ns)
    return [*kept, *points[len(points) - 1 :]] if len(points) > 1 else kept


# what the trace alone tells


def _told(trace: Trace, building: Building, car: int) -> Way:
    place: Points = []
    for one in _of_car(trace, car):
        fields = one.fields
        if one.name == TruthKind.STOPPED.value:
            place.append((one.t_ns, float(fields["position_m"])))
        elif one.name in (TruthKind.DEPARTED.value, TruthKind.DOOR_OPENING.value):
            place.append((one.t_ns, building.heights_m[int(fields["floor"])]))
    if place:
        place = [(0, place[0][1]), *place, (trace.end_ns, place[-1][1])]
    return Way(car, place, _doors_told(trace, car), exact=False)


_FRACTIONS: Final = {
    TruthKind.DOOR_OPENING.value: 0.0,
    TruthKind.DOOR_OPEN.value: 1.0,
    TruthKind.DOOR_CLOSING.value: 1.0,
    TruthKind.DOOR_CLOSED.value: 0.0,
}


def _doors_told(trace: Trace, car: int) -> Points:
    doors: Points = [(0, 0.0)]
    doors += [(one.t_ns, _FRACTIONS[one.name]) for one in _of_car(trace, car) if one.name in _FRACTIONS]
    return [*doors, (trace.end_ns, doors[-1][1])]


def _of_car(trace: Trace, car: int) -> Iterator[Record]:
    return (one for one in trace.of(Lane.TRUTH) if one.fields.get("car", 0) == car)
