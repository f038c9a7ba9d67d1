"""F02 does not close, F03 does not open, F18 opens again and again, F19 held open, F26 somebody stays inside.

| event | holds while | unknown or stale |
|---|---|---|
| F02 | stationary in the zone, a door that was open here at neither limit, in service | keeps what it was |
| F03 | stationary in the zone after a trip on a car call, no door open here since, in service | keeps what it was |
| F18 | ten openings at one stop, or three within 20 s; until the car leaves | an opening not seen is not counted |
| F19 | a door open, the car stationary, in service | keeps what it was |
| F26 | stationary in the zone, doors not open, opened here before, occupied `yes` | keeps what it was |

Times: 15 s to close and 20 s to open are controllers' own limits (NICE Fb-08, INVT 60); a door that people hold goes
back to its open limit, so it is F19.
"""

from typing import Final

import msgspec

from edge_agent.clock import ns
from edge_agent.detect.look import Answer, Answers, Look, both, no
from protocols.lift.snapshot import DoorItems
from protocols.upstream.messages import Text, Trapped

_RECENT: Final = 3
_NOT_CLOSED: Final = Text("门开过后 {s} 秒未关到位", "a door that was open has not reached its close limit for {s} s")
_NOT_OPENED: Final = Text("到站 {s} 秒门未打开", "no door has opened for {s} s since the car came to the landing")
_HELD_OPEN: Final = Text("门已持续打开 {s} 秒", "a door has been open for {s} s")
_LONG_STAY: Final = Text(
    "轿内有人, 门关闭停层 {s} 秒, 本层曾正常开门",
    "people in a car parked with closed doors for {s} s; its door opened here before",
)


class Doors(msgspec.Struct, frozen=True):
    """Openings since the car came to where it stands: how many, and when the last few were."""

    openings: int = 0
    recent_ns: tuple[int, ...] = ()
    is_open: bool = False
    significant_moves: int = 0


def follow(before: Doors, look: Look) -> Doors:
    """One more look."""
    moves = look.track.significant_moves
    now = before if before.significant_moves == moves else Doors(is_open=before.is_open, significant_moves=moves)
    at_limit = look.facts.open_limit
    if at_limit is None or at_limit is now.is_open:
        return now
    now = msgspec.structs.replace(now, is_open=at_limit)
    if not at_limit or not look.facts.in_zone or look.facts.stationary is False:
        return now
    recent = (*now.recent_ns, look.t_ns)[-_RECENT:]
    return msgspec.structs.replace(now, openings=now.openings + 1, recent_ns=recent)


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
            _again_and_again(memory, look),
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
    parts = [_between_limits(door) for door in look.snapshot.doors]
    between = True if True in parts else (None if None in parts else False)
    return both(_stands_here(look), between)


def _unopened(look: Look) -> bool | None:
    return both(_stands_here(look), no(look.track.opened_here), look.occupancy.trip_call, no(look.facts.open_limit))


def _again_and_again(memory: Doors, look: Look) -> bool:
    config = look.config.doors
    quick = len(memory.recent_ns) == _RECENT and memory.recent_ns[-1] - memory.recent_ns[0] <= ns(config.quick_s)
    return quick or memory.openings >= config.openings_at_a_stop


def _held_open(look: Look) -> bool | None:
    facts = look.facts
    is_open = facts.not_closed if facts.open_limit is None else facts.open_limit
    return None if is_open is None or facts.stationary is None else both(is_open, facts.stationary, look.in_service)


def _long_stay(look: Look) -> bool | None:
    facts = look.facts
    if facts.stationary is None or facts.in_zone is None:
        return None
    parked = facts.stationary and facts.in_zone and not facts.open_limit
    return parked and look.track.opened_here is True and look.occupancy.level is Trapped.YES
