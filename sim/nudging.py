"""Nudging: a door that was kept from closing for too long closes slowly, with a buzzer, past its light curtain.

Holds by the light curtain and reopenings count, from when the door would first have closed at this stop. The buttons,
a stop under the door and the safety edge are heeded as ever. Whoever stands in the doorway steps aside (assumption).
"""

from typing import Final, final

from sim.agenda import to_ns
from sim.building import Door

SLOWER: Final = 1.58
"""A nudging door takes so much longer to close: sqrt(10 J / 4 J), the most with a protective device and without one
(EN 81-20 5.3.6.2.2.1; limits.csv, C)."""


@final
class Nudging:
    """Of one doorway. Off if the building says nothing."""

    def __init__(self, door: Door) -> None:
        self.is_on: Final = door.nudge_after_s is not None
        self._after_ns: Final = 0 if door.nudge_after_s is None else to_ns(door.nudge_after_s)
        self._since_ns: int | None = None

    def keep(self, since_ns: int) -> None:
        """The door is kept from closing since then, or is so already for longer."""
        if self._since_ns is None:
            self._since_ns = since_ns

    def end(self) -> None:
        """The door has closed, or nobody keeps it any more."""
        self._since_ns = None

    def is_due(self, t_ns: int) -> bool:
        """Whether a door that closes at `t_ns` does so nudging."""
        return self.is_on and self._since_ns is not None and t_ns >= self._since_ns + self._after_ns

    def until_ns(self, own_ns: int, kept_ns: int) -> int:
        """When a door that would close at `own_ns`, and is kept open until `kept_ns`, does close."""
        if not self.is_on:
            return kept_ns
        if kept_ns > own_ns:
            self.keep(own_ns)
        return kept_ns if self._since_ns is None else min(kept_ns, max(own_ns, self._since_ns + self._after_ns))
