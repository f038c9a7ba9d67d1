"""A bench in real time: the world's segment on a pty, the plant in step with the clock, evidence in a file."""

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final, TextIO

import msgspec

from hil import BenchError
from hil.bus.pty import PtyPort
from hil.control import Control
from hil.devices.profile_device import Sample
from hil.loop import NS_PER_S
from hil.pace import Pace
from hil.panel import Panel, Told, shown
from hil.setup import BenchSetup, Planned
from hil.timeline import RealTimeline
from hil.world import World
from sim.truth import TruthRecord

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Evidence:
    """Writes truth and samples as JSON lines with the wall time at which they were written (ns since 1970)."""

    def __init__(self, file: TextIO | None, on_truth: Callable[[TruthRecord], None]) -> None:
        self._file = file
        self._on_truth = on_truth

    def truth(self, record: TruthRecord) -> None:
        """Something happened to the lift."""
        self._write(record)
        self._on_truth(record)

    def sample(self, sample: Sample) -> None:
        """A device took its registers for an answer."""
        self._write(sample)

    def _write(self, record: TruthRecord | Sample) -> None:
        if self._file is not None:
            line = {"t_ns": record.t_ns, "wall_unix_ns": time.time_ns()} | msgspec.structs.asdict(record)
            self._file.write(msgspec.json.encode(line).decode() + "\n")
            self._file.flush()


async def serve(
    setup: BenchSetup,
    link: Path,
    truth: Path | None,
    on_ready: Callable[[World], None],
    on_truth: Callable[[TruthRecord], None],
    told: Told | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; link and control socket are gone afterwards. Raises BenchError and the like.

    With `told`, a key panel is on the terminal, and `told` hears what became of each stimulus.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stopped.set)
    with ExitStack() as stack:
        evidence = Evidence(None if truth is None else stack.enter_context(_open(truth)), on_truth)
        world = World(setup, evidence.truth, evidence.sample)
        timeline = RealTimeline()
        pace = Pace(world, timeline)
        control = Control(link, pace.act)
        await control.start()
        stack.callback(control.close)
        stack.callback(PtyPort(world.connect(timeline), link).close)
        for planned in setup.plan:
            _plan(planned, timeline, pace)
        on_ready(world)
        if told is not None:
            panel = Panel(world.labels, world.building.cars, pace.act, pace.look, told)
            stack.enter_context(shown(panel, pace.step, stopped.set))
        stack.callback(pace.stop)
        pace.step()
        await stopped.wait()


def _plan(planned: Planned, timeline: RealTimeline, pace: Pace) -> None:
    timeline.call_at_ns(
        round(planned.at_s * NS_PER_S), lambda: pace.act(planned.stimulus, planned.for_s, planned.car_index)
    )


def _open(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise BenchError(f"{path}: cannot write: {error.strerror}; choose a writable file") from error
