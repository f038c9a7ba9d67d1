"""Events that are one condition held for a time: F19, F26, E41, D02, D04.

| event | holds while | unknown or stale |
|---|---|---|
| F19 door held open | a door open, the car stationary, mode normal or not given | keeps what it was |
| F26 long stay | stationary in the zone, doors not open, opened here before, occupied `yes` | keeps what it was |
| E41 mains off | mains signal false | keeps what it was |
| D02 link lost | the link master says that the device is down | - |
| D04 sensor fault | the person sensor is stuck (`occupancy.py`) | keeps what it was |
| D04 of a device's signal | it is implausible (`state/plausibility.py`) | keeps what it was |
"""

import enum
from typing import Final

import msgspec

from edge_agent.clock import ns
from edge_agent.config_types import DoorEventsConfig
from edge_agent.detect.facts import Facts
from edge_agent.detect.occupancy import Occupancy
from edge_agent.detect.track import Track
from protocols.lift.snapshot import LiftSnapshot
from protocols.lift.vocabulary import ServiceMode
from protocols.upstream.messages import Stamp, Trapped

MAINS_DEBOUNCE_S: Final = 2.0
"""A dip shorter than this is ride-through, not a power cut (a design value: no standard was found)."""


class Change(enum.Enum):
    """What a condition just did."""

    BEGAN = "began"
    ENDED = "ended"


class Condition(msgspec.Struct, frozen=True):
    """Since when it holds, and the event it opened, if any."""

    since_ns: int | None = None
    event_id: str | None = None
    begin: Stamp | None = None


def follow(before: Condition, holds: bool | None, after_ns: int, t_ns: int) -> tuple[Condition, Change | None]:
    """The condition after one more answer; begins after it held `after_ns`, ends at the first clear no."""
    if holds is None:
        return before, None
    if not holds:
        return Condition(), Change.ENDED if before.event_id else None
    since_ns = t_ns if before.since_ns is None else before.since_ns
    now = msgspec.structs.replace(before, since_ns=since_ns)
    began = before.event_id is None and t_ns - since_ns >= after_ns
    return now, Change.BEGAN if began else None


def _held_open(snapshot: LiftSnapshot, facts: Facts) -> bool | None:
    is_open = facts.not_closed if facts.open_limit is None else facts.open_limit
    if is_open is None or facts.stationary is None:
        return None
    return is_open and facts.stationary and snapshot.mode.known in {None, ServiceMode.NORMAL}


def _long_stay(facts: Facts, track: Track, occupancy: Occupancy) -> bool | None:
    if facts.stationary is None or facts.in_zone is None:
        return None
    parked = facts.stationary and facts.in_zone and not facts.open_limit
    return parked and track.opened_here is True and occupancy.level is Trapped.YES


def _mains_off(snapshot: LiftSnapshot) -> bool | None:
    mains = snapshot.mains.known
    return None if mains is None else not mains


def _sensor_stuck(occupancy: Occupancy) -> bool | None:
    return None if occupancy.sensor.last is None else occupancy.sensor.stuck


def answers(snapshot: LiftSnapshot, facts: Facts, track: Track, occupancy: Occupancy) -> dict[str, bool | None]:
    """Each event's condition now, by code."""
    return {
        "F19": _held_open(snapshot, facts),
        "F26": _long_stay(facts, track, occupancy),
        "E41": _mains_off(snapshot),
        "D04": _sensor_stuck(occupancy),
    }


def begins_after_ns(config: DoorEventsConfig) -> dict[str, int]:
    """How long each condition must hold, by code."""
    return {
        "F19": ns(config.held_open_s),
        "F26": ns(config.long_stay_s),
        "E41": ns(MAINS_DEBOUNCE_S),
        "D04": 0,
    }
