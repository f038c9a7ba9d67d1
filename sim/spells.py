"""When a lift served nobody, and until when people really waited; and what its fate and its technician did."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from msgspec.structs import replace

from sim import spans as found
from sim.history import Head, History, Line
from sim.modes import RULES, Mode
from sim.spans import Span, Wait
from sim.truth import TruthKind

_SERVING: Final = frozenset(mode.value for mode in Mode if RULES[mode].boards)
_ARRIVED: Final = "technician arrives"


def not_serving(history: History) -> list[Span]:
    """Of each car: out of order, in a mode that takes nobody in, or with its controller down."""
    spans: list[Span] = []
    since: dict[tuple[int, str], Line] = {}
    for line in history.truth:
        if line.kind == TruthKind.MODE:
            begins = line.data.get("mode") not in _SERVING
        elif line.kind == TruthKind.CONTROLLER:
            begins = not line.data.get("up")
        else:
            continue
        key = (line.car, line.kind)
        if begins:
            since.setdefault(key, line)
        elif key in since:
            spans.append(_span(since.pop(key), line.t_ns))
    return [*found.out_of_order(history), *spans, *(_span(line, history.end_ns) for line in since.values())]


def waits(history: History, head: Head) -> list[Wait]:
    """Everybody who waited, in the order in which they came; those who gave up, until their patience ended.

    The truth has `abandoned` only when the doors next open there. Who had to leave a full car was there until then.
    """
    patience_ns = round(head.building.traffic.patience_s * 1e9)
    back_ns = {line.number("person"): line.t_ns for line in history.truth if line.kind == TruthKind.STEPPED_OUT}
    return [
        _ended(wait, max(wait.start_ns + patience_ns, back_ns.get(line.number("person"), 0)), history.end_ns)
        for line, wait in zip(found.came(history), found.waits(history), strict=True)
    ]


def _ended(wait: Wait, patient_ns: int, end_ns: int) -> Wait:
    gave_up = patient_ns < wait.end_ns and (wait.gave_up or wait.end_ns == end_ns)
    return replace(wait, end_ns=patient_ns, gave_up=True) if gave_up else wait


def counts(history: History, ended: Sequence[Wait]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """How many ride, and how many wait, from each instant at which that changes; `ended` is from `waits`."""
    riding, waiting = found.counts(history)
    steps = [(t_ns, count - before) for (_, before), (t_ns, count) in pairwise(waiting)]
    for told, wait in zip(found.waits(history), ended, strict=True):
        if wait.end_ns < told.end_ns:
            steps += [(wait.end_ns, -1), *([(told.end_ns, 1)] if told.gave_up else [])]
    left, count = [waiting[0]], waiting[0][1]
    for t_ns, step in sorted(steps, key=lambda step: (step[0], -step[1])):
        count += step
        left.append((t_ns, count))
    return riding, left


def deeds(history: History) -> list[Span]:
    """What happened to the lift from outside, each an instant: causes, what was done, and a technician's arrival.

    What a cause does at once is not told besides it.
    """
    causes = {(line.t_ns, line.car) for line in history.truth if line.kind == TruthKind.CAUSE}
    told = []
    for line in history.truth:
        if line.kind == TruthKind.CAUSE or (line.kind == TruthKind.STIMULUS and (line.t_ns, line.car) not in causes):
            told.append(_span(line, line.t_ns))
        elif line.kind == TruthKind.TECHNICIAN and line.data.get("does") == "arrived":
            told.append(Span(line.t_ns, line.t_ns, line.car, _ARRIVED))
    return told


def _span(line: Line, end_ns: int) -> Span:
    data = line.data
    note = data.get("cause", data.get("stimulus", data.get("mode", "controller off")))
    return Span(line.t_ns, end_ns, line.car, str(note))
