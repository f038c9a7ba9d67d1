"""Items that are numbers: the floor against the landings where a person confirmed to be, the counter of runs."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from edge_agent.commission.reading import Trace
from edge_agent.commission.steps import Step
from edge_agent.config_types import LiftConfig

NUMBERS: Final = frozenset({"floor", "run_count"})

_RUNS_A_RIDE: Final = 10
"""A lift that answers others between the steps makes more runs than rides; so many are no runs any more."""

Word = Literal["good", "dead", "numbering", "odd", "unproven"]
"""A verdict by its value."""


class Landings:
    """What the lift's file says of its landings, against what was read there."""

    def __init__(self, steps: Sequence[Step], lift: LiftConfig) -> None:
        self._steps: Final = steps
        self._wanted: Final = [floor.reported for floor in lift.floors]

    def numbers(self, traces: Mapping[str, Trace]) -> dict[int, int | None]:
        """By landing the number that stood when a person confirmed to be there; None if there was none."""
        return {
            step.floor: last if isinstance(last := traces[step.name].last, int) else None
            for step in self._steps
            if step.floor is not None and step.name in traces
        }

    def judged(self, told: Mapping[int, int | None]) -> tuple[Word, str]:
        """Whether these numbers are the file's; "numbering" if they are others that tell the landings apart."""
        seen = {number for number in told.values() if number is not None}
        if len(told) < 2:
            return "unproven", ""
        if len(seen) == 1 and None not in told.values():
            return "dead", str(min(seen))
        if all(number == self._wanted[index] for index, number in told.items()):
            return ("good" if len(told) == len(self._wanted) else "unproven"), ""
        return ("numbering" if len(seen) == len(told) == len(self._wanted) else "odd"), ""

    def counted(self, traces: Mapping[str, Trace]) -> tuple[Word, str]:
        """Whether a counter went up with the rides, and with nothing else by more than those who came meanwhile."""
        done = [(step, traces[step.name].last) for step in self._steps if step.name in traces]
        counts = [last for _, last in done if isinstance(last, int)]
        rides = sum(1 for step, _ in done if step.name.startswith("ride_"))
        if not rides:
            return "unproven", ""
        if len(set(counts)) <= 1:
            return "dead", "".join(str(count) for count in counts[:1])
        rises = counts == sorted(counts) and rides <= counts[-1] - counts[0] <= rides * _RUNS_A_RIDE
        return ("good" if rises else "odd"), ""
