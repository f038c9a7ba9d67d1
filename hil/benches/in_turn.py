"""What steps leave going on behind them: one after the other, so that each finds what the one before left."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class InTurn:
    """A chain of tasks."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def later(self, coroutine: Coroutine[Any, Any, None], name: str) -> None:
        """After whatever still goes on."""

        async def in_turn(before: asyncio.Task[None] | None) -> None:
            if before is not None:
                await asyncio.wait([before])
            await coroutine

        before = self._tasks[-1] if self._tasks else None
        self._tasks.append(asyncio.create_task(in_turn(before), name=name))

    def check(self) -> None:
        """Raise what one of those that are done failed of."""
        for task in self._tasks:
            if task.done():
                task.result()

    async def ended(self) -> None:
        """Wait for all of them, however they end."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
