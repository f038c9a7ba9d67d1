"""The door at a landing and the people who pass it, one at a time: first out, then in, then wait and close."""

from typing import Final, Protocol, final

from protocols.lift.vocabulary import Direction
from sim.agenda import to_ns
from sim.car import Car, Phase
from sim.controller import Calls, answer
from sim.group import answer_here, is_called_to
from sim.modes import Doors, Mode
from sim.nudging import SLOWER, Nudging
from sim.passengers import Passenger
from sim.runaway import Runaways
from sim.service import ATTENDED_DOOR_S, home_of, sends_out, stays_open
from sim.sides import are_opening, block_doors, close_doors, force_doors, jam_doors, open_doors, shut_to_ns
from sim.standstill import Standstill
from sim.trouble import JAM_OPENING_M, Fault
from sim.truth import TruthKind

RESCUE_HOLD_S: Final = 10.0
"""How long a technician keeps the door open after the last one got out, to look around (a design value)."""

OVERLOAD_REACTION_S: Final = 4.0
"""From the overload signal until the last one in turns round to step out (assumption)."""

HALF_SHUT: Final = 0.5
"""Where a closing door is when somebody reaches into its light curtain, or is touched by it (a design value)."""

OBSTRUCTED_AT: Final = 0.1
"""Where a closing door meets what lies in its sill (assumption: some centimetres of rubbish)."""


class Doorkeeper(Protocol):
    """Who hears of a door at a landing."""

    def closed(self) -> None:
        """It is at its close limit."""

    def cannot_close(self) -> None:
        """It stands open, and nothing closes it."""


@final
class Doorway:
    """Opens, lets people through, closes. The car may not stay for that: what runs away begins at an open door."""

    def __init__(self, car: Car, runaways: Runaways, standstill: Standstill, keeper: Doorkeeper) -> None:
        self._car: Final = car
        self._runaways: Final = runaways
        self._standstill: Final = standstill
        self._keeper: Final = keeper
        self._opened_ns = 0
        self._hold_until_ns = 0
        self._blocked_ns = 0
        self._hall_stop = False
        self._turned_away = False
        self._hurried = False
        self._tries = 0
        self._nudging: Final = Nudging(car.building.door)

    def open(self) -> None:
        """Answer the calls of this landing and open, from wherever the door is."""
        car, floor = self._car, self._car.floor
        self._hall_stop = is_called_to(car, floor)
        self._hurried = car.nudging = False
        if car.phase is Phase.CLOSING:
            self._nudging.keep(car.now_ns)
        self._answer(floor)
        ahead = car.phase is Phase.RUNNING and are_opening(car)
        open_ns = open_doors(car)
        if not ahead:
            car.tell(TruthKind.DOOR_OPENING, floor=floor)
        car.enter(Phase.OPENING, open_ns, self._opened)

    def open_ahead(self) -> None:
        """Begin to open while the car still comes to its landing: `open` goes on with it when the car stands."""
        open_doors(self._car)
        self._car.bridge_in_zone()
        self._car.tell(TruthKind.DOOR_OPENING, floor=self._car.floor)

    def jam(self) -> None:
        """Begin to open, and stick."""
        car = self._car
        car.tell(TruthKind.DOOR_OPENING, floor=car.floor)
        jam_doors(car, JAM_OPENING_M)

    def move_to(self, fraction: float) -> int:
        """Somebody moves the door by hand; when it will be there."""
        return force_doors(self._car, fraction)

    def button_here(self, floor: int) -> None:
        """A hall button at the landing where the car stands with its door not shut: let in who fits in."""
        if self._boarder(floor) is None:
            return
        if self._car.phase is Phase.OPENING:
            self._answer(floor)
        elif self._car.phase is not Phase.CLOSING or (
            self._car.building.door.hall_call_reopens and not self._car.nudging
        ):
            self.be_open()

    def be_open(self) -> None:
        """Open again if the door is closing or was closed; if it is open, look who wants to pass."""
        if self._car.phase is Phase.DWELL:
            self._let_through()
        elif self._car.phase in {Phase.PARKED, Phase.STARTING, Phase.CLOSING}:
            self.open()

    def let_go(self) -> None:
        """Whoever holds the door or stands in its light curtain stops doing so."""
        self._hold_until_ns = self._blocked_ns = self._tries = 0
        self._nudging.end()
        if self._car.phase is Phase.DWELL:
            self._dwell()

    def settle(self) -> None:
        """Something has changed how long an open door stays so."""
        if self._car.phase is Phase.DWELL:
            self._let_through()

    def hurry(self) -> bool:
        """The door-close button: an open door that nobody holds and no mode keeps open closes; whether it was one."""
        if self._car.phase is not Phase.DWELL:
            return False
        self._hurried = True
        self._dwell()
        return True

    def block_beam(self) -> bool:
        """What is armed to block the light curtain does so if the door is closing: it opens again; whether it does."""
        car = self._car
        if car.phase is not Phase.CLOSING or car.hands.beam_ns is None or car.nudging:
            return False
        self._blocked_ns, car.hands.beam_ns = car.hands.beam_ns, None
        self.open()
        return True

    def touch_edge(self) -> bool:
        """Who is to be touched by the closing door is so if it is closing: it opens again; whether it does."""
        car = self._car
        if car.phase is not Phase.CLOSING or not car.hands.at_edge:
            return False
        car.hands.at_edge = False
        self._met()
        return True

    def _opened(self) -> None:
        car, floor = self._car, self._car.floor
        self._opened_ns = car.now_ns
        car.tell(TruthKind.DOOR_OPEN, floor=floor)
        self._standstill.set_free()
        if car.trouble.rescuing or car.trouble.fault is not None:
            car.riders.all_want_out(floor)
            car.calls = Calls(0, car.calls.up, car.calls.down)
        for person in car.crowd.lose_patience(floor, car.now_ns):
            car.tell(TruthKind.ABANDONED, person=person.serial, floor=floor)
        self._let_through()

    def _let_through(self) -> None:
        car, floor = self._car, self._car.floor
        if car.trouble.armed is not None and self._runaways.at_open_door():
            return
        if car.service.mode is not Mode.NORMAL and sends_out(car.service.mode, floor, self._home):
            car.riders.all_want_out(floor)
        self._answer(floor)
        after_ns = car.now_ns + to_ns(car.building.traffic.transfer_s)
        leaver = car.riders.next_leaver(floor)
        boarder = self._boarder(floor) if leaver is None else None
        if leaver is not None:
            car.enter(Phase.TRANSFER, after_ns, lambda: self._alight(leaver, floor))
        elif car.riders.overloaded:
            last = car.riders.persons[-1]
            car.enter(Phase.TRANSFER, after_ns + to_ns(OVERLOAD_REACTION_S), lambda: self._step_out(last, floor))
        elif boarder is not None:
            car.enter(Phase.TRANSFER, after_ns, lambda: self._board(boarder, floor))
            car.riders.entering = boarder
        else:
            self._dwell()

    def _answer(self, floor: int) -> None:
        car = self._car
        if car.neighbours:
            answer_here(car, floor)
        else:
            car.calls, car.heading = answer(car.calls, floor, car.heading)

    def _boarder(self, floor: int) -> Passenger | None:
        car = self._car
        no_entry = car.trouble.rescuing or car.trouble.fault is not None or self._turned_away
        if no_entry or not (car.service.rules.boards and car.riders.has_room):
            return None
        return car.crowd.next_boarder(floor, car.heading)

    def _alight(self, person: Passenger, floor: int) -> None:
        car = self._car
        car.riders.alight(person)
        car.tell(TruthKind.ALIGHTED, person=person.serial, floor=floor, persons=car.persons)
        car.load_changed()
        self._let_through()

    def _board(self, person: Passenger, floor: int) -> None:
        car = self._car
        car.riders.board(person)
        car.tell(TruthKind.BOARDED, person=person.serial, floor=floor, persons=car.persons)
        car.load_changed()
        if person.destination is not None and car.service.rules.car_calls:
            car.calls = car.calls.with_car(person.destination)
            if car.heading is Direction.NONE:
                car.heading = person.way
        if car.riders.overloaded:
            self._turned_away = True
            car.tell(TruthKind.OVERLOADED, floor=floor, load_kg=car.riders.load_kg)
        self._let_through()

    def _step_out(self, person: Passenger, floor: int) -> None:
        car = self._car
        waits = car.riders.step_out(person, floor)
        car.tell(TruthKind.STEPPED_OUT, person=person.serial, floor=floor, persons=car.persons)
        if not waits:
            car.tell(TruthKind.ABANDONED, person=person.serial, floor=floor)
        car.load_changed()
        self._let_through()

    def _dwell(self) -> None:
        car, door = self._car, self._car.building.door
        if car.trouble.hold_ns is not None:
            self._hold_until_ns = car.now_ns + car.trouble.hold_ns
            car.trouble.hold_ns = None
        if car.trouble.rescuing:
            self._hold_until_ns = car.now_ns + to_ns(RESCUE_HOLD_S)
        dwell_s = door.dwell_hall_call_s if self._hall_stop else door.dwell_car_call_s
        mode, rules = car.service.mode, car.service.rules
        if rules.doors is not Doors.TIMED:
            if stays_open(mode, rules, car.floor, self._home, car.calls):
                self._stay_open()
                return
            if rules.doors is Doors.ATTENDED:
                dwell_s = ATTENDED_DOOR_S
        if self._hurried:
            idle_ns = own_ns = car.now_ns
        else:
            idle_ns = self._opened_ns + to_ns(dwell_s)
            own_ns = max(idle_ns, self._opened_ns + self._blocked_ns)
        kept_ns = max(own_ns, self._hold_until_ns)
        if not car.trouble.rescuing:
            kept_ns = self._nudging.until_ns(idle_ns, kept_ns)
        until_ns = max(kept_ns, car.hands.door_until_ns, car.now_ns)
        car.enter(Phase.DWELL, until_ns, self._close)
        if car.hand_over is not None and until_ns > own_ns:
            car.hand_over()

    @property
    def _home(self) -> int:
        return home_of(self._car.service.mode, self._car.building)

    def _stay_open(self) -> None:
        """Until something changes; a technician goes away when he has looked around."""
        if self._car.trouble.rescuing:
            self._car.enter(Phase.DWELL, self._hold_until_ns, self._looked_round)
        else:
            self._car.enter(Phase.DWELL)

    def _looked_round(self) -> None:
        self._car.trouble.rescuing = False
        self._let_through()

    def _close(self) -> None:
        car = self._car
        if not car.trouble.is_alive or car.trouble.fault is Fault.DOOR_BLOCKED:
            self._keeper.cannot_close()
            return
        car.nudging = self._nudging.is_due(car.now_ns)
        close_doors(car, SLOWER if car.nudging else 1.0)
        car.tell(TruthKind.DOOR_CLOSING, floor=car.floor)
        self._blocked_ns = 0
        if car.nudging:
            self._hold_until_ns, car.hands.beam_ns = 0, None
            car.tell(TruthKind.NUDGING, floor=car.floor, persons=car.persons)
        if car.hands.beam_ns is None and not car.hands.at_edge:
            self._shut()
        else:
            car.enter(Phase.CLOSING, shut_to_ns(car, HALF_SHUT), self._half_shut)

    def _half_shut(self) -> None:
        if not (self.block_beam() or self.touch_edge()):
            self._shut()

    def _shut(self) -> None:
        car = self._car
        if car.trouble.obstructed:
            stalls_ns = block_doors(car, OBSTRUCTED_AT)
            car.enter(Phase.CLOSING, stalls_ns + to_ns(car.building.door.operator.reaction_s), self._met)
        else:
            car.enter(Phase.CLOSING, shut_to_ns(car), self._closed)

    def _met(self) -> None:
        """The safety edge met somebody, or the panel what lies in the sill: open, and after too many tries give up."""
        self._tries += 1
        if self._tries >= self._car.building.door.close_tries:
            self._standstill.break_down(Fault.DOOR_BLOCKED)
        self.open()

    def _closed(self) -> None:
        car = self._car
        car.door_cycles += 1
        car.trouble.rescuing = False
        self._turned_away = car.nudging = False
        self._tries = 0
        self._nudging.end()
        car.tell(TruthKind.DOOR_CLOSED, floor=car.floor, persons=car.persons)
        self._keeper.closed()
