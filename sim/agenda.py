"""Time: a SimPy environment in integer nanoseconds whose owner says how far it goes.

Things happen at appointments. Between them nothing runs: whatever moves is a closed-form function of time.
"""

from collections.abc import Callable
from typing import Final, final

import simpy

from sim import SimError

NS_PER_S: Final = 1_000_000_000
_NEVER: Final = float("inf")
"""When SimPy says that an empty agenda comes next."""


def to_ns(seconds: float) -> int:
    """Seconds as integer nanoseconds, to the nearest."""
    return round(seconds * NS_PER_S)


@final
class Appointment(simpy.Event):
    """Something that will happen at its time unless cancelled."""

    def __init__(self, env: simpy.Environment, t_ns: int, action: Callable[[], None]) -> None:
        self.env = env
        self.callbacks = [_happen]
        self.action: Final = action
        self._ok, self._value = True, None
        env.schedule(self, delay=t_ns - env.now)

    def cancel(self) -> None:
        """Call it off; nothing happens if it is past."""
        if self.callbacks is not None:  # SimPy takes the list away once the event was handled
            self.callbacks.clear()


def _happen(event: simpy.Event) -> None:
    event.action()  # type: ignore[attr-defined]  # only appointments have this callback


@final
class Agenda:
    """Appointments in order of time; those for one instant happen in the order in which they were made.

    `now_ns` is the present instant, `events` how many there were: for others only to read.
    """

    __slots__ = ("_env", "events", "now_ns")

    def __init__(self) -> None:
        self._env: Final = simpy.Environment(initial_time=0)
        self.now_ns = 0
        self.events = 0

    def at(self, t_ns: int, action: Callable[[], None]) -> Appointment:
        """Do `action` at `t_ns`, which is not in the past."""
        return Appointment(self._env, t_ns, action)

    def next_ns(self) -> int | None:
        """The time of the next appointment (perhaps a cancelled one), None if there is none."""
        peek = self._env.peek()
        return None if peek == _NEVER else int(peek)

    def advance_to(self, t_ns: int) -> None:
        """Let everything happen that is due up to and at `t_ns`. Raises SimError on a time in the past."""
        if t_ns < self.now_ns:
            raise SimError(f"time does not run back: {t_ns} ns is before {self.now_ns} ns")
        env = self._env
        while (due := env.peek()) <= t_ns:
            self.now_ns = int(due)
            self.events += 1
            env.step()
        self.now_ns = t_ns
