"""Items that are numbers: the floor against the landings where a person confirmed to be, the counter of runs."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from edge_agent.commission.reading import Trace
from edge_agent.commission.steps import Step
from edge_agent.config_types import LiftConfig

NUMBERS: Final = frozenset({"floor", "run_count"})

Word = Literal["good", "dead", "numbering", "odd", "unproven"]
"""A verdict by its value."""


class Landings:
    """What the lift's file says of its landings, against what was read there."""

    def __init__(self, steps: Sequence[Step], lift: LiftConfig) -> None:
        self._steps: Final = steps
        self._wanted: Final = [floor.reported for floor in lift.floors]

    def numbers(self, traces: Mapping[str, Trace]) -> dict[int, int]:
        """By landing the number that stood when a person confirmed to be there."""
        return {
            step.floor: trace.last
            for step in self._steps
            if step.floor is not None and (trace := traces.get(step.name)) is not None and isinstance(trace.last, int)
        }

    def judged(self, told: Mapping[int, int]) -> tuple[Word, str]:
        """Whether these numbers are the file's; "numbering" if they are others that tell the landings apart."""
        seen = set(told.values())
        if len(told) < 2:
            return "unproven", ""
        if len(seen) == 1:
            return "dead", str(min(seen))
        if all(number == self._wanted[index] for index, number in told.items()):
            return ("good" if len(told) == len(self._wanted) else "unproven"), ""
        return ("numbering" if len(seen) == len(told) == len(self._wanted) else "odd"), ""

    def counted(self, traces: Mapping[str, Trace]) -> tuple[Word, str]:
        """Whether a counter went on with the rides."""
        counts = [trace.last for trace in traces.values() if isinstance(trace.last, int)]
        if not any(step.floor and step.name in traces for step in self._steps):
            return "unproven", ""
        return ("dead", str(counts[0])) if len(set(counts)) == 1 else ("good", "")
