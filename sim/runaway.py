"""A car that its drive or brake no longer holds, from the occasion to its standstill: what happens, device by device.

Each way is one closed-form motion; there is an appointment only where a device acts. The fault is there from the
beginning, and the controller notices it when a device says so.
"""

from collections.abc import Callable
from typing import Final, final

from protocols.lift.vocabulary import Direction
from sim.agenda import to_ns
from sim.car import Car, Phase
from sim.chain import Contact
from sim.motion import SIGN, Braking, Buffered, Motion, Rest, Run, Runaway, Stall
from sim.protection import (
    BUFFER_MPS2,
    OVERRUN_M,
    STANDARD_GRAVITY_MPS2,
    contact_speed_mps,
    run_limit_s,
    stopping_m,
    trip_speed_mps,
    ucm_top_mps,
)
from sim.sides import freeze_doors
from sim.standstill import Standstill
from sim.trouble import Fault
from sim.truth import TruthKind

Begin = tuple[int, Callable[[], None]]


@final
class Runaways:
    """Begins what is armed on its occasion, with somebody in the car, and ends it in a standstill.

    Calls `halted` when the car has come to rest; `stalled` instead if its drive still runs, and `dropped` when that is
    stopped.
    """

    def __init__(
        self,
        car: Car,
        standstill: Standstill,
        stalled: Callable[[], None],
        halted: Callable[[], None],
        dropped: Callable[[], None],
    ) -> None:
        self._car: Final = car
        self._standstill: Final = standstill
        self._stalled: Final = stalled
        self._halted: Final = halted
        self._dropped: Final = dropped
        self._protection: Final = car.building.protection
        self._rated_mps: Final = car.building.drive.rated_speed_mps
        self._limit_ns: Final = to_ns(run_limit_s(car.heights_m, car.building.motion_limits))

    def on_run(self, target: int) -> Begin | None:
        """When what is armed begins on the present run to `target`, and how; None if this run is not its occasion."""
        car, run, now_ns = self._car, self._car.motion, self._car.now_ns
        if not car.persons or not isinstance(run, Run):
            return None
        match car.trouble.armed:
            case Fault.OVERSPEED:
                begin_ns = max(now_ns, run.peak_ns)
                fits = begin_ns <= run.commit_ns and self._fits(self._speeding(run, begin_ns))
                return (begin_ns, self._speed_up) if fits else None
            case Fault.NO_MOTION:
                return (now_ns, self._stall) if now_ns == run.start_ns else None
            case Fault.ROPE_SLIP:
                begin_ns = max(now_ns, run.peak_ns)
                return (begin_ns, self._stall) if begin_ns <= run.commit_ns else None
            case Fault.OVERTRAVEL_TOP | Fault.NOT_SLOWED:
                fits = now_ns <= run.commit_ns and target in {0, len(car.heights_m) - 1}
                return (run.commit_ns, self._overrun) if fits else None
            case _:
                return None

    def at_open_door(self) -> bool:
        """If that is armed and somebody is in the standing car, it moves away; whether it does."""
        car, now_ns = self._car, self._car.now_ns
        if car.trouble.armed is not Fault.UCM or not car.persons or now_ns < car.motion.end_ns:
            return False
        if car.relevels_at_ns is not None:
            return False
        protection, here_m, landing_m = self._protection, car.motion.position_m(now_ns), car.heights_m[car.floor]
        way = Direction.UP if car.drift is Direction.UP else Direction.DOWN
        detected_m = car.building.door.zone_m - SIGN[way] * (here_m - landing_m)
        top_mps = ucm_top_mps(protection, detected_m)
        self._begin(Fault.UCM)
        freeze_doors(car)
        car.bridged_until_ns = 0
        moves = Runaway(car.motion, now_ns, way, protection.ucm_accel_mps2, top_mps, protection.ucm_decel_mps2)
        car.motion = moves
        noticed_ns = moves.top_ns - to_ns(protection.ucm_response_s)

        def notice() -> None:
            self._act("ucm")
            car.enter(Phase.RUNAWAY, moves.end_ns, self._halted)

        car.enter(Phase.RUNAWAY, noticed_ns, notice)
        return True

    def _begin(self, fault: Fault) -> None:
        self._car.trouble.unnoticed = True
        self._standstill.break_down(fault)

    def _act(self, device: str, contact: Contact | None = None) -> None:
        """A device acts, perhaps by its contact in the safety chain; the controller knows now."""
        car, now_ns = self._car, self._car.now_ns
        car.trouble.unnoticed = False
        if contact is not None:
            car.chain.open(contact)
        speed_mps, position_m = car.motion.speed_mps(now_ns), car.motion.position_m(now_ns)
        car.tell(TruthKind.TRIPPED, device=device, speed_mps=speed_mps, position_m=position_m)

    # overspeed

    def _speeding(self, before: Motion, begin_ns: int) -> Runaway:
        protection = self._protection
        return Runaway(
            before,
            begin_ns,
            before.direction,
            protection.runaway_accel_mps2,
            trip_speed_mps(protection, self._rated_mps),
            protection.gear_retardation_g * STANDARD_GRAVITY_MPS2,
            contact_speed_mps(protection, self._rated_mps),
        )

    def _fits(self, motion: Motion) -> bool:
        return 0 <= motion.position_m(motion.end_ns) <= self._car.heights_m[-1]

    def _speed_up(self) -> None:
        car = self._car
        self._begin(Fault.OVERSPEED)
        car.motion = speeding = self._speeding(car.motion, car.now_ns)

        def open_contact() -> None:
            self._act("governor", Contact.GOVERNOR)
            car.enter(Phase.RUNAWAY, speeding.top_ns, trip)

        def trip() -> None:
            self._act("safety_gear", Contact.SAFETY_GEAR)
            car.enter(Phase.RUNAWAY, speeding.end_ns, self._halted)

        car.enter(Phase.RUNAWAY, speeding.drive_off_ns, open_contact)

    # the drive runs and the car does not

    def _stall(self) -> None:
        car, run = self._car, self._car.motion
        if not isinstance(run, Run) or car.trouble.armed is None:
            return
        self._begin(car.trouble.armed)
        stall = Stall(run, car.now_ns, car.building.drive.emergency_decel_mps2, run.start_ns + self._limit_ns)
        car.motion = stall
        car.enter(Phase.STALLED, stall.still_ns, lambda: self._stand_still(stall))

    def _stand_still(self, stall: Stall) -> None:
        self._stalled()
        self._car.enter(Phase.STALLED, stall.end_ns, self._limit)

    def _limit(self) -> None:
        car = self._car
        car.motion = Rest(car.motion.position_m(car.now_ns), car.now_ns, after_run=True)
        car.machine.stopped()
        self._act("run_limiter")
        self._dropped()

    # beyond the last landings

    def _overrun(self) -> None:
        car, run, limit_m = self._car, self._car.motion, self._protection.final_limit_m
        if not isinstance(run, Run):
            return
        up = run.direction is Direction.UP
        last_m = car.heights_m[-1] if up else 0.0
        slows = car.trouble.armed is Fault.OVERTRAVEL_TOP
        beyond_m = OVERRUN_M if slows else stopping_m(car.building.motion_limits)
        onward = run.retargeted(last_m + SIGN[run.direction] * (limit_m + beyond_m), car.now_ns)
        if onward is None:
            return
        self._begin(Fault.OVERTRAVEL_TOP if up else Fault.OVERTRAVEL_BOTTOM)
        car.motion = onward
        name = "final_limit_up" if up else "final_limit_down"
        crosses_ns = onward.passes_ns(last_m + SIGN[run.direction] * limit_m)
        car.enter(Phase.RUNAWAY, crosses_ns, lambda: self._cut_off(name))

    def _cut_off(self, name: str) -> None:
        self._act(name)  # its contact follows the car (sim/car.py)
        self.brake(Phase.RUNAWAY)

    def brake(self, phase: Phase) -> None:
        """The brake falls, and a buffer takes what it leaves beyond a last landing; in `phase` until the car stands."""
        car, up = self._car, self._car.motion.direction is Direction.UP
        brake = Braking(car.motion, car.now_ns, car.building.drive.emergency_decel_mps2)
        hits_ns = brake.passes_ns(car.heights_m[-1] + self._protection.buffer_m if up else -self._protection.buffer_m)
        if hits_ns is None:
            car.motion = brake
            car.enter(phase, brake.end_ns, self._halted)
            return
        car.motion = Buffered(brake, hits_ns, BUFFER_MPS2)
        name, end_ns = "counterweight_buffer" if up else "car_buffer", car.motion.end_ns

        def hit() -> None:
            self._act(name)
            car.enter(phase, end_ns, self._halted)

        car.enter(phase, hits_ns, hit)
