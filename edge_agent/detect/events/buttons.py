"""F24 a call button is stuck: its call is there whatever the car does.

| found by | needs | ended by |
|---|---|---|
| a call that the first opening at its floor did not answer, three stops running | calls, floor, doors | one that did |
| a landing call that came back within 5 s of ten departures running | calls, floor | once it did not |

A call is answered when the car opens there, so one that is still on with the door fully open was made again at once;
controllers that ignore a button until the car has left show the other. Calls or floor unknown: not counted.
"""

from functools import partial
from typing import Final

import msgspec

from edge_agent.clock import NS
from edge_agent.detect.look import Answer, Answers, Look
from protocols.upstream.messages import Text

_OPENINGS: Final = 3
_RETURNS_WITHIN_NS: Final = 5 * NS
"""Design values. A queue that does not fit into the car presses at once, too: `buttons.returns` is for that."""


class Buttons(msgspec.Struct, frozen=True):
    """By floor, in a row: openings in which its car or hall call stayed on, departures after which it came back.

    `stop`: the one (`track.significant_moves`) whose opening is counted. `left`: the floor that the car left at
    `left_ns`, until it is known whether its call came back.
    """

    car: dict[int, int] = {}
    hall: dict[int, int] = {}
    returns: dict[int, int] = {}
    full_openings: int = 0
    stop: int | None = None
    left: int | None = None
    left_ns: int = 0


def follow(before: Buttons, look: Look) -> Buttons:
    """One more look."""
    return _follow_departure(_follow_opening(before, look), look)


def _follow_opening(before: Buttons, look: Look) -> Buttons:
    openings, floor = look.track.full_openings, look.facts.floor
    if openings == before.full_openings:
        return before
    if floor is None or before.stop == look.track.significant_moves:
        return msgspec.structs.replace(before, full_openings=openings)
    return msgspec.structs.replace(
        before,
        car=_counted(before.car, floor, _has(look.snapshot.car_calls.known, floor)),
        hall=_counted(before.hall, floor, _has(look.snapshot.hall_calls.known, floor)),
        full_openings=openings,
        stop=look.track.significant_moves,
    )


def _follow_departure(before: Buttons, look: Look) -> Buttons:
    move = look.track.move
    if move is not None and move.from_floor is not None and move.from_zone and move.begun_ns != before.left_ns:
        return msgspec.structs.replace(before, left=move.from_floor, left_ns=move.begun_ns)
    floor = before.left
    if floor is None or look.facts.in_zone is not False:
        return before
    came, is_late = _has(look.snapshot.hall_calls.known, floor), look.t_ns - before.left_ns > _RETURNS_WITHIN_NS
    if came is None:
        return msgspec.structs.replace(before, left=None) if is_late else before
    if not came and not is_late:
        return before
    came = came and not is_late
    return msgspec.structs.replace(before, returns=_counted(before.returns, floor, came), left=None)


def _has(calls: int | None, floor: int) -> bool | None:
    return None if calls is None else bool(calls >> floor & 1)


def _counted(before: dict[int, int], floor: int, is_there: bool | None) -> dict[int, int]:
    if is_there is None:
        return before
    rest = {one: count for one, count in before.items() if one != floor}
    return {**rest, floor: before.get(floor, 0) + 1} if is_there else rest


def answers(memory: Buttons, look: Look) -> Answers:
    """This family's event."""
    car = _at_least(_OPENINGS, memory.car)
    hall = _at_least(_OPENINGS, memory.hall) | _at_least(look.config.buttons.returns, memory.returns)
    return {"F24": Answer(bool(car or hall), partial(_sentence, sorted(car), sorted(hall), look))}


def _at_least(limit: int, counts: dict[int, int]) -> set[int]:
    return {floor for floor, count in counts.items() if count >= limit}


def _sentence(car: list[int], hall: list[int], look: Look) -> Text:
    zh = [f"内召 {look.label(floor).zh}" for floor in car] + [f"外召 {look.label(floor).zh}" for floor in hall]
    en = [f"car button of {look.label(floor).en}" for floor in car]
    en += [f"landing button of {look.label(floor).en}" for floor in hall]
    return Text(f"按钮粘连: {'、'.join(zh)}", f"stuck: {', '.join(en)}")
