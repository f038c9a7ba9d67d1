"""Where the car is as its hardware tells: an encoder that drifts, and the switches at landings and unlocking zones.

The encoder's scale is a little off; within the levelling accuracy of a landing the reading is corrected. The zone
switch makes a little nearer to the landing than it breaks. All are functions of the place and of the last standstill:
between two standstills a car goes one way.
"""

from bisect import bisect, bisect_left
from typing import Final, final

from sim.ride import Positioning

LANDING_M: Final = 0.010
"""How near to a landing the reading is corrected, and the landing switch made (assumption: as near as a car in order
stops, EN 81-20 5.12.1.1.4, B)."""


@final
class Encoder:
    """Tells from a place what the hardware reads there; `stood` at each standstill."""

    def __init__(
        self, heights_m: tuple[float, ...], zone_m: float, positioning: Positioning, position_m: float
    ) -> None:
        self._heights_m: Final = heights_m
        self._drift: Final = positioning.encoder_drift_mm_per_m / 1000
        self._zone_m: Final = zone_m
        self._half_m: Final = positioning.zone_hysteresis_mm / 2000
        self._rest_m = position_m
        self._rest_error_m = 0.0
        self._rest_made = True
        self.has_hysteresis: Final = self._half_m > 0

    def stood(self, position_m: float) -> None:
        """The car has come to rest there."""
        if self._drift:
            self._rest_error_m = self.reading_m(position_m) - position_m
        if self._half_m:
            self._rest_made = self.zone_switch(position_m)
        self._rest_m = position_m

    def reading_m(self, position_m: float) -> float:
        """What the encoder says of a car at `position_m` that came from where it last stood."""
        if not self._drift:
            return position_m
        heights_m, up = self._heights_m, position_m >= self._rest_m
        if up:
            index = bisect(heights_m, position_m + LANDING_M) - 1
            was_corrected = index >= 0 and heights_m[index] >= self._rest_m - LANDING_M
        else:
            index = bisect_left(heights_m, position_m - LANDING_M)
            was_corrected = index < len(heights_m) and heights_m[index] <= self._rest_m + LANDING_M
        if not was_corrected:
            return position_m + self._rest_error_m + self._drift * (position_m - self._rest_m)
        since_m = position_m - heights_m[index]
        return position_m + self._drift * (max(0.0, since_m) if up else min(0.0, since_m))

    def zone_switch(self, position_m: float) -> bool:
        """Whether the unlocking zone's switch is made."""
        landing_m = self._nearest_m(position_m)
        off_m = abs(position_m - landing_m)
        if not self._half_m or abs(off_m - self._zone_m) > self._half_m:
            return off_m <= self._zone_m
        inner_m, rest_m = self._zone_m - self._half_m, self._rest_m
        low_m, high_m = min(rest_m, position_m), max(rest_m, position_m)
        if low_m <= landing_m + inner_m and high_m >= landing_m - inner_m:
            return True
        return self._rest_made and abs(rest_m - landing_m) <= self._zone_m + self._half_m

    def _nearest_m(self, position_m: float) -> float:
        heights_m = self._heights_m
        index = bisect(heights_m, position_m)
        return min(heights_m[max(index - 1, 0) : index + 1], key=lambda height_m: abs(height_m - position_m))
