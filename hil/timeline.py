"""Whose time the bench lives in: the virtual loop's own, or real time counted from the bench's start."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from hil.loop import NS_PER_S


class Timer(Protocol):
    """Something due later that can be called off."""

    def cancel(self) -> None:
        """Call it off."""


class Timeline(Protocol):
    """Integer ns from 0, and absolute deadlines. A `VirtualLoop` is one."""

    @property
    def now_ns(self) -> int:
        """The present instant."""

    def call_at_ns(self, when_ns: int, callback: Callable[[], object]) -> Timer:
        """Run `callback` at `when_ns`, or at once if that is past."""


class RealTimeline:
    """Real time on the running asyncio loop, 0 at construction. Callbacks are late by what the machine is late."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._origin_ns = time.monotonic_ns()
        self.origin_unix_ns = time.time_ns()

    @property
    def now_ns(self) -> int:
        """Monotonic ns since the bench started."""
        return time.monotonic_ns() - self._origin_ns

    def call_at_ns(self, when_ns: int, callback: Callable[[], object]) -> Timer:
        """Run `callback` once `when_ns` has come."""
        return self._loop.call_at((self._origin_ns + when_ns) / NS_PER_S, callback)
