"""A lift that nobody runs for a while: without mains, while its controller starts anew, when it is taken by hand."""

from typing import Final, final

from sim.car import Car, Phase
from sim.controller import Calls
from sim.group import drop_out
from sim.hoist import Hoist
from sim.motion import Run
from sim.reboot import Reboots
from sim.recovery import Recovery
from sim.rescue_device import RescueDevice
from sim.sides import freeze_doors
from sim.standstill import Standstill
from sim.truth import TruthKind


@final
class Outages:
    """Of one lift. What moves stops, and calls are lost."""

    def __init__(
        self,
        car: Car,
        hoist: Hoist,
        standstill: Standstill,
        recovery: Recovery,
        rescue_device: RescueDevice,
        reboots: Reboots,
    ) -> None:
        self._car: Final = car
        self._hoist: Final = hoist
        self._standstill: Final = standstill
        self._recovery: Final = recovery
        self._rescue_device: Final = rescue_device
        self._reboots: Final = reboots

    def cut_power(self) -> None:
        """Drive and door stop where they are; the controller forgets its calls."""
        self._car.tell(TruthKind.POWER, mains=False)
        self._rescue_device.mains_lost()
        self.go_dark("power")
        self._rescue_device.wait()

    def power_back(self) -> None:
        """The controller is awake again, unless it is just starting anew."""
        self._car.tell(TruthKind.POWER, mains=True)
        self._rescue_device.end()
        self._recovery.wake()

    def reboot(self, seconds: float | None) -> bool:
        """The controller starts anew and takes `seconds` for it, or a drawn time; whether one was there to do so.

        What moves stops, calls and counts are lost, and so is the floor until a landing is found.
        """
        car, trouble = self._car, self._car.trouble
        if not trouble.is_alive:
            return False
        trouble.rebooting, trouble.floor_known, trouble.runs_forgotten = True, False, car.trips
        car.tell(TruthKind.CONTROLLER, up=False)
        self._reboots.begin(seconds, self._booted)
        self.go_dark("reboot")
        return True

    def go_dark(self, why: str) -> None:
        """Drive and door stop where they are; calls are lost, and others of the group answer the landings."""
        car = self._car
        if car.trouble.fault is None:
            car.trouble.halted_by = why
        drop_out(car)
        car.calls = Calls()
        overruns = car.phase is Phase.RUNAWAY and isinstance(car.motion, Run)  # its drive takes it past its landing
        if overruns or car.phase in {Phase.RUNNING, Phase.CREEPING, Phase.INSPECTION_RUN, Phase.STALLED}:
            self._hoist.brake()
        elif car.phase not in {Phase.BRAKING, Phase.RUNAWAY}:
            freeze_doors(car)
            self._standstill.begin()

    def _booted(self) -> None:
        self._car.trouble.rebooting = False
        self._car.tell(TruthKind.CONTROLLER, up=True)
        self._recovery.wake()
