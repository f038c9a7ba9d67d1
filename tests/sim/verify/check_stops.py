"""Item 3, stops: how often the car stops above the main floor and how high it goes, counted in the truth log."""

from collections.abc import Sequence
from typing import Final

import msgspec

from sim.building import Building, Door, Floor, Title, Traffic
from verify import law
from verify.findings import Finding, Outcome, PlantWrong, Table, judged
from verify.reference import StopsRow
from verify.samples import Sample, farthest, sample, together
from verify.trips import Trip, loads, poisson_sizes, round_trips, sizes, through_yaml

MOST_SE: Final = 4.0
_FLOOR_M: Final = 3.3


class Counted(msgspec.Struct, frozen=True):
    """One row of the table on the plant. Where its load is no whole number, the mean of those beside it is wanted."""

    row: StopsRow
    fixed_stops: Sample
    fixed_highest: Sample
    poisson_stops: Sample
    poisson_highest: Sample

    @property
    def whole(self) -> bool:
        """Whether the row's load is one of whole people."""
        return int(self.row.P) == self.row.P


def house_of(floors: int) -> Building:
    """Equal floors above the main floor; nobody waits for anything but the drive and the door."""
    return through_yaml(
        Building(
            name="stops",
            title=Title(en="Stops", zh="停站"),
            floors=tuple(Floor(str(i), _FLOOR_M * i) for i in range(floors + 1)),
            capacity_persons=60,
            door=Door(dwell_car_call_s=0.0, dwell_hall_call_s=0.0),
            traffic=Traffic(passengers_per_hour=0.0, incoming=1.0, outgoing=0.0, patience_s=1e6),
        )
    )


def count(row: StopsRow, seed: int, trips: int) -> Counted:
    """So many trips with loads of that size, and with loads by a Poisson law of that mean."""
    building = house_of(row.N)
    fixed = round_trips(building, loads(building, seed, sizes(seed, row.P, trips)))
    drawn = poisson_sizes(seed, row.P, trips)
    poisson = round_trips(building, loads(building, seed + 1, (size for size in drawn if size)))
    everybody_rode([*fixed, *poisson])
    (stops, stops_variance), (highest, highest_variance) = law.fixed(row.N, row.P)
    if int(row.P) == row.P:
        stops, highest = row.S, row.H
    empty = len(drawn) - len(poisson)
    return Counted(
        row,
        sample([trip.stops for trip in fixed], stops, stops_variance),
        sample([trip.highest for trip in fixed], highest, highest_variance),
        sample([*(trip.stops for trip in poisson), *[0] * empty], row.S_poisson, law.poisson_stops(row.N, row.P)[1]),
        sample(
            [*(trip.highest for trip in poisson), *[1] * empty], row.H_poisson, law.poisson_highest(row.N, row.P)[1]
        ),
    )


def everybody_rode(trips: Sequence[Trip]) -> None:
    """Raises PlantWrong if a trip left somebody behind, or brought somebody back."""
    for trip in trips:
        if not trip.boarded == trip.alighted == len(trip.destinations):
            raise PlantWrong(f"{len(trip.destinations)} came, {trip.boarded} boarded, {trip.alighted} alighted")


def outcome(counted: Sequence[Counted], trips: int) -> Outcome:
    """The findings of all rows."""
    whole = [one for one in counted if one.whole]
    parts = [one for one in counted if not one.whole]
    gaps = [(abs(one.fixed_stops.wanted - one.row.S), abs(one.fixed_highest.wanted - one.row.H)) for one in parts]
    gap = max((max(pair) for pair in gaps), default=0.0)
    findings: list[Finding] = []
    if whole:
        findings += _pair(
            "fixed P", f"sh_table.csv, {len(whole)} rows with whole P", trips,
            [one.fixed_stops for one in whole], [one.fixed_highest for one in whole],
        )  # fmt: skip
    if parts:
        findings += _pair(
            "fixed P between whole numbers",
            f"enumeration of the loads beside it, {len(parts)} rows (a mean of whole loads is not on the formula's"
            f" curve: sh_table.csv is up to {gap:.4f} off)",
            trips,
            [one.fixed_stops for one in parts],
            [one.fixed_highest for one in parts],
        )
    findings += _pair(
        "Poisson P", f"sh_table.csv, {len(counted)} rows; an empty trip counts as floor 1, as there", trips,
        [one.poisson_stops for one in counted], [one.poisson_highest for one in counted],
    )  # fmt: skip
    return Outcome(tuple(findings), (_table(counted, trips),))


def _pair(loads: str, source: str, trips: int, stops: list[Sample], highest: list[Sample]) -> list[Finding]:
    return [_finding(f"S, {loads}", source, trips, stops), _finding(f"H, {loads}", source, trips, highest)]


def _finding(what: str, source: str, trips: int, samples: list[Sample]) -> Finding:
    worst, all_of_them = farthest(samples), together(samples)
    return Finding(
        3,
        what,
        source,
        f"{MOST_SE:g} standard errors, each row and all together",
        f"{trips} trips a row: at most {worst:.2f}, together {all_of_them:+.2f}",
        judged(worst < MOST_SE and abs(all_of_them) < MOST_SE),
    )


def _table(counted: Sequence[Counted], trips: int) -> Table:
    head = ("N", "P", "S", "wanted", "z", "H", "wanted", "z", "S Poisson", "wanted", "z", "H Poisson", "wanted", "z")
    return Table(f"Stops and highest reversal floor, {trips} trips a row and law", head, tuple(map(_row, counted)))


def _row(one: Counted) -> tuple[str, ...]:
    cells = [str(one.row.N), f"{one.row.P:g}"]
    for each in (one.fixed_stops, one.fixed_highest, one.poisson_stops, one.poisson_highest):
        cells += [f"{each.mean:.3f}", f"{each.wanted:.3f}", f"{each.z:+.2f}"]
    return tuple(cells)
