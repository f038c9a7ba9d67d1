"""The traffic report: each figure by its definition, from lines written by hand; and what must hold for any run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace
from sim_runs import at, report_of, run
from sim_witness import HOUSE, S

from sim.history import Head, Line
from sim.report import Report, Tally
from sim.report_text import report_lines
from sim.run import Run


def person(serial: int, came_s: float, boarded_s: float, floor: int = 0, to: int = 5) -> list[Line]:
    return [
        at(came_s, "waiting", person=serial, floor=floor, to=to),
        at(boarded_s, "boarded", person=serial, floor=floor, persons=1),
    ]


def opening(seconds: float, floor: int, **more: object) -> Line:
    return at(seconds, "door_opening", floor=floor, **more)


def report(*lines: Line, end_s: float = 1000.0) -> Report:
    return report_of(*sorted(lines, key=lambda line: line.t_ns), end_s=end_s)


def test_waiting_ends_at_the_doors_opening_or_at_boarding() -> None:
    told = report(*person(1, 10, 22), *person(2, 15, 24), opening(20, 0))
    assert (told.awt_to_opening_s, told.awt_to_boarding_s, told.longest_wait_s) == (7.5, 10.5, 12.0)


def test_who_finds_the_doors_open_has_not_waited_for_them() -> None:
    told = report(opening(20, 0), *person(1, 23, 25))
    assert (told.awt_to_opening_s, told.awt_to_boarding_s) == (0.0, 2.0)


def test_doors_that_opened_elsewhere_or_of_another_car_end_no_waiting() -> None:
    told = report(opening(12, 3), opening(14, 0, car=1), opening(20, 0), *person(1, 10, 22))
    assert told.awt_to_opening_s == 10.0


def test_who_is_left_behind_waits_for_the_car_that_takes_them() -> None:
    assert report(opening(12, 0), opening(60, 0), *person(1, 10, 62)).awt_to_opening_s == 50.0


def test_who_steps_out_of_an_overloaded_car_waits_for_the_next() -> None:
    out = at(30, "stepped_out", person=1, floor=0, persons=0)
    first = [opening(20, 0), *person(1, 10, 22), out]
    assert (report(*first).waiting, report(*first).awt_to_boarding_s) == (1, None)
    again = at(70, "boarded", person=1, floor=0, persons=1)
    told = report(*first, opening(60, 0), again)
    assert (told.riding, told.awt_to_opening_s, told.awt_to_boarding_s) == (1, 50.0, 60.0)


def test_the_way_to_the_destination_ends_at_its_doors_opening() -> None:
    out = at(55, "alighted", person=1, floor=5, persons=0)
    told = report(opening(20, 0), *person(1, 10, 22), opening(50, 5), out)
    assert (told.served, told.attd_s, told.att_to_exit_s) == (1, 40.0, 45.0)


def test_who_is_let_out_elsewhere_was_not_served() -> None:
    out = at(900, "alighted", person=1, floor=2, persons=0)
    told = report(opening(20, 0), *person(1, 10, 22), opening(890, 2), out)
    assert (told.served, told.let_out_elsewhere, told.attd_s) == (0, 1, None)


def test_who_only_stands_in_the_car_is_no_traffic() -> None:
    told = report(at(1, "waiting", person=1, floor=0), at(3, "boarded", person=1, floor=0, persons=1))
    assert (told.idle, told.came, told.riding, told.awt_to_boarding_s) == (1, 0, 0, None)


def test_who_gave_up_waits_no_more() -> None:
    told = report(at(1, "waiting", person=1, floor=0, to=3), at(700, "abandoned", person=1, floor=0))
    assert (told.came, told.abandoned, told.waiting) == (1, 1, 0)


def test_the_interval_is_between_arrivals_at_the_main_floor() -> None:
    arrivals = [at(s, "arrived", floor=floor, persons=0) for s, floor in ((10, 0), (50, 4), (70, 0), (190, 0))]
    assert report(*arrivals).interval_s == 90.0


def test_load_is_that_of_occupied_starts() -> None:
    told = report(*(at(s, "departed", floor=0, to=1, persons=s) for s in (0, 2, 4)))
    assert (told.starts, told.starts_empty, told.load_mean_persons, told.load_max_persons) == (3, 1, 3.0, 4)
    assert told.load_mean_percent == pytest.approx(100 * 3 / HOUSE.capacity_persons)


def test_trapped_people_are_counted_until_they_are_free() -> None:
    first = [at(100, "trapped_since", persons=2, floor=3), at(160, "freed", persons=2, floor=3)]
    told = report(*first, at(900, "trapped_since", persons=3, floor=1), end_s=1000)
    assert (told.entrapments, told.trapped_people, told.trapped_longest_s, told.still_trapped) == (2, 5, 100.0, 3)


def test_lift_days_per_second_count_every_car() -> None:
    assert Tally(Head(HOUSE, 1, cars=4)).report(86_400 * S, wall_s=2.0).lift_days_per_s == 2.0


def test_of_an_empty_run_nothing_is_averaged() -> None:
    told = report()
    means = {told.awt_to_opening_s, told.awt_to_boarding_s, told.attd_s, told.interval_s, told.load_mean_persons}
    assert means == {None}


@given(seed=st.integers(0, 200), seconds=st.integers(60, 2000))
def test_nobody_is_lost(seed: int, seconds: int) -> None:
    tally = Tally(Head(HOUSE, seed))
    it = Run(Head(HOUSE, seed), seconds * S, (), tally.add, tracked=False)
    for _ in it.steps():
        told, crowd = tally.report(it.plant.now_ns), it.plant.crowd
        assert told.came == told.served + told.let_out_elsewhere + told.abandoned + told.waiting + told.riding
        assert (told.came, told.waiting, told.riding) == (crowd.came, crowd.waiting, crowd.riding)
    assert (told.starts, told.door_cycles) == (it.plant.signals().trips, it.plant.signals().door_cycles)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_figure_is_told_in_two_columns(lang: str) -> None:
    tally = Tally(Head(HOUSE, 1))
    for line in run(1200, "60s=entrap_between_floors"):
        tally.add(line)
    lines = report_lines(tally.report(1200 * S, 1.0), lang)
    assert len(lines) >= 13
    assert all("  " in line and "None" not in line for line in lines)


def test_the_report_says_that_people_are_still_trapped() -> None:
    told = report(at(900, "trapped_since", persons=3, floor=1))
    assert "people trapped                          3 (longest 100.0 s), 3 of them still" in report_lines(told, "en")


def test_the_report_is_made_of_plain_values() -> None:
    assert {type(value) for value in asdict(report()).values()} <= {int, float, str, tuple, type(None)}


def test_the_report_of_a_group_is_over_all_its_cars() -> None:
    """Two cars come home 40 s apart: the interval is the group's, and each car's starts are told."""
    told = report_of(
        at(0, "departed", floor=0, to=3, persons=2, car_call=True),
        at(10, "departed", floor=0, to=4, persons=4, car_call=True, car=1),
        at(60, "departed", floor=3, to=0, persons=0, car_call=False),
        at(100, "arrived", floor=0, persons=0),
        at(140, "arrived", floor=0, persons=0, car=1),
        building=replace(HOUSE, cars=2),
    )
    assert (told.interval_s, told.load_mean_persons, told.load_max_persons) == (40.0, 3.0, 4)
    assert (told.starts, told.starts_by_car) == (3, (2, 1))
    assert any("3 (1 empty), by car 2 / 1" in line for line in report_lines(told, "en"))
