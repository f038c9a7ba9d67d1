"""What stops a car that is too fast, goes astray or does not come: the numbers of each device. Pure functions.

Governor: an electrical contact, then a mechanical trip inside the window of EN 81-20 5.6.2.2.1.1 (A), which engages the
safety gear (0.2 to 1.0 g, EN 81-20 5.6.2.1, B). Motor run-time limiter: EN 81-20 5.9.2.7 (C). Unintended car movement:
at most 1.20 m from the landing (EN 81-20 5.6.7.5, C). Final limit switches beyond the last landings, and behind them
buffers: under the car, and under the counterweight of a car that goes up.
"""

import math
from typing import Final

from sim.kinematics import Move
from sim.ride import Protection

STANDARD_GRAVITY_MPS2: Final = 9.80665
UCM_MOST_M: Final = 1.20
BUFFER_MPS2: Final = STANDARD_GRAVITY_MPS2
"""What a buffer slows the car down with: 1 g from 1.15 v takes the least stroke of 0.0674 v2 (EN 81-20 5.8.2.2; B).
That it does so all the way is an assumption, also of the spring that a lift up to 1.0 m/s may have."""
OVERRUN_M: Final = 0.30
"""How far beyond a final limit switch a car that overruns its last landing would go by itself (assumption)."""


def governor_window(rated_mps: float) -> tuple[float, float]:
    """Between which speeds a governor for progressive safety gear trips."""
    most = 1.5 if rated_mps <= 1.0 else 1.25 * rated_mps + 0.25 / rated_mps
    return 1.15 * rated_mps, most


def trip_speed_mps(protection: Protection, rated_mps: float) -> float:
    """Where in its window this governor trips."""
    least, most = governor_window(rated_mps)
    return least + protection.governor_trip * (most - least)


def contact_speed_mps(protection: Protection, rated_mps: float) -> float:
    """At what speed the governor's electrical contact opens."""
    return protection.governor_contact * rated_mps


def run_limit_s(heights_m: tuple[float, ...], limits: tuple[float, float, float]) -> float:
    """For how long the drive may run without the car coming to a landing."""
    full_s = Move(heights_m[-1] - heights_m[0], *limits).duration_s
    return 20.0 if full_s < 10 else min(45.0, full_s + 10)


def stopping_m(limits: tuple[float, float, float]) -> float:
    """How far the drive takes to stop from rated speed: a run to so far beyond a place passes it without slowing."""
    return Move(0.0, *limits).stopping_distance(limits[0])


def ucm_top_mps(protection: Protection, detected_m: float) -> float:
    """The speed of a car that moves away when the device brakes it; it is noticed after `detected_m`."""
    accel = protection.ucm_accel_mps2
    return math.sqrt(2 * accel * detected_m) + accel * protection.ucm_response_s


def ucm_stop_m(protection: Protection, detected_m: float) -> float:
    """How far a car that moves away comes."""
    top = ucm_top_mps(protection, detected_m)
    return top * top / 2 * (1 / protection.ucm_accel_mps2 + 1 / protection.ucm_decel_mps2)
