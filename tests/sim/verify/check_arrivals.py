"""Item 5, who comes: Poisson counts, batches, the mixes of traffic, and a day's hours in a building's truth log."""

from collections import Counter
from typing import Final

from msgspec.structs import replace

from sim.arrivals import HOUR_NS, Arrivals
from sim.building import Traffic, load_building
from sim.passengers import Journeys
from sim.plant import Plant
from sim.truth import TruthKind, TruthRecord
from verify.findings import Finding, Outcome, Table, judged
from verify.house import HOUSE
from verify.samples import distance

MOST_SE: Final = 4.0
MIXES: Final = ((0.85, 0.10, 0.05), (0.45, 0.45, 0.10), (0.40, 0.40, 0.20))
BATCHES: Final = {"office": 1.4, "residential": 1.8, "hotel": 2.0}
CHI_SQUARE: Final = 18.42
"""Exceeded once in 10 000 with two degrees of freedom: -2 ln 1e-4."""
DAY_OF: Final = "residential-18"
_ITEM_10: Final = "simulation.md section 6, item 10"


def check(seed: int, draws: int, days: int) -> Outcome:
    """So many draws of each law, and so many days of a building."""
    hours = _hours(seed, days)
    spread = _dispersion(seed, draws // 10)
    sizes = [_batch(seed, mean, draws) for mean in BATCHES.values()]
    mixes = [_mix(seed, shares, draws) for shares in MIXES]
    worst = max(abs(z) for *_, z in hours)
    return Outcome(
        (
            Finding(
                5,
                "counts of an hour: variance over mean",
                f"Poisson: 1 ({_ITEM_10}); {draws // 10} hours of 30 people",
                f"{MOST_SE:g} standard errors",
                f"{spread[0]:.4f}, {spread[1]:+.2f}",
                judged(abs(spread[1]) < MOST_SE),
            ),
            Finding(
                5,
                "mean size of batches",
                "geometric: " + ", ".join(f"{kind} {mean:g}" for kind, mean in BATCHES.items()) + f" ({_ITEM_10})",
                f"{MOST_SE:g} standard errors",
                ", ".join(f"{mean:.4f} ({z:+.2f})" for mean, z in sizes),
                judged(all(abs(z) < MOST_SE for _, z in sizes)),
            ),
            Finding(
                5,
                "origins and destinations: incoming, outgoing, between upper floors",
                f"mixes 85/10/5, 45/45/10, 40/40/20 ({_ITEM_10}), {draws} journeys each",
                f"chi-square below {CHI_SQUARE:g} (once in 10 000)",
                ", ".join(f"{mix:.2f}" for mix in mixes),
                judged(all(mix < CHI_SQUARE for mix in mixes)),
            ),
            Finding(
                5,
                f"people in each hour of the day, {DAY_OF}, {days} days of truth log",
                "the rates in the building's file; batches spread counts by 2 m - 1",
                f"{MOST_SE:g} standard errors",
                f"at most {worst:.2f}",
                judged(worst < MOST_SE),
            ),
        ),
        (_table(hours),),
    )


def _dispersion(seed: int, hours: int) -> tuple[float, float]:
    arrivals, now_ns, counts = Arrivals(Traffic(passengers_per_hour=30.0), seed), 0, [0] * hours
    while (now_ns := now_ns + (arrivals.gap_ns(now_ns) or 0)) < hours * HOUR_NS:
        counts[now_ns // HOUR_NS] += 1
    mean = sum(counts) / hours
    found = sum((count - mean) ** 2 for count in counts) / (hours - 1) / mean
    return found, distance(found - 1, (2 / (hours - 1)) ** 0.5)


def _batch(seed: int, mean: float, draws: int) -> tuple[float, float]:
    arrivals = Arrivals(Traffic(batch_mean=mean), seed)
    found = sum(arrivals.batch() for _ in range(draws)) / draws
    return found, distance(found - mean, (mean * (mean - 1) / draws) ** 0.5)


def _mix(seed: int, shares: tuple[float, float, float], draws: int) -> float:
    house = replace(HOUSE, traffic=replace(HOUSE.traffic, incoming=shares[0], outgoing=shares[1]))
    journeys, main = Journeys(house, seed), house.main_floor
    found = Counter((origin == main, to == main) for origin, to in (journeys.route() for _ in range(draws)))
    classes = ((True, False), (False, True), (False, False))
    return sum((found[one] - draws * share) ** 2 / (draws * share) for one, share in zip(classes, shares, strict=True))


def _hours(seed: int, days: int) -> list[tuple[int, float, float, float]]:
    """Hour, expected and found people a day, distance."""
    building, found = load_building(DAY_OF), Counter[int]()

    def hear(record: TruthRecord) -> None:
        if record.kind is TruthKind.WAITING:
            found[record.t_ns // HOUR_NS % 24] += 1

    Plant(building, seed, hear).advance_to(days * 24 * HOUR_NS)
    lines, day = [], building.traffic.day
    for hour in range(24):
        minutes = [max(one.from_h for one in day if one.from_h <= hour + i / 60) for i in range(60)]
        rates = {one.from_h: one.passengers_per_hour for one in day}
        expected = sum(rates[start] for start in minutes) / 60
        error = (days * expected * (2 * building.traffic.batch_mean - 1)) ** 0.5
        lines.append((hour, expected, found[hour] / days, distance(found[hour] - days * expected, error)))
    return lines


def _table(hours: list[tuple[int, float, float, float]]) -> Table:
    rows = tuple((f"{hour} h", f"{due:.2f}", f"{found:.2f}", f"{z:+.2f}") for hour, due, found, z in hours)
    return Table(f"People in each hour of the day, {DAY_OF}", ("from", "in the file", "came", "z"), rows)
