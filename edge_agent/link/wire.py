"""The wire as a master finds it: when it may speak, and who holds the wire for too long. Pure: times in, times out.

A request follows a silence. Noise of an idle line that nobody biases ends when somebody drives it, so it is spoken on
after the longest frame's time; where that did not help, after twice as long the next time.

Noise that begins in a slave's turn and goes on for longer than two frames may be a motor that starts. The second time
in a row, with others answering well in between, it is the slave's: then it is left alone for so long that it holds a
fortieth of the wire, for the others' sake, but never for more than 120 s.
"""

from typing import Final, NamedTuple

from protocols.modbus.frames import LONGEST
from protocols.modbus.line import LineSettings

_MOST_PATIENCE: Final = 16
"""Longest frames: 4 s at 9600 Bd. A line that is stuck for good is tried that often."""
_MORE_IN_A_TURN: Final = 4
"""A slave that babbles does not stop because somebody speaks, and whom is asked meanwhile loses its turn."""
_IN_A_ROW: Final = 2
_TIMES_HELD: Final = 40
_LEFT_ALONE_NS: Final = 10_000_000_000
_LONGER_EACH_TIME: Final = 4
_LEFT_ALONE_AT_MOST_NS: Final = 120_000_000_000
"""What looks like a babbler may be a wire fault that ends, and nobody watches the slave meanwhile: at first no longer
than any silent slave, then four times as long each time."""
_LONGEST_WAIT_NS: Final = 4_000_000_000
"""However slow the line: outages have to be seen, and a port that was asked for has to be let go."""


class Holder(NamedTuple):
    """Who held the wire, and until when to leave it alone."""

    slave: int
    until_ns: int


class Wire:
    """Told of every byte and of every request. `busy_until_ns` is when the last of either ended."""

    def __init__(self, line: LineSettings) -> None:
        self.busy_until_ns = 0
        self._longest_ns = line.wire_ns(LONGEST)
        self._t35_ns = line.t35_ns
        self._grain_ns = 0
        self._patience = 1
        self._asked: int | None = None  # in whose turn nothing was heard yet
        self._began_ns: int | None = None  # the present stretch without a silence, and in whose turn it began
        self._began_with: int | None = None
        self._answers = 0
        self._held: dict[int, tuple[int, int]] = {}  # how often in a row, and how many answers there were by then

    def opened(self, t_ns: int, grain_ns: int) -> None:
        """A port was opened, which sees bytes up to `grain_ns` late; what was on the line before nobody knows."""
        self.busy_until_ns = t_ns
        self._grain_ns = grain_ns
        self._asked = self._began_ns = self._began_with = None

    def heard(self, began_ns: int, ended_ns: int) -> None:
        """Bytes."""
        if self._began_ns is None or began_ns > self.busy_until_ns + self._t35_ns + self._grain_ns:
            self._began_ns, self._began_with, self._asked = began_ns, self._asked, None
        self.drives_until(ended_ns)

    def drives_until(self, t_ns: int) -> None:
        """Somebody drives the line until `t_ns` at least."""
        self.busy_until_ns = max(self.busy_until_ns, t_ns)

    def free_at(self, since_ns: int, gap_ns: int) -> int:
        """When who has waited since then may speak: `gap_ns` after the line fell silent, or when patience ends."""
        patience = self._patience * (1 if self._began_with is None else _MORE_IN_A_TURN)
        return min(self.busy_until_ns, since_ns + min(patience * self._longest_ns, _LONGEST_WAIT_NS)) + gap_ns

    def asked(self, slave: int, t_ns: int, until_ns: int, gap_ns: int) -> Holder | None:
        """A request goes out from `t_ns` to `until_ns`; who is to be left alone for having held the wire before it."""
        holder = None
        if t_ns >= self.busy_until_ns + gap_ns:
            holder = self._holder()
            self._patience = 1
            self._asked, self._began_ns, self._began_with = slave, None, None
        else:
            self._patience = min(2 * self._patience, _MOST_PATIENCE)
        self.drives_until(until_ns)
        return holder

    def answered(self, slave: int) -> None:
        """The slave gave a good answer: it does not babble, and the line can be spoken on."""
        self._answers += 1
        self._held.pop(slave, None)
        self._patience = 1
        self._began_ns = self._began_with = None

    def _holder(self) -> Holder | None:
        slave = self._began_with
        if slave is None or self._began_ns is None:
            return None
        held_ns = self.busy_until_ns - self._began_ns
        if held_ns <= 2 * self._longest_ns:
            return None
        times, answers = self._held.get(slave, (0, -1))
        if answers == self._answers:
            return None  # nobody answered since: it is the wire's fault
        self._held[slave] = (times + 1, self._answers)
        if times + 1 < _IN_A_ROW:
            return None
        most_ns = min(_LEFT_ALONE_NS * _LONGER_EACH_TIME ** (times + 1 - _IN_A_ROW), _LEFT_ALONE_AT_MOST_NS)
        return Holder(slave, self.busy_until_ns + min(_TIMES_HELD * held_ns, most_ns))
