"""A group of cars behind one set of landing buttons: which car holds which hall call, and who takes over from whom."""

from collections.abc import Iterator
from functools import partial
from typing import Final, Protocol, final

from protocols.lift.vocabulary import Direction
from sim.agenda import NS_PER_S
from sim.building import Building, Dispatch
from sim.car import Car, Phase, Tell
from sim.controller import Calls, answer
from sim.dispatch import CarState, Times, chosen, eta_s
from sim.load import Body
from sim.motion import SIGN, Run
from sim.passengers import Crowd
from sim.truth import TruthKind

_OPEN: Final = frozenset({Phase.OPENING, Phase.TRANSFER, Phase.DWELL})
HELD_NS: Final = 20 * NS_PER_S
"""A door that will stay open for longer is being held: its car's hall calls go to others (a design value)."""
RELIEF_S: Final = 10.0
"""How much sooner a car that has run out of calls must be for a call to change hands (a design value)."""
_BOTH_WAYS: Final = (Direction.UP, Direction.DOWN)


class Member(Protocol):
    """A lift as its group sees it."""

    @property
    def car(self) -> Car:
        """Its car."""

    @property
    def attends(self) -> bool:
        """Whether it takes hall calls."""

    def hall_call(self, floor: int, way: Direction) -> None:
        """A hall call is its own now: it registers it and does what there is to do."""

    def note_hall_call(self, floor: int, way: Direction) -> None:
        """A hall call is its own now, for when it looks at its calls next."""


@final
class Group:
    """The landings' buttons. A hall call belongs to one car; with one car in the building it is always that one."""

    def __init__(self, building: Building, crowd: Crowd, tell: Tell) -> None:
        self._rule: Final = building.dispatch
        self._top: Final = len(building.floors) - 1
        self._times: Final = Times(building)
        self._crowd: Final = crowd
        self._tell: Final = tell
        self._lifts: Final[list[Member]] = []
        self._stuck: Final[list[tuple[int, Direction]]] = []

    def join(self, lift: Member) -> None:
        """One more lift of the group."""
        for other in self._lifts:
            other.car.neighbours += (lift.car,)
            lift.car.neighbours += (other.car,)
        lift.car.hand_over = partial(self.hand_over, lift)
        self._lifts.append(lift)

    @property
    def is_one(self) -> bool:
        """Whether there is nobody to share calls with."""
        return len(self._lifts) == 1

    def person_comes(
        self, origin: int, destination: int | None, before: Member | None = None, body: Body | None = None
    ) -> None:
        """Somebody comes to the landing `origin`, or there to the lift `before` them, and presses the button.

        No destination: only to stand inside. No body: somebody of those who live or work here.
        """
        person = self._crowd.newcomer(origin, destination, self._lifts[0].car.now_ns, body)
        weighed = self._crowd.bodies.told(person.body)
        if destination is None:
            self._tell(TruthKind.WAITING, person=person.serial, floor=origin, **weighed)
        else:
            self._tell(TruthKind.WAITING, person=person.serial, floor=origin, to=destination, **weighed)
        way = self._crowd.button(person)
        if before is not None and (self.is_one or (before.attends and before.car.riders.has_room)):
            self._take_away(floor=origin, way=way, but=before)
            before.hall_call(origin, way)
        else:
            self._press(origin, way)

    def left_behind_press(self, floor: int, lift: Member) -> None:
        """The doors of `lift` have closed at `floor`: whoever still waits there presses the button again.

        A full car gives its hall calls to others.
        """
        for way in self._crowd.ways_wanted(floor):
            if self.is_one:
                lift.note_hall_call(floor, way)
            elif self._holder(floor, way) is None:
                self._assign(floor, way, lift)
        if not self.is_one and lift.car.riders.nearly_full:
            self.hand_over(lift)

    def everybody_presses(self, lift: Member) -> None:
        """All who wait at landings press their buttons again, because `lift` is back and their calls may be lost."""
        for floor in range(self._top + 1):
            stuck = [way for at, way in self._stuck if at == floor]
            for way in (*self._crowd.ways_wanted(floor), *stuck):
                if self.is_one:
                    lift.note_hall_call(floor, way)
                elif self._holder(floor, way) is None:
                    self._assign(floor, way, lift)

    def stick_button(self, floor: int) -> bool:
        """The button at `floor`, up if there is one, is pressed and stays so; whether it was not.

        The controller takes that for one press until a car leaves the landing (assumption: what answers a held button
        at once never closes its door).
        """
        stuck = (floor, Direction.UP if floor < self._top else Direction.DOWN)
        if stuck in self._stuck:
            return False
        self._stuck.append(stuck)
        if not any(_lets_in(lift.car) and lift.car.floor == floor for lift in self._lifts):
            self._press(*stuck)
        return True

    def free_buttons(self) -> bool:
        """No button sticks any more; whether one did."""
        was = bool(self._stuck)
        self._stuck.clear()
        return was

    def left(self, floor: int) -> None:
        """A car has set out from `floor`: a button that sticks there calls again."""
        for at, way in self._stuck:
            if at == floor:
                self._press(at, way)

    def hand_over(self, lift: Member) -> None:
        """`lift` is full, held, or answers no hall calls any more: others get its own, if there are others who do."""
        if self.is_one or not lift.car.calls.hall:
            return
        calls = lift.car.calls
        lift.car.calls = Calls(calls.car)
        for floor, way in _hall_calls(calls):
            self._assign(floor, way, lift)

    def relieve(self, idle: Member) -> None:
        """`idle` has no calls left: by the `eta` rule it gets those of others where it would be much sooner."""
        if self.is_one or self._rule is not Dispatch.ETA or not idle.attends:
            return
        for lift in self._lifts:
            for floor, way in _hall_calls(lift.car.calls if lift is not idle else Calls()):
                sooner_s = self._eta_s(lift, floor, way) - self._eta_s(idle, floor, way)
                if sooner_s > RELIEF_S:
                    lift.car.calls = lift.car.calls.without_hall(floor, way)
                    idle.note_hall_call(floor, way)

    def _eta_s(self, lift: Member, floor: int, way: Direction) -> float:
        return eta_s(state_of(lift.car, floor), floor, way, self._times)

    def _press(self, floor: int, way: Direction) -> None:
        lift = self._lifts[0] if self.is_one else self._holder(floor, way) or self._best(floor, way)
        if lift is not None:
            lift.hall_call(floor, way)

    def _assign(self, floor: int, way: Direction, looking: Member) -> None:
        """To the best car; `looking` will look at its calls by itself."""
        lift = self._best(floor, way)
        if lift is looking:
            lift.note_hall_call(floor, way)
        elif lift is not None:
            lift.hall_call(floor, way)

    def _best(self, floor: int, way: Direction) -> Member | None:
        attending = [lift for lift in self._lifts if lift.attends]
        roomy = [lift for lift in attending if self._has_room(lift.car, floor)]
        candidates = roomy if roomy else attending
        if not candidates:
            return None
        states = [state_of(lift.car, floor) for lift in candidates]
        return candidates[chosen(states, floor, way, self._times, self._rule)]

    def _has_room(self, car: Car, floor: int) -> bool:
        """A car that stands open at the call's landing takes as many as fit.

        Elsewhere a nearly full one passes by, and one whose door somebody holds may come much later.
        """
        if _lets_in(car) and car.floor == floor:
            return car.riders.has_room
        return not car.riders.nearly_full and not _is_held(car)

    def _holder(self, floor: int, way: Direction) -> Member | None:
        return next((lift for lift in self._lifts if lift.attends and lift.car.calls.has_hall(floor, way)), None)

    def _take_away(self, floor: int, way: Direction, but: Member) -> None:
        for lift in self._lifts:
            if lift is not but:
                lift.car.calls = lift.car.calls.without_hall(floor, way)


def _lets_in(car: Car) -> bool:
    """Whether people at its landing may still get in."""
    return car.phase in _OPEN or (car.phase is Phase.CLOSING and car.building.door.hall_call_reopens)


def _is_held(car: Car) -> bool:
    return car.phase is Phase.DWELL and car.until_ns is not None and car.until_ns - car.now_ns > HELD_NS


def drop_out(car: Car) -> None:
    """It answers no hall calls until it is dispatched again and people press again: others of its group get them."""
    car.dropped_out = True
    if car.hand_over is not None:
        car.hand_over()


def answer_here(car: Car, floor: int) -> None:
    """What a car that opens at `floor` answers of all hall calls there, whichever car of its group they belong to."""
    up, down = car.calls.up, car.calls.down
    called = [other for other in car.neighbours if other.calls.hall >> floor & 1]
    for other in called:
        up, down = up | other.calls.up & 1 << floor, down | other.calls.down & 1 << floor
    left, car.heading = answer(Calls(car.calls.car, up, down), floor, car.heading)
    car.calls = Calls(left.car, car.calls.up & left.up, car.calls.down & left.down)
    for way in _BOTH_WAYS:
        if not left.has_hall(floor, way):
            for other in called:
                other.calls = other.calls.without_hall(floor, way)


def is_called_to(car: Car, floor: int) -> bool:
    """Whether anybody's hall call is registered at `floor`."""
    return bool(car.calls.hall >> floor & 1) or any(other.calls.hall >> floor & 1 for other in car.neighbours)


def state_of(car: Car, floor: int) -> CarState:
    """What the car is doing, as a dispatcher wants to know it of a call at `floor`."""
    now_ns, run = car.now_ns, car.motion
    if car.phase is Phase.RUNNING and isinstance(run, Run):
        return CarState(
            floor=car.floor_at(run.end_ns),
            heading=run.direction,
            calls=car.calls,
            ready_s=(run.end_ns - now_ns) / NS_PER_S,
            arriving=True,
            passing_s=_passing_s(car, run, floor),
            near=car.floor,
        )
    return CarState(
        floor=car.floor,
        heading=car.heading,
        calls=car.calls,
        ready_s=_ready_s(car),
        open_here=_lets_in(car),
        near=car.floor,
    )


def _passing_s(car: Car, run: Run, floor: int) -> float | None:
    """A car without calls is on its way home and goes to any landing ahead; others stop on their way."""
    here_m, there_m = run.position_m(car.now_ns), car.heights_m[floor]
    ahead = (there_m - here_m) * SIGN[run.direction] > 0
    beyond = abs(there_m - here_m) >= abs(run.target_m - here_m)
    if not ahead or (beyond and car.calls.every):
        return None
    other = run.retargeted(there_m, car.now_ns)
    return None if other is None else (other.end_ns - car.now_ns) / NS_PER_S


def _ready_s(car: Car) -> float:
    """Until it may begin to start; less than 0 if it is doing so."""
    if car.until_ns is None or car.phase is Phase.PARKED:
        return 0.0
    rest_s, door = (car.until_ns - car.now_ns) / NS_PER_S, car.building.door
    match car.phase:
        case Phase.OPENING:
            return rest_s + door.dwell_hall_call_s + door.closing_s
        case Phase.TRANSFER | Phase.DWELL:
            return rest_s + door.closing_s
        case Phase.STARTING:
            return rest_s - car.building.drive.start_delay_s
        case _:
            return rest_s


def _hall_calls(calls: Calls) -> Iterator[tuple[int, Direction]]:
    for way in _BOTH_WAYS:
        for floor in range(calls.hall.bit_length()):
            if calls.has_hall(floor, way):
                yield floor, way
