"""Two masters side by side: each polls a slave of its own on a pty, and both are measured over the same window.

Polls are counted at the slaves: each takes down every answer it gives, with the wall time, in a file of JSON lines.
"""

import asyncio
import time
from bisect import bisect_left
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from hil import BenchError
from hil.bench.procfs import Usage, usage
from hil.processes import Processes

AGENT: Final = "agent"
BARE: Final = "bare master"
READY_WITHIN_S: Final = 20.0
LOOK_S: Final = 0.1
_FIRST_POLLS: Final = 3
_WATCHED_WITHIN_S: Final = 2.0
"""By then the watch has seen that a process ended, and says it better than whoever missed the process."""

Say = Callable[[str], None]


class _Sampled(msgspec.Struct, frozen=True):
    """A line of a truth file; only those of register samples have `words`."""

    wall_unix_ns: int
    words: list[int] = []


class Site:
    """Where one master works: its port, and the file in which its slave takes down its answers."""

    def __init__(self, directory: Path, name: str) -> None:
        self.port = directory / f"tty-{name}"
        self.truth = directory / f"truth-{name}.jsonl"

    def answers_ns(self) -> list[int]:
        """The wall time of every answer so far."""
        if not self.truth.exists():
            return []
        whole, _, _ = self.truth.read_bytes().rpartition(b"\n")
        lines = (msgspec.json.decode(line, type=_Sampled) for line in whole.splitlines())
        return [line.wall_unix_ns for line in lines if line.words]


class Window(msgspec.Struct, frozen=True):
    """One process over a span of wall time, and the answers that its slave gave in it."""

    before: Usage
    after: Usage
    seconds: float
    answers_ns: list[int]

    @property
    def cpu_ns_per_poll(self) -> float:
        """CPU time of all threads, divided by the answers."""
        return (self.after.cpu_ns - self.before.cpu_ns) / len(self.answers_ns)

    @property
    def wake_ups_per_s(self) -> float:
        """Voluntary context switches of all threads."""
        return (self.after.wake_ups - self.before.wake_ups) / self.seconds

    @property
    def mean_poll_ns(self) -> float:
        """From the first answer to the last, by the polls between them. Raises BenchError if there are none."""
        if len(self.answers_ns) < 2:
            raise BenchError("one poll within the window is no rate; give it more --seconds")
        return (self.answers_ns[-1] - self.answers_ns[0]) / (len(self.answers_ns) - 1)


async def started(processes: Processes, name: str, site: Site, *command: str) -> None:
    """Start the slave of a site; return when its port is there. Raises BenchError."""
    process = await processes.start(name, *command)
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            while not site.port.exists():
                if process.returncode is not None:
                    raise BenchError(f"{name} did not start: {processes.last_line(name)}")
                await asyncio.sleep(LOOK_S)
    except TimeoutError as error:
        raise BenchError(f"{name} did not appear within {READY_WITHIN_S:g} s: is the machine overloaded?") from error


async def until_polled(sites: Mapping[str, Site]) -> None:
    """Return when every master polls. Raises BenchError."""
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            for site in sites.values():
                while len(site.answers_ns()) < _FIRST_POLLS:  # noqa: ASYNC110  # other processes know no event of ours
                    await asyncio.sleep(LOOK_S)
    except TimeoutError as error:
        counts = ", ".join(f"{name} {len(site.answers_ns())}" for name, site in sites.items())
        raise BenchError(f"not both masters poll after {READY_WITHIN_S:g} s (polls: {counts})") from error


async def windows(sites: Mapping[int, Site], seconds: float, step: str, say: Say) -> list[Window]:
    """Measure the masters with these pids for a while, in the order of `sites`. Raises BenchError."""
    began_ns, before = time.time_ns(), [await _usage(pid) for pid in sites]
    until_s = time.monotonic() + seconds
    while (left_s := until_s - time.monotonic()) > 0:
        say(f"{step}: {left_s:.0f} s left")
        await asyncio.sleep(min(left_s, 1.0))
    after, ended_ns = [await _usage(pid) for pid in sites], time.time_ns()
    answers = [_within(site.answers_ns(), began_ns, ended_ns) for site in sites.values()]
    if not all(answers):
        raise BenchError(f"no poll within the window of {seconds:g} s; give it more --seconds")
    lasted_s = (ended_ns - began_ns) / 1e9
    pairs = zip(before, after, answers, strict=True)
    return [Window(first, last, lasted_s, own) for first, last, own in pairs]


def _within(times_ns: list[int], began_ns: int, ended_ns: int) -> list[int]:
    return times_ns[bisect_left(times_ns, began_ns) : bisect_left(times_ns, ended_ns)]


async def _usage(pid: int) -> Usage:
    try:
        return usage(pid)
    except OSError as error:
        await asyncio.sleep(_WATCHED_WITHIN_S)
        raise BenchError(f"process {pid}: no usage to be read: {error.strerror}; did it end?") from error


@asynccontextmanager
async def watched(processes: Processes) -> AsyncIterator[None]:
    """Fail the body with the one line of whatever process ends meanwhile."""
    ended: BenchError | None = None
    try:
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(processes.watch(), name="watch")
            yield
            watching.cancel()
    except* BenchError as errors:
        ended = _first(errors)
    if ended is not None:  # raised inside `except*` it would come out in a group again
        raise ended


def _first(group: BaseExceptionGroup[BenchError]) -> BenchError:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
