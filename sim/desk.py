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
from msgspec.structs import replace

from protocols.language import language
from sim import SimError
from sim.building import load_building
from sim.fold import columns, fold
from sim.history import Head, History, Line, OnLine, read_history
from sim.injector.fate import Struck
from sim.injector.injector import Injector
from sim.injector.model import FaultModel, load_faults
from sim.injector.occasions import Wanted
from sim.nobody import nobody_came
from sim.plan import PlanError, Planned, duration, in_house, in_time, parse_fault, parse_hour, parse_planned, parse_time
from sim.report import Report, Tally
from sim.report_text import report_lines
from sim.run import Done, Run
from sim.stimuli import Effect
from sim.struck_text import occasions_ns, struck_lines
from sim.truth import TruthKind

DEFAULT_FAULTS: Final = "china-residential"
"""Where causes are looked up if no model is named."""
_REFRESH_S: Final = 0.1
_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Asked(msgspec.Struct, frozen=True):
    """What to run."""

    head: Head
    until_ns: int
    plan: tuple[Planned, ...]
    wanted: tuple[Wanted, ...] = ()
    faults: FaultModel | None = None
    at_random: bool = False

    @classmethod
    def of(
        cls,
        building: str,
        lasts: str,
        seed: int,
        at: Sequence[str] = (),
        fault: Sequence[str] = (),
        faults: str | None = None,
        from_hour: str | None = None,
    ) -> "Asked":
        """From the words of the command line. Raises PlanError, SimError or ConfigError."""
        until_ns = parse_time(lasts, "--for")
        if not until_ns:
            raise PlanError(f"--for {lasts}: wants more than nothing, as 20min")
        plan = tuple(map(parse_planned, at))
        wanted = in_time([parse_fault(text) for text in fault], until_ns)
        model = load_faults(DEFAULT_FAULTS if faults is None else faults) if wanted or faults is not None else None
        for one in wanted:
            if model is not None:
                model.cause(one.cause)
        house = load_building(building)
        if from_hour is not None:
            starts_at_h = parse_hour(from_hour, "--from-hour")
            house = replace(house, traffic=replace(house.traffic, starts_at_h=starts_at_h))
        in_house(wanted, house)
        head = Head(house, seed, house.cars)
        return cls(head, until_ns, plan, wanted, model, faults is not None)

    def injector(self) -> Injector | None:
        """What goes wrong by itself or is wanted, if anything."""
        if self.faults is None:
            return None
        seed = self.head.seed
        return Injector(self.faults, seed, feeder=seed, at_random=self.at_random, wanted=self.wanted)


class Played(msgspec.Struct, frozen=True):
    """A run that is over: what was said of it, and what it comes to."""

    head: Head
    history: History
    report: Report
    done: tuple[Done, ...] = ()
    complete: bool = True
    struck: tuple[Struck, ...] = ()
    pending: tuple[str, ...] = ()
    """Causes whose occasion did not come."""
    faults: FaultModel | None = None
    came_ns: tuple[int | None, ...] = ()
    """For each that struck: when the occasion came that it waited for."""

    @property
    def with_causes(self) -> bool:
        """Whether there was anything to go wrong by itself."""
        return bool(self.struck or self.pending)


def play(asked: Asked, on_line: OnLine | None = None, *, tracked: bool = True) -> Played:
    """Run it until its end or Ctrl-C. With `on_line` its lines go there, else they are kept for a picture."""
    history, tally, faults = History(), Tally(asked.head), list[Line]()

    def take(line: Line) -> None:
        tally.add(line)
        if line.kind == TruthKind.FAULT:
            faults.append(line)
        (history.add if on_line is None else on_line)(line)

    injector = asked.injector()
    run = Run(asked.head, asked.until_ns, asked.plan, take, tracked=tracked, misfortune=injector)
    began_s = time.perf_counter()
    with _stop_signals() as stopped, _progress(asked.until_ns) as show:
        for now_ns in run.steps():
            show(now_ns)
            if stopped():
                break
        run.close()
    now_ns, wall_s = run.plant.now_ns, time.perf_counter() - began_s
    struck = () if injector is None else tuple(injector.struck)
    pending = () if injector is None else tuple(injector.pending)
    report, complete = tally.report(now_ns, wall_s), now_ns >= asked.until_ns
    came_ns = () if asked.faults is None else tuple(occasions_ns(struck, asked.faults, faults))
    return Played(asked.head, history, report, tuple(run.done), complete, struck, pending, asked.faults, came_ns)


def load(path: Path) -> Played:
    """A run from its event file. Raises SimError."""
    history, head = read_history(path)
    tally = Tally(head)
    for line in history.truth:
        tally.add(line)
    if not history.ended:
        until = duration(history.end_ns)
        typer.echo(f"{path}: the file ends early: the run's end is missing; it tells up to {until}", err=True)
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
    """The report, on standard output; what one would not expect, on standard error."""
    for line in _unexpected(played):
        typer.echo(line, err=True)
    if json:
        told = msgspec.to_builtins(played.report) | {"complete": played.complete, "stimuli": list(played.done)}
        told |= {"causes": list(played.struck), "pending": list(played.pending)} if played.with_causes else {}
        told |= {} if picture is None else {"picture": str(picture)}
        typer.echo(msgspec.json.encode(told).decode())
        return
    lang, most = language(None, os.environ), columns()
    for line in report_lines(played.report, lang, most):
        typer.echo(line)
    if played.faults is not None:
        for said in struck_lines(played.struck, played.came_ns, played.faults, played.head.cars, lang):
            for line in fold(said, most, "  "):
                typer.echo(line)
    if picture is not None:
        typer.echo(str(picture))


def _unexpected(played: Played) -> Iterator[str]:
    for done in played.done:
        if done.effect is Effect.NONE:
            yield f"{done.stimulus.value} at {duration(done.t_ns)} changed nothing in the lift's state"
    for cause in played.pending:
        yield f"{cause} did not strike: its occasion did not come in this time"
    report = played.report
    if not played.complete:
        yield f"interrupted at {duration(round(report.simulated_s * 1e9))}; the report is of the time until then"
    if played.complete and not report.came + report.idle:
        yield nobody_came(played.head.building.traffic, round(report.simulated_s))


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
