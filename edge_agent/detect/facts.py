"""What one snapshot says by itself. None is *unknown*: neither true nor false.

| fact | true | false | unknown |
|---|---|---|---|
| stationary | not moving, slow | moving, or not slow | neither given, or moving at no speed |
| in_zone | door zone signal | door zone signal | signal not good |
| open_limit | some door at its open limit | every door off it, or closed | a door with no word of either |
| not_closed | some door off its close limit or at its open limit | every door closed | otherwise |
"""

import msgspec

from edge_agent.config_types import EntrapmentConfig
from protocols.lift.snapshot import DoorItems, LiftSnapshot


class Facts(msgspec.Struct, frozen=True):
    """The facts that the rules share."""

    t_ns: int
    stationary: bool | None
    in_zone: bool | None
    open_limit: bool | None
    not_closed: bool | None
    speed_mps: float | None
    floor: int | None


def _stationary(snapshot: LiftSnapshot, below_mps: float) -> bool | None:
    moving, speed = snapshot.moving.known, snapshot.speed_mps.known
    slow = None if speed is None else speed < below_mps
    if moving is None:
        return slow
    if slow is None:
        return not moving
    if moving and slow:
        return None
    return not moving and slow


def _at_open_limit(door: DoorItems) -> bool | None:
    if door.open.known is None and door.closed.known:
        return False
    return door.open.known


def _off_close_limit(door: DoorItems) -> bool | None:
    if door.closed.known is None:
        return True if door.open.known else None
    return not door.closed.known


def either(values: list[bool | None]) -> bool | None:
    """Or of three values: one yes is a yes."""
    if True in values:
        return True
    return None if None in values else False


def facts_of(snapshot: LiftSnapshot, config: EntrapmentConfig) -> Facts:
    """The facts of one snapshot."""
    return Facts(
        t_ns=snapshot.t_ns,
        stationary=_stationary(snapshot, config.stationary_below_mps),
        in_zone=snapshot.door_zone.known,
        open_limit=either([_at_open_limit(door) for door in snapshot.doors]),
        not_closed=either([_off_close_limit(door) for door in snapshot.doors]),
        speed_mps=snapshot.speed_mps.known,
        floor=snapshot.floor.known,
    )
