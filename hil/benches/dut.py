"""The device under test as a process: the installed command, or whatever a command line starts."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Final

from hil.faults.deeds import Crash, Deed, Pause
from hil.processes import Processes, send, stopped

NAME: Final = "agent"
"""Of its log."""
STOP_WITHIN_S: Final = 10.0
"""From SIGTERM to its end; one that takes longer is killed, and has ended by itself."""
OnLife = Callable[[str, str], None]
"""What became of the process (started, stopped, killed, ended), and why."""


class Dut:
    """Starts, stops, and has hands for the deeds of host faults (`hil.faults.doing.Hands`)."""

    def __init__(
        self,
        processes: Processes,
        command: Sequence[str],
        environment: Mapping[str, str],
        on_life: OnLife,
    ) -> None:
        self._processes = processes
        self._command = tuple(command)
        self._environment = dict(environment)
        self._on_life = on_life
        self._process: asyncio.subprocess.Process | None = None
        self._is_stopping = False
        self._watchers: set[asyncio.Task[None]] = set()

    @property
    def is_running(self) -> bool:
        """Whether there is a process, be it one that stands still."""
        return self._process is not None

    async def start(self) -> None:
        """Start it, unless it runs. Raises BenchError if there is no such command."""
        if self._process is not None:
            return
        process = await self._processes.start(NAME, *self._command, environment=self._environment)
        self._process = process
        self._is_stopping = False
        self._on_life("started", "")
        self._behind(self._watch(process))

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        code = await process.wait()
        if self._process is not process:
            return  # it was killed
        self._process = None
        send(process, signal.SIGKILL)  # what it started does not outlive it
        if self._is_stopping and code in (0, -signal.SIGTERM):
            self._on_life("stopped", "")
        else:
            self._on_life("ended", f"exit code {code}: {self._processes.last_line(NAME)}")

    async def stop(self) -> None:
        """Stop it as systemd does, with SIGTERM, and wait for its end."""
        process = self._process
        if process is None:
            return
        self._is_stopping = True
        if not await stopped(process, STOP_WITHIN_S):
            self._end(process, "ended", f"still ran {STOP_WITHIN_S:g} s after SIGTERM")
        await asyncio.gather(*self._watchers)

    def kill(self, why: str = "") -> bool:
        """Kill it and what it started, with SIGKILL; False if it does not run."""
        process = self._process
        if process is not None:
            self._end(process, "killed", why)
        return process is not None

    def _end(self, process: asyncio.subprocess.Process, did: str, why: str) -> None:
        self._process = None
        send(process, signal.SIGKILL)
        self._on_life(did, why)

    # deeds

    def begin(self, deed: Deed) -> bool:
        """Do it; False if there is nothing that it could be done to."""
        match deed:
            case Pause() if self._process is not None:
                send(self._process, signal.SIGSTOP)
                return True
            case Crash():
                return self.kill(deed.done)
            case _:
                return False

    def end(self, deed: Deed) -> None:
        """It is over."""
        match deed:
            case Pause() if self._process is not None:
                send(self._process, signal.SIGCONT)
            case Crash():
                self._behind(self.start())

    def _behind(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(coroutine, name="dut")
        self._watchers.add(task)
        task.add_done_callback(self._watchers.discard)
