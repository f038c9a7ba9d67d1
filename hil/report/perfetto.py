"""`perfetto.json`: the run for ui.perfetto.dev and chrome://tracing, in the trace-event format (JSON object form).

Each lane is a thread of a process that stands for its group. Curves are counters (`C`), spans complete events (`X`), or
async ones (`b`, `e`) in a lane whose spans overlap, marks instants (`i`). Times are microseconds since the run began.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import msgspec

from hil.report.lane import Curve, Group, Lane, Mark, Span
from hil.scenario.record import RunRecord

PERFETTO_FILE: Final = "perfetto.json"
_NAMES: Final = {
    Group.LIFT: "lift",
    Group.DONE: "scenario",
    Group.FAULTS: "faults",
    Group.WIRE: "wire",
    Group.AGENT: "agent",
    Group.MQTT: "MQTT",
    Group.ALARMS: "alarms",
}
_PROCESSES: Final = {group: number for number, group in enumerate(Group, start=1)}
_NS_PER_US: Final = 1000
Event = dict[str, Any]


def write_perfetto(record: RunRecord, lanes: Sequence[Lane], folder: Path) -> None:
    """Write it. Raises OSError."""
    about = {"scenario": record.name, "bench": record.bench, "seed": record.seed, "outcome": record.outcome.value}
    document = {"displayTimeUnit": "ms", "otherData": about, "traceEvents": list(events(lanes))}
    (folder / PERFETTO_FILE).write_bytes(msgspec.json.encode(document))


def events(lanes: Sequence[Lane]) -> Iterator[Event]:
    """All events of a run; those of one lane together, in order of time."""
    for group in dict.fromkeys(lane.group for lane in lanes):
        yield _named("process_name", _PROCESSES[group], 0, _NAMES[group])
        yield _ordered("process_sort_index", _PROCESSES[group], 0, _PROCESSES[group])
    for number, lane in enumerate(lanes, start=1):
        process = _PROCESSES[lane.group]
        if lane.curve is not None:
            yield from _counted(lane.title.en, process, lane.curve)
        if lane.spans or lane.marks:
            yield _named("thread_name", process, number, lane.title.en)
            yield _ordered("thread_sort_index", process, number, number)
            yield from _lasting(lane, process, number)
            yield from _instants(lane.marks, process, number)


def _named(name: str, process: int, thread: int, value: str) -> Event:
    return {"ph": "M", "name": name, "pid": process, "tid": thread, "args": {"name": value}}


def _ordered(name: str, process: int, thread: int, value: int) -> Event:
    return {"ph": "M", "name": name, "pid": process, "tid": thread, "args": {"sort_index": value}}


def _counted(name: str, process: int, curve: Curve) -> Iterator[Event]:
    key = curve.unit or "value"
    for t_ns, value in curve.points:
        yield {"ph": "C", "name": name, "pid": process, "ts": _us(t_ns), "args": {key: round(value, 4)}}


def _lasting(lane: Lane, process: int, thread: int) -> Iterator[Event]:
    overlap = any(after.start_ns < before.end_ns for before, after in pairwise(lane.spans))
    for number, span in enumerate(lane.spans):
        event = _event(span, span.start_ns, process, thread)
        if not overlap:
            yield {**event, "ph": "X", "dur": _us(span.end_ns - span.start_ns)}
        else:
            both = {**event, "cat": lane.group.value, "id": f"{lane.id}/{number}"}
            yield {**both, "ph": "b"}
            yield {**both, "ph": "e", "ts": _us(span.end_ns)}


def _instants(marks: Iterable[Mark], process: int, thread: int) -> Iterator[Event]:
    for mark in marks:
        yield {**_event(mark, mark.t_ns, process, thread), "ph": "i", "s": "t"}


def _event(one: Span | Mark, t_ns: int, process: int, thread: int) -> Event:
    return {"name": one.label, "pid": process, "tid": thread, "ts": _us(t_ns), "args": {"data": one.data}}


def _us(t_ns: int) -> float:
    return t_ns / _NS_PER_US
