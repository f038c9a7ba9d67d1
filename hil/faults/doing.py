"""Lets faults do their deeds: when they are due, for as long as they last, and no longer than they are armed.

By time a fault has its first occasion at its window's beginning, or when it is armed. With a `while` it looks ten times
a second until the predicate holds, and that is the occasion. Others (a point that the agent reaches, a write to its
disk) are told by who sees them.
"""

import contextvars
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from hil.faults.armed import AnyFault, Armed, Armoury
from hil.faults.deeds import Deed
from hil.faults.kind import Doing, ns
from hil.timeline import Timeline, Timer

LOOK_NS: Final = 100_000_000
F = TypeVar("F", bound=AnyFault)


class Hands(Protocol):
    """What can do deeds."""

    def begin(self, deed: Deed) -> bool:
        """Do it; False if it cannot be done now, and then nothing was."""

    def end(self, deed: Deed) -> None:
        """It is over."""


class Doings(Generic[F]):
    """The deeds of one family's faults, done by one pair of hands."""

    def __init__(self, armoury: Armoury[F], timeline: Timeline, hands: Hands) -> None:
        self._armoury = armoury
        self._timeline = timeline
        self._hands = hands
        self._looks: dict[str, Timer] = {}
        self._ends: dict[str, dict[int, tuple[Deed, Timer]]] = {}
        self._context = contextvars.copy_context()
        self._number = 0

    def begin(self, armed: Armed[F], kind: Doing) -> None:
        """Wait for its time."""
        window = armed.fault.when.window_ns
        now_ns = self._timeline.now_ns
        self._look_at(armed, kind, now_ns if window is None else max(now_ns, window[0]))

    def _look_at(self, armed: Armed[F], kind: Doing, t_ns: int) -> None:
        window = armed.fault.when.window_ns
        if not armed.is_spent and (window is None or t_ns < window[1]):
            self._looks[armed.fault.id] = self._at(t_ns, lambda: self._look(armed, kind))

    def _look(self, armed: Armed[F], kind: Doing) -> None:
        now_ns = self._timeline.now_ns
        if not armed.may(now_ns):
            self._look_at(armed, kind, now_ns + LOOK_NS)
            return
        self.occasion(armed, kind)
        if kind.again_s is not None:
            self._look_at(armed, kind, now_ns + ns(kind.again_s))

    def occasion(self, armed: Armed[F], kind: Doing) -> None:
        """This is one: if it fires, do it, and end it in time."""
        now_ns = self._timeline.now_ns
        if not armed.may(now_ns) or not armed.takes():
            return
        deed = kind.deed(armed.turn)
        if self._hands.begin(deed):
            self._armoury.fire(armed, now_ns, now_ns + deed.for_ns, deed.done)
            self._end_in(armed.fault.id, deed)

    def _end_in(self, fault_id: str, deed: Deed) -> None:
        self._number += 1
        number = self._number

        def end() -> None:
            del self._ends[fault_id][number]
            self._hands.end(deed)

        timer = self._at(self._timeline.now_ns + deed.for_ns, end)
        self._ends.setdefault(fault_id, {})[number] = (deed, timer)

    def clear(self, fault_id: str) -> None:
        """Wait no more, and end at once what is being done."""
        look = self._looks.pop(fault_id, None)
        if look is not None:
            look.cancel()
        for deed, timer in self._ends.pop(fault_id, {}).values():
            timer.cancel()
            self._hands.end(deed)

    def _at(self, t_ns: int, callback: Callable[[], None]) -> Timer:
        """In the bench's own context, also when it is the agent that gave the occasion."""
        return self._context.copy().run(self._timeline.call_at_ns, t_ns, callback)
