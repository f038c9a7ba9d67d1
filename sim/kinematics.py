"""Ideal lift kinematics: the shortest rest-to-rest move under limits of speed, acceleration and jerk.

Closed form after R. D. Peters, "Ideal lift kinematics", Elevator Technology 6, 1995. Three regimes: rated speed is
reached (A), only the acceleration limit is (B), neither is (C). All are one shape with other peaks, and symmetric in
time, so that a move is known by its peaks. Where v*j < a^2 the acceleration limit cannot be reached before the speed
limit, and sqrt(v*j) takes its place.
"""

import math
from typing import Final, final

from sim import SimError


@final
class Move:
    """One move of `distance_m` from rest to rest; position, speed and acceleration are functions of time.

    Before 0 the car is at rest at 0, after `duration_s` at rest at `distance_m`. Raises SimError on a negative
    distance or a limit that is not positive.
    """

    __slots__ = (
        "_accel_time_s",
        "_const_accel_s",
        "_jerk_time_s",
        "_limits",
        "a_peak_mps2",
        "distance_m",
        "duration_s",
        "v_peak_mps",
    )

    def __init__(self, distance_m: float, v_mps: float, a_mps2: float, j_mps3: float) -> None:
        if distance_m < 0 or min(v_mps, a_mps2, j_mps3) <= 0:
            raise SimError(f"no move of {distance_m} m under limits {v_mps} m/s, {a_mps2} m/s2, {j_mps3} m/s3")
        a_reachable = min(a_mps2, math.sqrt(v_mps * j_mps3))
        v_peak, a_peak = _peaks(distance_m, v_mps, a_reachable, j_mps3)
        self.distance_m: Final = distance_m
        self.v_peak_mps: Final = v_peak
        self.a_peak_mps2: Final = a_peak
        self._limits: Final = (v_mps, a_mps2, j_mps3)
        self._jerk_time_s: Final = a_peak / j_mps3
        ramp_s = v_peak / a_peak if a_peak else 0.0
        self._const_accel_s: Final = max(0.0, ramp_s - self._jerk_time_s)
        self._accel_time_s: Final = self._const_accel_s + 2 * self._jerk_time_s
        cruise_s = max(0.0, (distance_m - v_peak * self._accel_time_s) / v_peak) if v_peak else 0.0
        self.duration_s: Final = cruise_s + 2 * self._accel_time_s

    @property
    def accel_time_s(self) -> float:
        """How long the car speeds up, and as long it slows down."""
        return self._accel_time_s

    @property
    def commit_s(self) -> float:
        """The last instant at which this move is still the beginning of every longer one under the same limits.

        Until then the car may be sent elsewhere along its way: the other move, begun at the same instant, passes
        through the same position, speed and acceleration.
        """
        if self.v_peak_mps == self._limits[0]:
            return self.duration_s - self._accel_time_s
        return self._jerk_time_s + self._const_accel_s

    def position_m(self, t_s: float) -> float:
        """The distance covered at `t_s`."""
        if t_s <= self.duration_s / 2:
            return self._covered_m(max(t_s, 0.0))
        return self.distance_m - self._covered_m(max(self.duration_s - t_s, 0.0))

    def speed_mps(self, t_s: float) -> float:
        """The speed at `t_s`, never negative."""
        t = min(t_s, self.duration_s - t_s)
        jerk_s, jerk = self._jerk_time_s, self._limits[2]
        if t <= 0:
            return 0.0
        if t < jerk_s:
            return jerk * t * t / 2
        if t < jerk_s + self._const_accel_s:
            return self.a_peak_mps2 * (t - jerk_s / 2)
        left = max(self._accel_time_s - t, 0.0)
        return self.v_peak_mps - jerk * left * left / 2

    def accel(self, t_s: float) -> float:
        """The acceleration in m/s2 at `t_s`, negative while slowing down."""
        t, sign = (t_s, 1.0) if t_s <= self.duration_s / 2 else (self.duration_s - t_s, -1.0)
        jerk = self._limits[2]
        if not 0 < t < self._accel_time_s:
            return 0.0
        return sign * min(jerk * t, self.a_peak_mps2, jerk * (self._accel_time_s - t))

    def stopping_distance(self, v_mps: float) -> float:
        """The metres that a stop from steady `v_mps` takes under this move's limits."""
        _, a_limit, jerk = self._limits
        a = min(a_limit, math.sqrt(v_mps * jerk))
        return v_mps * v_mps / (2 * a) + v_mps * a / (2 * jerk) if a else 0.0

    def _covered_m(self, t_s: float) -> float:
        jerk_s, jerk, a_peak = self._jerk_time_s, self._limits[2], self.a_peak_mps2
        if t_s < jerk_s:
            return jerk * t_s**3 / 6
        if t_s < jerk_s + self._const_accel_s:
            since = t_s - jerk_s
            return jerk * jerk_s**3 / 6 + a_peak * jerk_s * since / 2 + a_peak * since * since / 2
        ramp_m = self.v_peak_mps * self._accel_time_s / 2
        if t_s < self._accel_time_s:
            left = self._accel_time_s - t_s
            return ramp_m - self.v_peak_mps * left + jerk * left**3 / 6
        return ramp_m + self.v_peak_mps * (t_s - self._accel_time_s)


def _peaks(distance_m: float, v: float, a: float, j: float) -> tuple[float, float]:
    """The speed and acceleration that the move reaches, for v*j >= a^2 (Peters 1995, regimes A, B, C)."""
    if distance_m >= v * v / a + v * a / j:
        return v, a
    if distance_m >= 2 * a**3 / j**2:
        half_s = (a / j + math.sqrt(4 * distance_m / a + (a / j) ** 2)) / 2
        return min(v, a * (half_s - a / j)), a
    duration_s = (32 * distance_m / j) ** (1 / 3)
    return j * duration_s**2 / 16, j * duration_s / 4
