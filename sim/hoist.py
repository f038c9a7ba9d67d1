"""The car on its way: runs, emergency stops, creeping, inspection. Whoever sent it is told how it ended."""

from bisect import bisect, bisect_left
from typing import Final, Protocol, final

from protocols.lift.vocabulary import Direction
from sim.advance import opens_ahead_ns
from sim.agenda import to_ns
from sim.car import Car, Phase
from sim.levelling import Leveller
from sim.motion import SIGN, Rest, Run, brake_between
from sim.runaway import Begin, Runaways
from sim.sides import are_opening, force_doors, freeze_doors, opening_ns
from sim.standstill import Standstill
from sim.trouble import CLEAR_OF_LANDINGS_M, GLITCH_S, PRIED_FRACTION, Fault
from sim.truth import TruthKind

_OPENING_THE_CHAIN: Final = frozenset({Fault.CHAIN_OPEN, Fault.CHAIN_GLITCH, Fault.DOOR_OPENED})
CREEP_ACCEL_MPS2: Final = 0.25
CREEP_JERK_MPS3: Final = 0.5
"""Creeping is gentle (assumption); only its speed is limited by a standard."""


class Sender(Protocol):
    """Who sends the car, and hears how that ends."""

    def near(self) -> None:
        """In a building with advance opening: a door may begin to open for the landing ahead."""

    def arrived(self) -> None:
        """A run has ended at its landing."""

    def crept(self) -> None:
        """Creeping has ended at its landing."""

    def halted(self) -> None:
        """The car stands after any other stop."""


@final
class Hoist:
    """Moves the car, and tells its sender."""

    def __init__(self, car: Car, leveller: Leveller, standstill: Standstill, sender: Sender) -> None:
        self._car: Final = car
        self._leveller: Final = leveller
        self._standstill: Final = standstill
        self._sender: Final = sender
        self.runaways: Final = Runaways(car, standstill, self._stands, self._halted, sender.halted)
        self._opens_ahead: Final = car.building.door.advance_opening
        self._run_off_m = 0.0
        self.target = car.floor
        """The landing that the present run, or the last one, goes to."""

    def run_to(self, target: int) -> None:
        """A normal run from where the car stands, at a landing or a few millimetres off it."""
        car = self._car
        floor, self.target = car.floor, target
        car.trips += 1
        on_car_call = bool(car.calls.car >> target & 1)
        car.tell(TruthKind.DEPARTED, floor=floor, to=target, persons=car.persons, car_call=on_car_call)
        here_m = car.motion.position_m(car.now_ns)
        self._run_off_m = self._leveller.run_off_m()
        there_m = car.heights_m[target] + self._run_off_m
        car.motion = Run(here_m, there_m, car.now_ns, car.building.motion_limits)
        self.plan_end()

    def retarget_to(self, floor: int) -> bool:
        """Stop at `floor`, nearer or farther than the target, if that lies ahead and the car can; whether it will."""
        car, run = self._car, self._car.motion
        if not isinstance(run, Run):
            return False
        other = run.retargeted(car.heights_m[floor] + self._run_off_m, car.now_ns)
        if other is None:
            return False
        self.target = floor
        car.motion = other
        self.plan_end()
        return True

    @property
    def passed(self) -> int:
        """The landing that the running car passed last or is at; the one that it left, if none."""
        car = self._car
        position_m, heights_m, off_m = car.motion.position_m(car.now_ns), car.heights_m, car.off_at_most_m
        if car.motion.direction is Direction.UP:
            return max(bisect(heights_m, position_m + off_m) - 1, 0)
        return min(bisect_left(heights_m, position_m - off_m), len(heights_m) - 1)

    def plan_end(self) -> bool:
        """The run ends by arriving or, if somebody is in, by what is armed; whether by the latter."""
        car = self._car
        mishap = None if car.trouble.armed is None else self._mishap()
        if mishap is not None:
            car.enter(Phase.RUNNING, *mishap)
        elif self._opens_ahead and car.now_ns < (near_ns := self._near_ns()):
            car.enter(Phase.RUNNING, near_ns, self._near)
        else:
            car.enter(Phase.RUNNING, car.motion.end_ns, self._arrived)
        return mishap is not None

    def _near_ns(self) -> int:
        car, run, floor = self._car, self._car.motion, self.target
        if not isinstance(run, Run):
            return 0
        return opens_ahead_ns(run, car.heights_m[floor], car.building.door, opening_ns(car.building, floor))

    def _near(self) -> None:
        self._car.enter(Phase.RUNNING, self._car.motion.end_ns, self._arrived)
        self._sender.near()

    def brake(self) -> None:
        """Emergency stop; a door that was opening stops as well."""
        car = self._car
        if are_opening(car):
            freeze_doors(car)
        car.bridged_until_ns = 0
        self.runaways.brake(Phase.BRAKING)

    def creep(self, floor: int, speed_mps: float) -> None:
        """Slowly to the landing `floor`, as soon as the car stands and nothing passing opens the safety chain."""
        car = self._car
        begin_ns = max(car.motion.end_ns, car.chain_opened_until_ns)
        if car.now_ns < begin_ns:
            car.enter(Phase.STUCK, begin_ns, lambda: self.creep(floor, speed_mps))
            return
        if car.has_power and not car.may_move:  # without it only a hand lifts the brake, and no chain is fed
            self._standstill.break_down(Fault.CHAIN_OPEN)
            return
        limits = (speed_mps, CREEP_ACCEL_MPS2, CREEP_JERK_MPS3)
        car.motion = Run(car.motion.position_m(car.now_ns), car.heights_m[floor], car.now_ns, limits)
        car.enter(Phase.CREEPING, car.motion.end_ns, self._crept)

    def drive_slowly(self, way: Direction, until_ns: int, speed_mps: float) -> bool:
        """By hand `way` until `until_ns`, but not beyond the last landing; whether there is any way to go."""
        car = self._car
        here_m = car.motion.position_m(car.now_ns)
        end_m = car.heights_m[-1] if way is Direction.UP else car.heights_m[0]
        if SIGN[way] * (end_m - here_m) <= 0 or car.now_ns < car.motion.end_ns:
            return False
        limits = (min(speed_mps, car.building.drive.rated_speed_mps), CREEP_ACCEL_MPS2, CREEP_JERK_MPS3)
        car.motion = Run(here_m, end_m, car.now_ns, limits)
        if car.motion.end_ns <= until_ns:
            car.enter(Phase.INSPECTION_RUN, car.motion.end_ns, self._at_last_landing)
        else:
            car.enter(Phase.INSPECTION_RUN, until_ns, self.brake)  # the button let go drops the brake
        return True

    def _mishap(self) -> Begin | None:
        car, run = self._car, self._car.motion
        if car.trouble.armed not in _OPENING_THE_CHAIN:
            return self.runaways.on_run(self.target)
        if not car.persons or not isinstance(run, Run):
            return None
        decel_mps2 = car.building.drive.emergency_decel_mps2
        brake_ns = brake_between(run, car.now_ns, car.heights_m, CLEAR_OF_LANDINGS_M, decel_mps2)
        return None if brake_ns is None else (brake_ns, self._chain_opens)

    def _chain_opens(self) -> None:
        car, armed = self._car, self._car.trouble.armed
        if armed is Fault.CHAIN_GLITCH:
            car.trouble.chain_open_until_ns = car.now_ns + to_ns(GLITCH_S)
        self._standstill.break_down(Fault.CHAIN_OPEN if armed is None else armed)
        self.brake()
        if armed is Fault.DOOR_OPENED:
            force_doors(car, PRIED_FRACTION)

    def _arrived(self) -> None:
        self._stand()
        self._tell_arrived()
        self._sender.arrived()

    def _halted(self) -> None:
        self._stand()
        self._sender.halted()

    def _stands(self) -> None:
        """The car stands, and its drive goes on."""
        self._tell_stopped()
        self._standstill.trap()

    def _at_last_landing(self) -> None:
        self._stand()
        self._tell_arrived()
        self._sender.halted()

    def _crept(self) -> None:
        self._stand()
        self._tell_arrived()
        self._sender.crept()

    def _stand(self) -> None:
        car, now_ns = self._car, self._car.now_ns
        car.motion = Rest(car.motion.position_m(now_ns), now_ns, after_run=isinstance(car.motion, Run))
        car.machine.stopped()
        self._tell_stopped()

    def _tell_stopped(self) -> None:
        car, now_ns = self._car, self._car.now_ns
        position_m = car.motion.position_m(now_ns)
        car.encoder.stood(position_m)
        car.tell(
            TruthKind.STOPPED,
            position_m=position_m,
            floor=car.floor,
            door_zone=car.in_zone(now_ns),
            persons=car.persons,
        )

    def _tell_arrived(self) -> None:
        self._car.tell(TruthKind.ARRIVED, floor=self._car.floor, persons=self._car.persons)
