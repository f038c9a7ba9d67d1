"""Values over time: the recorded one, and the seam through which every stage of a sensor reads the one before it."""

from bisect import bisect_right
from typing import Final, Protocol, final

START: Final = -(10**18)
"""Before everything: what has not changed yet has been so since then."""


class Source(Protocol):
    """A value over time, known up to the present."""

    def at(self, t_ns: int) -> object:
        """What it tells at `t_ns`."""

    def since(self, t_ns: int) -> int:
        """The last instant up to `t_ns` at which it may have changed, START if there was none."""


@final
class Trace:
    """A value's changes in order of time. The first value has been there since START."""

    __slots__ = ("_instants", "_values")

    def __init__(self, value: object) -> None:
        self._instants: Final = [START]
        self._values: Final = [value]

    def at(self, t_ns: int) -> object:
        """What it is at `t_ns`."""
        return self._values[max(bisect_right(self._instants, t_ns) - 1, 0)]

    def since(self, t_ns: int) -> int:
        """When it became what it is at `t_ns`."""
        return self._instants[max(bisect_right(self._instants, t_ns) - 1, 0)]

    def nth_after(self, t_ns: int, count: int) -> int | None:
        """The instant of the change number `count` after `t_ns`; None if it has not come."""
        index = bisect_right(self._instants, t_ns) + count - 1
        return self._instants[index] if index < len(self._instants) else None

    def set(self, t_ns: int, value: object) -> None:
        """From `t_ns` on it is `value`; forgets whatever was set for that instant and later."""
        while self._instants[-1] >= t_ns:
            self._instants.pop()
            self._values.pop()
        if value != self._values[-1]:
            self._instants.append(t_ns)
            self._values.append(value)
