"""When what is read: fixed rates that never drift and never catch up in a burst. Pure: times in, times out.

Every read has its own place on the grid `origin + k * period`, and has to be done by its next one: of those that are
due the earliest deadline goes first. At equal deadlines what was tried longest ago does, so that a read that is never
answered cannot keep others waiting. What is postponed begins a new grid. What is missed is missed: the queue is one
place for each read, for ever.
"""

from collections.abc import Sequence
from typing import Final

from edge_agent.link.plan import Job


class Slot:
    """One job of one device, and when it is due."""

    __slots__ = ("device", "due_ns", "job", "period_ns", "tried")

    def __init__(self, device: int, job: Job, tried: int) -> None:
        self.device: Final = device
        self.job: Final = job
        self.period_ns: Final = job.period_ns
        self.due_ns = 0
        self.tried = tried


class Schedule:
    """`jobs[n]` are those of device n. Call `restart` before `next`."""

    def __init__(self, jobs: Sequence[Sequence[Job]]) -> None:
        self._tries = 0
        # Turn by turn through the devices, so that two requests in a row go to different slaves where they can.
        deepest = max((len(own) for own in jobs), default=0)
        turns = [(device, own[turn]) for turn in range(deepest) for device, own in enumerate(jobs) if turn < len(own)]
        self._slots = [Slot(device, job, order - len(turns)) for order, (device, job) in enumerate(turns)]

    def restart(self, t_ns: int) -> None:
        """Everything is due at `t_ns`: a new grid."""
        for slot in self._slots:
            slot.due_ns = t_ns

    def next(self, t_ns: int) -> Slot:
        """What is to be read next, seen at `t_ns`: now, or at its `due_ns` if nothing is due."""
        due = [slot for slot in self._slots if slot.due_ns <= t_ns]
        return min(due, key=_urgency) if due else min(self._slots, key=_arrival)

    def tried(self, slot: Slot, t_ns: int) -> None:
        """The slot had its turn, which ended at `t_ns`; its next place is the first on its grid after that."""
        self._tries += 1
        slot.tried = self._tries
        _move(slot, t_ns + 1)

    def postpone(self, device: int, until_ns: int) -> None:
        """Nothing of this device before `until_ns`; what falls due before is due then, on a grid of its own."""
        for slot in self._slots:
            if slot.device == device:
                slot.due_ns = max(slot.due_ns, until_ns)

    def put_off(self, slot: Slot, until_ns: int) -> None:
        """The same for one slot."""
        slot.due_ns = max(slot.due_ns, until_ns)


def _move(slot: Slot, earliest_ns: int) -> None:
    if slot.due_ns < earliest_ns:
        slot.due_ns += -(-(earliest_ns - slot.due_ns) // slot.period_ns) * slot.period_ns


def _urgency(slot: Slot) -> tuple[int, int]:
    return slot.due_ns + slot.period_ns, slot.tried


def _arrival(slot: Slot) -> tuple[int, int, int]:
    return slot.due_ns, slot.period_ns, slot.tried
