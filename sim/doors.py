"""A door panel as a fraction of its opening, moving at constant speed between events.

Real operators ramp up and down; the constant speed is an assumption that keeps the given opening and closing times.
"""

import math
from typing import Final

import msgspec

OPEN_LIMIT: Final = 0.98
"""Fraction from which the open-limit contact is made. Assumption: the switch makes a few mm before the end stop."""
CLOSED_LIMIT: Final = 0.02
"""Fraction up to which the close-limit contact is made. Assumption, as above."""
LOCKED_LIMIT: Final = 0.01
"""Fraction up to which the lock's contact is made: after the close limit on closing, before it is left on opening.

Assumption: the hook has to fall some millimetres behind the close-limit switch."""
_ROUNDING: Final = 1e-9
_OPENS: Final = OPEN_LIMIT - _ROUNDING
_CLOSES: Final = CLOSED_LIMIT + _ROUNDING
_LOCKS: Final = LOCKED_LIMIT + _ROUNDING


class DoorTravel(msgspec.Struct, frozen=True):
    """From fraction `start` at `start_ns` towards `target`; the whole opening would take `full_travel_ns`."""

    start_ns: int = 0
    start: float = 0.0
    target: float = 0.0
    full_travel_ns: int = 1
    blocked: bool = False
    """Something stops it at `target`, short of where its operator wants it."""
    by_hand: bool = False
    """Somebody moves it, and not its operator."""

    @property
    def arrives_ns(self) -> int:
        """When it is at `target`."""
        return self.reaches_ns(self.target)

    def fraction(self, t_ns: int) -> float:
        """How far the door is open at `t_ns`, 0 closed to 1 open."""
        way = self.target - self.start
        if not way:
            return self.target
        done = (t_ns - self.start_ns) / self.full_travel_ns
        return self.target if done >= abs(way) else self.start + math.copysign(max(done, 0.0), way)

    def reaches_ns(self, fraction: float) -> int:
        """When the door is at `fraction`, which lies on its way; at once if it is already past it."""
        before = (fraction - self.start) if self.target >= self.start else (self.start - fraction)
        return self.start_ns + max(0, math.ceil(before * self.full_travel_ns))

    def turned(self, t_ns: int, target: float, full_travel_ns: int) -> "DoorTravel":
        """From where the door is at `t_ns` towards `target`."""
        return DoorTravel(t_ns, self.fraction(t_ns), target, full_travel_ns)

    def blocked_at(self, fraction: float, t_ns: int) -> "DoorTravel":
        """On the same way, but stopped by something at `fraction`; the same if that is not ahead of it at `t_ns`."""
        here = self.fraction(t_ns)
        ahead = min(here, self.target) < fraction < max(here, self.target)
        return msgspec.structs.replace(self, target=fraction, blocked=True) if ahead else self

    def frozen(self, t_ns: int) -> "DoorTravel":
        """Stopped where it is at `t_ns`."""
        here = self.fraction(t_ns)
        return DoorTravel(t_ns, here, here)

    def is_open(self, t_ns: int) -> bool:
        """Whether the open-limit contact is made."""
        return opens_limit(self.fraction(t_ns))

    def is_closed(self, t_ns: int) -> bool:
        """Whether the close-limit contact is made."""
        return self.fraction(t_ns) <= _CLOSES

    def is_locked(self, t_ns: int) -> bool:
        """Whether the lock's contact is made."""
        return self.fraction(t_ns) <= _LOCKS


def opens_limit(fraction: float) -> bool:
    """Whether a door there makes its open-limit contact."""
    return fraction >= _OPENS


def contacts(fraction: float) -> tuple[bool, bool, bool]:
    """Whether a door there makes its open limit's, its close limit's, and its lock's contact."""
    return fraction >= _OPENS, fraction <= _CLOSES, fraction <= _LOCKS
