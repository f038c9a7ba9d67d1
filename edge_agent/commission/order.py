"""Which of two items has to change first in a step. Told only where the samples leave no doubt."""

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
    """In `step` the signal's edge came after `other`'s, and has to come before it."""

    step: str
    edge: Edge
    other: Edge
    by_ms: int


_LOCKS: Final = ("landing_lock", "car_lock")
RULES: Final[tuple[tuple[Edge, Edge], ...]] = (
    (Edge("moving", "T"), Edge("door_zone", "F")),
    (Edge("door_zone", "T", is_last=True), Edge("moving", "F", is_last=True)),
    (Edge("doors.front.closed", "F"), Edge("doors.front.open", "T")),
    (Edge("doors.front.open", "F", is_last=True), Edge("doors.front.closed", "T", is_last=True)),
    *((Edge(lock, "F"), Edge("doors.front.open", "T")) for lock in _LOCKS),
    *((Edge("doors.front.open", "F", is_last=True), Edge(lock, "T", is_last=True)) for lock in _LOCKS),
)
"""(first, second): the car leaves the zone after it began to move; a door is unlocked before it is open; and so on."""

_STEPS: Final = ("step_in", "ride_", "leave")
_NS_PER_MS: Final = 1_000_000


def out_of_order(signal: Signal, reading: Reading) -> Late | None:
    """The first rule that the signal breaks as the one that has to come first."""
    for first, second in RULES:
        if first.item != signal.item:
            continue
        for other in reading:
            if other.item == second.item:
                late = next(_late(first, second, reading[signal], reading[other]), None)
                if late is not None:
                    return late
    return None


def _late(first: Edge, second: Edge, mine: Mapping[str, Trace], theirs: Mapping[str, Trace]) -> Iterator[Late]:
    for step in mine.keys() & theirs.keys():
        if not step.startswith(_STEPS):
            continue
        one, two = _at(first, mine[step]), _at(second, theirs[step])
        if one is not None and two is not None and two.to_ns < one.from_ns:
            yield Late(step, first, second, (one.from_ns - two.to_ns) // _NS_PER_MS)


def _at(edge: Edge, trace: Trace) -> Change | None:
    changes = [change for change in trace.changes if change.letter == edge.letter]
    if not changes:
        return None
    return changes[-1] if edge.is_last else changes[0]
