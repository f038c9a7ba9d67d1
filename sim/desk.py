"""What `liftwarden sim` does between a person and a run: progress, Ctrl-C, the event file, the report."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import msgspec
import typer

from protocols.language import language
from sim import SimError
from sim.building import load_building
from sim.history import Head, History, Line, OnLine, read_history
from sim.plan import PlanError, Planned, parse_planned, parse_time
from sim.report import Report, Tally
from sim.report_text import report_lines
from sim.run import Done, Run
from sim.stimuli import Effect

_REFRESH_S: Final = 0.1
_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Asked(msgspec.Struct, frozen=True):
    """What to run."""

    head: Head
    until_ns: int
    plan: tuple[Planned, ...]

    @classmethod
    def of(cls, building: str, lasts: str, seed: int, at: Sequence[str]) -> "Asked":
        """From the words of the command line. Raises PlanError, SimError or ConfigError."""
        until_ns = parse_time(lasts, "--for")
        if not until_ns:
            raise PlanError(f"--for {lasts}: wants more than nothing, as 20min")
        plan = tuple(map(parse_planned, at))
        return cls(Head(load_building(building), seed), until_ns, plan)


class Played(msgspec.Struct, frozen=True):
    """A run that is over: what was said of it, and what it comes to."""

    head: Head
    history: History
    report: Report
    done: tuple[Done, ...] = ()
    complete: bool = True


def play(asked: Asked, on_line: OnLine | None = None, *, tracked: bool = True) -> Played:
    """Run it until its end or Ctrl-C. With `on_line` its lines go there, else they are kept for a picture."""
    history, tally = History(), Tally(asked.head)

    def take(line: Line) -> None:
        tally.add(line)
        (history.add if on_line is None else on_line)(line)

    run = Run(asked.head, asked.until_ns, asked.plan, take, tracked=tracked)
    began_s = time.perf_counter()
    with _stop_signals() as stopped, _progress(asked.until_ns) as show:
        for now_ns in run.steps():
            show(now_ns)
            if stopped():
                break
        run.close()
    now_ns, wall_s = run.plant.now_ns, time.perf_counter() - began_s
    return Played(asked.head, history, tally.report(now_ns, wall_s), tuple(run.done), now_ns >= asked.until_ns)


def load(path: Path) -> Played:
    """A run from its event file. Raises SimError."""
    history, head = read_history(path)
    tally = Tally(head)
    for line in history.truth:
        tally.add(line)
    return Played(head, history, tally.report(history.end_ns))


@contextmanager
def written(path: Path | None) -> Iterator[OnLine]:
    """Where lines go: into a file, line by line, or nowhere. Raises SimError if the file cannot be written."""
    if path is None:
        yield lambda _: None
        return
    encode = msgspec.json.Encoder().encode
    try:
        with path.open("wb") as file:
            yield lambda line: _write(file.write, encode(line) + b"\n")
    except OSError as error:
        raise SimError(f"{path}: cannot write: {error.strerror}; choose a writable file") from error


def _write(write: Callable[[bytes], int], text: bytes) -> None:
    write(text)


def say(played: Played, *, json: bool, picture: Path | None = None) -> None:
    """The report, on standard output; what changed nothing, on standard error."""
    for done in played.done:
        if done.effect is Effect.NONE:
            typer.echo(f"{done.stimulus.value} at {done.t_ns / 1e9:g} s changed nothing in the lift's state", err=True)
    if json:
        told = msgspec.to_builtins(played.report) | {"complete": played.complete, "stimuli": list(played.done)}
        told |= {} if picture is None else {"picture": str(picture)}
        typer.echo(msgspec.json.encode(told).decode())
        return
    for line in report_lines(played.report, language(None, os.environ)):
        typer.echo(line)
    if picture is not None:
        typer.echo(str(picture))


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Whether somebody wants it to stop; asked between two steps, so that nothing is left half done."""
    caught: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        caught.append(number)

    before = {number: signal.signal(number, note) for number in _STOP_SIGNALS}
    try:
        yield lambda: bool(caught)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _progress(until_ns: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error if that is a terminal; nothing elsewhere."""
    from rich.console import Console  # noqa: PLC0415  # a pipe needs none of it
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (BarColumn(), TextColumn("{task.percentage:3.0f} %"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as bar:
        task, due_s = bar.add_task("", total=until_ns), 0.0

        def show(now_ns: int) -> None:
            nonlocal due_s
            if (now_s := time.monotonic()) >= due_s:
                due_s = now_s + _REFRESH_S
                bar.update(task, completed=now_ns, refresh=True)

        yield show
