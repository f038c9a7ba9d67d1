"""What stands on a bench: the building, the devices on its bus, and what will happen to the lift when."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from hil import BenchError, UsageError
from protocols.lift.vocabulary import DoorSide
from protocols.profiles.loader import load_profile
from protocols.profiles.place import Channel
from protocols.resources import config_text, text_of
from protocols.strictyaml import load_yaml
from sim import SimError
from sim.plan import PlanError
from sim.plan import parse_planned as read_planned
from sim.sensors.check import check as check_sensors
from sim.sensors.config import Imperfections
from sim.stimuli import Stimulus
from sim.stimuli import parse as parse_stimulus


class DeviceSetup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A device model on the bus: its profile, its address (default: the profile's), answers to what the profile asks.

    `car` is the one it belongs to; the building's first is 1. `first_floor` is the device's number for the lowest
    landing, `door` the one that a door operator moves, `channels` what the inputs of a module are wired to. With
    `own_alarms` it also reports what its firmware concludes by itself.
    `stuck`: items whose sensor or wire is dead, or rows by their names, and what the device reads of them for ever.
    """

    profile: Annotated[str, Meta(min_length=1)]
    car: Annotated[int, Meta(ge=1, le=8)] = 1
    slave: Annotated[int, Meta(ge=1, le=247)] | None = None
    options: dict[str, str] = {}
    first_floor: Annotated[int, Meta(ge=-100, le=100)] = 1
    door: DoorSide = DoorSide.FRONT
    channels: dict[int, Channel] = {}
    own_alarms: bool = False
    stuck: dict[str, bool | int] = {}

    def seen(self, values: Mapping[str, object]) -> dict[str, object]:
        """What the device's inputs say when the lift is like this, with its own numbers for the floors."""
        floor = values.get("floor")
        own = {"floor": floor + self.first_floor} if isinstance(floor, int) else {}
        return {**values, **own, **self.stuck}


class Planned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stimulus at a time after the start; `for_s` is for those that last, `car` (from 1) where there are several."""

    at_s: Annotated[float, Meta(ge=0)]
    stimulus: Stimulus
    for_s: Annotated[float, Meta(gt=0)] | None = None
    car: Annotated[int, Meta(ge=1, le=8)] | None = None

    @property
    def car_index(self) -> int | None:
        """The car from 0; None is the first, and every one for what is building-wide."""
        return None if self.car is None else self.car - 1


class BenchSetup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One building, one bus. `line` ("9600 8N1") may be left out when all profiles agree on one.

    `building_set`: values laid over the building's, by dotted keys ("traffic.passengers_per_hour": "0").

    `sensors`: what is wrong with the first car's sensors, whoever reads them, by the vocabulary's items
    (docs/sensors.md).
    """

    building: Annotated[str, Meta(min_length=1)] = "residential-9"
    building_set: dict[str, str] = {}
    seed: int = 1
    link: Annotated[str, Meta(min_length=1)] | None = None
    line: str | None = None
    devices: Annotated[tuple[DeviceSetup, ...], Meta(min_length=1)]
    sensors: dict[str, Imperfections] = {}
    plan: tuple[Planned, ...] = ()

    def __post_init__(self) -> None:
        check_sensors(self.sensors)


def load_bench(name_or_path: str) -> BenchSetup:
    """A shipped bench by its name, or one from a YAML file. Raises BenchError or the loader's ConfigError."""
    if not name_or_path.endswith((".yaml", ".yml")):
        text, source = config_text("benches", name_or_path)
        return load_yaml(text, source, BenchSetup)
    try:
        text = text_of(name_or_path)
    except OSError as error:
        raise BenchError(f"cannot read bench {name_or_path}: {error.strerror}; name a readable YAML file") from error
    return load_yaml(text, name_or_path, BenchSetup)


class Assumed(msgspec.Struct, frozen=True):
    """An answer that nobody gave: the first one the profile knows."""

    profile: str
    option: str
    value: str


def from_flags(
    profiles: Sequence[str], slaves: Sequence[int], options: Sequence[str]
) -> tuple[BenchSetup, tuple[Assumed, ...]]:
    """A bench of these profiles. Raises UsageError, or the loader's error; what a profile asks may be assumed."""
    if len(slaves) > len(profiles):
        raise UsageError(f"{len(slaves)} --slave for {len(profiles)} --profile: give at most one for each, in order")
    answers = dict(parse_option(option) for option in options)
    devices: list[DeviceSetup] = []
    assumed: list[Assumed] = []
    asked: set[str] = set()
    for index, name in enumerate(profiles):
        questions = {option: tuple(asks.values) for option, asks in load_profile(name).options.items()}
        mine = {option: answers.get(option, values[0]) for option, values in questions.items()}
        assumed += [Assumed(name, option, mine[option]) for option in questions if option not in answers]
        asked |= questions.keys()
        slave = slaves[index] if index < len(slaves) else None
        devices.append(DeviceSetup(profile=name, slave=slave, options=mine))
    _check_asked(answers, asked)
    return BenchSetup(devices=tuple(devices)), tuple(assumed)


def _check_asked(answers: Mapping[str, str], asked: set[str]) -> None:
    for option in answers.keys() - asked:
        known = ", ".join(sorted(asked)) if asked else "nothing"
        raise UsageError(f"--option {option}: no profile here asks that; they ask: {known}")


def parse_stimulus_name(name: str) -> Stimulus:
    """The stimulus of that name. Raises UsageError with the nearest one."""
    try:
        return parse_stimulus(name)
    except SimError as error:
        raise UsageError(str(error)) from error


def parse_planned(text: str) -> Planned:
    """Read "20s=entrap_between_floors", "@2" behind it for the second car. Raises UsageError."""
    try:
        planned = read_planned(text)
    except PlanError as error:
        raise UsageError(str(error)) from error
    return Planned(planned.at_ns / 1e9, planned.stimulus, car=None if planned.car is None else planned.car + 1)


def parse_option(text: str) -> tuple[str, str]:
    """Read "door_switch=open_end". Raises UsageError."""
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise UsageError(f"--option {text}: wants NAME=VALUE, as in door_switch=open_end")
    return name, value
