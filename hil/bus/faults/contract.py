"""The contract that every fault of the wire keeps, checked around any of them: for tests, and for faults of others.

Nothing goes out before its time, nothing is empty, no source drives two things at once; bytes are lost only by a kind
that says so; what was done is said; and the same sending, stream and memory give the same change.
"""

from copy import deepcopy

from hil.bus.faults.sending import Change, Effect, Sending
from hil.bus.segment import Drive
from hil.faults.armed import Turn
from hil.faults.contract import ContractBroken, check_streams


class Checked:
    """An effect with its contract around it; `loses` says whether bytes may be missing afterwards."""

    def __init__(self, effect: Effect, *, loses: bool) -> None:
        self._effect = effect
        self._loses = loses

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """The effect's change. Raises ContractBroken."""
        twin = deepcopy(turn)
        change = self._effect.change(sending, turn)
        if self._effect.change(sending, twin) != change or (twin.memory, twin.number) != (turn.memory, turn.number):
            raise ContractBroken(f"{self._effect}: the same sending and stream gave two changes")
        check_streams(self._effect, turn, twin)
        if change is not None:
            self._check(sending, change)
        return change

    def _check(self, sending: Sending, change: Change) -> None:
        if not change.done:
            raise ContractBroken(f"{self._effect}: fired and does not say what it did")
        if not all(drive.data for drive in change.drives):
            raise ContractBroken(f"{self._effect}: drives nothing, at a time")
        starts = [drive.start_ns for drive in change.drives]
        if starts != sorted(starts) or any(start_ns < sending.start_ns for start_ns in starts):
            raise ContractBroken(f"{self._effect}: drives before its time or out of order: {starts}")
        self._check_overlaps(sending, change)
        sent = sum(len(drive.data) for drive in change.drives)
        if sent < len(sending.data) and not self._loses:
            raise ContractBroken(
                f"{self._effect}: {len(sending.data)} bytes came, {sent} went, and it says it loses none"
            )

    def _check_overlaps(self, sending: Sending, change: Change) -> None:
        free_ns: dict[str, int] = {}
        for drive in change.drives:
            if drive.start_ns < free_ns.get(drive.source, 0):
                raise ContractBroken(f"{self._effect}: {drive.source} drives two things at once at {drive.start_ns}")
            free_ns[drive.source] = _end_ns(sending, drive)


def _end_ns(sending: Sending, drive: Drive) -> int:
    return drive.start_ns + sending.line.wire_ns(len(drive.data))
