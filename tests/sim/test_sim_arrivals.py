"""Arrivals against the laws they follow: Poisson, geometric batches, a day's periods, the mixes of traffic."""

from collections import Counter

import pytest
from msgspec.structs import replace
from sim_witness import HOUSE, Witness

from sim.arrivals import DAY_NS, HOUR_NS, Arrivals, DayClock
from sim.building import Building, Traffic
from sim.demand import Period
from sim.passengers import Journeys
from sim.truth import TruthKind

DAY = (Period(0, 0, 0.5, 0.5), Period(6, 60, 0.1, 0.8), Period(9, 20, 0.45, 0.45), Period(17.5, 80, 0.85, 0.10))
PER_HOUR = [0] * 6 + [60] * 3 + [20] * 8 + [50] + [80] * 6
"""People expected in each hour of that day; 17 h to 18 h is half and half."""
BY_DAY = Traffic(day=DAY)


def times_ns(traffic: Traffic, until_ns: int, seed: int = 5) -> list[int]:
    """When batches come."""
    arrivals, now_ns, times = Arrivals(traffic, seed), 0, []
    while (gap_ns := arrivals.gap_ns(now_ns)) is not None and now_ns + gap_ns < until_ns:
        now_ns += gap_ns
        times.append(now_ns)
    return times


def dispersion(counts: list[int]) -> float:
    """Variance over mean."""
    mean = sum(counts) / len(counts)
    return sum((count - mean) ** 2 for count in counts) / (len(counts) - 1) / mean


def test_counts_of_a_steady_hour_are_as_dispersed_as_poisson() -> None:
    """Variance over mean is 1; its standard error of n counts is the root of 2/(n - 1)."""
    hours = 4000
    counts = Counter(t_ns // HOUR_NS for t_ns in times_ns(Traffic(passengers_per_hour=30), hours * HOUR_NS))
    assert abs(dispersion([counts[hour] for hour in range(hours)]) - 1) < 4 * (2 / (hours - 1)) ** 0.5


def test_counts_of_one_hour_of_the_day_are_as_dispersed_as_poisson() -> None:
    days = 2000
    counts = Counter(divmod(t_ns // HOUR_NS, 24) for t_ns in times_ns(BY_DAY, days * DAY_NS))
    assert abs(dispersion([counts[day, 17] for day in range(days)]) - 1) < 4 * (2 / (days - 1)) ** 0.5


@pytest.mark.parametrize("mean", [1.4, 1.8, 2.0])
def test_batches_are_geometric(mean: float) -> None:
    """Mean m, variance m (m - 1), and one in m alone."""
    arrivals, n = Arrivals(Traffic(batch_mean=mean), 5), 20_000
    sizes = [arrivals.batch() for _ in range(n)]
    assert abs(sum(sizes) / n - mean) < 4 * (mean * (mean - 1) / n) ** 0.5
    assert abs(sizes.count(1) / n - 1 / mean) < 4 * (0.25 / n) ** 0.5
    assert min(sizes) == 1


def test_a_batch_comes_at_once_and_goes_the_same_way() -> None:
    witness = Witness(replace(HOUSE, traffic=Traffic(passengers_per_hour=60, batch_mean=2.0)), 3)
    witness.run(4 * 3600)
    ways: dict[int, set[tuple[object, object]]] = {}
    for record in witness.of(TruthKind.WAITING):
        ways.setdefault(record.t_ns, set()).add((record.data["floor"], record.data["to"]))
    assert all(len(ways_then) == 1 for ways_then in ways.values())
    assert len(ways) < 0.75 * len(witness.of(TruthKind.WAITING))


@pytest.mark.parametrize("traffic", [Traffic(passengers_per_hour=30), BY_DAY], ids=["steady", "day"])
def test_batches_bring_no_more_people_than_said(traffic: Traffic) -> None:
    days, mean = 300, 1.8
    expected = days * (sum(PER_HOUR) if traffic.day else 720)
    batched = replace(traffic, batch_mean=mean)
    draw = Arrivals(batched, 8)
    people = sum(draw.batch() for _ in times_ns(batched, days * DAY_NS))
    assert abs(people - expected) < 4 * (expected * (2 * mean - 1)) ** 0.5


@pytest.mark.parametrize("starts_at_h", [0.0, 5.25])
def test_each_hour_of_the_day_has_its_people(starts_at_h: float) -> None:
    days = 500
    traffic, offset_ns = replace(BY_DAY, starts_at_h=starts_at_h), round(starts_at_h * HOUR_NS)
    hours = Counter((t_ns + offset_ns) // HOUR_NS % 24 for t_ns in times_ns(traffic, days * DAY_NS))
    for hour, expected in enumerate(PER_HOUR):
        assert abs(hours[hour] - days * expected) <= 4 * (days * expected) ** 0.5, hour


@pytest.mark.parametrize(
    ("from_h", "hazard", "at_h"),
    [
        (0, 90, 7.5),
        (8, 60, 9),
        (8, 70, 9.5),
        (23, 80 + 60, 31),
        (6, 870, 30),
        (6, 2 * 870 + 30, 54.5),
    ],
    ids=["after-a-quiet-night", "at-the-border", "over-the-border", "over-midnight", "a-day-later", "two-days-later"],
)
def test_expected_people_are_spent_at_each_periods_rate(from_h: float, hazard: float, at_h: float) -> None:
    """By hand: 180 people from 6 h to 9 h, 170 to 17.5 h, 520 to midnight."""
    reached_ns = DayClock(DAY, 0, 1).after(round(from_h * HOUR_NS), hazard)
    assert reached_ns == pytest.approx(at_h * HOUR_NS, abs=1000)


def test_on_a_day_without_people_nobody_comes() -> None:
    assert DayClock((Period(0, 0, 0.5, 0.5),), 0, 1).after(0, 1.0) is None


@pytest.mark.parametrize("shares", [(0.85, 0.10, 0.05), (0.45, 0.45, 0.10), (0.40, 0.40, 0.20)])
@pytest.mark.parametrize("by_day", [False, True])
def test_origins_and_destinations_keep_the_mix(shares: tuple[float, float, float], by_day: bool) -> None:
    """Chi-square of incoming, outgoing, interfloor: 18.42 is exceeded once in 10 000 (2 degrees of freedom)."""
    incoming, outgoing, _ = shares
    day = (Period(0, 1, 0, 0), Period(8, 1, incoming, outgoing)) if by_day else ()
    journeys = Journeys(replace(HOUSE, traffic=Traffic(incoming=incoming, outgoing=outgoing, day=day)), 5)
    n = 20_000
    routes = [journeys.route(8 * HOUR_NS) for _ in range(n)]
    found = [sum(o == 0 for o, _ in routes), sum(to == 0 for _, to in routes), sum(o * to > 0 for o, to in routes)]
    expected = [share * n for share in shares]
    assert sum((seen - hoped) ** 2 / hoped for seen, hoped in zip(found, expected, strict=True)) < 18.42
    assert all(origin != to for origin, to in routes)


def peopled(*people: float) -> Building:
    """The house with so many people above its main floor."""
    floors = [replace(floor, people=some) for floor, some in zip(HOUSE.floors, (0.0, *people), strict=True)]
    return replace(HOUSE, floors=tuple(floors), traffic=Traffic(incoming=0.5, outgoing=0.2))


def test_floors_are_gone_to_by_their_people() -> None:
    """Chi-square of 7 floors with people: 27.86 is exceeded once in 10 000 (6 degrees of freedom)."""
    people = (10, 20, 30, 40, 0, 50, 10, 40)
    journeys, n = Journeys(peopled(*people), 5), 20_000
    to = Counter(to for origin, to in (journeys.route() for _ in range(n)) if origin == 0)
    total = sum(to.values())
    assert to[5] == 0
    expected = [(to[i + 1], total * some / sum(people)) for i, some in enumerate(people) if some]
    assert sum((seen - hoped) ** 2 / hoped for seen, hoped in expected) < 27.86


def test_nobody_goes_between_upper_floors_if_only_one_has_people() -> None:
    journeys = Journeys(peopled(0, 0, 9, 0, 0, 0, 0, 0), 5)
    assert {journeys.route() for _ in range(100)} == {(0, 3), (3, 0)}


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ((Period(6, 1, 0, 0),), "begins at 0 h"),
        ((Period(0, 1, 0, 0), Period(9, 1, 0, 0), Period(9, 2, 0, 0)), "in order"),
        ((Period(0, 1, 0.6, 0.6),), "more than the whole"),
    ],
)
def test_a_day_that_is_none_is_refused(day: tuple[Period, ...], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Traffic(day=day)


def test_people_live_on_some_floor() -> None:
    with pytest.raises(ValueError, match="no floor but the main one"):
        peopled(0, 0, 0, 0, 0, 0, 0, 0)


def test_a_day_tells_the_same_story_again() -> None:
    def story() -> list[object]:
        witness = Witness(replace(HOUSE, traffic=replace(BY_DAY, batch_mean=1.4)), 9)
        witness.run(30 * 3600)
        return list(witness.truth)

    assert story() == story()
