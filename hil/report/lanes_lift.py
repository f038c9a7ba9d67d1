"""The lanes of the lift: where the cars and doors were, and what really happened."""

from collections.abc import Iterator
from typing import Final

from hil.report.lane import Curve, Group, Lane, Span, Tone, mark
from hil.report.way import Way, Ways
from hil.trace import Lane as Source
from hil.trace import Record, Trace
from protocols.upstream.messages import Text
from sim.truth import TruthKind


def lift_lanes(ways: Ways, trace: Trace) -> Iterator[Lane]:
    """Two for each car, and one for all that the curves do not show."""
    for way in ways.cars:
        number = f" {way.car + 1}" if len(ways.cars) > 1 else ""
        yield _place(way, ways, number, trace)
        yield Lane(
            id=f"doors-{way.car + 1}",
            group=Group.LIFT,
            title=Text(f"轿门{number}", f"Car door{number}"),
            curve=Curve(way.doors, 0.0, 1.0, "", [(0.0, ""), (1.0, "")]),
        )
    marks = [mark(one, tone=_TRUTH_TONES.get(one.name, Tone.PLAIN)) for one in trace.of(Source.TRUTH)]
    happened = [one for one in marks if one.label not in _DRAWN]
    if happened:
        yield Lane(id="truth", group=Group.LIFT, title=Text("实际发生", "What really happened"), marks=happened)


_DRAWN: Final = frozenset({"door_opening", "door_open", "door_closing", "door_closed", "departed", "arrived"})
"""The curves show them."""
_TRUTH_TONES: Final = {
    TruthKind.FAULT.value: Tone.BAD,
    TruthKind.TRIPPED.value: Tone.BAD,
    TruthKind.TRAPPED_SINCE.value: Tone.BAD,
    TruthKind.FREED.value: Tone.GOOD,
    TruthKind.FAULT_ENDED.value: Tone.GOOD,
}


def _place(way: Way, ways: Ways, number: str, trace: Trace) -> Lane:
    heights = [height for height, _ in ways.landings]
    places = [place for _, place in way.place]
    about = Text("", "") if way.exact else Text("(近似)", " (about)")
    return Lane(
        id=f"lift-{way.car + 1}",
        group=Group.LIFT,
        title=Text(f"轿厢位置{number}{about.zh}", f"Car position{number}{about.en}"),
        curve=Curve(way.place, min([*heights, *places]), max([*heights, *places]), "m", ways.landings),
        spans=list(_trapped(trace, way.car)),
    )


def _trapped(trace: Trace, car: int) -> Iterator[Span]:
    since: Record | None = None
    for one in trace.of(Source.TRUTH):
        if one.fields.get("car", 0) != car:
            continue
        if one.name == TruthKind.TRAPPED_SINCE.value:
            since = one
        elif one.name == TruthKind.FREED.value and since is not None:
            yield Span(since.t_ns, one.t_ns, "trapped", Tone.BAD, since.data)
            since = None
    if since is not None:
        yield Span(since.t_ns, trace.end_ns, "trapped", Tone.BAD, since.data)
