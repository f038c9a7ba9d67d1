"""The contract that every fault of uplink and host keeps, checked around any of them: for tests, and faults of others.

A change depends on the exchange, its course and the fault's own stream alone; it says what was done; nothing comes
before its time; a message is lost only by a kind that says so. A fault fires only in its window, never more often than
it may, and each firing is told once, in order of time.
"""

from collections.abc import Iterable
from copy import deepcopy

from hil import BenchError
from hil.course import Course, Exchange
from hil.faults.armed import AnyFault, Turn
from hil.faults.deeds import Deed
from hil.faults.kind import Doing
from hil.faults.uplink import Change, Effect


class ContractBroken(BenchError, AssertionError):
    """A fault does what none may."""


class Checked:
    """An effect with its contract around it; `loses` says whether a message may be gone afterwards."""

    def __init__(self, effect: Effect, *, loses: bool) -> None:
        self._effect = effect
        self._loses = loses

    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        """The effect's change. Raises ContractBroken."""
        twin = deepcopy(turn)
        change = self._effect.change(exchange, course, turn)
        if self._effect.change(exchange, course, twin) != change:
            raise ContractBroken(f"{self._effect}: the same exchange and stream gave two changes")
        check_streams(self._effect, turn, twin)
        if change is not None:
            self._check(course, change)
        return change

    def _check(self, before: Course, change: Change) -> None:
        after = change.course
        if not change.done:
            raise ContractBroken(f"{self._effect}: fired and does not say what it did")
        if after == before:
            raise ContractBroken(f"{self._effect}: says {change.done!r}, and nothing is different")
        if _is_early(before, after):
            raise ContractBroken(f"{self._effect}: something comes before its time: {after}")
        if _is_lost(before, after) and not self._loses:
            raise ContractBroken(f"{self._effect}: a message is lost, and it says it loses none: {after}")


def _is_early(before: Course, after: Course) -> bool:
    if before.reaches_ns is None or after.reaches_ns is None:
        return before.reaches_ns is None
    copies_early = min(after.copies_ns, default=0) < min(before.copies_ns, default=0)
    return after.reaches_ns < before.reaches_ns or after.answer_ns < before.answer_ns or copies_early


def _is_lost(before: Course, after: Course) -> bool:
    refused = after.refusal is not None or after.reason >= 0x80 or after.deadens or after.forgets
    return refused or after.reaches_ns is None or len(after.copies_ns) < len(before.copies_ns)


def check_streams(effect: object, turn: Turn, twin: Turn) -> None:
    """Of a turn and its twin after the same. Raises ContractBroken if their streams differ."""
    if turn.rng.getstate() != twin.rng.getstate():
        raise ContractBroken(f"{effect}: its draws depend on more than its stream")
    if turn.fired != twin.fired:
        raise ContractBroken(f"{effect}: counts its firings itself")


def checked_deed(kind: Doing, turn: Turn) -> Deed:
    """The deed of a kind. Raises ContractBroken."""
    twin = deepcopy(turn)
    deed = kind.deed(turn)
    if kind.deed(twin) != deed:
        raise ContractBroken(f"{kind}: the same stream gave two deeds")
    check_streams(kind, turn, twin)
    if not deed.done or deed.for_ns < 0:
        raise ContractBroken(f"{kind}: a deed must say what it is, and last no less than no time: {deed}")
    return deed


class Ledger:
    """An `OnFiring` that keeps what it is told, and raises ContractBroken for what no fault of these may tell."""

    def __init__(self, faults: Iterable[AnyFault]) -> None:
        self.told: list[tuple[int, str, str]] = []
        self._faults = {fault.id: fault for fault in faults}

    def __call__(self, t_ns: int, fault_id: str, done: str) -> None:
        """A firing."""
        when = self._faults[fault_id].when
        if not when.is_open(t_ns):
            raise ContractBroken(f"{fault_id}: fired at {t_ns} ns, outside its window")
        if self.told and t_ns < self.told[-1][0]:
            raise ContractBroken(f"{fault_id}: fired at {t_ns} ns, before one that was told earlier")
        self.told.append((t_ns, fault_id, done))
        if when.at_most is not None and sum(one[1] == fault_id for one in self.told) > when.at_most:
            raise ContractBroken(f"{fault_id}: fired more than {when.at_most} times")
