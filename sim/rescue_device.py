"""The automatic rescue device: without mains a battery brings the car to a landing and opens its door.

It goes to the next landing where the load drives the car, or to the nearest (sim/recovery.py). It begins `delay_s`
after the mains went, once the car stands, and ends when people are out, leaving the door open, or with the mains back.
It moves no car that is out of order, but a glitch of the safety chain is forgotten once it is over.
"""

from typing import Final, final

from sim.agenda import to_ns
from sim.car import Car, Phase
from sim.mode_switch import ModeSwitch
from sim.modes import Event
from sim.recovery import Recovery
from sim.trouble import Fault


@final
class RescueDevice:
    """Of one car, if its building has one."""

    def __init__(self, car: Car, modes: ModeSwitch, recovery: Recovery) -> None:
        self._car: Final = car
        self._modes: Final = modes
        self._recovery: Final = recovery
        self._dark_since_ns = 0

    def mains_lost(self) -> None:
        """The delay begins."""
        self._dark_since_ns = self._car.now_ns

    def wait(self) -> None:
        """The car stands: begin when it is time, if there is anything to do here."""
        begins_ns = self._begins_ns()
        if begins_ns is not None:
            self._car.enter(Phase.STUCK, begins_ns, self._begin)

    def end(self) -> None:
        """The mains are back, or people are out."""
        self._modes.turn(Event.BATTERY_OFF)

    def _begin(self) -> None:
        if self._begins_ns() is None:
            return  # people have walked out meanwhile
        self._recovery.forget_glitch()
        self._modes.turn(Event.BATTERY_ON)
        self._recovery.begin()

    def _begins_ns(self) -> int | None:
        """When it will start for the car that stands now; None if it has nothing to do here, or is not allowed to."""
        car, device = self._car, self._car.building.rescue_device
        if device is None or car.phase is not Phase.STUCK or car.trouble.mains:
            return None
        if car.trouble.fault not in {None, Fault.CHAIN_GLITCH} or car.trouble.by_hand:
            return None
        if not car.persons and car.stands_at_landing:
            return None
        return max(car.now_ns, self._dark_since_ns + to_ns(device.delay_s), car.trouble.chain_open_until_ns)
