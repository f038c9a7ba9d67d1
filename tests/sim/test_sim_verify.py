"""A part of `make verify` with every change: docs/verification.md has the whole.

The seeds are fixed. Of others about one in twenty has some row beyond its standard errors by chance.
"""

import pytest
from verify import (
    check_arrivals,
    check_devices,
    check_injector,
    check_levelling,
    check_load,
    check_motion,
    check_observer,
    check_people,
    check_safety,
    check_stops,
    check_trips,
    check_waiting,
    reference,
)
from verify.check_safety import play
from verify.counting import is_within, ks_distance
from verify.findings import Outcome, Verdict
from verify.oracle import area, closed_form_s, integrated_s
from verify.trips import case_of
from verify.uppeak import House, mean

from sim.stimuli import Stimulus


def right(outcome: Outcome) -> None:
    assert [finding for finding in outcome.findings if finding.verdict is Verdict.FAIL] == []


def test_moves_are_as_quick_as_two_other_ways_to_reckon_say() -> None:
    right(check_motion.check(seed=2, inputs=200, run_hours=12))


def test_nothing_changes_with_the_observer() -> None:
    right(check_observer.check(seed=2, runs=1, minutes=10))


def test_stops_and_highest_floor_are_those_of_the_table() -> None:
    counted = [check_stops.count(row, 2000 + 2 * i, 200) for i, row in enumerate(reference.stops()[::19])]
    right(check_stops.outcome(counted, 200))


def test_round_trips_are_those_of_the_monte_carlo() -> None:
    timed = [check_trips.time_trips(row, 3000 + i, 80) for i, row in enumerate(reference.trips())]
    right(check_trips.outcome(timed, 80))


def test_the_published_example_comes_out() -> None:
    right(check_trips.khaleel(check_trips.time_trips(reference.KHALEEL_CASE, 2, 300)))


def test_without_limits_of_acceleration_and_jerk_the_textbook_is_exact() -> None:
    right(check_trips.knock_out(seed=2, trips=300))


def test_a_group_waits_as_long_as_the_curve_says() -> None:
    right(check_waiting.outcome([check_waiting.wait(0.25, seed, 5.0) for seed in (2, 3)], 10.0))


def test_nobody_is_lost_and_littles_law_holds() -> None:
    right(check_people.check(seed=2, hours=12, mishap_runs=10))


def test_the_safety_rules_hold_whatever_is_done_to_the_lift() -> None:
    chunk = check_safety.run_chunk(seed=2, number=0, size=12)
    assert chunk.broken == ""


def test_who_comes_keeps_the_laws_and_the_day() -> None:
    right(check_arrivals.check(seed=2, draws=10_000, days=10))


def test_an_overloaded_car_waits_with_its_door_open() -> None:
    right(check_load.check(seed=2, houses=4, hours=1))


def test_re_levelling_is_slow_and_inside_the_zone() -> None:
    right(check_levelling.check(seed=2, lifts=4, hours=1))


def test_what_is_injected_comes_as_often_as_its_model_says() -> None:
    drawn = [check_injector.draw_lifts(2, 1000)]
    played = [check_injector.play_lift(seed, 10, 3.0) for seed in range(2000, 2006)]
    right(check_injector.outcome(drawn, played, 2))


def test_each_device_stops_the_car_within_its_limit() -> None:
    right(check_devices.check(seed=2, lifts=15))


def test_a_car_about_to_creep_keeps_its_door_shut() -> None:
    play(
        (
            0,
            "busy",
            [
                (0.0, Stimulus.ENTRAP_BETWEEN_FLOORS, 1.0, 0),
                (13.0, Stimulus.RELEASE, 1.0, 0),
                (0.0, Stimulus.FORCE_DOOR, 1.0, 0),
            ],
            60.0,
        )
    )


def test_a_car_that_stopped_a_few_millimetres_off_its_landing_does_not_jump() -> None:
    play(
        (
            4140516,
            "busy",
            [
                (10.75, Stimulus.RELEASE, 1.0, 0),
                (0.25, Stimulus.RELEASE, 1.0, 0),
                (135.0, Stimulus.RELEASE, 1.0, 0),
                (300.0, Stimulus.ENTRAP_BETWEEN_FLOORS, 1.0, 0),
                (1.5, Stimulus.POWER_LOSS, 1.0, 0),
            ],
            60.0,
        )
    )


def test_a_car_creeps_with_the_safety_chain_closed_alone() -> None:
    play(
        (
            1,
            "slow",
            [
                (0.0, Stimulus.PERSON_ENTERS, 1.0, 0),
                (0.0, Stimulus.CHAIN_GLITCH, 1.0, 0),
                (-0.1, Stimulus.RELEASE, 1.0, 0),
            ],
            60.0,
        )
    )


# the references themselves


def test_the_published_flight_comes_out_of_both_oracles() -> None:
    """Khaleel 2013: 58.28 m at 4 m/s, 1 m/s2, 1 m/s3 takes 19.57 s."""
    assert closed_form_s(58.28, 4, 1, 1) == pytest.approx(19.57, abs=1e-9)
    assert integrated_s(58.28, 4, 1, 1) == pytest.approx(19.57, abs=1e-9)


@pytest.mark.parametrize("row", reference.moves(), ids=lambda row: f"{row.d_m}m-{row.v_mps}mps")
def test_both_oracles_agree_with_the_table(row: reference.MoveRow) -> None:
    numbers = row.d_m, row.v_mps, row.a_mps2, row.j_mps3
    assert closed_form_s(*numbers) == pytest.approx(row.T_closed_s, abs=1e-6)
    assert integrated_s(*numbers) == pytest.approx(row.T_closed_s, abs=1e-6)


def test_the_area_under_a_curve_with_a_corner() -> None:
    assert area(lambda x: abs(x - 0.3), 0, 1, 1e-12) == pytest.approx(0.3**2 / 2 + 0.7**2 / 2, abs=1e-11)


def test_the_enumerated_mean_is_the_textbook_where_the_textbook_is_exact() -> None:
    """N 10, P 10, tv 2, ts 10, tp 1: S 6.513215599, H 9.5085658075, RTT 133.16641922 (elevator-sim's test)."""
    endless = House(tuple(3.2 * i for i in range(11)), (0.1,) * 10, (1.6, 1e9, 1e18), 10.0, 1.0)
    exact = mean(endless, 10)
    assert (exact.stops, exact.highest) == pytest.approx((6.513215599, 9.5085658075), abs=1e-9)
    assert exact.seconds == pytest.approx(133.16641922, abs=1e-6)


def test_khaleels_stops_and_doors_come_out() -> None:
    """Published: S 9.737, doors 59.05 s, transfer 40.32 s; their S is of the formula at 16.8."""
    house, _ = case_of(reference.KHALEEL_CASE)
    stops = sum(1 - (1 - share) ** 16.8 for share in house.shares)
    assert stops == pytest.approx(9.737, abs=5e-4)
    assert (stops + 1) * house.door_s == pytest.approx(59.05, abs=5e-3)
    assert 2 * 16.8 * house.transfer_s == pytest.approx(40.32)


def test_a_poisson_interval_is_the_exact_one() -> None:
    """Garwood: 95 % of a count of 10 are 4.795 to 18.390; of none, up to 3.689."""
    assert [is_within(10, mean, 0.95) for mean in (4.79, 4.80, 18.38, 18.40)] == [False, True, True, False]
    assert [is_within(0, mean, 0.95) for mean in (3.68, 3.70)] == [True, False]


def test_a_distance_of_two_distributions_by_hand() -> None:
    """Of one value at the median, either side of the step is half away."""
    assert ks_distance([1.0], 0.0, 1.0) == pytest.approx(0.5)
