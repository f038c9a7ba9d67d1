"""One lift, put together from its parts: what acts on it finds them here, and what its machine says goes to them."""

from typing import Final, final

from sim.car import Car, Phase
from sim.doorway import Doorway
from sim.group import Group
from sim.hoist import Hoist
from sim.inspection import Inspection
from sim.levelling import Leveller
from sim.load import Body
from sim.mode_switch import ModeSwitch
from sim.modes import Event
from sim.operation import Operation
from sim.outages import Outages
from sim.passengers import Journeys
from sim.people import People
from sim.reboot import Reboots
from sim.recovery import Recovery
from sim.rescue_device import RescueDevice
from sim.standstill import Standstill
from sim.visits import Visit


@final
class Lift:
    """People, mishaps and rescue reach it through its public parts. Hoist and doorway tell it how they ended."""

    def __init__(self, car: Car, journeys: Journeys, group: Group, leveller: Leveller, reboots: Reboots) -> None:
        self.car: Final = car
        self.group: Final = group
        self._standstill: Final = Standstill(car, leveller)
        self._hoist: Final = Hoist(car, leveller, self._standstill, self)
        self._doorway: Final = Doorway(car, self._hoist.runaways, self._standstill, self)
        self._operation: Final = Operation(car, self._hoist, self._doorway, self._standstill, leveller, group, journeys)
        self._recovery: Final = Recovery(car, self._hoist, self._doorway, self._standstill, self._operation)
        self.modes: Final = ModeSwitch(car, self._hoist, self._doorway, self._operation)
        self._rescue_device: Final = RescueDevice(car, self.modes, self._recovery)
        self.outages: Final = Outages(car, self._hoist, self._standstill, self._recovery, self._rescue_device, reboots)
        self.inspection: Final = Inspection(car, self._hoist, self.modes, self.outages, self._recovery)
        self.people: Final = People(car, self._doorway, self._operation)
        self.visit: Final = Visit(car)
        group.join(self._operation)

    def person_comes(self, origin: int, destination: int | None, body: Body | None = None) -> None:
        """Somebody comes to this lift at the landing `origin` and presses the button; no destination: only to stand."""
        self._operation.person_comes(origin, destination, body)

    def look_for_trouble(self) -> bool:
        """Something was armed: begin it if the occasion is now; whether it was."""
        if self.car.phase is Phase.PARKED:
            self._operation.summon()
        if self.car.phase in {Phase.DWELL, Phase.TRANSFER} and self._hoist.runaways.at_open_door():
            return True
        return self.car.phase is Phase.RUNNING and self._hoist.plan_end()

    def release(self) -> bool:
        """A technician puts right what is wrong, ends what he drives by, and brings the car to a landing.

        Whether machine or people were not as they should be.
        """
        car = self.car
        was_wrong = car.machine.mend()
        car.chain.mend()
        car.trouble.rescuing = car.trouble.rescuing or car.trouble.out_of_order
        self._standstill.end_fault()
        car.trouble.mend()
        was_wrong = self.visit.end() or was_wrong
        was_wrong = self.group.free_buttons() or was_wrong
        car.hands.let_go()
        self.inspection.end()
        self._rescue_device.end()
        self.modes.turn(Event.MODE_SELECTOR_MENDED)
        self._doorway.let_go()
        if car.phase is Phase.RUNNING:
            self._hoist.plan_end()
        if car.phase is Phase.STALLED:
            self._hoist.brake()
        self._recovery.begin()
        return was_wrong

    # what hoist and doorway tell

    def near(self) -> None:
        """A door may begin to open for the landing ahead."""
        self._operation.near()

    def arrived(self) -> None:
        """A run has ended at its landing."""
        self._operation.arrived()

    def crept(self) -> None:
        """The car has come to a landing slowly."""
        self._recovery.crept()

    def halted(self) -> None:
        """The car stands after any other stop."""
        self._standstill.begin()
        if self.car.trouble.release_waits:
            self.release()
        else:
            self._recovery.begin_if_possible()
            self._rescue_device.wait()

    def closed(self) -> None:
        """The door at a landing is closed."""
        self._operation.closed()

    def cannot_close(self) -> None:
        """An open door has nothing to close it."""
        self._standstill.begin()
        self._rescue_device.end()
