"""Faults of one node, or of a part of the bus: silent, slow, busy, hung, rebooting, cut off.

What a node forgets at a reboot or a factory reset is its device model's business. They act on answers only, but for
`bus.partition`.
"""

from typing import Annotated, ClassVar

from msgspec import Meta

from hil.bus.faults.bounds import Millis, SlaveId
from hil.bus.faults.pdu import refused
from hil.bus.faults.sending import NS_PER_MS, Change, Sending
from hil.faults.armed import Turn
from hil.faults.kind import Kind
from hil.faults.when import Count

_BUSY = 0x06
"""Modbus application protocol V1.1b3, chapter 7."""


class Silent(Kind, frozen=True, tag="node.silent"):
    """The node is dead."""

    loses: ClassVar[bool] = True

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Lose its answer."""
        return None if sending.is_request else Change((), "node silent")


class Slow(Kind, frozen=True, tag="node.slow"):
    """The node takes `least_ms` to `most_ms` longer for each answer."""

    least_ms: Millis = 0.0
    most_ms: Millis = 50.0

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Delay its answer."""
        if sending.is_request:
            return None
        least, most = sorted((self.least_ms, self.most_ms))
        delay_ns = round(turn.rng.uniform(least, most) * NS_PER_MS)
        return Change((sending.instead(sending.data, delay_ns),), f"{delay_ns} ns slower")


class Busy(Kind, frozen=True, tag="node.busy"):
    """The node says that it is busy (exception 6)."""

    loses: ClassVar[bool] = True

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Refuse."""
        return refused(sending, _BUSY)


class Reboot(Kind, frozen=True, tag="node.reboot"):
    """From its first firing on the node is silent for `down_ms`; then it answers again."""

    loses: ClassVar[bool] = True

    down_ms: Millis = 3000.0

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Lose its answers until it is up."""
        if sending.is_request:
            return None
        if not turn.fired:
            turn.number = sending.start_ns + round(self.down_ms * NS_PER_MS)
        return Change((), "node is rebooting") if sending.start_ns < turn.number or not turn.fired else None


class HangAfter(Kind, frozen=True, tag="node.hang_after"):
    """The node hangs after `n` more answers."""

    loses: ClassVar[bool] = True

    n: Count

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Count its answers, and lose those behind the last."""
        if sending.is_request:
            return None
        if turn.number >= self.n:
            return Change((), "node hangs")
        turn.number += 1
        return None


class Alternate(Kind, frozen=True, tag="node.alternate"):
    """The node answers every second time."""

    loses: ClassVar[bool] = True

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Lose every other answer."""
        if sending.is_request:
            return None
        turn.number ^= 1
        return Change((), "not this time") if turn.number else None


class Partition(Kind, frozen=True, tag="bus.partition"):
    """A part of the bus is cut off: nothing gets to or from these slaves."""

    loses: ClassVar[bool] = True

    slaves: Annotated[tuple[SlaveId, ...], Meta(min_length=1)]

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Lose what is for them or theirs."""
        return Change((), f"slave {sending.slave} is cut off") if sending.slave in self.slaves else None
