"""What is said of a run to which nobody came."""

import pytest

from sim.building import Traffic
from sim.demand import Period
from sim.nobody import nobody_came
from sim.plan import duration, parse_hour

DAY = (Period(0.0, 1.0, 0.4, 0.4), Period(8.5, 50.0, 0.8, 0.1), Period(22.0, 2.0, 0.4, 0.4))


def test_the_last_period_ends_at_midnight() -> None:
    late = (DAY[0], Period(22.0, 50.0, 0.4, 0.4))
    assert "busiest from 22:00 to 24:00" in nobody_came(Traffic(day=late), 60)


def test_a_run_over_midnight_says_which_day_it_ended_on() -> None:
    said = nobody_came(Traffic(day=DAY, starts_at_h=23.0), 2 * 3600)
    assert said.startswith("nobody came from 23:00 to 1:00 of day 2; the day is busiest from 8:30 to 22:00")


def test_steady_traffic_has_no_better_hour() -> None:
    said = "nobody came from 0:00 to 0:01: 3 people an hour come on average; let it last longer with --for"
    assert nobody_came(Traffic(passengers_per_hour=3.0), 60) == said


def test_where_nobody_ever_comes_no_hour_helps() -> None:
    assert "nobody ever comes" in nobody_came(Traffic(passengers_per_hour=0.0), 60)


@pytest.mark.parametrize(
    ("text", "hour"), [("0", 0), ("8", 8), ("8.5", 8.5), ("8:30", 8.5), ("23:45", 23.75), ("24", 0)]
)
def test_an_hour_of_the_day(text: str, hour: float) -> None:
    assert parse_hour(text, "--from-hour") == hour


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "00:00:00"), (4200, "01:10:00"), (86_399, "23:59:59"), (19_876_200, "230d 01:10:00")]
)
def test_a_duration_is_read_like_a_clock(seconds: int, said: str) -> None:
    assert duration(seconds * 1_000_000_000) == said
