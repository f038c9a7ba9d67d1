"""A plant in pure simulated time, from 0 to an end, and what is said of it line by line."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final, final

import msgspec

from sim.history import END, Head, Line, OnLine, head_line, knot_line, truth_line
from sim.plan import Planned, in_order
from sim.plant import Misfortune, Plant
from sim.stimuli import Effect, Stimulus
from sim.track import PERIOD_NS, Tracker, knot_of
from sim.truth import TruthRecord

STRIDE_NS: Final = 60_000_000_000
"""How far the plant goes in one step when nobody wants the car's way: often enough for a progress bar and Ctrl-C."""


class Done(msgspec.Struct, frozen=True):
    """What became of something planned."""

    t_ns: int
    stimulus: Stimulus
    effect: Effect


@final
class Run:
    """Advance it with `steps`, as far as you like, then `close` it. Lines come in order of time.

    With `tracked` the cars' ways are among them; looking changes nothing that happens. Raises PlanError.
    """

    def __init__(
        self,
        head: Head,
        until_ns: int,
        plan: Sequence[Planned],
        on_line: OnLine,
        *,
        tracked: bool = True,
        misfortune: Misfortune | None = None,
    ) -> None:
        self.until_ns: Final = until_ns
        self.done: Final[list[Done]] = []
        self._plan: Final = deque(in_order(plan, until_ns, head.building.cars))
        self._on_line: Final = on_line
        self._trackers: Final = [Tracker() for _ in range(head.building.cars)] if tracked else []
        self._pending: Final[list[Line]] = []
        self.plant: Final = Plant(head.building, head.seed, self._tell, misfortune)
        on_line(head_line(head))
        self._look()

    def steps(self) -> Iterator[int]:
        """Advance step by step to the end; each gives the instant that was reached."""
        while self.plant.now_ns < self.until_ns:
            self._do_what_is_due()
            self.plant.advance_to(self._next_ns())
            self._look()
            yield self.plant.now_ns

    def close(self) -> None:
        """Say the rest, and that this is the end."""
        for car, tracker in enumerate(self._trackers):
            knots = tracker.settle() or [knot_of(self.plant.signals(car=car))]
            self._pending.extend(knot_line(knot, car) for knot in knots)
        self._flush()
        self._on_line(Line(self.plant.now_ns, END, {"complete": self.plant.now_ns >= self.until_ns}))

    def _next_ns(self) -> int:
        stops = [self.until_ns, *(one.at_ns for one in list(self._plan)[:1])]
        if not self._trackers:
            stops.append(self.plant.now_ns + STRIDE_NS)
        else:
            due = self.plant.next_event_ns()
            stops += [] if due is None else [due]
            under_way = any(tracker.since_ns is not None for tracker in self._trackers)
            stops += [self.plant.now_ns + PERIOD_NS] if under_way else []
        return min(stops)

    def _do_what_is_due(self) -> None:
        while self._plan and self._plan[0].at_ns <= self.plant.now_ns:
            planned = self._plan.popleft()
            effect = self.plant.apply(planned.stimulus, car=planned.car)
            self.done.append(Done(self.plant.now_ns, planned.stimulus, effect))
            self._look()

    def _tell(self, record: TruthRecord) -> None:
        self._pending.append(truth_line(record))

    def _look(self) -> None:
        for car, tracker in enumerate(self._trackers):
            self._pending.extend(knot_line(knot, car) for knot in tracker.look(self.plant.signals(car=car)))
        self._flush()

    def _flush(self) -> None:
        """Say what is known up to now: of a car that is under way the knots are still to come."""
        since = [tracker.since_ns for tracker in self._trackers if tracker.since_ns is not None]
        self._pending.sort(key=_time_of)
        known = bisect_left(self._pending, min(since), key=_time_of) if since else len(self._pending)
        for line in self._pending[:known]:
            self._on_line(line)
        del self._pending[:known]


def _time_of(line: Line) -> int:
    return line.t_ns
