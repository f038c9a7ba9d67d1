"""Out of a standstill: slowly to a landing with the door closed, people let out, and back into service.

What may begin it: a technician, mains or controller back, a rescue device, the controller that forgets a glitch.
"""

from typing import Final, final

from protocols.lift.vocabulary import Direction
from sim.agenda import to_ns
from sim.building import RescueWay
from sim.car import Car, Phase
from sim.doorway import Doorway
from sim.hoist import Hoist
from sim.modes import Mode
from sim.operation import Operation
from sim.standstill import Standstill
from sim.trouble import Fault


@final
class Recovery:
    """Of one car. Under inspection it stays where it is."""

    def __init__(self, car: Car, hoist: Hoist, doorway: Doorway, standstill: Standstill, operation: Operation) -> None:
        self._car: Final = car
        self._hoist: Final = hoist
        self._doorway: Final = doorway
        self._standstill: Final = standstill
        self._operation: Final = operation

    def begin(self) -> None:
        """Bring a stuck car to the nearest landing, slowly and with its door closed, and let people out."""
        car = self._car
        if car.phase is not Phase.STUCK:
            return
        self._find_floor()
        closed = car.doors_locked(car.now_ns)
        if car.trouble.inspecting:
            car.enter(Phase.INSPECTION)
        elif not car.stands_at_landing and car.machine.fault is not None:
            self._standstill.break_down(car.machine.fault)
        elif not car.stands_at_landing:
            car.enter(Phase.STUCK, self._doorway.move_to(0.0), self._creep)
        elif car.persons or not closed:
            self._doorway.open()
        elif car.trouble.is_alive:
            car.trouble.rescuing = False
            self._operation.dispatch()

    def begin_if_possible(self) -> None:
        """The car stands: begin if somebody helps or nothing is wrong any more, and some time after a mere glitch."""
        car, trouble, after_s = self._car, self._car.trouble, self._car.building.self_recovery_after_s
        if trouble.rescuing or not trouble.out_of_order or (trouble.inspecting and trouble.is_alive):
            self.begin()
        elif trouble.fault is Fault.CHAIN_GLITCH and trouble.is_alive and after_s is not None:
            car.enter(Phase.STUCK, car.now_ns + to_ns(after_s), self._by_itself)

    def wake(self) -> None:
        """If the controller is up again people press their buttons once more, and it finds its landing."""
        trouble = self._car.trouble
        if not trouble.is_alive:
            return
        self.forget_glitch()
        self._find_floor()
        self._operation.press_again()
        if trouble.fault is None:
            self.begin()

    def resume(self) -> None:
        """The car was driven by hand, and is the controller's again."""
        self._operation.press_again()
        self.begin_if_possible()

    def forget_glitch(self) -> None:
        """The controller begins anew, and the chain is closed again."""
        if self._car.trouble.fault is Fault.CHAIN_GLITCH:
            self._standstill.end_fault()

    def crept(self) -> None:
        """The car has come to a landing slowly."""
        self._find_floor()
        self._doorway.open()

    def _by_itself(self) -> None:
        self.forget_glitch()
        self.begin()

    def _find_floor(self) -> None:
        """A controller reads which landing its car stands at (assumption: landings are coded)."""
        if self._car.trouble.is_alive and self._car.stands_at_landing:
            self._car.trouble.floor_known = True

    def _creep(self) -> None:
        """To the nearest landing; after an earthquake to the next one on the way, by a battery with the load."""
        car, way, drive = self._car, Direction.NONE, self._car.building.drive
        device, speed_mps = car.building.rescue_device, drive.rescue_speed_mps
        if car.service.mode is Mode.EARTHQUAKE:
            way = car.heading
        elif car.service.mode is Mode.BATTERY_RESCUE and device is not None:
            way = car.drift if device.way is RescueWay.EASIEST else Direction.NONE
            speed_mps = device.speed_mps
        floor = {Direction.UP: car.floor_above, Direction.DOWN: car.floor_below}.get(way)
        self._hoist.creep(car.floor if floor is None else floor, min(speed_mps, drive.rated_speed_mps))
