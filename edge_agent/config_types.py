"""The agent's configuration as types: every key, its unit in its name, its bounds and its default."""

import enum
from typing import Annotated

import msgspec
from msgspec import Meta

from edge_agent.link.rs485 import Rs485
from protocols.lift.vocabulary import DoorSide

Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Identifier = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the configuration: immutable, named fields only, unknown keys are errors."""


class ChannelConfig(Section, frozen=True, kw_only=True):
    """What one input of a module is wired to, by the vocabulary's name or `going_up`, `going_down`.

    `invert`: the contact is closed while it is false. A new value counts once it has stood for `debounce_ms`.
    """

    item: Annotated[str, Meta(min_length=1)]
    invert: bool = False
    debounce_ms: Annotated[float, Meta(ge=0, le=10_000)] = 0.0


class DeviceConfig(Section, frozen=True, kw_only=True):
    """One slave on the bus. `options` answers what the profile asks about its installation.

    `door` is the one that a door operator moves; `channels` say what the inputs of a module are wired to.

    `comm_loss_accepted_by` names who accepted what the device does when its serial master goes away, if that is a trip
    or a lock.
    """

    name: Identifier
    profile: Annotated[str, Meta(min_length=1)]
    slave: Annotated[int, Meta(ge=1, le=247)] | None = None
    options: dict[str, str] = {}
    door: DoorSide = DoorSide.FRONT
    channels: dict[int, ChannelConfig] = {}
    comm_loss_accepted_by: Annotated[str, Meta(max_length=64)] = ""


class LinkConfig(Section, frozen=True, kw_only=True):
    """The RS-485 bus. `line` ("9600 8N1") may be left out when all profiles agree on one.

    `poll_period_s` is for what detectors relate (doors, door zone, safety chain), `slow_period_s` for the rest; left
    out, they are 0.1 and 1 s, or as long as the bus needs. `max_bus_use` is the share of the bus we take at most.
    `rs485`: who switches the transceiver's direction, if not the adapter by itself.
    """

    port: Annotated[str, Meta(min_length=1)]
    line: str | None = None
    poll_period_s: Annotated[float, Meta(ge=0.1, le=60)] | None = None
    slow_period_s: Annotated[float, Meta(ge=0.1, le=60)] | None = None
    max_bus_use: Annotated[float, Meta(ge=0.05, le=1)] = 0.6
    rs485: Rs485 = Rs485.AUTO
    down_after_s: Annotated[float, Meta(ge=1, le=600)] = 3.0


class FloorConfig(Section, frozen=True, kw_only=True):
    """One landing, lowest first; its index is its place in the list. `reported` is the device's number for it."""

    reported: int
    label: Annotated[str, Meta(min_length=1, max_length=8)]


class LiftConfig(Section, frozen=True, kw_only=True):
    """A lift: its identifiers, the devices on the bus that speak for it, its landings.

    `precedence` names, per item, the devices to believe in order; without an entry the order of `devices` counts.
    """

    id: Identifier
    register_no: Annotated[str, Meta(max_length=20)] = ""
    code_96333: Annotated[str, Meta(max_length=20)] = ""
    devices: Annotated[tuple[DeviceConfig, ...], Meta(min_length=1)]
    floors: Annotated[tuple[FloorConfig, ...], Meta(min_length=2)]
    doors: tuple[DoorSide, ...] = (DoorSide.FRONT,)
    full_travel_s: Seconds = 60.0
    rated_mps: Annotated[float, Meta(gt=0, le=20)] | None = None
    precedence: dict[str, tuple[str, ...]] = {}


class EntrapmentConfig(Section, frozen=True, kw_only=True):
    """Windows of A01, A02 and the backstop; defaults and sources in `docs/detection.md`."""

    between_floors_s: Annotated[float, Meta(ge=10, le=600)] = 30.0
    between_floors_suspect_s: Annotated[float, Meta(ge=1, le=600)] = 15.0
    between_floors_unknown_s: Annotated[float, Meta(ge=10, le=600)] = 60.0
    at_landing_s: Annotated[float, Meta(ge=20, le=600)] = 90.0
    at_landing_suspect_s: Annotated[float, Meta(ge=1, le=600)] = 40.0
    backstop_s: Annotated[float, Meta(ge=120, le=3600)] = 300.0
    stationary_below_mps: Annotated[float, Meta(ge=0.01, le=0.3)] = 0.05
    full_opening_s: Annotated[float, Meta(ge=0.5, le=10)] = 1.0
    full_opening_without_limit_s: Annotated[float, Meta(ge=2, le=30)] = 4.0
    clear_open_s: Annotated[float, Meta(ge=1, le=60)] = 3.0
    rescue_device_fitted: bool = False
    rescue_device_grace_s: Annotated[float, Meta(ge=0, le=600)] = 120.0


class OccupancyConfig(Section, frozen=True, kw_only=True):
    """How the person sensor is read: see `docs/detection.md`."""

    sensor_hold_s: Annotated[float, Meta(ge=0, le=120)] = 30.0
    empty_after_s: Annotated[float, Meta(ge=3, le=120)] = 10.0
    stuck_after_s: Annotated[float, Meta(ge=120, le=86_400)] = 600.0
    stuck_cycles: Annotated[int, Meta(ge=2, le=100)] = 3


class DoorEventsConfig(Section, frozen=True, kw_only=True):
    """F02 and F03 (does not close, open), F18 (opens again and again), F19 (held open) and F26 (long stay)."""

    close_s: Annotated[float, Meta(ge=5, le=120)] = 15.0
    open_s: Annotated[float, Meta(ge=5, le=120)] = 20.0
    openings_at_a_stop: Annotated[int, Meta(ge=4, le=100)] = 10
    quick_s: Annotated[float, Meta(ge=5, le=120)] = 20.0
    held_open_s: Annotated[float, Meta(ge=30, le=3600)] = 120.0
    long_stay_s: Annotated[float, Meta(ge=60, le=3600)] = 120.0


class MovementConfig(Section, frozen=True, kw_only=True):
    """F04: how long the car must stand outside the zone."""

    outside_zone_s: Annotated[float, Meta(ge=5, le=600)] = 15.0


class LevellingConfig(Section, frozen=True, kw_only=True):
    """F20: more re-levelling attempts than these at one stop."""

    attempts: Annotated[int, Meta(ge=2, le=50)] = 6


class ButtonsConfig(Section, frozen=True, kw_only=True):
    """F24: a landing call that came back at once after so many departures running."""

    returns: Annotated[int, Meta(ge=3, le=100)] = 10


class ChainConfig(Section, frozen=True, kw_only=True):
    """F15: how long a lock must stay closed with a door open."""

    bridged_s: Annotated[float, Meta(ge=1.5, le=60)] = 3.0


class PlausibilityConfig(Section, frozen=True, kw_only=True):
    """After how many trips without a change, or openings outside the zone, a signal is not believed any more."""

    still_trips: Annotated[int, Meta(ge=5, le=1000)] = 20
    openings_outside_zone: Annotated[int, Meta(ge=2, le=20)] = 3


class DetectConfig(Section, frozen=True, kw_only=True):
    """Thresholds of the detectors."""

    entrapment: EntrapmentConfig = EntrapmentConfig()
    occupancy: OccupancyConfig = OccupancyConfig()
    doors: DoorEventsConfig = DoorEventsConfig()
    movement: MovementConfig = MovementConfig()
    levelling: LevellingConfig = LevellingConfig()
    buttons: ButtonsConfig = ButtonsConfig()
    chain: ChainConfig = ChainConfig()
    plausibility: PlausibilityConfig = PlausibilityConfig()
    item_stale_s: Annotated[float, Meta(ge=0.5, le=60)] = 3.0


class JournalConfig(Section, frozen=True, kw_only=True):
    """Where events are kept, and how many undelivered ones at most (alarms are never evicted)."""

    path: Annotated[str, Meta(min_length=1)]
    max_undelivered_events: Annotated[int, Meta(ge=100, le=10_000_000)] = 100_000
    keep_days: Annotated[int, Meta(ge=1, le=3650)] = 90


class Protocol(enum.Enum):
    """The MQTT version to use. `auto` prefers 5, and falls back only when 5 is refused."""

    AUTO = "auto"
    V5 = "5"
    V311 = "3.1.1"


class TlsConfig(Section, frozen=True, kw_only=True):
    """Certificates as PEM files. `ca` verifies the broker; `cert` and `key` identify this terminal."""

    ca: str
    cert: str | None = None
    key: str | None = None


class UplinkConfig(Section, frozen=True, kw_only=True):
    """The broker. `mqtt://` only to loopback; `mqtts://` needs `tls`."""

    broker: Annotated[str, Meta(min_length=1)]
    protocol: Protocol = Protocol.AUTO
    username: str | None = None
    password_file: str | None = None
    tls: TlsConfig | None = None
    timeout_s: Annotated[float, Meta(ge=1, le=120)] = 10.0
    state_min_period_s: Annotated[float, Meta(ge=0.2, le=600)] = 1.0
    state_max_period_s: Annotated[float, Meta(ge=1, le=3600)] = 60.0
    health_period_s: Annotated[float, Meta(ge=5, le=3600)] = 30.0
    re_emit_s: Annotated[tuple[float, ...], Meta(min_length=1)] = (5.0, 10.0, 20.0, 30.0)


class LocalConfig(Section, frozen=True, kw_only=True):
    """The technician's Unix socket."""

    socket: Annotated[str, Meta(min_length=1)]


class UiConfig(Section, frozen=True, kw_only=True):
    """Language of what people read on this box: zh, en, or "" for the locale's."""

    lang: Annotated[str, Meta(pattern=r"^(zh|en|)$")] = ""


class LogConfig(Section, frozen=True, kw_only=True):
    """Structured logs on standard error."""

    level: Annotated[str, Meta(pattern=r"^(debug|info|warning|error)$")] = "info"


class AgentConfig(Section, frozen=True, kw_only=True):
    """One terminal, one bus, the lifts on it."""

    terminal_id: Identifier
    link: LinkConfig
    lifts: Annotated[tuple[LiftConfig, ...], Meta(min_length=1)]
    detect: DetectConfig = DetectConfig()
    journal: JournalConfig
    uplink: UplinkConfig
    local: LocalConfig
    ui: UiConfig = UiConfig()
    log: LogConfig = LogConfig()
