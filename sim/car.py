"""The car as everything else sees it: what it is doing, where it and its door are, and its one appointment.

Every phase but PARKED, STUCK and INSPECTION has an appointment that ends it; entering a phase cancels the one before.
"""

import enum
from bisect import bisect
from collections.abc import Callable
from typing import Final, Protocol, final

from protocols.lift.vocabulary import Direction
from sim.agenda import Agenda, Appointment
from sim.building import Building, LockInputs
from sim.chain import Chain, Taps
from sim.controller import Calls
from sim.door_operator import DoorOperator
from sim.doors import DoorTravel
from sim.encoder import Encoder
from sim.hands import Hands
from sim.machine import Machine, MachineSignals
from sim.modes import Mode, Service
from sim.motion import Motion, Rest
from sim.passengers import Crowd, Riders
from sim.trouble import Trouble
from sim.truth import TruthKind, TruthValue

LEVEL_M: Final = 0.010
"""A car this close to a landing is level with it (EN 81-20 5.12.1.1.4: stopping accuracy, B)."""
PASSABLE_M: Final = 0.4
"""The clear width of a door through which people get out (assumption: about a person's depth and some more)."""


class Phase(enum.Enum):
    """What the lift is doing."""

    PARKED = "parked"
    OPENING = "opening"
    TRANSFER = "transfer"
    DWELL = "dwell"
    CLOSING = "closing"
    STARTING = "starting"
    RUNNING = "running"
    BRAKING = "braking"
    RUNAWAY = "runaway"
    STALLED = "stalled"
    CREEPING = "creeping"
    STUCK = "stuck"
    INSPECTION = "inspection"
    INSPECTION_RUN = "inspection_run"


class Tell(Protocol):
    """Writes the truth log."""

    def __call__(self, kind: TruthKind, **data: TruthValue) -> None:
        """Something happened now."""


@final
class Car:
    """The state that the doorway, the hoist and the controller share. Positions at an instant are pure."""

    def __init__(self, building: Building, agenda: Agenda, crowd: Crowd, trouble: Trouble, tell: Tell) -> None:
        self.building: Final = building
        self.heights_m: Final = building.heights_m
        self.crowd: Final = crowd
        self.riders: Final = Riders(crowd, building)
        self.trouble: Final = trouble
        self.hands: Final = Hands()
        self.chain: Final = Chain(self.hands, in_series=building.chain.lock_inputs is LockInputs.SERIES)
        self.machine: Final = Machine(building.drive)
        self.service: Final = Service()
        self.tell: Final = tell
        self._agenda: Final = agenda
        self._timer: Appointment | None = None
        self.until_ns: int | None = None
        self.neighbours: tuple[Car, ...] = ()
        """The other cars of its group."""
        self.hand_over: Callable[[], None] | None = None
        """Gives its hall calls to its neighbours, as far as they take them."""
        self.dropped_out = False
        """Whether its neighbours answer the landings without it."""
        self.phase = Phase.PARKED
        self.motion: Motion = Rest(self.heights_m[building.main_floor], 0)
        self._stands_after: Motion | None = None
        self._stands_at = 0
        self.encoder: Final = Encoder(
            self.heights_m, building.door.zone_m, building.positioning, self.heights_m[building.main_floor]
        )
        self.door = DoorTravel()
        """The front door."""
        self.has_rear: Final = building.rear_door is not None
        self.rear = DoorTravel()
        """The rear door; shut for ever if there is none."""
        self.operator: Final = DoorOperator(building.door.operator)
        self.nudging = False
        """Whether the door, if it is closing, closes slowly with a buzzer."""
        self.calls = Calls()
        self.heading = Direction.NONE
        self.on_load_changed: Callable[[], None] | None = None
        """What somebody's step into the car or out of it does to it; None: nothing."""
        self.trips = 0
        self.relevels = 0
        self.relevels_at_ns: int | None = None
        """When a car that is about to be brought back to its landing will move."""
        self.bridged_until_ns = 0
        """Until when the door-zone relay bridges the locks, as long as the car is in the zone."""
        self.off_at_most_m: Final = LEVEL_M + building.levelling.worst_mm / 1000
        """How far from its landing a car in order stands, with a little to spare."""
        self.door_cycles = 0
        self._limit_m: Final = building.protection.final_limit_m

    @property
    def now_ns(self) -> int:
        """The present instant."""
        return self._agenda.now_ns

    @property
    def floor(self) -> int:
        """The index of the landing that is nearest now."""
        return self.floor_at(self._agenda.now_ns)

    @property
    def persons(self) -> int:
        """How many are in the car."""
        return len(self.riders.persons)

    @property
    def load_kg(self) -> float:
        """The mass of everybody in the car."""
        return self.riders.load_kg

    def floor_at(self, t_ns: int) -> int:
        """The index of the landing nearest to the car."""
        motion = self.motion
        if t_ns < motion.end_ns:
            return self.landing_nearest(motion.position_m(t_ns))
        if motion is not self._stands_after:
            self._stands_after, self._stands_at = motion, self.landing_nearest(motion.position_m(t_ns))
        return self._stands_at

    def landing_nearest(self, position_m: float) -> int:
        """The index of the landing nearest to a place."""
        heights_m = self.heights_m
        above = bisect(heights_m, position_m, 1, len(heights_m) - 1)
        return above if heights_m[above] - position_m <= position_m - heights_m[above - 1] else above - 1

    def off_landing_m(self, t_ns: int) -> float:
        """The distance from the nearest landing."""
        return abs(self.motion.position_m(t_ns) - self.heights_m[self.floor_at(t_ns)])

    def in_zone(self, t_ns: int) -> bool:
        """Whether the car is in the unlocking zone of a landing."""
        return self.off_landing_m(t_ns) <= self.building.door.zone_m

    @property
    def stands_at_landing(self) -> bool:
        """Whether the car is about as near to a landing as a car in order stands there."""
        return self.off_landing_m(self.now_ns) <= self.off_at_most_m

    @property
    def floor_above(self) -> int | None:
        """The index of the next landing above the car; none from the highest."""
        if self.stands_at_landing:
            index = self.floor + 1
        else:
            index = bisect(self.heights_m, self.motion.position_m(self.now_ns) + LEVEL_M)
        return index if index < len(self.heights_m) else None

    @property
    def floor_below(self) -> int | None:
        """The index of the next landing below the car; none from the lowest."""
        if self.stands_at_landing:
            index = self.floor - 1
        else:
            index = bisect(self.heights_m, self.motion.position_m(self.now_ns)) - 1
        return index if index >= 0 else None

    def later(self, t_ns: int, action: Callable[[], None]) -> Appointment:
        """Let `action` happen at `t_ns`, whatever the car does by then."""
        return self._agenda.at(t_ns, action)

    @property
    def drift(self) -> Direction:
        """Where a car that nothing holds goes: up if it is lighter than its counterweight, NONE if it is as heavy."""
        balanced_kg = self.building.levelling.balance * self.building.rated_kg
        if self.load_kg == balanced_kg:
            return Direction.NONE
        return Direction.UP if self.load_kg < balanced_kg else Direction.DOWN

    def load_changed(self) -> None:
        """Somebody has stepped into the car or out of it."""
        if self.on_load_changed is not None:
            self.on_load_changed()

    def doors_closed(self, t_ns: int) -> bool:
        """Whether all close-limit contacts are made."""
        return self.door.is_closed(t_ns) and self.rear.is_closed(t_ns)

    def doors_locked(self, t_ns: int) -> bool:
        """Whether the lock contacts of all doors are made."""
        return self.door.is_locked(t_ns) and self.rear.is_locked(t_ns)

    def a_door_is_open(self, t_ns: int) -> bool:
        """Whether a door stands at its open limit."""
        return self.door.is_open(t_ns) or self.rear.is_open(t_ns)

    def lets_out(self, t_ns: int) -> bool:
        """Whether people can get out: a door at a landing is open at least as far as a person needs."""
        front_m = self.door.fraction(t_ns) * self.building.door.width_m
        rear = self.building.rear_door
        rear_m = 0.0 if rear is None else self.rear.fraction(t_ns) * rear.width_m
        return max(front_m, rear_m) >= PASSABLE_M and self.in_zone(t_ns)

    def taps(self, t_ns: int) -> Taps:
        """What the safety chain reads."""
        floor, position_m, in_zone = self.floor_at(t_ns), self.motion.position_m(t_ns), self.in_zone(t_ns)
        locked, bridged = self.doors_locked(t_ns), in_zone and self.is_bridged(t_ns)
        return self.taps_of(t_ns, floor, position_m, locked=locked, in_zone=in_zone, bridged=bridged)

    def taps_of(self, t_ns: int, floor: int, position_m: float, *, locked: bool, in_zone: bool, bridged: bool) -> Taps:
        """The same of a car that is known to be there. A door away from every landing is coupled with no other."""
        trouble, limit_m = self.trouble, self._limit_m
        is_broken, is_recalled = not trouble.chain_closed(t_ns), False
        is_beyond = not -limit_m < position_m < self.heights_m[-1] + limit_m
        if is_beyond or self.chain.is_open:
            is_recalled = trouble.rescuing or self.service.mode is Mode.EMERGENCY_ELECTRICAL
            is_broken = is_broken or (is_beyond and not is_recalled)
        return self.chain.taps(
            t_ns,
            floor,
            is_broken=is_broken,
            landing=locked or not in_zone,
            car=locked,
            recalled=is_recalled,
            zone_bridged=bridged,
            has_supply=trouble.mains or self.has_power,
        )

    def is_bridged(self, t_ns: int) -> bool:
        """Whether the door-zone relay is pulled."""
        return t_ns < self.bridged_until_ns and self.has_power

    def bridge_in_zone(self) -> None:
        """Pull the door-zone relay until the contactor has dropped after the present motion."""
        self.bridged_until_ns = self.motion.end_ns + self.machine.rest_ns

    @property
    def has_power(self) -> bool:
        """Whether a controller runs the lift, from the mains or a battery."""
        trouble = self.trouble
        return (trouble.mains and not trouble.rebooting) or self.service.mode is Mode.BATTERY_RESCUE

    @property
    def door_may_open_ns(self) -> int:
        """When the contactor has dropped after the last run: no door begins to open earlier, but for bridged locks."""
        now_ns, ran_until_ns = self.now_ns, self.motion.ran_until_ns
        if ran_until_ns is None or self.is_bridged(now_ns):
            return now_ns
        return max(now_ns, ran_until_ns + self.machine.rest_ns)

    @property
    def may_move(self) -> bool:
        """Whether the chain is closed, and the car's doors stand at their close limits: what any start needs."""
        return self.taps(self.now_ns).end and self.doors_closed(self.now_ns)

    @property
    def chain_opened_until_ns(self) -> int:
        """Until when a glitch or a hand opens the safety chain; in the past if none does."""
        return max(self.trouble.chain_open_until_ns, self.hands.chain_until_ns)

    def machine_at(self, t_ns: int, *, is_alive: bool) -> MachineSignals:
        """What contactor and brake are told by a controller that `is_alive`, and what they feed back."""
        leaves_ns = self.until_ns if self.phase is Phase.STARTING else self.relevels_at_ns
        return self.machine.at(t_ns, self.motion, leaves_ns, is_alive=is_alive)

    def enter(self, phase: Phase, until_ns: int | None = None, then: Callable[[], None] | None = None) -> None:
        """Be in `phase`, and let `then` end it at `until_ns`."""
        if self._timer is not None:
            self._timer.cancel()
        self.phase, self.until_ns = phase, until_ns
        self.riders.entering = None
        self._timer = None if until_ns is None or then is None else self._agenda.at(until_ns, then)
