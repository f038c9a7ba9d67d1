"""What a picture of a run shows besides the cars' ways: spans of time, and instants, from its truth."""

from bisect import bisect_left
from typing import Final

import msgspec

from sim.history import History, Line
from sim.track import Knot, between
from sim.truth import TruthKind


class Span(msgspec.Struct, frozen=True):
    """Something that lasted, at a floor or of a car; `note` says more about it."""

    start_ns: int
    end_ns: int
    where: int = 0
    note: str = ""
    persons: int = 0


class Wait(msgspec.Struct, frozen=True):
    """Somebody at a landing, until the car took them; `upwards` is None for one who wants to go nowhere."""

    start_ns: int
    end_ns: int
    floor: int
    upwards: bool | None
    gave_up: bool = False


def position_at(knots: list[Knot], t_ns: int) -> float:
    """Where a car was at `t_ns`."""
    index = bisect_left(knots, t_ns, key=lambda knot: knot.t_ns)
    if index == len(knots):
        return knots[-1].position_m
    return between(knots[max(index - 1, 0)], knots[index], t_ns)


def paired(history: History, begins: TruthKind, ends: frozenset[TruthKind]) -> list[Span]:
    """For each car from `begins` to the next of `ends`, or to the end of the run; repeated beginnings are one."""
    spans: list[Span] = []
    open_since: dict[int, Line] = {}
    for line in history.truth:
        if line.kind == begins:
            open_since.setdefault(line.car, line)
        elif line.kind in ends and line.car in open_since:
            spans.append(_span(open_since.pop(line.car), line.t_ns))
    return spans + [_span(line, history.end_ns) for line in open_since.values()]


def not_closed(history: History) -> list[Span]:
    """Doors from the beginning of their opening until they were closed."""
    return paired(history, TruthKind.DOOR_OPENING, frozenset({TruthKind.DOOR_CLOSED, TruthKind.DEPARTED}))


def wide_open(history: History) -> list[Span]:
    """Doors fully open."""
    return paired(history, TruthKind.DOOR_OPEN, frozenset({TruthKind.DOOR_CLOSING}))


def trapped(history: History) -> list[Span]:
    """People in a car that they could not leave."""
    return paired(history, TruthKind.TRAPPED_SINCE, frozenset({TruthKind.FREED}))


def out_of_order(history: History) -> list[Span]:
    """Of each car: from a fault to its end, and from the loss of mains to its return."""
    spans: list[Span] = []
    faults: dict[int, Line] = {}
    dark: dict[int, Line] = {}
    for line in history.truth:
        if line.kind == TruthKind.FAULT:
            faults.setdefault(line.car, line)
        elif line.kind == TruthKind.FAULT_ENDED:
            spans += [_span(faults.pop(line.car), line.t_ns)] if line.car in faults else []
        elif line.kind == TruthKind.POWER and not line.data.get("mains"):
            dark[line.car] = line
        elif line.kind == TruthKind.POWER and line.car in dark:
            spans.append(_span(dark.pop(line.car), line.t_ns))
    return spans + [_span(line, history.end_ns) for line in (*faults.values(), *dark.values())]


def stimuli(history: History) -> list[Span]:
    """What was done to the lift, each an instant."""
    return [_span(line, line.t_ns) for line in history.truth if line.kind == TruthKind.STIMULUS]


def waits(history: History) -> list[Wait]:
    """Everybody who waited, in the order in which they came."""
    ended: dict[int, Line] = {}
    for line in history.truth:
        if line.kind in {TruthKind.BOARDED, TruthKind.ABANDONED}:
            ended.setdefault(line.number("person"), line)
        elif line.kind == TruthKind.STEPPED_OUT:
            ended.pop(line.number("person"), None)
    return [_wait(line, ended.get(line.number("person")), history.end_ns) for line in came(history)]


def came(history: History) -> list[Line]:
    """Everybody who came to a landing."""
    return [line for line in history.truth if line.kind == TruthKind.WAITING]


def counts(history: History) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """How many ride, and how many wait, from each instant at which that changes."""
    riding, waiting, in_cars = [(0, 0)], [(0, 0)], dict[int, int]()
    for line in history.truth:
        if line.kind in {TruthKind.BOARDED, TruthKind.ALIGHTED, TruthKind.STEPPED_OUT}:
            in_cars[line.car] = line.number("persons")
            riding.append((line.t_ns, sum(in_cars.values())))
        step = _WAITING_STEPS.get(line.kind)
        if step is not None:
            waiting.append((line.t_ns, waiting[-1][1] + step))
    return [*riding, (history.end_ns, riding[-1][1])], [*waiting, (history.end_ns, waiting[-1][1])]


_WAITING_STEPS: Final[dict[str, int]] = {
    TruthKind.WAITING: 1,
    TruthKind.STEPPED_OUT: 1,
    TruthKind.BOARDED: -1,
    TruthKind.ABANDONED: -1,
}


def _wait(line: Line, end: Line | None, end_ns: int) -> Wait:
    floor, to = line.number("floor"), line.number("to")
    gave_up = end is not None and end.kind == TruthKind.ABANDONED
    return Wait(line.t_ns, end_ns if end is None else end.t_ns, floor, None if to < 0 else to > floor, gave_up)


def _span(line: Line, end_ns: int) -> Span:
    data = line.data
    note = data.get("cause", data.get("fault", data.get("stimulus", "mains off" if "mains" in data else "")))
    return Span(line.t_ns, end_ns, line.car, str(note), line.number("persons", 0))
