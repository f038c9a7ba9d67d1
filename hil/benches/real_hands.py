"""Hands for the deeds of faults on a bench in real time: on its pty, and on its broker."""

from collections.abc import Callable

from hil.benches.far_end import FarEnd
from hil.benches.in_turn import InTurn
from hil.bus.pty import PtyPort
from hil.faults.deeds import BrokerDown, Deed
from hil.faults.port import Unplugged


class PtyHands:
    """Pulls the pty out, and puts another one in behind the same lasting name: the kernel gives it a new node."""

    def __init__(self, port: PtyPort, make: Callable[[], PtyPort]) -> None:
        self.port: PtyPort | None = port
        self._make = make

    def begin(self, deed: Deed) -> bool:
        """Do it; False if it is out already."""
        if not isinstance(deed, Unplugged) or self.port is None:
            return False
        self.port.close()
        self.port = None
        return True

    def end(self, deed: Deed) -> None:
        """Plug it in again."""
        if self.port is None:
            self.port = self._make()

    def close(self) -> None:
        """The bench is over."""
        if self.port is not None:
            self.port.close()


class BrokerHands:
    """Takes the broker down and up."""

    def __init__(self, far_end: FarEnd, behind: InTurn) -> None:
        self._far_end = far_end
        self._behind = behind
        self._downs = 0

    def begin(self, deed: Deed) -> bool:
        """Do it."""
        if not isinstance(deed, BrokerDown):
            return False
        self._downs += 1
        if self._downs == 1:
            self._behind.later(self._far_end.down(forgets=deed.forgets), "broker-down")
        return True

    def end(self, deed: Deed) -> None:
        """It is back, unless another fault keeps it away."""
        self._downs -= 1
        if self._downs:
            return
        self._behind.later(self._far_end.up(), "broker-up")
