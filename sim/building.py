"""A building with its lifts: floors, drive, door, cars and traffic, read from configs/buildings."""

import enum
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final

import msgspec

from protocols.lift.vocabulary import DoorSide
from protocols.resources import NoSuchName, config_text, text_of
from protocols.strictyaml import load_yaml
from sim import SimError
from sim.demand import HourOfDay, PerHour, Period, Share, Thing, check_day, heaviest
from sim.habits import Habits
from sim.protection import UCM_MOST_M, ucm_stop_m
from sim.ride import Levelling, Positioning, Protection

Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
PERSON_KG: Final = 75.0
"""Rated load per person (EN 81-20 5.4.2.3; limits.csv, B), and the usual mass of one."""


class Floor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One landing: what its sign says, and its height above the lowest one."""

    label: str
    height_m: NotNegative
    people: NotNegative = 1.0
    """How many live or work here, or any measure of it: what weighs is the ratio to other floors. Of no meaning for
    the main floor, whose share is the mix of traffic."""
    sides: Annotated[tuple[DoorSide, ...], msgspec.Meta(min_length=1, max_length=2)] = (DoorSide.FRONT,)
    """On which sides of the car there is a landing door; with both, both open."""


class Title(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name for people."""

    en: str
    zh: str


class Drive(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of the car's motion. Defaults: practice for 1.75 m/s (limits.csv: acceleration, jerk, B)."""

    rated_speed_mps: Annotated[float, msgspec.Meta(gt=0, le=20)] = 1.75
    accel_mps2: Annotated[float, msgspec.Meta(gt=0, le=1.5)] = 0.8
    jerk_mps3: Annotated[float, msgspec.Meta(gt=0, le=5)] = 1.2
    start_delay_s: Annotated[float, msgspec.Meta(ge=0.25, le=5)] = 0.5
    """From doors closed to brake lifted; covers the last 2 % of the door's way (assumption)."""
    emergency_decel_mps2: Annotated[float, msgspec.Meta(ge=1.6, le=9.81)] = 2.0
    """Brake alone (assumption; above any acceleration limit allowed here, at most 1 g)."""
    rescue_speed_mps: Annotated[float, msgspec.Meta(gt=0, le=0.3)] = 0.25
    """Rescue and correction runs (as emergency electrical operation)."""
    emergency_electrical_speed_mps: Annotated[float, msgspec.Meta(gt=0, le=0.3)] = 0.25
    """Driven by hand from the cabinet: at most 0.30 m/s (EN 81-20 5.12.1.6, C); the default is an assumption."""
    inspection_speed_mps: Annotated[float, msgspec.Meta(gt=0, le=0.63)] = 0.30
    """Driven by hand from the car's roof: at most 0.63 m/s, and 0.30 m/s with 2.0 m or less clear above or below
    (EN 81-20 5.12.1.5.2.1, C). A building here does not say its clearances, and the default holds anywhere."""
    contactor_lag_s: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.05
    """From the contactor's command to its feedback, both ways (assumption)."""
    brake_lift_s: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.15
    """From the brake's command to the lifted brake (assumption); the car moves when it is lifted."""
    brake_drop_s: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.10
    """From the end of the brake's command to the dropped brake (assumption)."""
    contactor_hold_s: Annotated[float, msgspec.Meta(ge=0, le=5)] = 0.20
    """How long the contactor still holds after the brake has dropped at a landing (assumption)."""

    def __post_init__(self) -> None:
        if self.contactor_lag_s + self.brake_lift_s > self.start_delay_s:
            raise ValueError("contactor and brake together take longer than the start delay")


class Operator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How hard a door's operator pulls at its panels."""

    closing_limit_n: Annotated[float, msgspec.Meta(gt=0, le=150)] = 150.0
    """Against what is in its way when it closes: at most 150 N (EN 81-20 5.3.6.2.2.1; limits.csv, C)."""
    opening_limit_n: Annotated[float, msgspec.Meta(gt=0, le=1000)] = 200.0
    """Against what is in its way when it opens (assumption: no limit was read)."""
    moving_n: Annotated[float, msgspec.Meta(ge=0, le=150)] = 40.0
    """To move free panels either way (assumption)."""
    hold_n: Annotated[float, msgspec.Meta(ge=0, le=150)] = 60.0
    """To keep them open (assumption)."""
    pulley_m: Annotated[float, msgspec.Meta(gt=0, le=0.5)] = 0.03
    """Radius of the pulley at which its torque is told (assumption)."""
    reaction_s: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.3
    """How long a closing door pushes at its limit before it opens again (assumption)."""
    stall_s: Annotated[float, msgspec.Meta(gt=0, le=60)] = 5.0
    """How long it pushes at its limit before it switches itself off (assumption)."""

    def __post_init__(self) -> None:
        if max(self.moving_n, self.hold_n) > min(self.closing_limit_n, self.opening_limit_n):
            raise ValueError("a door's operator needs more force to move or to hold its panels than its limits allow")


class Door(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The car door. Defaults: centre opening, 800 mm, times of practice (limits.csv: door times, C and B)."""

    width_m: Annotated[float, msgspec.Meta(ge=0.5, le=3)] = 0.8
    opening_s: Annotated[float, msgspec.Meta(ge=0.5, le=10)] = 2.0
    closing_s: Annotated[float, msgspec.Meta(ge=0.5, le=10)] = 3.0
    dwell_car_call_s: Annotated[float, msgspec.Meta(ge=0, le=600)] = 3.0
    dwell_hall_call_s: Annotated[float, msgspec.Meta(ge=0, le=600)] = 5.0
    zone_m: Annotated[float, msgspec.Meta(ge=0.05, le=0.35)] = 0.20
    """Half the unlocking zone (EN 81-20 5.3.8.1, C)."""
    close_tries: Annotated[int, msgspec.Meta(ge=1, le=20)] = 4
    """How often a door that meets something is closed before that is a fault: once, and three times again
    (lift_standards.md 6.4, F02)."""
    open_tries: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1
    """After how many tries a door that does not come to its open limit is a fault; each but the last takes
    `open_try_s` (15 s and three tries with one maker: lift_standards.md, F03)."""
    open_try_s: Annotated[float, msgspec.Meta(ge=1, le=60)] = 15.0
    hall_call_reopens: bool = True
    """Whether a landing's button opens a closing door again; if not, the call waits for a car that comes next."""
    nudge_after_s: Positive | None = None
    """Kept from closing for so long, the door closes slowly, with a buzzer, past its light curtain (20 to 30 s is
    practice, an assumption); none: it waits."""
    advance_opening: bool = False
    """Whether the door begins to open in the unlocking zone, before the car stands."""
    advance_s: Annotated[float, msgspec.Meta(gt=0, le=3)] | None = None
    """With advance opening: this long before standstill, or as soon after as zone and speed allow (0.5 to 0.8 s in
    the cases of uppeak_rtt.csv); none: as soon as they allow."""
    operator: Operator = Operator()


class RearDoor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The car door on the rear side. It waits and levels as the front one does."""

    width_m: Annotated[float, msgspec.Meta(ge=0.5, le=3)] = 0.8
    opening_s: Annotated[float, msgspec.Meta(ge=0.5, le=10)] = 2.0
    closing_s: Annotated[float, msgspec.Meta(ge=0.5, le=10)] = 3.0


class LockInputs(enum.Enum):
    """Where a controller or a monitor reads the door locks."""

    SERIES = "series"
    CONTACTS = "contacts"


class Chain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the safety chain is read: at taps in series (common practice), or the locks at auxiliary contacts."""

    lock_inputs: LockInputs = LockInputs.SERIES


class RescueWay(enum.Enum):
    """Which landing a rescue device takes the car to."""

    EASIEST = "easiest"
    NEAREST = "nearest"


class RescueDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A battery that brings the car to a landing when the mains go. Defaults: assumptions, within 0.30 m/s
    (EN 81-20 5.12.1.6, C) and the 120 s that a terminal waits for it (detection.md)."""

    delay_s: Annotated[float, msgspec.Meta(ge=0, le=600)] = 15.0
    speed_mps: Annotated[float, msgspec.Meta(gt=0, le=0.3)] = 0.15
    way: RescueWay = RescueWay.EASIEST
    """The next landing where the load drives the car, up if it is lighter than its counterweight: makers' drives do
    (Arkel ADrive 13.3.6 "easiest dir", Invertek Elevator Core P7-02 = 2, B). Balanced, or none there: the nearest."""


class ServiceFloors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where modes call the car, if not to the main floor. Floor indices, as everywhere, count from 0 upwards."""

    fire_floor: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """The designated landing of fire recall (EN 81-73, C); none: the main floor."""


class Traffic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who comes. Arrivals are Poisson; the rest of the shares is traffic between upper floors."""

    passengers_per_hour: PerHour = 30.0
    incoming: Share = 0.45
    outgoing: Share = 0.45
    transfer_s: Positive = 1.5
    """One person through the door (residential 1.5..2.0 s, limits.csv, B)."""
    patience_s: Positive = 600.0
    batch_mean: Annotated[float, msgspec.Meta(ge=1, le=10)] = 1.0
    """How many come at once on average, all from and to the same floor (assumption): office 1.4, residential 1.8,
    hotel 2.0 (simulation.md 2.5, B)."""
    day: tuple[Period, ...] = ()
    """The day's periods, which repeat daily; without them the rate and the shares above hold at all times."""
    starts_at_h: HourOfDay = 0.0
    """Which time of day it is at t = 0."""
    mass_kg: Annotated[float, msgspec.Meta(ge=30, le=150)] = PERSON_KG
    mass_spread_kg: Annotated[float, msgspec.Meta(ge=0, le=40)] = 0.0
    """Standard deviation of people's masses; 0: everybody weighs the same."""
    things: tuple[Thing, ...] = ()
    """What shares of people bring: a bicycle, a bed."""

    def __post_init__(self) -> None:
        check_day(self.day)
        if sum(thing.share for thing in self.things) > 1:
            raise ValueError("the shares of people who bring things are together more than the whole")


class Dispatch(enum.Enum):
    """How a group of cars shares the landings' calls (sim/dispatch.py)."""

    ETA = "eta"
    NEAREST = "nearest"


class Building(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about the place that does not change while the lift runs. Floor indices count from 0 upwards."""

    name: str
    title: Title
    floors: Annotated[tuple[Floor, ...], msgspec.Meta(min_length=2, max_length=64)]
    main_floor: Annotated[int, msgspec.Meta(ge=0)] = 0
    cars: Annotated[int, msgspec.Meta(ge=1, le=8)] = 1
    """A group: all alike, with the same landings and one set of landing buttons."""
    dispatch: Dispatch = Dispatch.ETA
    capacity_persons: Annotated[int, msgspec.Meta(ge=1, le=60)] = 13
    rated_load_kg: Annotated[float, msgspec.Meta(gt=0, le=10_000)] | None = None
    """None: 75 kg for each person."""
    homing_after_s: Positive | None = None
    """Idle time after which the car goes to the main floor; none: it parks where it is."""
    self_recovery_after_s: Positive | None = None
    """Standing between floors after a glitch of the safety chain, a controller goes to the nearest landing after this
    (KONE LCE: 10 s, lift_standards.md 3.1); none: it stays until a technician comes."""
    rescue_device: RescueDevice | None = None
    service: ServiceFloors = ServiceFloors()
    drive: Drive = Drive()
    door: Door = Door()
    rear_door: RearDoor | None = None
    levelling: Levelling = Levelling()
    chain: Chain = Chain()
    protection: Protection = Protection()
    positioning: Positioning = Positioning()
    traffic: Traffic = Traffic()
    habits: Habits = Habits()

    def __post_init__(self) -> None:
        heights = self.heights_m
        if heights[0] != 0:
            raise ValueError(f"the lowest floor is at height 0, not {heights[0]} m")
        if any(above - below < 2.0 for below, above in pairwise(heights)):
            raise ValueError("floors go from the lowest to the highest, at least 2 m apart")
        sides = [side for floor in self.floors for side in floor.sides]
        if self.rear_door is None and DoorSide.REAR in sides:
            raise ValueError("a floor opens to the rear, and there is no rear_door")
        if self.main_floor >= len(self.floors):
            raise ValueError(f"main_floor {self.main_floor} is above the highest floor {len(self.floors) - 1}")
        if self.fire_floor >= len(self.floors):
            raise ValueError(f"fire_floor {self.fire_floor} is above the highest floor {len(self.floors) - 1}")
        if self.traffic.incoming + self.traffic.outgoing > 1:
            raise ValueError("incoming and outgoing traffic together are more than the whole")
        if not any(floor.people for index, floor in enumerate(self.floors) if index != self.main_floor):
            raise ValueError("people are on no floor but the main one; give another some")
        heaviest_kg = heaviest(self.traffic.mass_kg, self.traffic.mass_spread_kg, self.traffic.things)
        if heaviest_kg > self.rated_kg:
            raise ValueError(f"somebody of {heaviest_kg:g} kg with what they bring is more than {self.rated_kg:g} kg")
        if self.levelling.worst_mm >= 1000 * self.door.zone_m:
            raise ValueError(f"levelling up to {self.levelling.worst_mm:g} mm off is not inside the unlocking zone")
        moved_m = ucm_stop_m(self.protection, self.door.zone_m + self.levelling.worst_mm / 1000)
        if moved_m > UCM_MOST_M:
            raise ValueError(f"unintended movement would be stopped after {moved_m:.2f} m, not within {UCM_MOST_M} m")

    @property
    def heights_m(self) -> tuple[float, ...]:
        """The landings' heights above the lowest one."""
        return tuple(floor.height_m for floor in self.floors)

    @property
    def fire_floor(self) -> int:
        """Where fire recall calls the car."""
        return self.main_floor if self.service.fire_floor is None else self.service.fire_floor

    @property
    def rated_kg(self) -> float:
        """The rated load."""
        return self.capacity_persons * PERSON_KG if self.rated_load_kg is None else self.rated_load_kg

    @property
    def motion_limits(self) -> tuple[float, float, float]:
        """Rated speed, acceleration and jerk."""
        return self.drive.rated_speed_mps, self.drive.accel_mps2, self.drive.jerk_mps3


def parse_building(text: str, source: str, overrides: Mapping[str, str] | None = None) -> Building:
    """The building in a YAML text. Raises protocols.strictyaml.ConfigError, naming `source` and the line."""
    return load_yaml(text, source, Building, overrides)


def load_building(name_or_path: str, overrides: Mapping[str, str] | None = None) -> Building:
    """A shipped building by its name, or one from a YAML file, with values laid over it by their dotted keys.

    Raises SimError or ConfigError.
    """
    if not name_or_path.endswith((".yaml", ".yml")):
        try:
            text, source = config_text("buildings", name_or_path)
        except NoSuchName as error:
            if Path(name_or_path).is_dir():
                raise SimError(f"{name_or_path} is a directory; name a building or a YAML file") from error
            raise
        return parse_building(text, source, overrides)
    try:
        text = text_of(name_or_path)
    except OSError as error:
        raise SimError(f"cannot read building {name_or_path}: {error.strerror}; name a readable YAML file") from error
    return parse_building(text, name_or_path, overrides)
