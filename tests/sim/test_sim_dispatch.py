"""Who answers a hall call: pure functions of what the cars are doing. Times by hand, flights by the closed form."""

import pytest
from msgspec.structs import replace
from sim_witness import HOUSE
from verify.oracle import closed_form_s

from protocols.lift.vocabulary import Direction
from sim.building import Dispatch
from sim.controller import Calls
from sim.dispatch import CarState, Times, chosen, eta_s, suitability

UP, DOWN, NONE = Direction.UP, Direction.DOWN, Direction.NONE
TIMES = Times(HOUSE)
START_S = 0.5
CAR_STOP_S, HALL_STOP_S = 2.0 + 3.0 + 3.0, 2.0 + 5.0 + 3.0
"""Doors open in 2 s and close in 3 s; dwell 3 s after a car call, 5 s after a hall call."""


def flight_s(floors: int) -> float:
    """Landings are 3 m apart."""
    return closed_form_s(3.0 * floors, *HOUSE.motion_limits)


def idle(floor: int) -> CarState:
    return CarState(floor=floor, near=floor, heading=NONE, calls=Calls())


def test_an_idle_car_where_the_call_is_opens_at_once() -> None:
    assert eta_s(idle(3), 3, UP, TIMES) == 0


def test_an_idle_car_starts_and_flies() -> None:
    assert eta_s(idle(0), 5, DOWN, TIMES) == pytest.approx(START_S + flight_s(5))


def test_a_car_owes_the_stops_on_its_way() -> None:
    """Up from 0 to car calls at 2 and 4, then down to the call at 3."""
    car = CarState(floor=0, near=0, heading=UP, calls=Calls(car=0b10100))
    flights_s = 2 * flight_s(2) + flight_s(1)
    assert eta_s(car, 3, DOWN, TIMES) == pytest.approx(3 * START_S + flights_s + 2 * CAR_STOP_S)


def test_a_hall_call_on_the_way_costs_its_longer_dwell() -> None:
    car = CarState(floor=0, near=0, heading=UP, calls=Calls(up=0b100))
    assert eta_s(car, 4, UP, TIMES) == pytest.approx(2 * START_S + 2 * flight_s(2) + HALL_STOP_S)


def test_a_run_ends_before_the_next_stop() -> None:
    """Arrives at 6 in 4 s, lets people out there, and turns back for the call at 5."""
    car = CarState(floor=6, near=4, heading=UP, calls=Calls(car=1 << 6), ready_s=4.0, arriving=True)
    assert eta_s(car, 5, DOWN, TIMES) == pytest.approx(4.0 + CAR_STOP_S + START_S + flight_s(1))


def test_a_call_at_the_end_of_the_run_is_answered_on_arrival() -> None:
    car = CarState(floor=6, near=4, heading=UP, calls=Calls(car=1 << 6), ready_s=4.0, arriving=True)
    assert eta_s(car, 6, UP, TIMES) == 4.0


def test_a_landing_that_a_run_can_still_stop_at_counts_by_when_it_is_reached() -> None:
    car = CarState(floor=6, near=4, heading=UP, calls=Calls(car=1 << 6), ready_s=4.0, arriving=True, passing_s=2.5)
    assert eta_s(car, 5, UP, TIMES) == 2.5
    assert eta_s(car, 5, DOWN, TIMES) > 4.0


def test_an_open_car_that_goes_the_callers_way_is_there() -> None:
    car = CarState(floor=2, near=2, heading=UP, calls=Calls(car=1 << 5), ready_s=6.0, open_here=True)
    assert eta_s(car, 2, UP, TIMES) == 0
    assert eta_s(car, 2, DOWN, TIMES) > 6.0


def test_the_sooner_car_answers_by_eta_even_if_it_is_farther() -> None:
    """One landing away but with four stops to make first, or five landings away and idle."""
    near = CarState(floor=4, near=4, heading=DOWN, calls=Calls(car=0b1111))
    assert chosen([near, idle(0)], 5, UP, TIMES, Dispatch.ETA) == 1


def test_of_equal_cars_the_lower_number_answers() -> None:
    for rule in Dispatch:
        assert chosen([idle(2), idle(2), idle(2)], 5, UP, TIMES, rule) == 0


@pytest.mark.parametrize(
    ("heading", "near", "way", "score"),
    [(NONE, 2, UP, 6), (UP, 2, UP, 7), (UP, 2, DOWN, 6), (DOWN, 2, UP, 1), (UP, 6, UP, 1), (UP, 5, UP, 10)],
)
def test_nearest_car_scores_by_distance_and_direction(
    heading: Direction, near: int, way: Direction, score: int
) -> None:
    """Nine landings, N = 8, call at 5: N + 2 - d towards it and its way, N + 1 - d otherwise or idle, 1 going away."""
    car = CarState(floor=near, near=near, heading=heading, calls=Calls())
    assert suitability(car, 5, way, TIMES) == score


def test_nearest_car_ignores_the_stops_that_a_car_owes() -> None:
    near = CarState(floor=1, near=1, heading=UP, calls=Calls(car=0b111100))
    assert chosen([idle(0), near], 6, UP, TIMES, Dispatch.NEAREST) == 1
    assert chosen([idle(0), near], 6, UP, TIMES, Dispatch.ETA) == 0


def test_of_cars_that_go_away_the_nearer_one_answers() -> None:
    away = [CarState(floor=f, near=f, heading=DOWN, calls=Calls(car=1)) for f in (1, 4)]
    assert chosen(away, 5, UP, TIMES, Dispatch.NEAREST) == 1


def test_a_cheaper_call_never_comes_later_for_want_of_a_bound() -> None:
    """Whatever is registered, the way through all stops ends at the call."""
    full = (1 << 9) - 1
    car = CarState(floor=4, near=4, heading=UP, calls=Calls(car=full, up=full >> 1, down=full & ~1))
    assert 0 < eta_s(replace(car), 3, DOWN, TIMES) < 600
