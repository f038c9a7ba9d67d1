"""F04 stopped outside the zone, F05 and F13 moving with a door open, F06 and F21 run too long, F07, F11, F12.

| event | holds while | unknown or stale |
|---|---|---|
| F04 | stationary outside the zone, in service | keeps what it was |
| F05 | outside the zone with a door that has not been closed since the car was in it | keeps; door: not counted |
| F06 | moving, and neither zone nor floor changes, in service | no edge is seen: not judged |
| F07 | another floor is shown than the car came to, and it has stood in the zone since | not judged |
| F11 | faster than 115 % of the rated speed, three samples | not judged |
| F12 | two floors on, steady for 3 s at less than 92 % or more than 105 % of the rated speed, in service | not judged |
| F13 | outside the zone with a door that was closed in this run, the car faster than 0.3 m/s when it opened | as F05 |
| F21 | moving, in service | keeps what it was |

Polling sees F05 and F13 late and never surely: severity 3 and a low confidence, unless samples are at most 120 ms apart
or the controller itself says so. A speed is judged only if the lift's `rated_mps` is configured.
"""

from functools import partial
from typing import Final

import msgspec

from edge_agent.clock import ns
from edge_agent.detect.look import Answer, Answers, Look, Seen, both, no
from edge_agent.detect.track import CREEP_BELOW_MPS
from protocols.lift.snapshot import DoorItems
from protocols.upstream.messages import Text

_INDICATIVE: Final = 3
_INDICATIVE_CONFIDENCE: Final = 0.5
_CERTAIN_WITHIN_NS: Final = 120_000_000
"""Samples every 100 ms are near enough, and 20 ms is what a busy bus may add."""
_OVERSPEED: Final = 1.15
"""Of the rated speed: where a governor trips at the latest (S-INVT: 115 %)."""
_BAND: Final = (0.92, 1.05)
"""Of the rated speed, in a steady run (EN 81-20, 5.9.2.4, as recalled)."""
_STEADY: Final = 0.02
_RESOLUTION_MPS: Final = 0.05
"""Half a step of devices that tell tenths."""
_STEADY_S: Final = 3.0
_AFTER_FULL_TRAVEL_S: Final = 10.0
_RUN_LIMIT_S: Final = 45.0
"""Of a motor run-time limiter: this, or the full travel and 10 s if that is less (EN 81-20, 5.9.2.7, as recalled)."""
_FLOOR_LOST_S: Final = 5.0

_LEFT_OPEN: Final = Text("门未关闭时轿厢离开门区", "the car left the door zone with a door not closed")
_OPENED: Final = Text("运行中门离开关门到位", "a door left its close limit while the car moved")
_NO_EDGE: Final = Text("运行 {s} 秒未见门区或楼层变化", "moving for {s} s past no zone and no floor")
_LONG_RUN: Final = Text("一次运行已 {s} 秒", "one run has lasted {s} s")
_ODD: Final = Text("速度异常", "odd speed")


class Movement(msgspec.Struct, frozen=True):
    """What of the car's way must be remembered.

    `open_since_zone`: a door has not been closed since the car was last seen in a zone. `shut_in_run`: the doors were
    seen closed in the present move. `told_*`: the event is open; `apart_ns` between the samples that told it. `place`:
    zone and floor as last seen; `has_edge`: they just changed. `stood_at`: the floor that was shown when the car came
    to stand. `steady_mps`: the speed that it has kept since `steady_ns`.
    """

    open_since_zone: bool = False
    shut_in_run: bool = False
    away_open: Seen = Seen()
    opened_away: Seen = Seen()
    told_away_open: bool = False
    told_opened_away: bool = False
    apart_ns: float | None = None
    fast: Seen = Seen()
    place: tuple[bool | None, int | None] = (None, None)
    has_edge: bool = False
    stood_at: int | None = None
    steady_mps: float | None = None
    steady_ns: int = 0


def follow(before: Movement, look: Look) -> Movement:
    """One more look."""
    facts, snapshot = look.facts, look.snapshot
    now = _follow_doors(before, look)
    place = (facts.in_zone, facts.floor)
    speed = facts.speed_mps
    over = None if speed is None or look.rated_mps is None else speed > _OVERSPEED * look.rated_mps
    steady_mps, steady_ns = _steady(before, speed, look.t_ns)
    return msgspec.structs.replace(
        now,
        fast=before.fast.follow(over, snapshot.speed_mps.sampled_from_ns),
        place=place,
        has_edge=place != before.place,
        stood_at=_stood_at(before, look),
        steady_mps=steady_mps,
        steady_ns=steady_ns,
    )


def _stood_at(before: Movement, look: Look) -> int | None:
    facts = look.facts
    if facts.stationary is False or facts.in_zone is False:
        return None
    if before.stood_at is None and facts.stationary and facts.in_zone:
        return facts.floor
    return before.stood_at


def _follow_doors(before: Movement, look: Look) -> Movement:
    facts = look.facts
    moves = facts.stationary is False
    shut_in_run = False if facts.stationary else before.shut_in_run or (moves and facts.not_closed is False)
    if facts.not_closed is None or facts.in_zone is None:
        return msgspec.structs.replace(before, shut_in_run=shut_in_run)
    if not facts.not_closed or facts.in_zone:
        still_open = facts.not_closed and facts.in_zone
        return Movement(open_since_zone=still_open, shut_in_run=shut_in_run)
    at_ns = _seen_open_ns(look)
    fast = moves and (facts.speed_mps is None or facts.speed_mps >= CREEP_BELOW_MPS)
    left_open = before.open_since_zone and look.in_service
    opened = not before.open_since_zone and before.shut_in_run and fast and look.in_service
    away_open = before.away_open.follow(left_open, at_ns)
    opened_away = before.opened_away.follow(opened or before.opened_away.count > 0, at_ns)
    told = away_open if away_open.is_steady() else opened_away
    return msgspec.structs.replace(
        before,
        shut_in_run=shut_in_run,
        away_open=away_open,
        opened_away=opened_away,
        told_away_open=before.told_away_open or away_open.is_steady(),
        told_opened_away=before.told_opened_away or opened_away.is_steady(),
        apart_ns=told.apart_ns if told.is_steady() else before.apart_ns,
    )


def _seen_open_ns(look: Look) -> int:
    """When the door that is not closed and the zone were both last sampled."""
    doors = [_open_sample_ns(door) for door in look.snapshot.doors]
    return min(max(doors, default=0), look.snapshot.door_zone.sampled_from_ns)


def _open_sample_ns(door: DoorItems) -> int:
    if door.closed.known is False:
        return door.closed.sampled_from_ns
    return door.open.sampled_from_ns if door.open.known else 0


def _steady(before: Movement, speed: float | None, t_ns: int) -> tuple[float | None, int]:
    if speed is None or speed < CREEP_BELOW_MPS:
        return None, t_ns
    kept = before.steady_mps is not None and abs(speed - before.steady_mps) <= _STEADY * before.steady_mps
    return (before.steady_mps, before.steady_ns) if kept else (speed, t_ns)


def answers(memory: Movement, look: Look) -> Answers:
    """This family's events."""
    facts, config = look.facts, look.config.movement
    moving = both(no(facts.stationary), look.in_service)
    full_travel_s = look.full_travel_s + _AFTER_FULL_TRAVEL_S
    sure = memory.apart_ns is not None and memory.apart_ns <= _CERTAIN_WITHIN_NS
    doors_known = None not in (facts.not_closed, facts.in_zone)
    doubtful = (None, 0.9) if sure else (_INDICATIVE, _INDICATIVE_CONFIDENCE)
    return {
        "F04": Answer(
            both(facts.stationary, no(facts.in_zone), look.in_service),
            partial(_outside, look),
            ns(config.outside_zone_s),
        ),
        "F05": Answer(
            memory.told_away_open or (False if doors_known else None),
            _LEFT_OPEN,
            0,
            *doubtful,
        ),
        "F06": Answer(
            None if None in memory.place else both(moving, not memory.has_edge),
            _NO_EDGE,
            ns(min(_RUN_LIMIT_S, full_travel_s)),
        ),
        "F07": Answer(
            _elsewhere(memory, look),
            partial(_became, look),
            ns(_FLOOR_LOST_S),
        ),
        "F11": Answer(
            None if look.rated_mps is None else memory.fast.is_steady(3),
            partial(_overspeed, look),
        ),
        "F12": _odd_speed(memory, look),
        "F13": Answer(
            memory.told_opened_away or (False if doors_known else None),
            _OPENED,
            0,
            *doubtful,
        ),
        "F21": Answer(moving, _LONG_RUN, ns(full_travel_s)),
    }


def _elsewhere(memory: Movement, look: Look) -> bool | None:
    facts = look.facts
    if None in (facts.floor, facts.stationary, facts.in_zone):
        return None
    return memory.stood_at is not None and memory.stood_at != facts.floor


def _odd_speed(memory: Movement, look: Look) -> Answer:
    speed, rated = memory.steady_mps, look.rated_mps
    if rated is None or look.facts.speed_mps is None:
        return Answer(None, _ODD)
    low, high = _BAND[0] * rated - _RESOLUTION_MPS, _BAND[1] * rated + _RESOLUTION_MPS
    steady = speed is not None and look.t_ns - memory.steady_ns >= ns(_STEADY_S) and _is_well_under_way(look)
    odd = steady and speed is not None and not low <= speed <= high
    return Answer(odd and look.in_service, partial(_odd, speed or 0.0, rated))


def _is_well_under_way(look: Look) -> bool:
    """Two floors from where it began: a car that looks for its place, or goes to the next floor, may be slow."""
    move, floor = look.track.move, look.facts.floor
    return move is not None and None not in (move.from_floor, floor) and abs((floor or 0) - (move.from_floor or 0)) >= 2


def _odd(speed: float, rated: float) -> Text:
    return Text(f"以 {speed:.2f} m/s 匀速运行, 额定 {rated} m/s", f"a steady {speed:.2f} m/s, rated {rated} m/s")


def _outside(look: Look) -> Text:
    near = look.label(look.facts.floor)
    return Text(f"轿厢在门区外停止 {{s}} 秒(近{near.zh})", f"stopped outside the zone near {near.en} for {{s}} s")


def _became(look: Look) -> Text:
    here = look.label(look.facts.floor)
    return Text(f"停站期间楼层显示变为{here.zh}", f"while the car stood, its floor became {here.en}")


def _overspeed(look: Look) -> Text:
    rated = look.rated_mps
    return Text(f"速度超过额定 {rated} m/s 的 115%", f"faster than 115 % of the rated {rated} m/s")
