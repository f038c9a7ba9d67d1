"""The folder of a run, and what stands beside all of them: every format that there is."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from hil import BenchError
from hil.report.capture import write_capture
from hil.report.junit import write_junit
from hil.report.lanes import lanes_of
from hil.report.page import write_page
from hil.report.perfetto import write_perfetto
from hil.scenario.record import RECORD_FILE, RunRecord
from hil.scenario.run import Run
from hil.trace import TRACE_FILE

LOG_FILE: Final = "agent.log"
Writer = Callable[[Run, Path], None]
"""Puts something about a run into its folder."""


def write_record(one: Run, folder: Path) -> None:
    """`run.json`: the record."""
    (folder / RECORD_FILE).write_bytes(one.record.encode())


def write_trace(one: Run, folder: Path) -> None:
    """`trace.jsonl`: everything that was done and seen."""
    one.trace.write(folder / TRACE_FILE)


def write_log(one: Run, folder: Path) -> None:
    """`agent.log`: what the agent said, for people; not there if it said nothing here."""
    if one.log:
        (folder / LOG_FILE).write_text("".join(f"{line}\n" for line in one.log), encoding="utf-8")


def write_wire(one: Run, folder: Path) -> None:
    """`wire.pcapng`: the wire; not there if nothing was on it."""
    write_capture(one.record, one.trace, folder)


def write_pictures(one: Run, folder: Path) -> None:
    """`report.html` and `perfetto.json`: the same lanes, in any browser and in Perfetto."""
    lanes = lanes_of(one.record, one.trace)
    write_page(one.record, lanes, folder)
    write_perfetto(one.record, lanes, folder)


WRITERS: Final[Sequence[Writer]] = (write_record, write_trace, write_log, write_wire, write_pictures)
"""What a run's folder holds. A report is one more entry here."""


def write_folder(one: Run, directory: Path) -> Path:
    """Write all that belongs to a run into a folder of its own below `directory`. Raises BenchError."""
    folder = directory / f"{one.record.name}-{Path(one.record.bench).stem}-{one.record.seed}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for write in WRITERS:
            write(one, folder)
    except OSError as error:
        raise BenchError(f"{folder}: cannot write: {error.strerror}; choose a writable directory") from error
    return folder


def write_sum(records: Sequence[RunRecord], directory: Path) -> None:
    """Write what is about all runs together. Raises BenchError."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        write_junit(records, directory)
    except OSError as error:
        raise BenchError(f"{directory}: cannot write: {error.strerror}; choose a writable directory") from error
