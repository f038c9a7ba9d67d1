"""Item 1: every move as quick as the reference says, as long as it should be, and within its limits."""

import math
import random
from collections.abc import Iterator
from typing import Final

from sim.agenda import NS_PER_S
from sim.building import Building, load_building
from sim.kinematics import Move
from sim.plant import Plant
from sim.truth import TruthKind, TruthRecord
from verify import reference
from verify.findings import Finding, Outcome, PlantWrong, judged
from verify.oracle import area, closed_form_s, integrated_s

MOST_S: Final = 1e-6
MOST_M: Final = 1e-9
_ROUNDING: Final = 1e-12
Limits = tuple[float, float, float]


def check(seed: int, inputs: int, run_hours: float) -> Outcome:
    """`inputs` random moves beside the table, and `run_hours` of the shipped house's runs."""
    rows = [(row.d_m, row.v_mps, row.a_mps2, row.j_mps3) for row in reference.moves()]
    every = [*rows, *random_moves(seed, inputs)]
    exceeded = [line for move in every if (line := over_limits(move))]
    return Outcome(
        (
            _near("moves of the table: duration, peak speed, peak acceleration", f"kinematics.csv, {len(rows)} rows")(
                max(map(_from_row, reference.moves()))
            ),
            _near("duration, table and random inputs", f"closed form, Peters 1995, {len(every)} inputs")(
                max(abs(Move(*move).duration_s - closed_form_s(*move)) for move in every)
            ),
            _near(
                "duration, table and random inputs",
                f"numeric integration in the speed-acceleration plane, {len(every)} inputs",
            )(max(abs(Move(*move).duration_s - integrated_s(*move)) for move in every)),
            _integrates(every, seed),
            Finding(
                1,
                "speed, acceleration and jerk never exceed their limits",
                f"the limits themselves, {len(every)} inputs, 400 points each",
                "1e-12 relative (rounding); jerk 1e-6",
                exceeded[0] if exceeded else "never",
                judged(not exceeded),
            ),
            _runs(load_building("residential-9"), seed, run_hours),
        )
    )


def random_moves(seed: int, count: int) -> Iterator[tuple[float, float, float, float]]:
    """From a millimetre to 500 m, the short ones as often as the long ones."""
    draw = random.Random(f"{seed}/moves")
    for _ in range(count):
        yield 10 ** draw.uniform(-3, 2.7), draw.uniform(0.1, 10), draw.uniform(0.1, 2), draw.uniform(0.1, 5)


def _from_row(row: reference.MoveRow) -> float:
    move = Move(row.d_m, row.v_mps, row.a_mps2, row.j_mps3)
    return max(
        abs(move.duration_s - row.T_closed_s),
        abs(move.v_peak_mps - row.v_peak_mps),
        abs(move.a_peak_mps2 - row.a_peak_mps2),
    )


class _near:  # noqa: N801  # reads as the verb it is
    """A finding from the farthest distance in seconds (or in the table's unit)."""

    def __init__(self, what: str, source: str) -> None:
        self._what: Final = what
        self._source: Final = source

    def __call__(self, farthest: float) -> Finding:
        return Finding(
            1, self._what, self._source, f"{MOST_S:.0e} s", f"at most {farthest:.1e}", judged(farthest < MOST_S)
        )


def _integrates(moves: list[tuple[float, float, float, float]], seed: int) -> Finding:
    draw = random.Random(f"{seed}/instants")
    farthest = 0.0
    for numbers in moves:
        move = Move(*numbers)
        part_s = draw.random() * move.duration_s
        farthest = max(
            farthest,
            abs(area(move.speed_mps, 0.0, move.duration_s, 1e-11) - move.distance_m),
            abs(area(move.speed_mps, 0.0, part_s, 1e-11) - move.position_m(part_s)),
        )
    return Finding(
        1,
        "the speed integrates to the distance, and up to any instant to the position",
        f"adaptive Simpson, {len(moves)} inputs",
        f"{MOST_M:.0e} m",
        f"at most {farthest:.1e}",
        judged(farthest < MOST_M),
    )


def over_limits(numbers: tuple[float, float, float, float]) -> str:
    """Where a move exceeds a limit; empty if nowhere."""
    move, (_, v, a, j) = Move(*numbers), numbers
    step_s = move.duration_s / 400
    before = 0.0
    for i in range(401):
        t_s = i * step_s
        speed, accel = move.speed_mps(t_s), move.accel(t_s)
        jerk = abs(accel - before) / step_s
        if not 0 <= speed <= v * (1 + _ROUNDING) or abs(accel) > a * (1 + _ROUNDING) or jerk > j * (1 + 1e-6):
            return f"{numbers}: at {t_s:.3f} s {speed} m/s, {accel} m/s2, {jerk} m/s3"
        before = accel
    return ""


def _runs(building: Building, seed: int, hours: float) -> Finding:
    log: list[TruthRecord] = []
    Plant(building, seed, log.append).advance_to(round(hours * 3600 * NS_PER_S))
    runs, turned, farthest = flights(log, building)
    return Finding(
        1,
        f"runs in the truth log ({turned} of {runs} were sent to a nearer floor on their way)",
        f"closed form, {building.name}, {hours:g} h of traffic",
        f"{MOST_S:.0e} s",
        f"at most {farthest:.1e}",
        judged(farthest < MOST_S and runs > 0),
    )


def flights(log: list[TruthRecord], building: Building) -> tuple[int, int, float]:
    """How many runs a log without mishaps has, how many ended elsewhere than meant, and the farthest duration."""
    heights_m, limits = building.heights_m, building.motion_limits
    left: TruthRecord | None = None
    runs = turned = 0
    farthest = 0.0
    for record in log:
        if record.kind is TruthKind.DEPARTED:
            left = record
        elif record.kind is TruthKind.ARRIVED:
            if left is None:
                raise PlantWrong(f"arrived at {record.t_ns} ns without having departed")
            origin, stop = int(str(left.data["floor"])), int(str(record.data["floor"]))
            wanted_s = closed_form_s(abs(heights_m[stop] - heights_m[origin]), *limits)
            farthest = max(farthest, abs((record.t_ns - left.t_ns) / NS_PER_S - wanted_s))
            runs, turned, left = runs + 1, turned + (stop != left.data["to"]), None
    return runs, turned, math.inf if not runs else farthest
