"""Where the car is: at rest, on a run, or braking. Each is a closed-form function of time in one dimension."""

import math
from itertools import pairwise
from typing import Final, Protocol, final

from protocols.lift.vocabulary import Direction
from sim.agenda import NS_PER_S, to_ns
from sim.kinematics import Move

SIGN: Final = {Direction.UP: 1.0, Direction.DOWN: -1.0, Direction.NONE: 0.0}

SETTLING_NS: Final = 400_000_000
"""How long the rope takes to give when somebody steps in or out (assumption: as long as a step)."""


class Motion(Protocol):
    """The car's place and speed as functions of time, from the instant at which this motion began."""

    @property
    def end_ns(self) -> int:
        """When the car is at rest."""

    @property
    def direction(self) -> Direction:
        """Which way it goes."""

    @property
    def ran_until_ns(self) -> int | None:
        """When the drive brought the car to rest, and the brake only held it; None if it moves or stopped otherwise."""

    def position_m(self, t_ns: int) -> float:
        """Height above the lowest landing."""

    def speed_mps(self, t_ns: int) -> float:
        """Speed without sign."""


@final
class Rest:
    """Standing at a height."""

    __slots__ = ("_position_m", "end_ns", "ran_until_ns")
    direction: Final = Direction.NONE

    def __init__(self, position_m: float, since_ns: int, *, after_run: bool = False) -> None:
        """`after_run`: the drive brought the car to rest, and the brake only holds it."""
        self._position_m: Final = position_m
        self.end_ns: Final = since_ns
        self.ran_until_ns: Final = since_ns if after_run else None

    def position_m(self, t_ns: int) -> float:
        """The same at all times."""
        return self._position_m

    def speed_mps(self, t_ns: int) -> float:
        """None."""
        return 0.0


@final
class Settling:
    """A standing car's rope gives way from `origin_m` to `target_m`. The drive stands still: speed and direction 0."""

    __slots__ = ("_origin_m", "_start_ns", "_target_m", "end_ns", "ran_until_ns")
    direction: Final = Direction.NONE

    def __init__(self, origin_m: float, target_m: float, start_ns: int, ran_until_ns: int | None = None) -> None:
        self._origin_m: Final = origin_m
        self._target_m: Final = target_m
        self._start_ns: Final = start_ns
        self.end_ns: Final = start_ns + SETTLING_NS
        self.ran_until_ns: Final = ran_until_ns

    def position_m(self, t_ns: int) -> float:
        """Height above the lowest landing."""
        if t_ns >= self.end_ns:
            return self._target_m
        share = (t_ns - self._start_ns) / SETTLING_NS
        return self._origin_m + (self._target_m - self._origin_m) * share * share * (3 - 2 * share)

    def speed_mps(self, t_ns: int) -> float:
        """None."""
        return 0.0


@final
class Run:
    """A rest-to-rest move from `origin_m` to `target_m` that began at `start_ns`."""

    __slots__ = ("_limits", "_move", "_sign", "direction", "end_ns", "origin_m", "start_ns", "target_m")
    ran_until_ns: Final = None

    def __init__(self, origin_m: float, target_m: float, start_ns: int, limits: tuple[float, float, float]) -> None:
        self.origin_m: Final = origin_m
        self.target_m: Final = target_m
        self.start_ns: Final = start_ns
        self.direction: Final = Direction.UP if target_m >= origin_m else Direction.DOWN
        self._limits: Final = limits
        self._sign: Final = SIGN[self.direction]
        self._move: Final = Move(abs(target_m - origin_m), *limits)
        self.end_ns: Final = start_ns + to_ns(self._move.duration_s)

    def position_m(self, t_ns: int) -> float:
        """Height above the lowest landing; exactly the target at the end."""
        if t_ns >= self.end_ns:
            return self.target_m
        return self.origin_m + self._sign * self._move.position_m((t_ns - self.start_ns) / NS_PER_S)

    def speed_mps(self, t_ns: int) -> float:
        """Speed without sign; exactly 0 at the end."""
        return 0.0 if t_ns >= self.end_ns else self._move.speed_mps((t_ns - self.start_ns) / NS_PER_S)

    def passes_ns(self, position_m: float) -> int:
        """When it comes to `position_m`, which lies on its way."""
        low, high = self.start_ns, self.end_ns
        while low < high:
            middle = (low + high) // 2
            if self._sign * (self.position_m(middle) - position_m) >= 0:
                high = middle
            else:
                low = middle + 1
        return low

    def slows_to_ns(self, speed_mps: float) -> int:
        """From when on, slowing down to its end, it is no faster than that."""
        low, high = self.end_ns - to_ns(self._move.accel_time_s), self.end_ns
        while low < high:
            middle = (low + high) // 2
            if self.speed_mps(middle) <= speed_mps:
                high = middle
            else:
                low = middle + 1
        return low

    @property
    def peak_ns(self) -> int:
        """When the car has done speeding up."""
        return self.start_ns + to_ns(self._move.accel_time_s)

    @property
    def commit_ns(self) -> int:
        """The last instant at which it can be sent to a farther target."""
        return self.start_ns + to_ns(self._move.commit_s)

    def retargeted(self, target_m: float, now_ns: int) -> "Run | None":
        """The same run to another target ahead, or None if the car slows down already or cannot stop there smoothly."""
        other = Run(self.origin_m, target_m, self.start_ns, self._limits)
        latest_s = min(self._move.commit_s, other._move.commit_s)
        in_time = now_ns - self.start_ns <= to_ns(latest_s)
        return other if in_time and other.direction is self.direction else None


@final
class Braking:
    """An emergency stop at a constant deceleration."""

    __slots__ = ("_decel_mps2", "_origin_m", "_sign", "_speed_mps", "direction", "end_ns", "start_ns")
    ran_until_ns: Final = None

    def __init__(self, before: Motion, start_ns: int, decel_mps2: float) -> None:
        self._origin_m: Final = before.position_m(start_ns)
        self._speed_mps: Final = before.speed_mps(start_ns)
        self.start_ns: Final = start_ns
        self._decel_mps2: Final = decel_mps2
        self.direction: Final = before.direction
        self._sign: Final = SIGN[before.direction]
        self.end_ns: Final = start_ns + to_ns(self._speed_mps / decel_mps2)

    def position_m(self, t_ns: int) -> float:
        """Height above the lowest landing."""
        t_s = (min(t_ns, self.end_ns) - self.start_ns) / NS_PER_S
        return self._origin_m + self._sign * (self._speed_mps * t_s - self._decel_mps2 * t_s * t_s / 2)

    def speed_mps(self, t_ns: int) -> float:
        """Speed without sign."""
        if t_ns >= self.end_ns:
            return 0.0
        return max(0.0, self._speed_mps - self._decel_mps2 * (t_ns - self.start_ns) / NS_PER_S)

    def passes_ns(self, position_m: float) -> int | None:
        """When it comes to `position_m`; None if it is past that from the beginning, or stands before."""
        way_m, decel = self._sign * (position_m - self._origin_m), self._decel_mps2
        left = self._speed_mps * self._speed_mps - 2 * decel * way_m
        if way_m < 0 or left <= 0:
            return None
        return self.start_ns + to_ns((self._speed_mps - math.sqrt(left)) / decel)


@final
class Buffered:
    """An emergency stop whose end, from `hits_ns` on, is that of a buffer."""

    __slots__ = ("_brake", "_buffer", "direction", "end_ns", "hits_ns", "start_ns")
    ran_until_ns: Final = None

    def __init__(self, brake: Braking, hits_ns: int, decel_mps2: float) -> None:
        self._brake: Final = brake
        self._buffer: Final = Braking(brake, hits_ns, decel_mps2)
        self.start_ns: Final = brake.start_ns
        self.hits_ns: Final = hits_ns
        self.direction: Final = brake.direction
        self.end_ns: Final = self._buffer.end_ns

    def position_m(self, t_ns: int) -> float:
        """Height above the lowest landing."""
        return (self._brake if t_ns < self.hits_ns else self._buffer).position_m(t_ns)

    def speed_mps(self, t_ns: int) -> float:
        """Speed without sign."""
        return (self._brake if t_ns < self.hits_ns else self._buffer).speed_mps(t_ns)


@final
class Runaway:
    """Faster and faster from what the car did before, up to `top_mps`; then a device stops it at `decel_mps2`."""

    __slots__ = (
        "_accel",
        "_decel",
        "_origin_m",
        "_sign",
        "_speed_mps",
        "_start_ns",
        "direction",
        "drive_off_ns",
        "end_ns",
        "top_ns",
    )
    ran_until_ns: Final = None

    def __init__(
        self,
        before: Motion,
        start_ns: int,
        way: Direction,
        accel_mps2: float,
        top_mps: float,
        decel_mps2: float,
        off_mps: float = 0.0,
    ) -> None:
        """`off_mps`: at what speed drive and brake lose their voltage."""
        self._origin_m: Final = before.position_m(start_ns)
        self._speed_mps: Final = before.speed_mps(start_ns)
        self._start_ns: Final = start_ns
        self._accel: Final = accel_mps2
        self._decel: Final = decel_mps2
        self.direction: Final = way
        self._sign: Final = SIGN[way]
        self.drive_off_ns: Final = self.reaches_ns(off_mps)
        self.top_ns: Final = self.reaches_ns(top_mps)
        self.end_ns: Final = self.top_ns + to_ns(self._rising(self.top_ns)[1] / decel_mps2)

    def reaches_ns(self, speed_mps: float) -> int:
        """When the car is as fast as that, if nothing stops it before."""
        return self._start_ns + to_ns(max(0.0, speed_mps - self._speed_mps) / self._accel)

    def position_m(self, t_ns: int) -> float:
        """Height above the lowest landing."""
        way_m, speed_mps = self._rising(min(t_ns, self.top_ns))
        braking_s = max(0, min(t_ns, self.end_ns) - self.top_ns) / NS_PER_S
        return self._origin_m + self._sign * (way_m + speed_mps * braking_s - self._decel * braking_s * braking_s / 2)

    def speed_mps(self, t_ns: int) -> float:
        """Speed without sign."""
        if t_ns >= self.end_ns:
            return 0.0
        speed_mps = self._rising(min(t_ns, self.top_ns))[1]
        return max(0.0, speed_mps - self._decel * max(0, t_ns - self.top_ns) / NS_PER_S)

    def _rising(self, t_ns: int) -> tuple[float, float]:
        t_s = (t_ns - self._start_ns) / NS_PER_S
        return self._speed_mps * t_s + self._accel * t_s * t_s / 2, self._speed_mps + self._accel * t_s


@final
class Stall:
    """The drive runs on and the car does not: it stops at `decel_mps2` and stands, until the drive is stopped."""

    __slots__ = ("_braking", "direction", "end_ns", "still_ns")
    ran_until_ns: Final = None

    def __init__(self, before: Run, start_ns: int, decel_mps2: float, end_ns: int) -> None:
        self._braking: Final = Braking(before, start_ns, decel_mps2)
        self.direction: Final = before.direction
        self.still_ns: Final = self._braking.end_ns
        self.end_ns: Final = end_ns

    def position_m(self, t_ns: int) -> float:
        """Height above the lowest landing."""
        return self._braking.position_m(t_ns)

    def speed_mps(self, t_ns: int) -> float:
        """Speed without sign, of the car."""
        return self._braking.speed_mps(t_ns)


def brake_between(run: Run, now_ns: int, heights_m: tuple[float, ...], clear_m: float, decel_mps2: float) -> int | None:
    """When to brake on `run`, at or after `now_ns`, to stand at least `clear_m` from every landing; None if too late.

    The standstill that braking leads to moves steadily along the way as long as `decel_mps2` exceeds the run's own
    acceleration limit, so that bisection finds its instant.
    """

    def standstill_m(t_ns: int) -> float:
        braking = Braking(run, t_ns, decel_mps2)
        return braking.position_m(braking.end_ns)

    sign = SIGN[run.direction]
    earliest = standstill_m(now_ns)
    wanted = _next_clear(sign * earliest, sorted(sign * height for height in heights_m), clear_m)
    if wanted is None or wanted >= sign * run.target_m:
        return None
    low, high = now_ns, run.end_ns
    while low < high:
        middle = (low + high) // 2
        if sign * standstill_m(middle) >= wanted:
            high = middle
        else:
            low = middle + 1
    return low


def _next_clear(at_m: float, heights_m: list[float], clear_m: float) -> float | None:
    """The first place from `at_m` upwards that is between landings and clear of both."""
    for below, above in pairwise(heights_m):
        place = max(at_m, below + clear_m)
        if place <= above - clear_m:
            return place
    return None
