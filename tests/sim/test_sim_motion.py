import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from protocols.lift.vocabulary import Direction
from sim.motion import Braking, Rest, Run, brake_between

LIMITS = (1.75, 0.8, 1.2)
HEIGHTS = tuple(3.0 * i for i in range(9))
floors = st.integers(0, 8)
S = 10**9


def run_between(origin: int, target: int) -> Run:
    return Run(HEIGHTS[origin], HEIGHTS[target], 5 * S, LIMITS)


def test_a_run_begins_and_ends_exactly_at_its_landings() -> None:
    run = run_between(6, 2)
    assert run.position_m(run.start_ns) == 18.0
    assert (run.position_m(run.end_ns), run.speed_mps(run.end_ns)) == (6.0, 0.0)
    assert run.direction is Direction.DOWN


def test_a_run_of_one_floor_takes_as_long_as_the_reference_says() -> None:
    """kinematics.csv: 3.0 m at 1.75 m/s, 0.8 m/s2, 1.2 m/s3 takes 4.596609 s."""
    run = run_between(0, 1)
    assert (run.end_ns - run.start_ns) / S == pytest.approx(4.596609, abs=1e-6)


@given(st.sets(floors, min_size=3, max_size=3), st.booleans(), st.booleans(), st.floats(0, 1))
def test_a_run_sent_elsewhere_goes_on_from_where_the_car_is(
    three: set[int], down: bool, farther: bool, share: float
) -> None:
    origin, one, other = sorted(three, reverse=down)
    target, instead = (one, other) if farther else (other, one)
    run = run_between(origin, target)
    now_ns = run.start_ns + int(share * (run.end_ns - run.start_ns))
    turned = run.retargeted(HEIGHTS[instead], now_ns)
    if turned is not None:
        assert turned.position_m(now_ns) == pytest.approx(run.position_m(now_ns), abs=1e-8)
        assert turned.speed_mps(now_ns) == pytest.approx(run.speed_mps(now_ns), abs=1e-8)


def test_a_stop_too_near_is_refused() -> None:
    run = run_between(0, 8)
    assert run.retargeted(HEIGHTS[1], run.start_ns + 3 * S) is None
    assert run.retargeted(HEIGHTS[3], run.start_ns + 3 * S) is not None


def test_a_farther_stop_is_refused_once_the_car_slows_down() -> None:
    """12 m at 1.75 m/s, 0.8 m/s2, 1.2 m/s3: v/a + a/j = 2.854 s to slow down, of 12/v + 2.854 = 9.711 s."""
    run = run_between(0, 4)
    slows_ns = run.end_ns - round(2.8541666 * S)
    assert run.retargeted(HEIGHTS[6], slows_ns - S // 1000) is not None
    assert run.retargeted(HEIGHTS[6], slows_ns + S // 1000) is None


def test_a_target_behind_is_refused() -> None:
    run = run_between(3, 8)
    assert run.retargeted(HEIGHTS[2], run.start_ns) is None


@given(floors, floors, st.floats(0, 0.999))
def test_braking_ends_between_landings_and_clear_of_them(origin: int, target: int, share: float) -> None:
    assume(origin != target)
    run = run_between(origin, target)
    now_ns = run.start_ns + int(share * (run.end_ns - run.start_ns))
    brake_ns = brake_between(run, now_ns, HEIGHTS, 0.5, 2.0)
    if brake_ns is None:
        assert run.end_ns - now_ns < 3 * S
        return
    assert now_ns <= brake_ns < run.end_ns
    braking = Braking(run, brake_ns, 2.0)
    assert min(abs(braking.position_m(braking.end_ns) - height) for height in HEIGHTS) >= 0.5 - 1e-6


@given(st.floats(0, 1))
def test_braking_begins_at_the_speed_of_the_run_and_ends_at_rest(share: float) -> None:
    run = run_between(1, 7)
    at_ns = run.start_ns + int(share * (run.end_ns - run.start_ns))
    braking = Braking(run, at_ns, 2.0)
    assert braking.position_m(at_ns) == run.position_m(at_ns)
    assert braking.speed_mps(at_ns) == pytest.approx(run.speed_mps(at_ns), abs=1e-8)
    assert braking.speed_mps(braking.end_ns) == 0


def test_braking_takes_the_distance_of_mechanics() -> None:
    run = run_between(0, 8)
    cruise_ns = run.start_ns + 6 * S
    braking = Braking(run, cruise_ns, 2.0)
    assert braking.position_m(braking.end_ns) - run.position_m(cruise_ns) == pytest.approx(1.75**2 / (2 * 2.0))


def test_a_car_at_rest_stays() -> None:
    assert (Rest(3.0, 0).position_m(10**15), Rest(3.0, 0).speed_mps(0)) == (3.0, 0.0)
