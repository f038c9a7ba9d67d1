"""What stands on the bus, worked out of the configuration: line settings, devices, layouts, and whether it can work."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar, TypeVarTuple, Unpack

import msgspec

from edge_agent import AgentError
from edge_agent.blind_spots import blind_spots
from edge_agent.clock import ns
from edge_agent.config_types import AgentConfig, DeviceConfig, LiftConfig, LinkConfig
from edge_agent.link.plan import Plan, Station, Wish
from edge_agent.link.plan import plan as make_plan
from edge_agent.link.poller import PolledDevice
from protocols import ProtocolError
from protocols.lift.vocabulary import ITEMS, DoorSide
from protocols.modbus.line import LineSettings
from protocols.nearest import hint
from protocols.profiles.layout import Layout
from protocols.profiles.lineup import common_framing, common_line
from protocols.profiles.loader import load_profile
from protocols.profiles.place import Channel, Place
from protocols.profiles.schema import CommLoss, DeviceKind, Framing, Profile
from protocols.strictyaml import ConfigError

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Unworkable(AgentError):
    """The configuration is well-formed and cannot work; `path` is where it says so ("lifts[0].precedence")."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


class Equipment(msgspec.Struct, frozen=True):
    """The bus, its line and framing, its devices, their layouts and profiles by name, the plan, what stays unseen."""

    line: LineSettings
    framing: Framing
    devices: tuple[PolledDevice, ...]
    layouts: dict[str, Layout]
    profiles: dict[str, Profile]
    plan: Plan
    blind_spots: tuple[str, ...] = ()

    def layouts_of(self, lift: LiftConfig) -> dict[str, Layout]:
        """The layouts of one lift's devices, in the order of its configuration."""
        return {device.name: self.layouts[device.name] for device in lift.devices}


def equipment_of(config: AgentConfig) -> Equipment:
    """Load what the configuration names. Raises Unworkable, or ConfigError for a broken profile file, each one line."""
    places = list(_places(config))
    profiles = [_at(f"{path}.profile", load_profile, device.profile) for path, device in places]
    line = _at("link.line", common_line, profiles, config.link.line)
    framing = _at("lifts[0].devices", common_framing, profiles)
    slaves = [
        profile.slave if device.slave is None else device.slave
        for (_, device), profile in zip(places, profiles, strict=True)
    ]
    _check_unique([(path, device.name) for path, device in places], "device name")
    _check_unique([(path, slave) for (path, _), slave in zip(places, slaves, strict=True)], "slave address")
    for (path, device), profile in zip(places, profiles, strict=True):
        _check_may_poll(path, device, profile)
    stations = [
        _at(f"{path}.{_asked(device)}", Station.of, profile, device.options, place_of(device))
        for (path, device), profile in zip(places, profiles, strict=True)
    ]
    plan = _at(_wished_at(config.link), make_plan, stations, line, _wish(config.link))
    devices = tuple(
        PolledDevice(
            name=device.name,
            profile_name=profile.name,
            slave=slave,
            layout=station.layout.regrouped([read.block for read in plan.reads[index]]),
            times=station.times,
            jobs=plan.jobs(index, slave),
        )
        for index, ((_, device), profile, slave, station) in enumerate(
            zip(places, profiles, slaves, stations, strict=True)
        )
    )
    layouts = {device.name: device.layout for device in devices}
    by_name = {device.name: profile for (_, device), profile in zip(places, profiles, strict=True)}
    equipment = Equipment(line, framing, devices, layouts, by_name, plan, tuple(_unseen(config, layouts)))
    for index, lift in enumerate(config.lifts):
        _check_lift(f"lifts[{index}]", lift, equipment)
    _check_unique([(f"lifts[{index}].id", lift.id) for index, lift in enumerate(config.lifts)], "lift id")
    return equipment


def _at(path: str, work: Callable[[Unpack[Ts]], T], *args: *Ts) -> T:
    """Do `work` for what stands at `path`, and say so when it is refused."""
    try:
        return work(*args)
    except ConfigError:
        raise
    except ProtocolError as error:
        raise Unworkable(path, str(error)) from error


def _places(config: AgentConfig) -> Iterator[tuple[str, DeviceConfig]]:
    for number, lift in enumerate(config.lifts):
        for index, device in enumerate(lift.devices):
            yield f"lifts[{number}].devices[{index}]", device


def _unseen(config: AgentConfig, layouts: Mapping[str, Layout]) -> Iterator[str]:
    for lift in config.lifts:
        given = {item for device in lift.devices for item in layouts[device.name].items}
        yield from blind_spots(lift.id, given, lift.doors)


def _asked(device: DeviceConfig) -> str:
    return "channels" if device.channels else "options"


def place_of(device: DeviceConfig) -> Place:
    """Where the device sits in its lift."""
    wired = {number: Channel(channel.item, channel.invert) for number, channel in device.channels.items()}
    return Place(device.door, wired)


def _wish(link: LinkConfig) -> Wish:
    return Wish(
        fast_ns=None if link.poll_period_s is None else ns(link.poll_period_s),
        slow_ns=None if link.slow_period_s is None else ns(link.slow_period_s),
        max_use=link.max_bus_use,
    )


def _wished_at(link: LinkConfig) -> str:
    """Where the configuration asks for more than fits."""
    if link.poll_period_s is not None:
        return "link.poll_period_s"
    return "link.max_bus_use" if link.slow_period_s is None else "link.slow_period_s"


def _check_may_poll(path: str, device: DeviceConfig, profile: Profile) -> None:
    """A stub is not polled; polling that stops must not stop a lift unless somebody answers for it."""
    if profile.stub:
        raise Unworkable(
            f"{path}.profile",
            f"{profile.name} is a stub, its map is not known; copy its file, fill in the rows of your manual, set"
            " stub: false, and name that file here",
        )
    if profile.comm_loss in (CommLoss.TRIP, CommLoss.LOCK) and not device.comm_loss_accepted_by.strip():
        effect = profile.comm_loss_effect.en
        raise Unworkable(
            f"{path}.comm_loss_accepted_by", f"{profile.name}, when polling stops: {effect}; name here who accepts that"
        )


def _check_unique(named: Sequence[tuple[str, object]], what: str) -> None:
    seen: dict[object, str] = {}
    for path, value in named:
        if value in seen:
            raise Unworkable(path, f"{what} {value} is taken by {seen[value]}; give each its own")
        seen[value] = path


def _check_lift(path: str, lift: LiftConfig, equipment: Equipment) -> None:
    if not lift.doors:
        raise Unworkable(f"{path}.doors", "a lift has a door; write [front]")
    _check_doors(path, lift, equipment)
    _check_unique([(f"{path}.floors[{i}]", floor.reported) for i, floor in enumerate(lift.floors)], "reported floor")
    _check_unique([(f"{path}.doors[{i}]", side) for i, side in enumerate(lift.doors)], "door side")
    layouts = equipment.layouts_of(lift)
    for item, order in lift.precedence.items():
        if item not in ITEMS:
            raise Unworkable(f"{path}.precedence", f"no item {item!r}; {hint(item, ITEMS)}")
        if not order:
            raise Unworkable(f"{path}.precedence", f"{item}: nobody to believe; name devices, or leave the item out")
        _check_unique([(f"{path}.precedence", device) for device in order], f"{item}: device")
        for device in order:
            _check_gives(f"{path}.precedence", item, device, layouts)


def _check_doors(path: str, lift: LiftConfig, equipment: Equipment) -> None:
    """No door operator and no input speaks of a door that the lift does not have, no two operators of one door."""
    operated: list[tuple[str, object]] = []
    for index, device in enumerate(lift.devices):
        where = f"{path}.devices[{index}]"
        told = {
            DoorSide(item.split(".")[1]) for item in equipment.layouts[device.name].items if item.startswith("doors.")
        }
        wired = {channel.item for channel in device.channels.values()}
        is_operator = equipment.profiles[device.name].kind is DeviceKind.DOOR_OPERATOR
        for side in DoorSide:
            speaks = (is_operator and side in told) or any(item.startswith(f"doors.{side.value}.") for item in wired)
            if speaks and side not in lift.doors:
                raise Unworkable(where, f"this lift has no {side.value} door; correct door, channels or doors")
            if is_operator and side in told:
                operated.append((where, f"door {side.value}"))
    _check_unique(operated, "operator of the")


def _check_gives(path: str, item: str, device: str, layouts: Mapping[str, Layout]) -> None:
    if device not in layouts:
        raise Unworkable(path, f"no device {device!r} in this lift; {hint(device, layouts)}")
    if item not in layouts[device].items:
        gives = ", ".join(sorted(layouts[device].items))
        raise Unworkable(path, f"{device} does not give {item}; it gives: {gives}")
