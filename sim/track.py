"""A car's way as knots of place and speed: few, and true between them.

Between two knots the way is the one cubic with their places and speeds (Hermite). A lift moves in pieces of constant
jerk, each a cubic, so that a piece needs no knots but its ends. The plant is looked at every `PERIOD_NS` while the car
moves, and at every event; a look becomes a knot only where the cubic would leave a look by more than `TOLERANCE_M`.
Knots know nothing of how a car moves: whatever the plant learns to do, this file format can tell.
"""

from collections.abc import Sequence
from typing import Final, final

import msgspec

from protocols.lift.vocabulary import Direction
from sim.signals import PlantSignals

PERIOD_NS: Final = 200_000_000
"""Within it the jerk changes once; a change by 2.4 m/s3 there bends the way off its cubic by less than 0.1 mm."""
TOLERANCE_M: Final = 0.0005
"""Far below any levelling accuracy (10 mm, EN 81-20 5.12.1.1.4) and any picture's resolution."""
_SIGN: Final = {Direction.UP: 1.0, Direction.DOWN: -1.0, Direction.NONE: 0.0}


class Knot(msgspec.Struct, frozen=True):
    """Where the car is at `t_ns`, and how fast (upwards positive)."""

    t_ns: int
    position_m: float
    speed_mps: float


def between(before: Knot, after: Knot, t_ns: int) -> float:
    """The place at `t_ns` on the cubic from one knot to the next."""
    span_s = (after.t_ns - before.t_ns) / 1e9
    if span_s <= 0:
        return after.position_m
    u = (t_ns - before.t_ns) / 1e9 / span_s
    rise = after.position_m - before.position_m
    start, end = before.speed_mps * span_s, after.speed_mps * span_s
    return before.position_m + u * (start + u * (3 * rise - 2 * start - end + u * (start + end - 2 * rise)))


def thinned(looks: Sequence[Knot], tolerance_m: float = TOLERANCE_M) -> list[Knot]:
    """The first and the last look, and those between without which a look would be missed by more than that."""
    kept, at = [looks[0]], 0
    while at < len(looks) - 1:
        at = _farthest(looks, at, tolerance_m)
        kept.append(looks[at])
    return kept


def _farthest(looks: Sequence[Knot], start: int, tolerance_m: float) -> int:
    """How far one cubic from `start` goes; found by strides that double while it fits, and halve when it does not."""
    reach, stride = start + 1, 1
    while stride and reach < len(looks) - 1:
        beyond = min(reach + stride, len(looks) - 1)
        if _fits(looks, start, beyond, tolerance_m):
            reach, stride = beyond, stride * 2
        else:
            stride //= 2
    return reach


def _fits(looks: Sequence[Knot], start: int, end: int, tolerance_m: float) -> bool:
    before, after = looks[start], looks[end]
    return all(
        abs(between(before, after, look.t_ns) - look.position_m) <= tolerance_m for look in looks[start + 1 : end]
    )


def knot_of(seen: PlantSignals) -> Knot:
    """Where the car is now."""
    return Knot(seen.t_ns, seen.position_m, _SIGN[seen.direction] * seen.speed_mps)


@final
class Tracker:
    """Looks at one car, and gives its knots whenever it has come to rest."""

    def __init__(self) -> None:
        self._looks: Final[list[Knot]] = []
        self._begun = False

    @property
    def since_ns(self) -> int | None:
        """The first look whose knot is still to come, if there is one."""
        return self._looks[0].t_ns if self._looks else None

    def look(self, seen: PlantSignals) -> list[Knot]:
        """One look; the knots that it settles. The first look, and every standstill after a way, settles some."""
        if seen.moving or self._looks or not self._begun:
            self._begun = True
            self._looks.append(knot_of(seen))
        return [] if seen.moving else self.settle()

    def settle(self) -> list[Knot]:
        """The knots of the way so far."""
        knots = thinned(self._looks) if self._looks else []
        self._looks.clear()
        return knots
