"""Safety invariants (simulation.md, section 6, item 11), on what perfect sensors say at both ends of every interval.

Between two events a door moves one way, a car does not turn and nothing starts, so that whatever holds at both ends
of an interval, and at its middle, holds inside it. Each rule names its clause in what it raises.
"""

from collections.abc import Callable
from typing import Final, final

import msgspec

from protocols.lift.vocabulary import ServiceMode
from sim.agenda import NS_PER_S
from sim.building import Building
from sim.car import LEVEL_M
from sim.signals import PlantSignals
from sim.stimuli import Stimulus
from sim.trouble import Fault
from sim.truth import TruthKind, TruthRecord
from verify.findings import PlantWrong

INSPECTION_MPS: Final = 0.63
CREEP_MPS: Final = 0.30
LEVELLING_MPS: Final = 0.8
"""With doors open (EN 81-20 5.12.1.4; limits.csv, C)."""
UNLOCKING_ZONE_M: Final = 0.35
STANDARD_GRAVITY_MPS2: Final = 9.80665
UCM_MOST_M: Final = 1.20
ASTRAY: Final = frozenset({Fault.OVERSPEED, Fault.UCM, Fault.OVERTRAVEL_TOP, Fault.OVERTRAVEL_BOTTOM})
"""With these a car does what only a device stops; `check_devices` holds each device against its own limit."""
AFTER_NS: Final = (30_000_000, 90_000_000, 150_000_000)
"""When to look after an event with the contactor closed: a chain that opens then is seen before it has dropped."""
_ROUNDING: Final = 1e-6


def governor_most(rated_mps: float) -> float:
    """EN 81-20 5.6.2.2.1.1 (limits.csv, A), progressive safety gear."""
    return 1.5 if rated_mps <= 1.0 else 1.25 * rated_mps + 0.25 / rated_mps


class Seen(msgspec.Struct):
    """How much was watched."""

    runs: int = 0
    seconds: float = 0.0
    events: int = 0
    starts: int = 0
    door_cycles: int = 0
    stimuli: int = 0
    trapped: int = 0
    relevels: int = 0
    astray: int = 0

    def add(self, other: "Seen") -> None:
        """Both together."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@final
class Rules:
    """Of one car, whose `signals` are looked at. Raises PlantWrong where one is broken."""

    def __init__(self, building: Building, signals: Callable[[], PlantSignals], seen: Seen) -> None:
        self._building: Final = building
        self._signals: Final = signals
        self._seen: Final = seen
        self._departed = False
        self._stopped = False  # and may have started again at the same instant
        self._trapped: TruthRecord | None = None
        self._pried = False
        self._by_hand = False  # a technician lifts the brake: nobody waits for power with people in the car
        self._rescues = False  # a technician is at it, and goes on by hand if power or controller fail meanwhile
        self._limit_mps = 0.0
        self._relevels = False
        self._ahead = False
        self._broken = False
        self._welded = False
        self._held_open_ns: int | None = None
        self._astray: Fault | None = None
        self._astray_door = False
        self._forced = False
        self._beyond_m = 0.0
        self._level_m = LEVEL_M + building.levelling.worst_mm / 1000
        self._before = signals()

    def hear(self, record: TruthRecord) -> None:
        """One more record of this car."""
        if record.kind is TruthKind.FAULT:
            self._broken = True
        if record.kind is TruthKind.STOPPED:
            self._stopped = True
        if record.kind is TruthKind.DEPARTED:
            self._departed = True
        elif record.kind is TruthKind.FAULT_ENDED:
            self._broken = False
        elif record.kind is TruthKind.STIMULUS:
            self._note(str(record.data["stimulus"]))
        elif record.kind is TruthKind.FAULT and Fault(record.data["fault"]) is Fault.DOOR_OPENED:
            self._forced = True
        elif record.kind is TruthKind.FAULT and Fault(record.data["fault"]) in ASTRAY:
            self._astray = Fault(record.data["fault"])
            self._astray_door = self._astray is Fault.UCM
            self._beyond_m = UCM_MOST_M if self._astray is not Fault.OVERSPEED else 0.0
            self._seen.astray += 1
        elif record.kind is TruthKind.DOOR_OPENING:
            self._ahead = self._building.door.advance_opening and self._before.moving
        elif record.kind is TruthKind.RELEVELLING:
            now = self._signals()
            _must(not self._broken and _is_alive(now), "re-levels with a fault, or without mains or controller", record)
            self._relevels = True
            self._seen.relevels += 1
        elif record.kind is TruthKind.TRAPPED_SINCE:
            _must(self._trapped is None, "trapped twice without having been freed", record)
            self._trapped = record
            self._seen.trapped += 1
        elif record.kind is TruthKind.FREED:
            _must(self._trapped is not None, "freed without having been trapped", record)
            self._trapped = None

    def look(self) -> None:
        """What holds now."""
        before, now = self._before, self._signals()
        self._rescues = self._rescues and (now.moving or now.mode is ServiceMode.INSPECTION)
        self._by_hand = (self._by_hand or self._rescues) and not _is_alive(now)
        self._car(before, now)
        self._contactor(now)
        self._door(now)
        self._relevels = self._relevels and now.moving
        self._ahead = self._ahead and now.moving
        if now.moving and self._astray in {None, Fault.OVERTRAVEL_TOP, Fault.OVERTRAVEL_BOTTOM}:
            self._moving(before, now)
        if not now.moving:
            self._astray = None
        self._astray_door = self._astray_door and not _is_shut(now)
        self._forced = self._forced and (now.moving or not _is_shut(now))
        if self._departed:
            self._departed = False
            _must(not now.overload and not now.door_open_button, "a run begins while overload or a hand holds it", now)
        _must(self._trapped is None or now.persons > 0, "trapped, and nobody in the car", now)
        self._stopped = False
        self._before = now

    @property
    def holds_contactor(self) -> bool:
        """Whether the contactor was closed at the last look."""
        return self._before.contactor_closed

    def skipped(self) -> None:
        """Time has passed without a look: of a run that is under way any speed is right, its kind is not known."""
        self._before = self._signals()
        self._by_hand = self._by_hand and not _is_alive(self._before)
        self._departed, self._stopped, self._held_open_ns = False, False, None
        self._relevels = self._before.moving and not _is_shut(self._before)
        self._limit_mps = self._building.drive.rated_speed_mps

    def _note(self, stimulus: str) -> None:
        self._seen.stimuli += 1
        self._pried = self._pried or stimulus == Stimulus.FORCE_DOOR.value
        self._welded = self._welded or stimulus == Stimulus.CONTACTOR_STUCK.value
        is_release = stimulus == Stimulus.RELEASE.value
        self._by_hand = self._by_hand or (is_release and not _is_alive(self._signals()))
        self._rescues = self._rescues or is_release

    def _car(self, before: PlantSignals, now: PlantSignals) -> None:
        drive, heights_m = self._building.drive, self._building.heights_m
        passed_s = (now.t_ns - before.t_ns) / NS_PER_S
        moved_m = abs(now.position_m - before.position_m)
        beyond_m = max(-now.position_m, now.position_m - heights_m[-1])
        level_m = self._building.levelling.worst_mm / 1000
        _must(beyond_m <= level_m + self._beyond_m + _ROUNDING, "outside the shaft", now)
        if not now.moving and beyond_m <= level_m:
            self._beyond_m = 0.0
        rated = drive.rated_speed_mps
        fastest = governor_most(rated) if self._astray in {Fault.OVERSPEED, Fault.UCM} else rated
        _must(0 <= now.speed_mps <= fastest + _ROUNDING, "faster than rated, or than its governor allows", now)
        _must(moved_m <= fastest * passed_s + _ROUNDING, f"jumps {moved_m * 1000:.3f} mm", now)
        _must(now.moving or now.speed_mps == 0, "stands and has a speed", now)
        slowed = before.speed_mps - now.speed_mps
        most = max(drive.accel_mps2, drive.emergency_decel_mps2)
        if self._astray is not None:
            most = STANDARD_GRAVITY_MPS2
        _must(abs(slowed) <= most * passed_s + _ROUNDING, "changes its speed too quickly", now)
        _must(most <= STANDARD_GRAVITY_MPS2, "brakes with more than 1 g", now)

    def _contactor(self, now: PlantSignals) -> None:
        """It hangs on the chain."""
        if now.safety_chain or not now.contactor_closed:
            self._held_open_ns = None
            return
        if self._held_open_ns is None:
            self._held_open_ns = now.t_ns
        held_ns = now.t_ns - self._held_open_ns
        lag_ns = self._building.drive.contactor_lag_s * NS_PER_S
        _must(self._welded or held_ns <= lag_ns, "contactor closed with the end of the chain open", now)

    def _door(self, now: PlantSignals) -> None:
        off_m = min(abs(now.position_m - height_m) for height_m in self._building.heights_m)
        _must(now.door_zone is (off_m <= self._building.door.zone_m), "the zone signal is not where the car is", now)
        if off_m > UNLOCKING_ZONE_M and not _is_shut(now):
            pried = self._pried and not now.moving and not (now.door_open or now.rear_open)
            _must(pried or self._astray_door or self._forced, "door open outside the unlocking zone", now)

    def _is_driven(self, seen: PlantSignals) -> bool:
        """Whether anything moves the car: its drive, or a technician's hand where that has no power or controller."""
        return self._by_hand or (seen.safety_chain and _is_alive(seen))

    def _moving(self, before: PlantSignals, now: PlantSignals) -> None:
        _must(
            _is_shut(now)
            or self._forced
            or (now.door_zone and (self._relevels or (self._ahead and now.speed_mps <= LEVELLING_MPS + _ROUNDING))),
            "moves with a door not closed",
            now,
        )
        if self._stopped or not before.moving:
            _must(self._is_driven(now), "starts with the chain open, or without mains or controller", now)
            off_m = min(abs(now.position_m - height_m) for height_m in self._building.heights_m)
            gentle = off_m > self._level_m or self._relevels or now.mode is ServiceMode.INSPECTION
            self._limit_mps = CREEP_MPS if gentle else self._building.drive.rated_speed_mps
        elif not self._is_driven(now) and not self._is_driven(before):
            slowed = self._building.drive.emergency_decel_mps2 * (now.t_ns - before.t_ns) / NS_PER_S
            _must(
                now.speed_mps <= before.speed_mps - slowed + _ROUNDING,
                "goes on with the chain open, or without mains or controller",
                now,
            )
        if now.mode is ServiceMode.INSPECTION:
            most = max(INSPECTION_MPS, before.speed_mps)  # a technician may come while an emergency stop still lasts
            _must(now.speed_mps <= most + _ROUNDING, "faster than inspection allows", now)
        _must(now.speed_mps <= self._limit_mps + _ROUNDING, "faster than this kind of run allows", now)


def _is_shut(seen: PlantSignals) -> bool:
    return seen.door_closed and seen.rear_closed is not False


def _is_alive(seen: PlantSignals) -> bool:
    return (seen.mains or seen.mode is ServiceMode.EMERGENCY_POWER) and seen.controller_up


def _must(holds: bool, rule: str, where: PlantSignals | TruthRecord) -> None:
    if not holds:
        raise PlantWrong(f"{rule}: {_briefly(where)}")


def _briefly(where: PlantSignals | TruthRecord) -> str:
    if isinstance(where, TruthRecord):
        return f"{where.kind.value} at {where.t_ns / NS_PER_S:.3f} s"
    return (
        f"at {where.t_ns / NS_PER_S:.3f} s {where.position_m:.3f} m high, {where.speed_mps:.3f} m/s"
        f" {where.direction.name},"
        f" door {where.door_fraction:.2f} open, {where.persons} persons, mode {where.mode.name},"
        f" chain {where.safety_chain}, mains {where.mains}"
    )
