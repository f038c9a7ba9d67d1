"""How far off its landing a car comes to stand, what its rope gives when people step in and out, and re-levelling.

A heavier car stops lower; the drive is adjusted for the load that the counterweight balances. A car that stands too far
off with its door open is brought back: a small rest-to-rest move at the re-levelling speed, inside the unlocking zone.
"""

import random
from typing import Final, final

from sim.agenda import Appointment, to_ns
from sim.car import Car, Phase
from sim.motion import Braking, Rest, Run, Settling
from sim.ride import MOST_LOAD
from sim.truth import TruthKind

RELEVEL_ACCEL_MPS2: Final = 0.25
RELEVEL_JERK_MPS3: Final = 0.5
"""Re-levelling is as gentle as creeping (assumption); only its speed is limited by a standard."""
_DOOR_OPEN: Final = frozenset({Phase.OPENING, Phase.TRANSFER, Phase.DWELL, Phase.CLOSING})


@final
class Leveller:
    """Says where runs end, and moves a car that stands at its landing. Exact and idle if the building says nothing."""

    def __init__(self, car: Car, seed: int | str) -> None:
        self._car: Final = car
        self._levelling: Final = car.building.levelling
        self._draw: Final = random.Random(f"{seed}/levelling")
        self._is_exact: Final = self._levelling.worst_mm == 0
        self._share = 0.0
        self._move: Run | None = None
        self._next: Appointment | None = None
        if self._levelling.stretch_mm:
            car.on_load_changed = self._load_changed

    def run_off_m(self) -> float:
        """How far above its landing the run that begins now ends; below: negative."""
        if self._is_exact:
            return 0.0
        level = self._levelling
        more = self._load_share() - level.balance
        spread = min(max(self._draw.gauss(0, 1), -3.0), 3.0) * level.spread_mm if level.spread_mm else 0.0
        return (spread - level.load_error_mm * more) / 1000

    def look(self) -> None:
        """The car stands at a landing: it will be brought back if it is too far off and its door is open by then."""
        if self._is_exact or not self._levelling.relevels or self._next is not None:
            return
        car = self._car
        off_m = car.motion.position_m(car.motion.end_ns) - car.heights_m[car.floor]
        if abs(off_m) * 1000 > self._levelling.relevel_beyond_mm:
            begin_ns = max(car.now_ns, car.motion.end_ns) + to_ns(self._levelling.relevel_after_s)
            self._next = car.later(begin_ns, self._begin)

    def halt(self) -> None:
        """The brake falls: what moves stands, and nothing moves later."""
        if self._next is None:
            return
        self._next.cancel()
        self._next = None
        car = self._car
        car.relevels_at_ns, car.bridged_until_ns = None, 0
        if car.motion is self._move and car.now_ns < car.motion.end_ns:
            car.motion = Braking(car.motion, car.now_ns, car.building.drive.emergency_decel_mps2)

    def _load_share(self) -> float:
        return min(self._car.load_kg / self._car.building.rated_kg, MOST_LOAD)

    def _load_changed(self) -> None:
        car, now_ns, share = self._car, self._car.now_ns, self._load_share()
        if car.motion is self._move:
            return  # counted when the car stands again
        sunk_m = (share - self._share) * self._levelling.stretch_mm / 1000
        self._share = share
        if sunk_m:
            to_m = car.motion.position_m(car.motion.end_ns) - sunk_m
            car.motion = Settling(car.motion.position_m(now_ns), to_m, now_ns, car.motion.ran_until_ns)
            self.look()

    def _begin(self) -> None:
        """Contactor and brake are told to let the car go, if it still is too far off."""
        self._next = None
        car, now_ns = self._car, self._car.now_ns
        if not self._is_due():
            return
        if now_ns < car.motion.end_ns:  # somebody stepped in or out meanwhile
            self._next = car.later(car.motion.end_ns, self._begin)
            return
        car.relevels_at_ns = now_ns + car.machine.lead_ns
        car.bridged_until_ns = car.relevels_at_ns + 1
        self._next = car.later(car.relevels_at_ns, self._go)

    def _is_due(self) -> bool:
        car = self._car
        if car.phase not in _DOOR_OPEN or car.trouble.out_of_order or car.machine.fault is not None:
            return False
        here_m = car.motion.position_m(car.motion.end_ns)
        return abs(here_m - car.heights_m[car.floor]) * 1000 > self._levelling.relevel_beyond_mm

    def _go(self) -> None:
        self._next = None
        car, now_ns = self._car, self._car.now_ns
        car.relevels_at_ns, car.bridged_until_ns = None, 0
        if not self._is_due() or now_ns < car.motion.end_ns:
            self._begin()
            return
        here_m, landing_m = car.motion.position_m(now_ns), car.heights_m[car.floor]
        car.relevels += 1
        car.tell(TruthKind.RELEVELLING, floor=car.floor, off_m=here_m - landing_m, persons=car.persons)
        limits = (self._levelling.relevel_speed_mps, RELEVEL_ACCEL_MPS2, RELEVEL_JERK_MPS3)
        car.motion = self._move = Run(here_m, landing_m, now_ns, limits)
        car.bridge_in_zone()
        self._next = car.later(car.motion.end_ns, self._end)

    def _end(self) -> None:
        self._next = None
        car = self._car
        if car.motion is not self._move:
            return
        car.motion = Rest(car.motion.position_m(car.now_ns), car.now_ns, after_run=True)
        car.machine.stopped()
        car.tell(TruthKind.RELEVELLED, floor=car.floor, persons=car.persons)
        if self._levelling.stretch_mm:
            self._load_changed()
