"""Looks at a lift when its next deadline comes, although nothing was heard of it."""

import asyncio
from collections.abc import Callable

from edge_agent.clock import NS
from edge_agent.lift_runtime import LiftRuntime
from edge_agent.ports import Clock


class Deadline:
    """Looks at a lift when its next deadline comes. A timer that comes too early is let run: it costs one look."""

    def __init__(
        self,
        clock: Clock,
        lift: LiftRuntime,
        after_look: Callable[[], None],
        on_failure: Callable[[Exception], None],
    ) -> None:
        self._clock = clock
        self._lift = lift
        self._after_look = after_look
        self._on_failure = on_failure
        self._at_ns: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    def arm(self) -> None:
        """Make sure to look again in time."""
        at_ns = self._lift.next_deadline()
        if at_ns is None or (self._at_ns is not None and self._at_ns <= at_ns):
            return
        self.cancel()
        self._at_ns = at_ns
        delay_s = max(0, at_ns - self._clock.now_ns()) / NS
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._due)

    def _due(self) -> None:
        self._at_ns = None
        try:
            self._lift.look()
            self._after_look()
        except Exception as error:  # noqa: BLE001  # a timer's own would be logged and forgotten, and the lift with it
            self._on_failure(error)

    def cancel(self) -> None:
        """Forget about it."""
        if self._timer is not None:
            self._timer.cancel()
        self._at_ns = None
