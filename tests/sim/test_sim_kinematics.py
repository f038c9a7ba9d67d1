"""Reference: tests/sim/data/kinematics.csv, computed independently (closed form against bisection on the area under
the speed curve, and against integration of the jerk pulses); row d=58.28 is published (Khaleel et al. 2013: 19.57 s).
"""

import csv
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import SimError
from sim.kinematics import Move

TABLE = Path(__file__).parent / "data" / "kinematics.csv"
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))

distances = st.floats(0.001, 500)
speeds = st.floats(0.1, 10)
accels = st.floats(0.1, 2)
jerks = st.floats(0.1, 5)
anything = st.builds(Move, distances, speeds, accels, jerks)


def move_of(row: dict[str, str]) -> Move:
    return Move(*(float(row[name]) for name in ("d_m", "v_mps", "a_mps2", "j_mps3")))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['d_m']}m-{row['v_mps']}mps-{row['regime']}")
def test_every_reference_row_within_a_microsecond(row: dict[str, str]) -> None:
    move = move_of(row)
    assert move.duration_s == pytest.approx(float(row["T_closed_s"]), abs=1e-6)
    assert move.v_peak_mps == pytest.approx(float(row["v_peak_mps"]), abs=1e-6)
    assert move.a_peak_mps2 == pytest.approx(float(row["a_peak_mps2"]), abs=1e-6)


def integrated(move: Move, of: str) -> float:
    """Three-point Gauss-Legendre between the corners of the curve: exact for each polynomial piece."""
    jerk_s = move.a_peak_mps2 / move._limits[2]
    ramp_s = move.v_peak_mps / move.a_peak_mps2 + jerk_s
    end_s = move.duration_s
    corners = sorted(
        {0.0, jerk_s, ramp_s - jerk_s, ramp_s, end_s - ramp_s, end_s - ramp_s + jerk_s, end_s - jerk_s, end_s}
    )
    total = 0.0
    curve = getattr(move, of)
    for a, b in itertools.pairwise(corners):
        middle, half = (a + b) / 2, (b - a) / 2
        total += (
            half * (5 * curve(middle - 0.6**0.5 * half) + 8 * curve(middle) + 5 * curve(middle + 0.6**0.5 * half)) / 9
        )
    return total


@given(anything)
def test_the_speed_integrates_to_the_distance(move: Move) -> None:
    assert integrated(move, "speed_mps") == pytest.approx(move.distance_m, abs=1e-9)


@given(anything)
def test_the_acceleration_integrates_to_rest(move: Move) -> None:
    assert integrated(move, "accel") == pytest.approx(0.0, abs=1e-9)


@given(anything, st.floats(0, 1))
def test_limits_are_never_exceeded(move: Move, share: float) -> None:
    v, a, _ = move._limits
    t_s = share * move.duration_s
    assert 0 <= move.speed_mps(t_s) <= v * (1 + 1e-12)
    assert abs(move.accel(t_s)) <= a * (1 + 1e-12)


@given(anything, st.floats(0, 1))
def test_position_speed_and_acceleration_are_derivatives_of_each_other(move: Move, share: float) -> None:
    h = 1e-4
    t_s = share * move.duration_s
    jerk = move._limits[2]
    slope = (move.position_m(t_s + h) - move.position_m(t_s - h)) / (2 * h)
    assert slope == pytest.approx(move.speed_mps(t_s), abs=jerk * h * h + 1e-8)
    slope = (move.speed_mps(t_s + h) - move.speed_mps(t_s - h)) / (2 * h)
    assert slope == pytest.approx(move.accel(t_s), abs=jerk * h + 1e-8)


@given(anything, st.floats(0, 1))
def test_a_move_is_symmetric_in_time(move: Move, share: float) -> None:
    t_s = share * move.duration_s
    assert move.position_m(t_s) + move.position_m(move.duration_s - t_s) == pytest.approx(move.distance_m, abs=1e-9)


@given(anything)
def test_outside_its_time_the_car_stands(move: Move) -> None:
    assert (move.position_m(-1), move.speed_mps(-1), move.accel(-1)) == (0, 0, 0)
    after = move.duration_s + 1
    assert (move.position_m(after), move.speed_mps(after), move.accel(after)) == (move.distance_m, 0, 0)


@given(anything, st.floats(0.1, 100))
def test_up_to_the_commit_a_longer_move_is_the_same(move: Move, more_m: float) -> None:
    longer = Move(move.distance_m + more_m, *move._limits)
    t_s = move.commit_s
    assert longer.position_m(t_s) == pytest.approx(move.position_m(t_s), abs=1e-8)
    assert longer.speed_mps(t_s) == pytest.approx(move.speed_mps(t_s), abs=1e-8)


@given(anything)
def test_after_a_long_cruise_the_stopping_distance_is_what_is_left_at_the_commit(move: Move) -> None:
    v, a, j = move._limits
    cruising = Move(1000 + 2 * move.stopping_distance(v), v, a, j)
    left_m = cruising.distance_m - cruising.position_m(cruising.commit_s)
    assert left_m == pytest.approx(cruising.stopping_distance(v), rel=1e-9)


def test_the_stopping_distance_of_the_textbook() -> None:
    assert Move(50, 2.5, 0.8, 1.6).stopping_distance(2.5) == pytest.approx(2.5**2 / 1.6 + 2.5 * 0.8 / 3.2)


@given(distances, speeds, accels, jerks)
def test_an_acceleration_out_of_reach_does_not_matter(d: float, v: float, a: float, j: float) -> None:
    reachable = (v * j) ** 0.5
    assert Move(d, v, reachable + a, j).duration_s == pytest.approx(Move(d, v, reachable, j).duration_s, rel=1e-12)


def test_no_distance_takes_no_time() -> None:
    assert Move(0, 1, 1, 1).duration_s == 0


@pytest.mark.parametrize("numbers", [(-1, 1, 1, 1), (1, 0, 1, 1), (1, 1, 0, 1), (1, 1, 1, -1)])
def test_impossible_numbers_are_refused(numbers: tuple[float, float, float, float]) -> None:
    with pytest.raises(SimError):
        Move(*numbers)
