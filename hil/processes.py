"""Processes with a log file each, ended in reverse order whatever happens."""

import asyncio
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from hil import BenchError

_STOP_WITHIN_S: Final = 3.0


class Processes:
    """An async context that leaves no process behind, nor what one of them started."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._running: list[tuple[str, asyncio.subprocess.Process]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, process in reversed(self._running):
            await _end(process)

    async def start(
        self, name: str, *command: str, environment: Mapping[str, str] | None = None
    ) -> asyncio.subprocess.Process:
        """Start `command` in a session of its own, so that Ctrl-C reaches us alone, who end them in order.

        What it says is added to the log of that name. Raises BenchError if it cannot be started.
        """
        with self.log(name).open("ab") as log:
            try:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=asyncio.subprocess.STDOUT,
                    start_new_session=True,
                    env={**os.environ, "PYTHONUNBUFFERED": "1", **({} if environment is None else environment)},
                )
            except OSError as error:
                raise BenchError(f"cannot start {name}: {command[0]}: {error.strerror}") from error
        self._running.append((name, process))
        return process

    def log(self, name: str) -> Path:
        """What a process said."""
        return self._directory / f"{name}.log"

    def last_line(self, name: str) -> str:
        """The last line a process wrote: its own reason for having ended."""
        lines = self.log(name).read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    async def watch(self) -> None:
        """Raise BenchError as soon as one of them ends by itself."""
        waiting = {asyncio.create_task(process.wait(), name=f"wait-{name}"): name for name, process in self._running}
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            name = waiting[done.pop()]
            raise BenchError(f"{name} ended by itself: {self.last_line(name)}")
        finally:
            for task in waiting:
                task.cancel()


def send(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    """Send a signal to a process of ours and to what it started; nothing happens if all of them are gone."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


async def stopped(process: asyncio.subprocess.Process, within_s: float) -> bool:
    """Ask it to end, as systemd does, also if it stands still; whether it has in time."""
    send(process, signal.SIGTERM)
    send(process, signal.SIGCONT)
    try:
        async with asyncio.timeout(within_s):
            await process.wait()
    except TimeoutError:
        return False
    return True


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    await stopped(process, _STOP_WITHIN_S)
    send(process, signal.SIGKILL)
    await process.wait()
