"""A process on a virtual loop: everything that one task starts, so that all of it can be stopped as SIGSTOP does.

Membership is a context variable, which asyncio hands on to every task, callback and timer. A stopped process runs
nothing; what became due meanwhile runs when it goes on, in the order in which it became due.
"""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar, TypeVarTuple, Unpack

from hil.loop import VirtualLoop

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Process:
    """One process. `set_up` runs in its context first, for context variables of its own."""

    def __init__(self, loop: VirtualLoop, name: str, set_up: Callable[[], None] | None = None) -> None:
        self.name = name
        self.is_stopped = False
        self._loop = loop
        self._kept: list[asyncio.Handle] = []
        self._context = contextvars.Context()
        self._context.run(_current.set, self)
        if set_up is not None:
            self._context.run(set_up)

    def start(self, main: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run `main` as its first task."""
        return self._loop.create_task(main, name=self.name, context=self._context.copy())

    def run(self, callback: Callable[[Unpack[Ts]], T], *args: *Ts) -> T:
        """Call into it from outside, as its kernel does: what the callback starts belongs to the process."""
        return self._context.copy().run(callback, *args)

    def stop(self) -> None:
        """Run nothing of it from the next callback on."""
        self.is_stopped = True
        self._loop.set_gate(_may_run)

    def go_on(self) -> None:
        """Run it again, first what became due meanwhile."""
        self.is_stopped = False
        kept, self._kept = self._kept, []
        self._loop.resume(kept)

    def keep(self, handle: asyncio.Handle) -> None:
        """A callback that waits until the process goes on."""
        self._kept.append(handle)


_current: Final[contextvars.ContextVar[Process | None]] = contextvars.ContextVar("process", default=None)


def _may_run(handle: asyncio.Handle) -> bool:
    process = handle._context.get(_current)  # type: ignore[attr-defined]  # typeshed does not know it
    if process is None or not process.is_stopped:
        return True
    process.keep(handle)
    return False
