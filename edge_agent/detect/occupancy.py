"""Is somebody in the car: yes, no or unknown, with the evidence listed.

A full opening resets the answer to unknown. After it, new evidence makes it yes and holds until the next full
opening; a healthy sensor that sees nothing for `empty_after_s` makes it no. A sensor proves its health by
having changed; one that stays on for `stuck_after_s` across `stuck_cycles` full openings is stuck (D04) and
counts for nothing until it goes off.

| input unknown or stale | what it does |
|---|---|
| person | no evidence either way; the empty and stuck timers stop |
| car_calls | no evidence from calls |
| door signals | no full opening is seen, so a yes holds |
"""

import enum
from typing import Final

import msgspec

from edge_agent.clock import ns
from edge_agent.config_types import OccupancyConfig
from edge_agent.detect.facts import Facts
from edge_agent.detect.track import Track
from protocols.lift.snapshot import LiftSnapshot
from protocols.upstream.messages import Trapped

ALIVE_OPENINGS: Final = 10
"""A person sensor that did not change over so many full openings may be dead (a design value)."""
SEEN_AFTER_NS: Final = 3_000_000_000
"""A sensor that is on so long after the doors shut has seen somebody inside (a design value)."""


class Evidence(enum.Enum):
    """Why we think that somebody is in the car; the value is what is stored."""

    CAR_CALL_TRIP = "car_call_trip"
    CAR_CALL = "car_call"
    SENSOR_EDGE = "sensor_edge"
    SENSOR_HELD = "sensor_held"
    BUTTON = "button"
    DEVICE_RULE = "device_rule"


class PersonSensor(msgspec.Struct, frozen=True):
    """The health of the person sensor. `changed`: it went on or off in the last `ALIVE_OPENINGS`: it is alive."""

    last: bool | None = None
    on_since_ns: int | None = None
    off_since_ns: int | None = None
    openings_when_on: int = 0
    openings_at_change: int = 0
    changed: bool = False
    stuck: bool = False


class Occupancy(msgspec.Struct, frozen=True):
    """The answer and how it came about. `restored`: it was concluded before a reboot of the box.

    `seen_since_shut`: the sensor was on with the doors shut, so its silence later does not mean that nobody is there.
    `button`, `device_rule`: as last known; only their coming on is news, since both may be stuck or latched.
    """

    level: Trapped = Trapped.UNKNOWN
    evidence: tuple[Evidence, ...] = ()
    sensor: PersonSensor = PersonSensor()
    shut_since_ns: int | None = None
    openings_seen: int = 0
    calls: int | None = None
    trip_call: bool = False
    seen_since_shut: bool = False
    button: bool = False
    device_rule: bool = False
    restored: bool = False


def _follow_sensor(
    sensor: PersonSensor, person: bool | None, track: Track, t_ns: int, config: OccupancyConfig
) -> PersonSensor:
    if person is None:
        return msgspec.structs.replace(sensor, last=None, on_since_ns=None, off_since_ns=None)
    turned = sensor.last is not None and sensor.last is not person
    openings_at_change = track.full_openings if turned else sensor.openings_at_change
    alive = turned or (sensor.changed and track.full_openings - openings_at_change < ALIVE_OPENINGS)
    now = msgspec.structs.replace(sensor, last=person, openings_at_change=openings_at_change, changed=alive)
    if not person:
        off_since_ns = t_ns if sensor.off_since_ns is None else sensor.off_since_ns
        return msgspec.structs.replace(now, on_since_ns=None, off_since_ns=off_since_ns, stuck=False)
    if sensor.on_since_ns is None:
        return msgspec.structs.replace(now, on_since_ns=t_ns, off_since_ns=None, openings_when_on=track.full_openings)
    on_ns, openings = t_ns - sensor.on_since_ns, track.full_openings - sensor.openings_when_on
    stuck = sensor.stuck or (on_ns >= ns(config.stuck_after_s) and openings >= config.stuck_cycles)
    return msgspec.structs.replace(now, stuck=stuck)


def _calls_evidence(before: Occupancy, calls: int | None, track: Track) -> set[Evidence]:
    found: set[Evidence] = set()
    if not calls:
        return found
    if before.calls is not None and calls & ~before.calls:
        found.add(Evidence.CAR_CALL)
    if track.move is not None:
        found.add(Evidence.CAR_CALL_TRIP)
    return found


def _sensor_evidence(now: Occupancy, was_on: bool | None, facts: Facts, config: OccupancyConfig) -> set[Evidence]:
    sensor, t_ns = now.sensor, facts.t_ns
    if sensor.stuck or not sensor.last or now.shut_since_ns is None:
        return set()
    closing = facts.not_closed and facts.in_zone
    if was_on is False and not closing:
        return {Evidence.SENSOR_EDGE}
    if t_ns - now.shut_since_ns >= ns(config.sensor_hold_s):
        return {Evidence.SENSOR_HELD}
    return set()


def _new_evidence(
    before: Occupancy, now: Occupancy, snapshot: LiftSnapshot, facts: Facts, track: Track, config: OccupancyConfig
) -> set[Evidence]:
    found = _calls_evidence(before, snapshot.car_calls.known, track)
    found |= _sensor_evidence(now, before.sensor.last, facts, config)
    if now.button and not before.button:
        found.add(Evidence.BUTTON)
    if now.device_rule and not before.device_rule:
        found.add(Evidence.DEVICE_RULE)
    return found


def _button(before: bool, snapshot: LiftSnapshot) -> bool:
    known = [button for button in (snapshot.alarm_button.known, snapshot.door_open_button.known) if button is not None]
    return any(known) if known else before


def _device_rule(before: bool, snapshot: LiftSnapshot) -> bool:
    faults = snapshot.faults.known
    return before if faults is None else any(name.startswith("sensor.entrapment") for name in faults)


def _seen_since_shut(now: Occupancy, t_ns: int) -> bool:
    """A sensor's output may outlast the last person a little; beyond that somebody was seen behind shut doors."""
    sensor = now.sensor
    if now.shut_since_ns is None or sensor.stuck or not sensor.last:
        return now.seen_since_shut
    return now.seen_since_shut or t_ns - now.shut_since_ns >= SEEN_AFTER_NS


def _seen_empty(now: Occupancy, t_ns: int, config: OccupancyConfig) -> bool:
    sensor = now.sensor
    if now.seen_since_shut or not sensor.changed or sensor.off_since_ns is None or now.shut_since_ns is None:
        return False
    return t_ns - max(sensor.off_since_ns, now.shut_since_ns) >= ns(config.empty_after_s)


def _without_stuck(before: Occupancy, sensor: PersonSensor) -> Occupancy:
    """A sensor found stuck takes back what rested on it alone."""
    if sensor.stuck and before.evidence == (Evidence.SENSOR_HELD,):
        return msgspec.structs.replace(before, level=Trapped.UNKNOWN, evidence=())
    return before


def _shut_since_ns(before: Occupancy, facts: Facts) -> int | None:
    if facts.open_limit and facts.in_zone is not False:
        return None
    return facts.t_ns if before.shut_since_ns is None else before.shut_since_ns


def follow(before: Occupancy, snapshot: LiftSnapshot, facts: Facts, track: Track, config: OccupancyConfig) -> Occupancy:
    """The occupancy after one more snapshot; `track` is the one already brought up to this snapshot."""
    t_ns = snapshot.t_ns
    sensor = _follow_sensor(before.sensor, snapshot.person.known, track, t_ns, config)
    calls = snapshot.car_calls.known
    button, device_rule = _button(before.button, snapshot), _device_rule(before.device_rule, snapshot)
    if track.full_openings != before.openings_seen or track.counted_this_opening:
        return Occupancy(
            sensor=sensor, openings_seen=track.full_openings, calls=calls, button=button, device_rule=device_rule
        )
    now = msgspec.structs.replace(
        _without_stuck(before, sensor),
        sensor=sensor,
        shut_since_ns=_shut_since_ns(before, facts),
        calls=calls,
        button=button,
        device_rule=device_rule,
    )
    now = msgspec.structs.replace(now, seen_since_shut=_seen_since_shut(now, t_ns))
    found = _new_evidence(before, now, snapshot, facts, track, config)
    if found:
        evidence = tuple(kind for kind in Evidence if kind in found or kind in before.evidence)
        return msgspec.structs.replace(
            now,
            level=Trapped.YES,
            evidence=evidence,
            trip_call=now.trip_call or Evidence.CAR_CALL_TRIP in found,
            restored=False,
        )
    if now.level is Trapped.UNKNOWN and _seen_empty(now, t_ns, config):
        return msgspec.structs.replace(now, level=Trapped.NO)
    return now


def may_be_occupied(occupancy: Occupancy) -> bool:
    """Occupied, or on the way to it: a sensor that is on counts from the start once its hold has passed."""
    sensor = occupancy.sensor
    pending = occupancy.level is Trapped.UNKNOWN and sensor.last is True and not sensor.stuck
    return pending or occupancy.level is Trapped.YES


def next_deadline(occupancy: Occupancy, config: OccupancyConfig) -> int | None:
    """When the present readings, unchanged, would change the answer."""
    sensor, shut_ns = occupancy.sensor, occupancy.shut_since_ns
    if occupancy.level is not Trapped.UNKNOWN or shut_ns is None or sensor.stuck:
        return None
    if sensor.last:
        return shut_ns + ns(config.sensor_hold_s)
    if sensor.off_since_ns is not None and sensor.changed:
        return max(sensor.off_since_ns, shut_ns) + ns(config.empty_after_s)
    return None
