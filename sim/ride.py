"""What a building says of how its car comes to a landing, and of the devices that protect the ride."""

from typing import Annotated, Final

import msgspec

from sim.demand import Share

MOST_LOAD: Final = 1.2
"""The share of rated load from which more does not matter (assumption: beyond it a drive's error is not linear)."""


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
        return self.load_error_mm * max(self.balance, MOST_LOAD - self.balance) + 3 * self.spread_mm

    @property
    def worst_mm(self) -> float:
        """The farthest from its landing that a car in order stands, while everybody gets out and others get in."""
        return self.run_error_mm + MOST_LOAD * self.stretch_mm


class Protection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The devices that stop a car, and how a car behaves that only they can stop."""

    governor_contact: Annotated[float, msgspec.Meta(ge=1.05, le=1.15)] = 1.10
    """Share of rated speed at which the governor's electrical contact opens: before it trips (assumption)."""
    governor_trip: Share = 0.5
    """Where in its window the governor trips: 0 at 1.15 v, 1 at 1.25 v + 0.25/v (EN 81-20 5.6.2.2.1.1, A)."""
    gear_retardation_g: Annotated[float, msgspec.Meta(ge=0.2, le=1.0)] = 0.5
    """Progressive safety gear, 0.2 to 1.0 g (EN 81-20 5.6.2.1, B); it acts in either direction (assumption)."""
    runaway_accel_mps2: Annotated[float, msgspec.Meta(gt=0, le=3)] = 1.0
    """A car that drive and brake no longer hold (assumption: a good part of rated load out of balance)."""
    ucm_accel_mps2: Annotated[float, msgspec.Meta(gt=0, le=2.5)] = 0.8
    """A car that moves away from its landing with its door open (assumption)."""
    ucm_response_s: Annotated[float, msgspec.Meta(ge=0, le=0.5)] = 0.1
    """From leaving the unlocking zone to the brake (assumption)."""
    ucm_decel_mps2: Annotated[float, msgspec.Meta(gt=0, le=9.81)] = 2.5
    """What stops it then (assumption)."""
    final_limit_m: Annotated[float, msgspec.Meta(ge=0.03, le=0.5)] = 0.10
    """How far beyond the last landings the final limit switches are (assumption)."""
    buffer_m: Annotated[float, msgspec.Meta(ge=0.05, le=1)] = 0.25
    """How far beyond them a buffer stops the car, or the counterweight (assumption). The final limits act before
    (EN 81-20 5.12.2.2, C)."""

    def __post_init__(self) -> None:
        if self.buffer_m <= self.final_limit_m:
            raise ValueError(f"buffers at {self.buffer_m:g} m act before the final limits at {self.final_limit_m:g} m")


class Positioning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the car's place is measured. Defaults: exactly."""

    encoder_drift_mm_per_m: Annotated[float, msgspec.Meta(ge=-20, le=20)] = 0.0
    """How much too far the encoder counts in a metre, until the next landing corrects it."""
    zone_hysteresis_mm: Annotated[float, msgspec.Meta(ge=0, le=20)] = 0.0
    """How much farther from the landing the unlocking zone's switch breaks than it makes (a few mm, assumption)."""
