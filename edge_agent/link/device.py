"""What one slave's link is worth: probing, up, degraded or down. Pure: outcomes and times in.

Down takes both: no answer with values for `down_after_ns`, and at least two failed cycles, so that neither one lost
answer of a slow cycle nor one burst of noise is an outage. The first good answer ends it. A slave that keeps silent
is asked again after 0.5 s, then after twice as long each time, up to 10 s.
"""

import enum
from typing import Final

from edge_agent.clock import NS
from edge_agent.link.outcome import Failure

BACK_OFF_NS: Final = tuple(round(seconds * NS) for seconds in (0.5, 1, 2, 4, 8, 10))
FAILED_CYCLES: Final = 2


class LinkState(enum.Enum):
    """`probing`: nothing known yet. `degraded`: it answers, but not everything. `down`: an outage is reported."""

    PROBING = "probing"
    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"


class DeviceLink:
    """Follows one slave."""

    def __init__(self, down_after_ns: int) -> None:
        self.last_error = ""
        self.failing_since_ns: int | None = None
        self._state = LinkState.PROBING
        self._down_after_ns = down_after_ns
        self._failed_cycles = 0
        self._failed_cycle: int | None = None
        self._silences = 0
        self._failing_blocks: set[str] = set()

    @property
    def state(self) -> LinkState:
        """The link now."""
        failing = self._failing_blocks or self.failing_since_ns is not None
        if self._state is LinkState.UP and failing:
            return LinkState.DEGRADED
        return self._state

    def answered(self, block: str) -> bool:
        """A block was read; whether the link came up with it."""
        came_up = self._state is not LinkState.UP
        self._state = LinkState.UP
        self._failing_blocks.discard(block)
        self.failing_since_ns = self._failed_cycle = None
        self._failed_cycles = self._silences = 0
        return came_up

    def failed(self, block: str, failure: Failure, began_ns: int, cycle: int) -> None:
        """A block of the cycle that was due at `cycle` was not read; asking began at `began_ns`."""
        self._failing_blocks.add(block)
        self.last_error = str(failure)
        self._fail(began_ns, cycle)

    def unreachable(self, problem: str, t_ns: int) -> None:
        """The port cannot be had: a failed cycle. It says nothing of the slave, who is asked at once when it can."""
        self.last_error = problem
        self._silences = 0
        self._fail(t_ns, t_ns)

    def rest(self) -> None:
        """Nobody asks for a while: what failed before is no outage meanwhile."""
        self.failing_since_ns = self._failed_cycle = None
        self._failed_cycles = self._silences = 0

    def _fail(self, began_ns: int, cycle: int) -> None:
        if self.failing_since_ns is None:
            self.failing_since_ns = began_ns
        if cycle != self._failed_cycle:
            self._failed_cycle = cycle
            self._failed_cycles += 1

    def silent(self) -> int:
        """The slave kept silent; how long to leave it alone."""
        back_off_ns = BACK_OFF_NS[min(self._silences, len(BACK_OFF_NS) - 1)]
        self._silences += 1
        return back_off_ns

    def down_at_ns(self) -> int | None:
        """When the link goes down if nothing is answered; None if it is down, or nothing speaks for it yet."""
        if self._state is LinkState.DOWN or self.failing_since_ns is None or self._failed_cycles < FAILED_CYCLES:
            return None
        return self.failing_since_ns + self._down_after_ns

    def went_down(self, t_ns: int) -> bool:
        """Whether the link goes down at `t_ns`; True once for each outage."""
        at_ns = self.down_at_ns()
        if at_ns is None or t_ns < at_ns:
            return False
        self._state = LinkState.DOWN
        return True
