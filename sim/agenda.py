"""Time: a SimPy environment in integer nanoseconds whose owner says how far it goes.

Things happen at appointments. Between them nothing runs: whatever moves is a closed-form function of time.
"""

from collections.abc import Callable
from typing import Final, final

import simpy

from sim import SimError

NS_PER_S: Final = 1_000_000_000


def to_ns(seconds: float) -> int:
    """Seconds as integer nanoseconds, to the nearest."""
    return round(seconds * NS_PER_S)


@final
class Appointment:
    """Something that will happen at its time unless cancelled."""

    __slots__ = ("_timeout",)

    def __init__(self, timeout: simpy.Timeout) -> None:
        self._timeout: Final = timeout

    def cancel(self) -> None:
        """Call it off; nothing happens if it is past."""
        callbacks = self._timeout.callbacks
        if callbacks is not None:  # SimPy takes the list away once the event was handled
            callbacks.clear()


@final
class Agenda:
    """Appointments in order of time; those for one instant happen in the order in which they were made."""

    __slots__ = ("_env", "_now_ns", "events")

    def __init__(self) -> None:
        self._env: Final = simpy.Environment(initial_time=0)
        self._now_ns = 0
        self.events = 0

    @property
    def now_ns(self) -> int:
        """The present instant."""
        return self._now_ns

    def at(self, t_ns: int, action: Callable[[], None]) -> Appointment:
        """Do `action` at `t_ns`, which is not in the past."""
        timeout = self._env.timeout(t_ns - int(self._env.now))
        timeout.callbacks.append(lambda _: action())
        return Appointment(timeout)

    def next_ns(self) -> int | None:
        """The time of the next appointment (perhaps a cancelled one), None if there is none."""
        peek = self._env.peek()
        return None if peek == float("inf") else int(peek)

    def advance_to(self, t_ns: int) -> None:
        """Let everything happen that is due up to and at `t_ns`. Raises SimError on a time in the past."""
        if t_ns < self._now_ns:
            raise SimError(f"time does not run back: {t_ns} ns is before {self._now_ns} ns")
        env = self._env
        while (due := env.peek()) <= t_ns:
            self._now_ns = int(due)
            self.events += 1
            env.step()
        self._now_ns = t_ns
