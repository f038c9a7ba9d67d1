"""What a building says of how its car comes to a landing, and of the devices that protect the ride."""

from typing import Annotated

import msgspec

from sim.demand import Share


class Levelling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How exactly the car comes to a landing and stays there. Defaults: exactly, and on ropes that do not give."""

    load_error_mm: Annotated[float, msgspec.Meta(ge=0, le=80)] = 0.0
    """How much lower the car stops with rated load than empty. Good: within +-10 mm (EN 81-20 5.12.1.1.4, B)."""
    balance: Share = 0.5
    """The share of rated load with which it stops exactly: what the counterweight balances (practice)."""
    spread_mm: Annotated[float, msgspec.Meta(ge=0, le=20)] = 0.0
    """Standard deviation of what else a run ends off its landing; never more than three of them."""
    stretch_mm: Annotated[float, msgspec.Meta(ge=0, le=80)] = 0.0
    """How much a standing car sinks when rated load gets in."""
    relevels: bool = True
    relevel_beyond_mm: Annotated[float, msgspec.Meta(ge=10, le=100)] = 20.0
    """Farther from its landing than this a car with its door open is brought back (EN 81-20 5.12.1.1.4, B)."""
    relevel_speed_mps: Annotated[float, msgspec.Meta(gt=0, le=0.3)] = 0.05
    """At most 0.30 m/s (EN 81-20 5.12.1.4, C); the default is an assumption."""
    relevel_after_s: Annotated[float, msgspec.Meta(ge=0, le=5)] = 0.5
    """From standing too far off to the brake lifted (assumption)."""

    @property
    def run_error_mm(self) -> float:
        """The farthest from its landing that a run ends."""
        return self.load_error_mm * max(self.balance, 1 - self.balance) + 3 * self.spread_mm

    @property
    def worst_mm(self) -> float:
        """The farthest from its landing that a car in order stands, while everybody gets out and others get in."""
        return self.run_error_mm + self.stretch_mm
