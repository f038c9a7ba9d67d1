"""A run as lanes over time, for everything that draws one: what was done, what really happened, what the agent did.

Each span and mark says what it is in `label`, and has the trace's own data. Firings of faults, and transmissions, are
spans. More than `MOST` spans of a lane are drawn as bundles of neighbours.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from hil.report.lane import Group, Lane, Span, Tone, grouped, mark
from hil.report.lanes_agent import agent_lanes, alarm_lanes, mqtt_lanes
from hil.report.lanes_lift import lift_lanes
from hil.report.way import ways_of
from hil.scenario.record import RunRecord
from hil.trace import Lane as Source
from hil.trace import Record, Trace
from protocols.upstream.messages import Text

MOST: Final = 20_000
"""Of one lane; a day of transmissions is a million."""


def lanes_of(record: RunRecord, trace: Trace) -> list[Lane]:
    """All lanes of a run, from the lift to its alarms; none for what the trace has nothing of."""
    made: list[Iterable[Lane]] = [
        lift_lanes(ways_of(record, trace), trace),
        _done(trace),
        _faults(trace),
        _wire(trace),
        agent_lanes(trace),
        mqtt_lanes(trace),
        alarm_lanes(trace),
    ]
    return [msgspec.structs.replace(lane, spans=bundled(lane.spans)) for lanes in made for lane in lanes]


def bundled(spans: list[Span], most: int = MOST) -> list[Span]:
    """No more spans than `most`: so many neighbours are drawn as one that nothing is left out."""
    if len(spans) <= most:
        return spans
    size = -(-len(spans) // most)
    bundles = [spans[first : first + size] for first in range(0, len(spans), size)]
    return [Span(one[0].start_ns, max(s.end_ns for s in one), f"{len(one)} x", one[0].tone) for one in bundles]


def _done(trace: Trace) -> Iterator[Lane]:
    marks = [mark(one, label=_said(one)) for one in trace.of(Source.STEP)]
    if marks:
        yield Lane(id="steps", group=Group.DONE, title=Text("场景步骤", "Stimuli and steps"), marks=marks)


def _said(step: Record) -> str:
    """A step in a few words: what, and which."""
    value = step.fields.get(step.name, "")
    if isinstance(value, dict):
        value = " ".join(str(part) for part in value.values())
    return str(value) if step.name == "stimulus" else f"{step.name} {value}"


def _faults(trace: Trace) -> Iterator[Lane]:
    """A lane for each fault: from armed to cleared, and every firing."""
    records = list(trace.of(Source.FAULT))
    for armed in (one for one in records if one.name == "armed"):
        fault, kind = str(armed.fields["fault"]), str(armed.fields["kind"])
        mine = [one for one in records if one.fields.get("fault") == fault and one.t_ns >= armed.t_ns]
        end_ns = next((one.t_ns for one in mine if one.name == "cleared"), trace.end_ns)
        fired = [one for one in mine if one.name == "fired"]
        shaded = Span(armed.t_ns, end_ns, kind, Tone.FAULT, armed.data)
        firings = [
            Span(one.t_ns, max(one.t_ns, int(one.fields["until_ns"])), str(one.fields["done"]), Tone.FIRED, one.data)
            for one in fired
        ]
        title = Text(f"故障 {fault}: 触发 {len(fired)} 次", f"Fault {fault}: fired {len(fired)} x")
        yield Lane(id=f"fault-{fault}", group=Group.FAULTS, title=title, spans=[shaded, *firings])


def _wire(trace: Trace) -> Iterator[Lane]:
    """A lane for everybody who drives the wire."""
    for name, records in grouped(trace.of(Source.WIRE), lambda one: one.name).items():
        spans = [
            Span(int(one.fields["start_ns"]), one.t_ns, str(one.fields["hex"]), Tone.PLAIN, one.data) for one in records
        ]
        yield Lane(
            id=f"wire-{name}", group=Group.WIRE, title=Text(f"总线: {name}", f"On the wire: {name}"), spans=spans
        )
