"""The automatic rescue device: without mains a battery brings the car to a landing and opens its door.

It goes to the nearest landing (assumption: real ones go in the direction that the load favours). It begins `delay_s`
after the mains went, once the car stands, and ends when people are out, leaving the door open, or with the mains back.
"""

from typing import Final, final

from sim.agenda import to_ns
from sim.car import Car, Phase


@final
class RescueDevice:
    """Of one car, if its building has one."""

    def __init__(self, car: Car) -> None:
        self._car: Final = car
        self._dark_since_ns = 0

    def mains_lost(self) -> None:
        """The delay begins."""
        self._dark_since_ns = self._car.now_ns

    @property
    def begins_ns(self) -> int | None:
        """When it will start for the car that stands now; None if it has nothing to do here, or is not allowed to."""
        car, device = self._car, self._car.building.rescue_device
        if device is None or car.phase is not Phase.STUCK or car.trouble.mains:
            return None
        if car.trouble.fault is not None or car.trouble.by_hand or not (car.persons or not car.stands_at_landing):
            return None
        return max(car.now_ns, self._dark_since_ns + to_ns(device.delay_s))
