"""F02 does not close, F03 does not open, F18 opens again and again, F19 held open, F26 somebody stays inside.

| event | holds while | unknown or stale |
|---|---|---|
| F02 | stationary in the zone, a door that was open here at neither limit, in service | keeps what it was |
| F03 | stationary in the zone after a trip on a car call, no door open here since, in service | keeps what it was |
| F18 | ten openings from closed at one stop, or three within 20 s; until the car leaves | not counted |
| F19 | a door open, the car stationary, in service | keeps what it was, as a door between its limits does |
| F26 | stationary in the zone, doors not open, opened here before, occupied `yes` | keeps what it was |

Times: 15 s to close and 20 s to open are controllers' own limits (NICE Fb-08, INVT 60); a door that people hold goes
back to its open limit, so it is F19.
"""

from typing import Final

import msgspec

from edge_agent.clock import NS, ns
from edge_agent.detect.facts import either
from edge_agent.detect.look import Answer, Answers, Look, both, no
from protocols.lift.snapshot import DoorItems
from protocols.upstream.messages import Text, Trapped

_RECENT: Final = 3
_SHUT_AFTER_NS: Final = 3 * NS
"""A door without a close limit that was off its open limit for so long may have been shut (a design value)."""
_NOT_CLOSED: Final = Text("门开过后 {s} 秒未关到位", "a door that was open has not reached its close limit for {s} s")
_NOT_OPENED: Final = Text("到站 {s} 秒门未打开", "no door has opened for {s} s since the car came to the landing")
_HELD_OPEN: Final = Text("门已持续打开 {s} 秒", "a door has been open for {s} s")
_LONG_STAY: Final = Text(
    "轿内有人, 门关闭停层 {s} 秒, 本层曾正常开门",
    "people in a car parked with closed doors for {s} s; its door opened here before",
)


class Doors(msgspec.Struct, frozen=True):
    """Openings since the car came to where it stands: how many, and when the last few were; `quick`: three were.

    `is_open`: the open limit, as last known. `off_ns`: since when the door has been off it; `is_shut`: closed since.
    """

    openings: int = 0
    recent_ns: tuple[int, ...] = ()
    quick: bool = False
    is_open: bool = False
    is_shut: bool = True
    off_ns: int = 0
    significant_moves: int = 0


def follow(before: Doors, look: Look) -> Doors:
    """One more look. An opening counts if the door was closed before; without a close limit, long off its limit."""
    facts, moves = look.facts, look.track.significant_moves
    left = before.significant_moves != moves or (facts.in_zone is False and facts.stationary is False)
    now = Doors(is_open=before.is_open, is_shut=before.is_shut, significant_moves=moves) if left else before
    if facts.not_closed is False and not now.is_shut:
        now = msgspec.structs.replace(now, is_shut=True)
    at_limit = facts.open_limit
    if at_limit is None or at_limit is now.is_open:
        return now
    if not at_limit:
        return msgspec.structs.replace(now, is_open=False, is_shut=False, off_ns=look.t_ns)
    was_shut = now.is_shut or (_knows_no_close_limit(look) and look.t_ns - now.off_ns >= _SHUT_AFTER_NS)
    now = msgspec.structs.replace(now, is_open=True, is_shut=False)
    if not was_shut or not facts.in_zone or facts.stationary is False or not look.in_service:
        return now
    recent = (*now.recent_ns, look.t_ns)[-_RECENT:]
    quick = len(recent) == _RECENT and recent[-1] - recent[0] <= ns(look.config.doors.quick_s)
    return msgspec.structs.replace(now, openings=now.openings + 1, recent_ns=recent, quick=now.quick or quick)


def _knows_no_close_limit(look: Look) -> bool:
    return all(not door.closed.source for door in look.snapshot.doors)


def answers(memory: Doors, look: Look) -> Answers:
    """This family's events."""
    config = look.config.doors
    return {
        "F02": Answer(
            _ajar(look),
            _NOT_CLOSED,
            ns(config.close_s),
        ),
        "F03": Answer(
            _unopened(look),
            _NOT_OPENED,
            ns(config.open_s),
        ),
        "F18": Answer(
            memory.quick or memory.openings >= config.openings_at_a_stop,
            lambda: Text(
                f"本次停站已开门 {memory.openings} 次", f"the door opened {memory.openings} times at this stop"
            ),
        ),
        "F19": Answer(_held_open(look), _HELD_OPEN, ns(config.held_open_s)),
        "F26": Answer(
            _long_stay(look),
            _LONG_STAY,
            ns(config.long_stay_s),
        ),
    }


def _stands_here(look: Look) -> bool | None:
    return both(look.facts.stationary, look.facts.in_zone, look.in_service)


def _between_limits(door: DoorItems) -> bool | None:
    return both(no(door.open.known), no(door.closed.known))


def _ajar(look: Look) -> bool | None:
    if not look.track.opened_here:
        return False if look.track.opened_here is False else None
    return both(_stands_here(look), either([_between_limits(door) for door in look.snapshot.doors]))


def _unopened(look: Look) -> bool | None:
    return both(_stands_here(look), no(look.track.opened_here), look.occupancy.trip_call, no(look.facts.open_limit))


def _held_open(look: Look) -> bool | None:
    facts = look.facts
    if facts.open_limit is None or facts.not_closed is None:
        is_open = facts.not_closed if facts.open_limit is None else facts.open_limit
    else:  # a door that goes back and forth is held all the while
        is_open = True if facts.open_limit else (None if facts.not_closed else False)
    return both(is_open, facts.stationary, look.in_service)


def _long_stay(look: Look) -> bool | None:
    facts = look.facts
    if facts.stationary is None or facts.in_zone is None:
        return None
    parked = facts.stationary and facts.in_zone and not facts.open_limit
    return parked and look.track.opened_here is True and look.occupancy.level is Trapped.YES
