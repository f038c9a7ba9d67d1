"""What one slave's link is worth: probing, up, degraded or down. Pure: outcomes and times in.

Down takes both: no answer with values for `down_after_ns`, and at least two failed cycles of one block, so that neither
one lost answer of a slow cycle nor one burst of noise is an outage. The first good answer ends it. What is not answered
is asked for again after 0.5 s, then after twice as long each time, up to 10 s.
"""

import enum
from typing import Final

from edge_agent.clock import NS
from edge_agent.link.outcome import Failure

BACK_OFF_NS: Final = tuple(round(seconds * NS) for seconds in (0.5, 1, 2, 4, 8, 10))
FAILED_CYCLES: Final = 2
_ANY_BLOCK: Final = ""
"""Where the port is to blame."""


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
        self._failures: dict[str, tuple[int, int]] = {}  # per block: the last failed cycle, and how many so far
        self._silences = 0
        self._silent_blocks: dict[str, int] = {}
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
        self._silent_blocks.pop(block, None)
        self.failing_since_ns = None
        self._failures.clear()
        self._silences = 0
        return came_up

    def failed(self, block: str, failure: Failure, began_ns: int, cycle: int) -> None:
        """A block of the cycle that was due at `cycle` was not read; asking began at `began_ns`."""
        self._failing_blocks.add(block)
        self.last_error = str(failure)
        self._fail(block, began_ns, cycle)

    def unreachable(self, problem: str, t_ns: int) -> None:
        """The port cannot be had: a failed cycle. It says nothing of the slave, who is asked at once when it can."""
        self.last_error = problem
        self._forget_silences()
        self._fail(_ANY_BLOCK, t_ns, t_ns)

    def rest(self) -> None:
        """Nobody asks for a while: what failed before is no outage meanwhile."""
        self.failing_since_ns = None
        self._failures.clear()
        self._forget_silences()

    def _forget_silences(self) -> None:
        self._silences = 0
        self._silent_blocks.clear()

    def _fail(self, block: str, began_ns: int, cycle: int) -> None:
        if self.failing_since_ns is None:
            self.failing_since_ns = began_ns
        last_cycle, cycles = self._failures.get(block, (None, 0))
        if cycle != last_cycle:
            self._failures[block] = (cycle, cycles + 1)

    def silent(self, block: str) -> tuple[int, int]:
        """A block was not answered; for how long to leave the slave alone, and for how long this block.

        A slave that answers other blocks is asked for them all the same.
        """
        own = self._silent_blocks.get(block, 0)
        self._silent_blocks[block] = own + 1
        self._silences += 1
        return _back_off_ns(self._silences - 1), _back_off_ns(own)

    def down_at_ns(self) -> int | None:
        """When the link goes down if nothing is answered; None if it is down, or nothing speaks for it yet."""
        failed_cycles = max((cycles for _, cycles in self._failures.values()), default=0)
        if self._state is LinkState.DOWN or self.failing_since_ns is None or failed_cycles < FAILED_CYCLES:
            return None
        return self.failing_since_ns + self._down_after_ns

    def went_down(self, t_ns: int) -> bool:
        """Whether the link goes down at `t_ns`; True once for each outage."""
        at_ns = self.down_at_ns()
        if at_ns is None or t_ns < at_ns:
            return False
        self._state = LinkState.DOWN
        return True


def _back_off_ns(times: int) -> int:
    return BACK_OFF_NS[min(times, len(BACK_OFF_NS) - 1)]
