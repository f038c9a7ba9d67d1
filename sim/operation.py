"""The controller at work: which calls are this lift's, where it goes next, when it starts, where it opens or parks."""

from collections.abc import Callable
from typing import Final, final

from protocols.lift.vocabulary import Direction
from sim.agenda import to_ns
from sim.car import Car, Phase
from sim.controller import answer, heading_to, next_stop
from sim.doors import LOCKED_LIMIT
from sim.doorway import Doorway
from sim.group import Group
from sim.hoist import Hoist
from sim.levelling import Leveller
from sim.load import Body
from sim.modes import Doors, Mode
from sim.passengers import Journeys
from sim.service import home_of, next_goal, opens_at, seen
from sim.sides import are_opening, shut_to_ns
from sim.standstill import Standstill
from sim.trouble import FAILING_TO_OPEN, Fault


@final
class Operation:
    """Serves calls; the group knows it as this lift. What it cannot start or open stands still."""

    def __init__(
        self,
        car: Car,
        hoist: Hoist,
        doorway: Doorway,
        standstill: Standstill,
        leveller: Leveller,
        group: Group,
        journeys: Journeys,
    ) -> None:
        self.car: Final = car
        self._hoist: Final = hoist
        self._doorway: Final = doorway
        self._standstill: Final = standstill
        self._leveller: Final = leveller
        self._group: Final = group
        self._journeys: Final = journeys

    # calls

    @property
    def attends(self) -> bool:
        """Whether this lift of a group takes hall calls."""
        car, trouble = self.car, self.car.trouble
        if car.dropped_out or trouble.out_of_order or trouble.by_hand or not car.service.rules.hall_calls:
            return False
        return trouble.hears_buttons

    def person_comes(self, origin: int, destination: int | None, body: Body | None = None) -> None:
        """Somebody comes to this lift at the landing `origin` and presses the button; no destination: only to stand."""
        self._group.person_comes(origin, destination, self, body)

    def summon(self, body: Body | None = None) -> None:
        """Somebody comes to where the car is, and wants to ride."""
        self.person_comes(self.car.floor, self._journeys.destination_from(self.car.floor), body)

    def note_hall_call(self, floor: int, way: Direction) -> None:
        """A hall call is this lift's own, for when it looks at its calls next."""
        if self.car.service.rules.hall_calls:
            self.car.calls = self.car.calls.with_hall(floor, way)

    def hall_call(self, floor: int, way: Direction) -> None:
        """A hall call is this lift's own: do what there is to do."""
        car = self.car
        if not car.trouble.hears_buttons:
            return
        if not car.service.rules.hall_calls:
            if car.phase is Phase.DWELL and floor == car.floor:
                self._doorway.button_here(floor)  # an open door needs no button
            return
        car.calls = car.calls.with_hall(floor, way)
        match car.phase:
            case Phase.PARKED:
                self.dispatch()
            case Phase.RUNNING:
                self._retarget()
            case Phase.OPENING | Phase.DWELL | Phase.CLOSING if floor == car.floor:
                self._doorway.button_here(floor)
            case _:
                pass

    def car_call(self, floor: int) -> None:
        """The button of `floor` is pressed in the car, and taken."""
        car = self.car
        car.calls = car.calls.with_car(floor)
        match car.phase:
            case Phase.PARKED:
                self.dispatch()
            case Phase.RUNNING:
                self._retarget()
            case _ if car.service.rules.doors is not Doors.TIMED:
                self._doorway.settle()
            case _:
                pass

    def press_again(self) -> None:
        """Everybody in the car and at the landings presses once more, because calls may be lost."""
        car = self.car
        if not car.trouble.hears_buttons:
            return
        for person in car.riders.persons if car.service.rules.car_calls else ():
            if person.destination is not None:
                car.calls = car.calls.with_car(person.destination)
        self._group.everybody_presses(self)

    # where to

    def dispatch(self) -> None:
        """Doors closed, car level: open again if the door is held, go where calls are, or park."""
        car = self.car
        if car.dropped_out and not (car.trouble.out_of_order or car.trouble.by_hand):
            car.dropped_out = False
            self._group.everybody_presses(self)
        if not car.calls.every:
            self._group.relieve(self)
        target = self._next_stop()
        if car.now_ns < car.hands.door_until_ns:
            self._doorway.open()
        elif target is None:
            self._park()
        elif target == car.floor:
            self._doorway.open()
        else:
            car.heading = heading_to(car.floor, target)
            self._set_out(self._depart)

    def closed(self) -> None:
        """The door at a landing is closed."""
        if self.car.trouble.out_of_order:
            self._standstill.begin()
            return
        self._group.left_behind_press(self.car.floor, self)
        self.dispatch()

    def near(self) -> None:
        """In the zone of its landing the door may begin to open, unless it will fail to."""
        car = self.car
        if not (car.persons and car.trouble.armed in FAILING_TO_OPEN) and self._opens_here():
            self._doorway.open_ahead()

    def arrived(self) -> None:
        """A run has ended at its landing."""
        car, armed = self.car, self.car.trouble.armed
        ahead = are_opening(car)
        if not ahead and car.persons and armed in FAILING_TO_OPEN:
            self._fail_to_open(armed)
        elif ahead or self._opens_here():
            self._doorway.open()
            self._leveller.look()
        else:
            car.calls = car.calls.without_car(car.floor)
            self.dispatch()

    def _next_stop(self) -> int | None:
        car, mode = self.car, self.car.service.mode
        if mode is Mode.NORMAL:
            return next_stop(car.calls, car.floor, car.heading, car.riders.nearly_full)
        home = home_of(mode, car.building)
        return next_goal(mode, car.calls, car.floor, car.heading, car.riders.nearly_full, home, car.persons > 0)

    def _retarget(self) -> None:
        """On a run, go to the call that comes first now: of those ahead, the first at which the car can still stop."""
        car, way = self.car, self.car.motion.direction
        passed: int | None = self._hoist.passed
        while passed is not None:
            target = next_stop(seen(car.service.mode, car.calls), passed, way, car.riders.nearly_full)
            if target is None or target == self._hoist.target or heading_to(passed, target) is not way:
                return
            passed = None if self._hoist.retarget_to(target) else target

    def _opens_here(self) -> bool:
        car, mode = self.car, self.car.service.mode
        asked = bool(car.calls.every >> car.floor & 1) or car.riders.next_leaver(car.floor) is not None
        if mode is Mode.NORMAL:
            return asked
        return opens_at(mode, car.floor, home_of(mode, car.building), asked, car.persons > 0)

    def _park(self) -> None:
        car = self.car
        car.heading = Direction.NONE
        home, after_s = car.building.main_floor, car.building.homing_after_s
        if after_s is not None and car.floor != home and car.service.mode is Mode.NORMAL:
            car.enter(Phase.PARKED, car.now_ns + to_ns(after_s), lambda: self._set_out(self._go_home))
        else:
            car.enter(Phase.PARKED)
        if car.trouble.wants_passenger and not car.riders.nearly_full and car.service.rules.hall_calls:
            self.summon()

    # the start

    def _set_out(self, then: Callable[[], None]) -> None:
        """Contactor and brake are told to let the car go, once its doors are locked."""
        car = self.car
        leaves_ns = car.now_ns + to_ns(car.building.drive.start_delay_s)
        car.enter(Phase.STARTING, max(leaves_ns, shut_to_ns(car, LOCKED_LIMIT) + car.machine.lead_ns), then)

    def _depart(self) -> None:
        target = self._next_stop()  # a nearer call may have come since
        if target is None or target == self.car.floor:
            self.dispatch()
        else:
            self._start(target)

    def _go_home(self) -> None:
        if self._next_stop() is None:
            self._start(self.car.building.main_floor)
        else:
            self._depart()

    def _start(self, target: int) -> None:
        car = self.car
        if car.now_ns < car.motion.end_ns:
            car.enter(Phase.STARTING, car.motion.end_ns, self._depart)  # levelling comes first
            return
        wrong = car.machine.fault
        if wrong is None and not car.may_move:
            wrong = Fault.CHAIN_OPEN
        if wrong is None:
            floor, car.heading = car.floor, heading_to(car.floor, target)
            self._hoist.run_to(target)
            self._group.left(floor)
        else:
            self._stay(wrong)

    def _stay(self, fault: Fault) -> None:
        """The car cannot leave its landing: those in it are let out, and nobody in."""
        self._standstill.break_down(fault)
        if self.car.persons:
            self._doorway.open()
        else:
            self._standstill.begin()

    def _fail_to_open(self, fault: Fault) -> None:
        car, door = self.car, self.car.building.door
        car.trouble.unnoticed = door.open_tries > 1
        self._standstill.break_down(fault)
        car.calls, car.heading = answer(car.calls, car.floor, car.heading)
        if fault is Fault.DOOR_JAMMED:
            self._doorway.jam()
        if car.trouble.unnoticed:
            self._standstill.trap()
            noticed_ns = car.now_ns + (door.open_tries - 1) * to_ns(door.open_try_s)
            car.enter(Phase.STUCK, noticed_ns, self._standstill.begin)
        else:
            self._standstill.begin()
