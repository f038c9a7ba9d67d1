"""Which of two items has to be there first in a step. Told only where neither samples nor devices leave a doubt."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from edge_agent.commission.reading import Change, Reading, Signal, Trace


class Edge(msgspec.Struct, frozen=True):
    """The first or the last time in a step that an item becomes `letter`."""

    item: str
    letter: str
    is_last: bool = False


class Late(msgspec.Struct, frozen=True):
    """In `step` the signal reached `edge` after `other` was there, and has to have done so before it."""

    step: str
    edge: Edge
    other: Edge
    by_ms: int


_LOCKS: Final = ("landing_lock", "car_lock")
RULES: Final[tuple[tuple[Edge, Edge], ...]] = (
    (Edge("moving", "T"), Edge("door_zone", "F")),
    (Edge("door_zone", "T"), Edge("moving", "F", is_last=True)),
    (Edge("doors.front.closed", "F"), Edge("doors.front.open", "T")),
    (Edge("doors.front.open", "F"), Edge("doors.front.closed", "T", is_last=True)),
    *((Edge(lock, "F"), Edge("doors.front.open", "T")) for lock in _LOCKS),
    *((Edge("doors.front.open", "F"), Edge(lock, "T", is_last=True)) for lock in _LOCKS),
)
"""(first, second): the car moves before it leaves the zone; a door is unlocked before it is open; and so on."""

_STEPS: Final = ("step_in", "ride_", "leave")
_WITHIN_ONE_NS: Final = 300_000_000
_BETWEEN_TWO_NS: Final = 1_000_000_000
"""A device's own refresh, and that of two, which the samples do not show (design values)."""
_NS_PER_MS: Final = 1_000_000


def out_of_order(signal: Signal, reading: Reading) -> Late | None:
    """The first rule that the signal breaks as the one that has to come first."""
    for first, second in RULES:
        if first.item != signal.item:
            continue
        for other in reading:
            if other.item == second.item:
                allowed_ns = _WITHIN_ONE_NS if other.device == signal.device else _BETWEEN_TWO_NS
                late = next(_late(first, second, reading[signal], reading[other], allowed_ns), None)
                if late is not None:
                    return late
    return None


def _late(
    first: Edge, second: Edge, mine: Mapping[str, Trace], theirs: Mapping[str, Trace], allowed_ns: int
) -> Iterator[Late]:
    for step, trace in mine.items():
        two = _at(second, theirs[step]) if step in theirs and step.startswith(_STEPS) else None
        if two is None or _letter_at(trace, two.to_ns) in ("", first.letter):
            continue
        after = next((one for one in trace.changes if one.letter == first.letter and one.to_ns > two.to_ns), None)
        if after is not None and after.from_ns - two.to_ns > allowed_ns:
            yield Late(step, first, second, (after.from_ns - two.to_ns) // _NS_PER_MS)


def _at(edge: Edge, trace: Trace) -> Change | None:
    changes = [change for change in trace.changes if change.letter == edge.letter]
    if not changes:
        return None
    return changes[-1] if edge.is_last else changes[0]


def _letter_at(trace: Trace, t_ns: int) -> str:
    letter = trace.word[:1]
    for change in trace.changes:
        if change.to_ns <= t_ns:
            letter = change.letter
    return letter
