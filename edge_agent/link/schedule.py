"""When which block is read: a fixed rate that never drifts and never catches up in a burst. Pure: times in, times out.

Every block has its own place on the grid `origin + k * period`. What is due longest goes first; at equal due times
what was tried longest ago, so that a block that is never answered cannot keep its device's others waiting.
"""

from collections.abc import Sequence

from protocols.profiles.layout import Block


class Slot:
    """One block of one device, and when it is due."""

    __slots__ = ("block", "device", "due_ns", "tried")

    def __init__(self, device: int, block: Block, tried: int) -> None:
        self.device = device
        self.block = block
        self.due_ns = 0
        self.tried = tried


class Schedule:
    """`blocks[n]` are the blocks of device n. Call `restart` before `next`."""

    def __init__(self, blocks: Sequence[Sequence[Block]], period_ns: int) -> None:
        self._period_ns = period_ns
        self._tries = 0
        # Turn by turn through the devices, so that two requests in a row go to different slaves where they can.
        deepest = max((len(own) for own in blocks), default=0)
        pairs = [(device, own[turn]) for turn in range(deepest) for device, own in enumerate(blocks) if turn < len(own)]
        self._slots = [Slot(device, block, order - len(pairs)) for order, (device, block) in enumerate(pairs)]

    def restart(self, t_ns: int) -> None:
        """Everything is due at `t_ns`: a new grid."""
        for slot in self._slots:
            slot.due_ns = t_ns

    def next(self) -> Slot:
        """What is to be read next."""
        return min(self._slots, key=_urgency)

    def tried(self, slot: Slot, t_ns: int) -> None:
        """The slot had its turn, which ended at `t_ns`; its next place is the first on its grid after that."""
        self._tries += 1
        slot.tried = self._tries
        self._move(slot, t_ns + 1)

    def postpone(self, device: int, until_ns: int) -> None:
        """Nothing of this device before `until_ns`."""
        for slot in self._slots:
            if slot.device == device:
                self._move(slot, until_ns)

    def _move(self, slot: Slot, earliest_ns: int) -> None:
        if slot.due_ns < earliest_ns:
            slot.due_ns += -(-(earliest_ns - slot.due_ns) // self._period_ns) * self._period_ns


def _urgency(slot: Slot) -> tuple[int, int]:
    return slot.due_ns, slot.tried
