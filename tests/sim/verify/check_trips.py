"""Item 3, round trips: forced up-peak on the plant against the Monte Carlo column, Khaleel 2013 and the textbook.

Each trip is held against what it should take for its own destinations, to a microsecond. Its mean is then known
without noise: the mean by enumeration plus what the plant's trips are off, on average, from their own times (a
control variate). The plain mean is held against the reference as well.
"""

from collections.abc import Sequence
from statistics import fmean
from typing import Final

import msgspec
from msgspec.structs import replace

from sim.building import Building, Drive
from verify.check_stops import everybody_rode
from verify.findings import Finding, Outcome, Table, judged
from verify.reference import KHALEEL_CASE, KHALEEL_RTT_S, TripRow
from verify.samples import Sample, distance, sample
from verify.trips import case_of, loads, round_trips, sizes
from verify.uppeak import mean, trip_s

MOST_SE: Final = 3.0
MOST_TRIP_S: Final = 1e-6
MOST_KHALEEL_S: Final = 0.15
TEXTBOOK_CASE: Final = TripRow(
    "textbook", 10, 10.0, 3.2, 1.6, 1.5, 5.0, 4.0, 5.0, 0.0, 1.0, 0.0, 1.0, 1.0, 133.16641922, 0.0
)
"""N 10, P 10, tv 2, ts 10, tp 1: S 6.513215599, H 9.5085658075, RTT 133.16641922 (elevator-sim's test, 2.3)."""
TEXTBOOK_S_H: Final = (6.513215599, 9.5085658075)
ENDLESS: Final = {"accel_mps2": 1e9, "jerk_mps3": 1e18}
"""For the knock-out: farther from any limit of a building file than a flight can tell."""


class Timed(msgspec.Struct, frozen=True):
    """One case on the plant. `off_s` is how far trips are from their own times: at most, and on average."""

    row: TripRow
    plain: Sample
    exact_s: float
    most_off_s: float
    mean_off_s: float

    @property
    def value_s(self) -> float:
        """The plant's mean round trip without the noise of destinations."""
        return self.exact_s + self.mean_off_s

    @property
    def z(self) -> float:
        """That mean's distance from the reference's, in the reference's standard errors."""
        return distance(self.value_s - self.row.RTT_mc_s, self.row.RTT_mc_se)

    @property
    def plain_z(self) -> float:
        """The plain mean's distance, in standard errors of both."""
        return distance(self.plain.mean - self.row.RTT_mc_s, (self.plain.error**2 + self.row.RTT_mc_se**2) ** 0.5)


def time_trips(row: TripRow, seed: int, trips: int) -> Timed:
    """So many trips of that case."""
    _, building = case_of(row)
    return time_in(row, building, seed, trips)


def time_in(row: TripRow, building: Building, seed: int, trips: int) -> Timed:
    """The case's trips in another building than its own."""
    house, _ = case_of(row)
    shares = house.shares if row == KHALEEL_CASE else None
    made = round_trips(building, loads(building, seed, sizes(seed, row.P, trips), shares))
    everybody_rode(made)
    off_s = [trip.seconds - trip_s(house, trip.destinations) for trip in made]
    return Timed(
        row,
        sample([trip.seconds for trip in made], row.RTT_mc_s),
        mean(house, row.P).seconds,
        max(map(abs, off_s)),
        fmean(off_s),
    )


def knock_out(seed: int, trips: int) -> Outcome:
    """Without limits on acceleration and jerk the textbook is exact."""
    row = TEXTBOOK_CASE
    _, building = case_of(row)
    drive: Drive = replace(building.drive, **ENDLESS)
    made = round_trips(replace(building, drive=drive), loads(building, seed, sizes(seed, row.P, trips)))
    everybody_rode(made)
    tv, ts, tp = row.df_m / row.v, row.t_open + row.t_close + row.t_start, row.tp_in
    off_s = max(
        abs(trip.seconds - (2 * trip.highest * tv + (trip.stops + 1) * ts + 2 * len(trip.destinations) * tp))
        for trip in made
    )
    seconds = sample([trip.seconds for trip in made], row.RTT_mc_s)
    return Outcome(
        (
            Finding(
                3,
                "knock-out: a = j = infinity, dwell 0, each trip with its own S and H",
                f"2 H tv + (S+1) ts + 2 P tp, {trips} trips",
                f"{MOST_TRIP_S:.0e} s",
                f"at most {off_s:.1e} s",
                judged(off_s < MOST_TRIP_S),
            ),
            Finding(
                3,
                "knock-out, mean (N 10, P 10, tv 2, ts 10, tp 1)",
                "2 H tv + (S+1) ts + 2 P tp = 133.166 s with the expected S and H",
                "4 standard errors",
                f"{seconds.mean:.2f} +- {seconds.error:.2f} s, z {seconds.z:+.2f}",
                judged(abs(seconds.z) < 4),
            ),
        )
    )


def outcome(timed: Sequence[Timed], trips: int) -> Outcome:
    """The findings of all cases of uppeak_rtt.csv."""
    worst, plain = max(abs(one.z) for one in timed), max(abs(one.plain_z) for one in timed)
    off_s = max(one.most_off_s for one in timed)
    return Outcome(
        (
            Finding(
                3,
                "RTT, each trip",
                f"its own stops, closed form, {len(timed)} cases of {trips} trips",
                f"{MOST_TRIP_S:.0e} s",
                f"at most {off_s:.1e} s",
                judged(off_s < MOST_TRIP_S),
            ),
            Finding(
                3,
                "RTT, mean of forced-P trips, destinations averaged by enumeration",
                f"uppeak_rtt.csv RTT_mc_s, {len(timed)} cases",
                f"{MOST_SE:g} of its standard errors",
                f"at most {worst:.2f}",
                judged(worst < MOST_SE),
            ),
            Finding(
                3,
                "RTT, plain mean of forced-P trips",
                f"uppeak_rtt.csv RTT_mc_s, {len(timed)} cases",
                f"{MOST_SE:g} standard errors of both",
                f"at most {plain:.2f}",
                judged(plain < MOST_SE),
            ),
        ),
        (_table(timed, trips),),
    )


def khaleel(timed: Timed) -> Outcome:
    """The published example."""
    low, high = KHALEEL_RTT_S
    value, plain = timed.value_s, timed.plain
    near = low - MOST_KHALEEL_S <= value <= high + MOST_KHALEEL_S
    off_s = max(low - value, value - high, 0.0)
    return Outcome(
        (
            Finding(
                3,
                "RTT of Khaleel, Al-Sharif, Salahat 2013",
                "176.33 s published, 176.377 and 176.409 s by Monte Carlo",
                f"{MOST_KHALEEL_S} s",
                f"{value:.3f} s, {off_s:.3f} s off (plain {plain.mean:.2f} +- {plain.error:.2f} s; each trip within"
                f" {timed.most_off_s:.0e} s of its own time)",
                judged(near and timed.most_off_s < MOST_TRIP_S and abs(timed.plain_z) < MOST_SE),
            ),
        )
    )


def advance_opening(ahead: Timed, waits: Timed) -> Outcome:
    """The same case with its advance opening and without."""
    off_s, row = max(ahead.most_off_s, waits.most_off_s), ahead.row
    return Outcome(
        (
            Finding(
                3,
                f"advance opening ({row.case})",
                f"{row.t_adv:g} s off each of its S + 1 stops, against the same trips without it",
                f"{MOST_TRIP_S:.0e} s of each trip's own time",
                f"RTT {ahead.value_s - waits.value_s:+.2f} s; at most {off_s:.1e} s",
                judged(off_s < MOST_TRIP_S),
            ),
        )
    )


def _table(timed: Sequence[Timed], trips: int) -> Table:
    head = ("case", "N", "P", "RTT_mc_s", "se", "plant s", "z", "plain mean s", "se", "z", "each trip within s")
    return Table(f"Round trips, {trips} a case", head, tuple(map(_row, timed)))


def _row(one: Timed) -> tuple[str, ...]:
    return (
        one.row.case,
        str(one.row.N),
        f"{one.row.P:g}",
        f"{one.row.RTT_mc_s:.3f}",
        f"{one.row.RTT_mc_se:.3f}",
        f"{one.value_s:.3f}",
        f"{one.z:+.2f}",
        f"{one.plain.mean:.2f}",
        f"{one.plain.error:.2f}",
        f"{one.plain_z:+.2f}",
        f"{one.most_off_s:.0e}",
    )
