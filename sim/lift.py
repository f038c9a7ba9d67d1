"""One lift in service: the controller between its buttons, its doorway and its hoist, and what happens without it."""

from collections.abc import Callable
from typing import Final, final

from protocols.lift.vocabulary import Direction
from sim.agenda import to_ns
from sim.car import Car, Phase
from sim.controller import Calls, answer, heading_to, next_stop
from sim.doorway import Doorway
from sim.group import Group
from sim.hoist import Hoist
from sim.inspection import Inspection
from sim.levelling import Leveller
from sim.load import Body
from sim.mode_switch import ModeSwitch
from sim.modes import Doors, Event, Mode
from sim.passengers import Journeys
from sim.reboot import Reboots
from sim.rescue_device import RescueDevice
from sim.service import next_goal, opens_at, seen
from sim.sides import are_opening, freeze_doors
from sim.stimuli import Stimulus
from sim.trouble import FAILING_TO_OPEN, PRIED_FRACTION, Fault
from sim.truth import TruthKind
from sim.visits import Visit

_AT_LANDING: Final = frozenset(
    {Phase.PARKED, Phase.OPENING, Phase.TRANSFER, Phase.DWELL, Phase.CLOSING, Phase.STARTING}
)


@final
class Lift:
    """Serves calls. People, mishaps and rescue reach it through its public methods."""

    def __init__(self, car: Car, journeys: Journeys, group: Group, leveller: Leveller, reboots: Reboots) -> None:
        self.car: Final = car
        self._journeys: Final = journeys
        self._group: Final = group
        self._reboots: Final = reboots
        self._hoist: Final = Hoist(
            car, self._arrived, self._halted, self._crept, self._break_down, self._trap, leveller.run_off_m, self._near
        )
        runaways = self._hoist.runaways
        self._doorway: Final = Doorway(
            car, self._set_free, self._closed, self._door_dead, runaways.at_open_door, self._break_down
        )
        self._rescue_device: Final = RescueDevice(car)
        self._leveller: Final = leveller
        self.modes: Final = ModeSwitch(car, self._doorway, self._hoist, self._everybody_presses, self._dispatch)
        self.inspection: Final = Inspection(car, self._hoist, self.modes.turn, self._resume)
        self.visit: Final = Visit(car)
        self._trapped = False
        self._is_out = False
        group.join(self)

    # people

    def person_comes(self, origin: int, destination: int | None, body: Body | None = None) -> None:
        """Somebody comes to this lift at the landing `origin` and presses the button; no destination: only to stand."""
        self._group.person_comes(origin, destination, self, body)

    def summon_passenger(self, thing: str = "", mass_kg: float = 0.0) -> None:
        """Somebody comes to where the car is, perhaps with a thing of that mass, and wants to ride."""
        body = self.car.crowd.bodies.bringing(thing, mass_kg) if thing else None
        self.person_comes(self.car.floor, self._journeys.destination_from(self.car.floor), body)

    def idle_person_comes(self) -> None:
        """Somebody comes to where the car is, and will only stand in it."""
        self.person_comes(self.car.floor, None)

    def idle_persons_leave(self) -> bool:
        """Those who stand idle in a car that can open open it and leave; whether there are any."""
        if self.car.phase not in _AT_LANDING or not self.car.riders.idle_want_out(self.car.floor):
            return False
        self._doorway.be_open()
        return True

    def hold_door(self) -> bool:
        """Somebody stands in the doorway as soon as it is open; False if the car must first come to a landing."""
        if self.car.phase is Phase.PARKED:
            self.summon_passenger()
        elif self.car.phase is not Phase.STARTING:
            self._doorway.be_open()
        return self.car.phase in {Phase.OPENING, Phase.TRANSFER, Phase.DWELL}

    # buttons in the car, and what holds its door

    def ride(self, way: Direction) -> bool:
        """In the car the button of the next landing above, or of the lowest one, is pressed; whether that is taken."""
        car = self.car
        if car.trouble.out_of_order or car.trouble.by_hand or not car.service.rules.car_calls:
            return False
        floor = car.floor_above if way is Direction.UP else 0
        if floor is None or (floor == car.floor and car.stands_at_landing):
            return False
        car.calls = car.calls.with_car(floor)
        if car.phase is Phase.PARKED:
            self._dispatch()
        elif car.phase is Phase.RUNNING:
            self.retarget()
        elif car.service.rules.doors is not Doors.TIMED:
            self._doorway.settle()
        return True

    def stop_door(self, until_ns: int) -> bool:
        """Something put at the door of a car in service at a landing keeps it open; whether there is such a car."""
        car = self.car
        if car.phase not in _AT_LANDING:
            return False
        car.hands.take(Stimulus.DOOR_STOP, until_ns)
        self.keep_open()
        return True

    def close_door(self) -> bool:
        """The door-close button in the car is pressed; whether a door at a landing was open."""
        return self._doorway.hurry()

    def keep_open(self) -> None:
        """Something holds the door open: a car at a landing opens it, or leaves it open."""
        self._doorway.be_open()

    def block_beam(self) -> bool:
        """Something is armed to block the light curtain; whether the door is closing, and opens again."""
        return self._doorway.block_beam()

    def touch_edge(self) -> bool:
        """Somebody is to be touched by the closing door; whether it is closing, and opens again."""
        return self._doorway.touch_edge()

    # service modes

    def electrical_on(self) -> bool:
        """The machine room takes the car: it stops where it is, and so does its door; whether it can."""
        trouble = self.car.trouble
        if trouble.by_hand or not trouble.is_alive:
            return False
        trouble.inspecting = True
        self._go_dark("emergency_electrical")
        self.modes.turn(Event.EMERGENCY_ELECTRICAL_ON)
        self._recover_if_possible()
        return True

    def _await_rescue(self) -> None:
        begins_ns = self._rescue_device.begins_ns
        if begins_ns is not None:
            self.car.enter(Phase.STUCK, begins_ns, self._battery_on)

    def _battery_on(self) -> None:
        self.modes.turn(Event.BATTERY_ON)
        self.recover()

    def _door_dead(self) -> None:
        """An open door has nothing to close it."""
        self._get_stuck()
        self.modes.turn(Event.BATTERY_OFF)

    # mishaps and rescue

    def look_for_trouble(self) -> bool:
        """Something was armed: begin it if the occasion is now; whether it was."""
        if self.car.phase is Phase.PARKED:
            self.summon_passenger()
        if self.car.phase in {Phase.DWELL, Phase.TRANSFER} and self._hoist.runaways.at_open_door():
            return True
        return self.car.phase is Phase.RUNNING and self._hoist.plan_end()

    def release(self) -> bool:
        """A technician puts right what is wrong, and brings the car to a landing.

        Whether machine or people were not as they should be.
        """
        car = self.car
        was_wrong = car.machine.mend()
        car.chain.mend()
        car.trouble.rescuing = car.trouble.rescuing or car.trouble.out_of_order
        car.trouble.mend()
        was_wrong = self.visit.end() or was_wrong
        car.hands.let_go()
        self.inspection.end()
        self.modes.turn(Event.ALL_NORMAL)
        self.call_off()
        if car.phase is Phase.STALLED:
            self._hoist.brake()
        self.recover()
        return was_wrong

    def call_off(self) -> None:
        """Nothing is armed any more, and whoever holds the door stops doing so."""
        self._doorway.let_go()
        if self.car.phase is Phase.RUNNING:
            self._hoist.plan_end()

    def cut_power(self) -> None:
        """Drive and door stop where they are; the controller forgets its calls."""
        self.car.tell(TruthKind.POWER, mains=False)
        self._rescue_device.mains_lost()
        self._go_dark("power")
        self._await_rescue()

    def _go_dark(self, why: str) -> None:
        car = self.car
        car.trouble.halted_by = why
        self.drop_out()
        car.calls = Calls()
        if car.phase in {Phase.RUNNING, Phase.CREEPING, Phase.INSPECTION_RUN, Phase.STALLED}:
            self._hoist.brake()
        elif car.phase not in {Phase.BRAKING, Phase.RUNAWAY}:
            freeze_doors(car)
            self._get_stuck()

    def power_back(self) -> None:
        """The controller is awake again, unless it is just starting anew."""
        self.car.tell(TruthKind.POWER, mains=True)
        self.modes.turn(Event.BATTERY_OFF)
        self._wake()

    def reboot(self, seconds: float | None) -> bool:
        """The controller starts anew and takes `seconds` for it, or a drawn time; whether one was there to do so.

        What moves stops, calls and counts are lost, and so is the floor until a landing is found.
        """
        car, trouble = self.car, self.car.trouble
        if not trouble.is_alive:
            return False
        trouble.rebooting, trouble.floor_known, trouble.runs_forgotten = True, False, car.trips
        car.tell(TruthKind.CONTROLLER, up=False)
        self._reboots.begin(seconds, self._booted)
        self._go_dark("reboot")
        return True

    def _booted(self) -> None:
        self.car.trouble.rebooting = False
        self.car.tell(TruthKind.CONTROLLER, up=True)
        self._wake()

    def _wake(self) -> None:
        """People press their buttons once more, and the controller finds its landing."""
        trouble = self.car.trouble
        if not trouble.is_alive:
            return
        trouble.forget_glitch()
        self._find_floor()
        self._everybody_presses()
        if trouble.fault is None:
            self.recover()

    def _find_floor(self) -> None:
        """A controller reads which landing its car stands at (assumption: landings are coded)."""
        if self.car.trouble.is_alive and self.car.stands_at_landing:
            self.car.trouble.floor_known = True

    def pry_door(self) -> bool:
        """Somebody inside forces the door of a car stuck outside the zone; whether that could be."""
        car = self.car
        if car.trouble.rescuing or not car.trouble.out_of_order:
            return False
        if car.phase is not Phase.STUCK or car.in_zone(car.now_ns) or not car.persons:
            return False
        if car.a_door_is_open(car.now_ns):
            return False
        self._doorway.move_to(PRIED_FRACTION)
        return True

    def recover(self) -> None:
        """Bring a stuck car to the nearest landing, slowly and with its door closed, and let people out.

        Under inspection it stays where it is.
        """
        car = self.car
        if car.phase is not Phase.STUCK:
            return
        self._find_floor()
        closed = car.doors_locked(car.now_ns)
        if car.trouble.inspecting:
            car.enter(Phase.INSPECTION)
        elif not car.stands_at_landing and car.machine.fault is not None:
            self._break_down(car.machine.fault)
        elif not car.stands_at_landing:
            car.enter(Phase.STUCK, self._doorway.move_to(0.0), self._creep)
        elif car.persons or not closed:
            self._doorway.open()
        elif car.trouble.is_alive:
            car.trouble.rescuing = False
            self._dispatch()

    def _creep(self) -> None:
        """To the nearest landing; after an earthquake to the next one on the way."""
        car, floor, drive = self.car, None, self.car.building.drive
        device, speed_mps = car.building.rescue_device, drive.rescue_speed_mps
        if car.service.mode is Mode.EARTHQUAKE:
            floor = {Direction.UP: car.floor_above, Direction.DOWN: car.floor_below}.get(car.heading)
        elif car.service.mode is Mode.BATTERY_RESCUE and device is not None:
            speed_mps = device.speed_mps
        self._hoist.creep(car.floor if floor is None else floor, min(speed_mps, drive.rated_speed_mps))

    # buttons

    @property
    def attends(self) -> bool:
        """Whether this lift of a group takes hall calls."""
        trouble = self.car.trouble
        if self._is_out or trouble.out_of_order or trouble.by_hand or not self.car.service.rules.hall_calls:
            return False
        return trouble.hears_buttons

    def drop_out(self) -> None:
        """It answers no hall calls from now on: others of its group get them. Ended by `_dispatch`."""
        if not self._group.is_one:
            self._is_out = True
            self._group.hand_over(self)

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
                self._dispatch()
            case Phase.RUNNING:
                self.retarget()
            case Phase.OPENING | Phase.DWELL | Phase.CLOSING if floor == car.floor:
                self._doorway.button_here(floor)
            case _:
                pass

    def retarget(self) -> None:
        """On a run, go to the call that comes first now: of those ahead, the first at which the car can still stop."""
        way = self.car.motion.direction
        passed: int | None = self._hoist.passed
        while passed is not None:
            target = next_stop(seen(self.car.service.mode, self.car.calls), passed, way, self._nearly_full)
            if target is None or target == self._hoist.target or heading_to(passed, target) is not way:
                return
            passed = None if self._hoist.retarget_to(target) else target

    def _everybody_presses(self) -> None:
        car = self.car
        if not car.trouble.hears_buttons:
            return
        for person in car.riders.persons if car.service.rules.car_calls else ():
            if person.destination is not None:
                car.calls = car.calls.with_car(person.destination)
        self._group.everybody_presses(self)

    @property
    def _nearly_full(self) -> bool:
        return self.car.riders.nearly_full

    # service

    def _next_stop(self) -> int | None:
        car, mode, home = self.car, self.car.service.mode, self.car.building.main_floor
        if mode is Mode.NORMAL:
            return next_stop(car.calls, car.floor, car.heading, self._nearly_full)
        return next_goal(mode, car.calls, car.floor, car.heading, self._nearly_full, home, car.persons > 0)

    def _closed(self) -> None:
        if self.car.trouble.out_of_order:
            self._get_stuck()
            return
        self._group.left_behind_press(self.car.floor, self)
        self._dispatch()

    def _dispatch(self) -> None:
        """Doors closed, car level: open again if the door is held, go where calls are, or park."""
        if self._is_out and not (self.car.trouble.out_of_order or self.car.trouble.by_hand):
            self._is_out = False
            self._group.everybody_presses(self)
        if not self.car.calls.every:
            self._group.relieve(self)
        car, target = self.car, self._next_stop()
        if car.now_ns < car.hands.door_until_ns:
            self._doorway.open()
        elif target is None:
            self._park()
        elif target == car.floor:
            self._doorway.open()
        else:
            car.heading = heading_to(car.floor, target)
            self._set_out(self._depart)

    def _set_out(self, then: Callable[[], None]) -> None:
        """Contactor and brake are told to let the car go."""
        car = self.car
        car.enter(Phase.STARTING, car.now_ns + to_ns(car.building.drive.start_delay_s), then)

    def _depart(self) -> None:
        target = self._next_stop()  # a nearer call may have come since
        if target is None or target == self.car.floor:
            self._dispatch()
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
            car.heading = heading_to(car.floor, target)
            self._hoist.run_to(target)
        else:
            self._stay(wrong)

    def _park(self) -> None:
        car = self.car
        car.heading = Direction.NONE
        home, after_s = car.building.main_floor, car.building.homing_after_s
        if after_s is not None and car.floor != home and car.service.mode is Mode.NORMAL:
            car.enter(Phase.PARKED, car.now_ns + to_ns(after_s), lambda: self._set_out(self._go_home))
        else:
            car.enter(Phase.PARKED)
        if car.trouble.wants_passenger and not self._nearly_full and car.service.rules.hall_calls:
            self.summon_passenger()

    def _near(self) -> None:
        """In the zone of its landing the door may begin to open, unless it will fail to."""
        car = self.car
        if not (car.persons and car.trouble.armed in FAILING_TO_OPEN) and self._opens_here():
            self._doorway.open_ahead()

    def _arrived(self) -> None:
        car, armed = self.car, self.car.trouble.armed
        ahead = are_opening(car)
        if not ahead and car.persons and armed in FAILING_TO_OPEN:
            self._fail_to_open(armed)
        elif ahead or self._opens_here():
            self._doorway.open()
            self._leveller.look()
        else:
            car.calls = car.calls.without_car(car.floor)
            self._dispatch()

    def _opens_here(self) -> bool:
        car, mode, home = self.car, self.car.service.mode, self.car.building.main_floor
        asked = bool(car.calls.every >> car.floor & 1) or car.riders.next_leaver(car.floor) is not None
        return asked if mode is Mode.NORMAL else opens_at(mode, car.floor, home, asked, car.persons > 0)

    # trouble

    def _stay(self, fault: Fault) -> None:
        """The car cannot leave its landing: those in it are let out, and nobody in."""
        self._break_down(fault)
        if self.car.persons:
            self._doorway.open()
        else:
            self._get_stuck()

    def _fail_to_open(self, fault: Fault) -> None:
        car = self.car
        self._break_down(fault)
        car.calls, car.heading = answer(car.calls, car.floor, car.heading)
        if fault is Fault.DOOR_JAMMED:
            self._doorway.jam()
        self._get_stuck()

    def _break_down(self, fault: Fault) -> None:
        self.car.trouble.armed = None
        self.car.trouble.fault = fault
        self.car.tell(TruthKind.FAULT, fault=fault.value)
        if not self.car.trouble.unnoticed:
            self.drop_out()

    def _halted(self) -> None:
        self._get_stuck()
        if self.car.trouble.release_waits:
            self.release()
        else:
            self._recover_if_possible()
            self._await_rescue()

    def _crept(self) -> None:
        self._find_floor()
        self._doorway.open()

    def _recover_if_possible(self) -> None:
        trouble, after_s = self.car.trouble, self.car.building.self_recovery_after_s
        if trouble.rescuing or not trouble.out_of_order or (trouble.inspecting and trouble.is_alive):
            self.recover()
        elif trouble.fault is Fault.CHAIN_GLITCH and trouble.is_alive and after_s is not None:
            self.car.enter(Phase.STUCK, self.car.now_ns + to_ns(after_s), self._recover_by_itself)

    def _recover_by_itself(self) -> None:
        self.car.trouble.forget_glitch()
        self.recover()

    def _resume(self) -> None:
        self._everybody_presses()
        self._recover_if_possible()

    def _get_stuck(self) -> None:
        car = self.car
        car.enter(Phase.STUCK)
        self._leveller.halt()
        if car.trouble.fault is not None:
            car.trouble.unnoticed = False
            self.drop_out()
        self._trap()

    def _trap(self) -> None:
        """The car stands: whoever is in it and cannot get out is trapped."""
        car = self.car
        in_zone = car.in_zone(car.now_ns)
        if not car.persons or self._trapped or (in_zone and car.a_door_is_open(car.now_ns)):
            return
        self._trapped = True
        car.tell(
            TruthKind.TRAPPED_SINCE,
            persons=car.persons,
            floor=car.floor,
            door_zone=in_zone,
            cause=car.trouble.cause,
        )

    def _set_free(self) -> None:
        if self._trapped:
            self._trapped = False
            self.car.tell(TruthKind.FREED, persons=self.car.persons, floor=self.car.floor)
