"""The car on its way: runs, emergency stops, creeping, inspection. Whoever sent it is told how it ended."""

from collections.abc import Callable
from typing import Final, final

from protocols.lift.vocabulary import Direction
from sim.agenda import to_ns
from sim.car import Car, Phase
from sim.motion import SIGN, Braking, Rest, Run, brake_between
from sim.trouble import CLEAR_OF_LANDINGS_M, GLITCH_S, Fault
from sim.truth import TruthKind

_OPENING_THE_CHAIN: Final = frozenset({Fault.CHAIN_OPEN, Fault.CHAIN_GLITCH})
CREEP_ACCEL_MPS2: Final = 0.25
CREEP_JERK_MPS3: Final = 0.5
"""Creeping is gentle (assumption); only its speed is limited by a standard."""
INSPECTION_SPEED_MPS: Final = 0.30
"""At most 0.63 m/s, and 0.30 m/s with 2.0 m or less clear above or below (EN 81-20 5.12.1.5.2.1, C): a building here
does not say its clearances, and the lower limit holds anywhere."""


@final
class Hoist:
    """Moves the car. Calls `on_arrived` after a run, `on_crept` after creeping, `on_halted` after any other stop."""

    def __init__(
        self,
        car: Car,
        on_arrived: Callable[[], None],
        on_halted: Callable[[], None],
        on_crept: Callable[[], None],
        break_down: Callable[[Fault], None],
        off_m: Callable[[], float],
    ) -> None:
        """`off_m`: how far above its landing the next run ends (below: negative)."""
        self._car: Final = car
        self._on_arrived: Final = on_arrived
        self._on_halted: Final = on_halted
        self._on_crept: Final = on_crept
        self._break_down: Final = break_down
        self._off_m: Final = off_m
        self._run_off_m = 0.0

    def run_to(self, target: int) -> None:
        """A normal run from where the car stands, at a landing or a few millimetres off it."""
        car = self._car
        floor = car.floor
        car.trips += 1
        on_car_call = bool(car.calls.car >> target & 1)
        car.tell(TruthKind.DEPARTED, floor=floor, to=target, persons=car.persons, car_call=on_car_call)
        here_m = car.motion.position_m(car.now_ns)
        self._run_off_m = self._off_m()
        there_m = car.heights_m[target] + self._run_off_m
        car.motion = Run(here_m, there_m, car.now_ns, car.building.motion_limits)
        self.plan_end()

    def shorten_to(self, floor: int) -> None:
        """Stop at `floor` if it lies before the target and a smooth stop there is still possible."""
        car, run = self._car, self._car.motion
        if not isinstance(run, Run):
            return
        here_m, there_m = run.position_m(car.now_ns), car.heights_m[floor] + self._run_off_m
        if not min(here_m, run.target_m) < there_m < max(here_m, run.target_m):
            return
        shorter = run.shortened(there_m, car.now_ns)
        if shorter is not None:
            car.motion = shorter
            self.plan_end()

    def plan_end(self) -> bool:
        """The run ends by arriving or, if that is armed and somebody is in, by an open chain; whether by the latter."""
        car = self._car
        brake_ns = self._chain_opens_ns()
        if brake_ns is None:
            car.enter(Phase.RUNNING, car.motion.end_ns, self._arrived)
        else:
            car.enter(Phase.RUNNING, brake_ns, self._chain_opens)
        return brake_ns is not None

    def brake(self) -> None:
        """Emergency stop."""
        car = self._car
        car.motion = Braking(car.motion, car.now_ns, car.building.drive.emergency_decel_mps2)
        car.enter(Phase.BRAKING, car.motion.end_ns, self._halted)

    def creep(self) -> None:
        """Slowly to the nearest landing, as soon as the car stands."""
        car = self._car
        if car.now_ns < car.motion.end_ns:
            car.enter(Phase.STUCK, car.motion.end_ns, self.creep)
            return
        limits = (car.building.drive.rescue_speed_mps, CREEP_ACCEL_MPS2, CREEP_JERK_MPS3)
        car.motion = Run(car.motion.position_m(car.now_ns), car.heights_m[car.floor], car.now_ns, limits)
        car.enter(Phase.CREEPING, car.motion.end_ns, self._crept)

    def inspect(self, way: Direction, until_ns: int) -> bool:
        """Slowly `way` until `until_ns`, but not beyond the last landing; whether there is any way to go."""
        car = self._car
        here_m = car.motion.position_m(car.now_ns)
        end_m = car.heights_m[-1] if way is Direction.UP else car.heights_m[0]
        if SIGN[way] * (end_m - here_m) <= 0 or car.now_ns < car.motion.end_ns:
            return False
        speed_mps = min(INSPECTION_SPEED_MPS, car.building.drive.rated_speed_mps)
        car.motion = Run(here_m, end_m, car.now_ns, (speed_mps, CREEP_ACCEL_MPS2, CREEP_JERK_MPS3))
        if car.motion.end_ns <= until_ns:
            car.enter(Phase.INSPECTION_RUN, car.motion.end_ns, self._at_last_landing)
        else:
            car.enter(Phase.INSPECTION_RUN, until_ns, self.brake)  # the button let go drops the brake
        return True

    def _chain_opens_ns(self) -> int | None:
        car, run = self._car, self._car.motion
        if car.trouble.armed not in _OPENING_THE_CHAIN or not car.persons or not isinstance(run, Run):
            return None
        decel_mps2 = car.building.drive.emergency_decel_mps2
        return brake_between(run, car.now_ns, car.heights_m, CLEAR_OF_LANDINGS_M, decel_mps2)

    def _chain_opens(self) -> None:
        trouble = self._car.trouble
        if trouble.armed is Fault.CHAIN_GLITCH:
            trouble.chain_open_until_ns = self._car.now_ns + to_ns(GLITCH_S)
            self._break_down(Fault.CHAIN_GLITCH)
        else:
            self._break_down(Fault.CHAIN_OPEN)
        self.brake()

    def _arrived(self) -> None:
        self._stand()
        self._tell_arrived()
        self._on_arrived()

    def _halted(self) -> None:
        self._stand()
        self._on_halted()

    def _at_last_landing(self) -> None:
        self._stand()
        self._tell_arrived()
        self._on_halted()

    def _crept(self) -> None:
        self._stand()
        self._tell_arrived()
        self._on_crept()

    def _stand(self) -> None:
        car, now_ns = self._car, self._car.now_ns
        position_m = car.motion.position_m(now_ns)
        car.motion = Rest(position_m, now_ns)
        car.tell(
            TruthKind.STOPPED,
            position_m=position_m,
            floor=car.floor,
            door_zone=car.in_zone(now_ns),
            persons=car.persons,
        )

    def _tell_arrived(self) -> None:
        self._car.tell(TruthKind.ARRIVED, floor=self._car.floor, persons=self._car.persons)
