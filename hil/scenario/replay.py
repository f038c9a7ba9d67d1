"""Runs a kept run again from its record, and compares: on an exact bench the same seed gives the same trace."""

from itertools import zip_longest
from pathlib import Path
from typing import Final

import msgspec

from hil.benches.bench import Settings
from hil.benches.registry import bench_named
from hil.scenario.capabilities import Capability
from hil.scenario.parts import duration_of
from hil.scenario.record import RECORD_FILE, RunRecord, read_record
from hil.scenario.run import Run, run
from hil.trace import TRACE_FILE, Record, Trace

_SHOWN: Final = 160


class Replayed(msgspec.Struct, frozen=True):
    """The run of then and the run of now; `differences` are empty if the second is the first again."""

    before: RunRecord
    now: Run
    differences: list[str]


def replay(path: Path) -> Replayed:
    """Run a record again. `path` is run.json or its folder. Raises BenchError, UsageError."""
    file = path / RECORD_FILE if path.is_dir() else path
    before = read_record(file)
    bench = bench_named(before.bench)
    now = run(before.scenario, bench, Settings(before.seed, before.shuffle))
    exact = Capability.VIRTUAL_TIME in bench.capabilities
    return Replayed(before, now, _differences(before, now, file.with_name(TRACE_FILE) if exact else None))


def _differences(before: RunRecord, now: Run, trace_file: Path | None) -> list[str]:
    """What is not as it was; traces are compared on an exact bench alone."""
    after = now.record
    said = []
    if after.config_hash != before.config_hash:
        said.append("what the scenario refers to (bench, building, profiles) has changed since")
    said += [
        f"{name} was {then}, and is {after.versions.get(name, 'not there')}"
        for name, then in before.versions.items()
        if after.versions.get(name) != then
    ]
    if after.outcome is not before.outcome:
        said.append(f"the outcome was {before.outcome.value}, and is {after.outcome.value}")
    if trace_file is not None and after.trace_hash != before.trace_hash:
        said.append(_first_difference(trace_file, now.trace))
    return said


def _first_difference(trace_file: Path, now: Trace) -> str:
    if not trace_file.is_file():
        return "the trace is another one; it was not kept, so where it differs cannot be told"
    for then, again in zip_longest(Trace.read(trace_file), now):
        if then != again:
            return f"the trace differs: was {_shown(then)}; is {_shown(again)}"
    return "the trace is the same, and its kept hash is another; the record was changed"


def _shown(one: Record | None) -> str:
    if one is None:
        return "nothing more"
    data = bytes(one.data).decode()
    return f"{duration_of(one.t_ns)} {one.lane.value} {one.name} {data[:_SHOWN]}"
