"""The demo's processes: started with a log file each, ended in reverse order whatever happens."""

import asyncio
import os
import signal
from pathlib import Path
from types import TracebackType
from typing import Self

from hil.demo.board import DemoError

_STOP_WITHIN_S = 3.0


class Processes:
    """An async context that leaves no process behind."""

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

    async def start(self, name: str, *command: str) -> asyncio.subprocess.Process:
        """Start `command` in a session of its own, so that Ctrl-C reaches the demo alone, which ends them in order."""
        with self._log(name).open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        self._running.append((name, process))
        return process

    def _log(self, name: str) -> Path:
        return self._directory / f"{name}.log"

    def last_line(self, name: str) -> str:
        """The last line a process wrote: its own reason for having ended."""
        lines = self._log(name).read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    async def watch(self) -> None:
        """Raise DemoError as soon as one of them ends by itself."""
        waiting = {asyncio.create_task(process.wait(), name=f"wait-{name}"): name for name, process in self._running}
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            name = waiting[done.pop()]
            raise DemoError(f"{name} ended by itself: {self.last_line(name)}")
        finally:
            for task in waiting:
                task.cancel()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(_STOP_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
