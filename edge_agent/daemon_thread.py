"""Work that blocks and cannot be interrupted: in a daemon thread of its own, which nobody ever has to wait for.

Neither a passed deadline nor the end of the process waits for it. What comes too late is handed to `discard`.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")


class _Call(Generic[T]):
    """One piece of work: a thread on one side, a future on the other."""

    def __init__(self, work: Callable[[], T], name: str, discard: Callable[[T], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._work = work
        self._discard = discard
        self.answer: asyncio.Future[T] = self._loop.create_future()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def _run(self) -> None:
        try:
            result = self._work()
        except Exception as error:  # noqa: BLE001  # the caller's, and it reaches the caller through the future
            self._tell(self._failed, error)
            return
        if not self._tell(self._came, result):
            self._discard(result)

    def _tell(self, callback: Callable[[U], None], argument: U) -> bool:
        try:
            self._loop.call_soon_threadsafe(callback, argument)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return False
        return True

    def _came(self, result: T) -> None:
        if self.answer.done():
            self._discard(result)
        else:
            self.answer.set_result(result)

    def _failed(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


async def in_daemon_thread(work: Callable[[], T], name: str, discard: Callable[[T], None]) -> T:
    """`work()`'s result or exception. Set a deadline around it: cancelling it is safe, whatever `work` does."""
    return await _Call(work, name, discard).answer
