"""Applies faults that all are happenings, by one pair of hands. Clearing one ends what it does."""

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from hil import UsageError
from hil.faults.armed import AnyFault, Armoury, Firing, OnFiring, Predicates
from hil.faults.doing import Doings, Hands
from hil.faults.kind import Doing
from hil.timeline import Timeline


class OfKind(AnyFault, Protocol):
    """A fault as data."""

    @property
    def kind(self) -> object:
        """What it does."""


F = TypeVar("F", bound=OfKind)


class HappeningInjector(Generic[F]):
    """The faults of what `hands` act on. `on_firing` is told of each firing as it happens."""

    def __init__(
        self,
        hands: Hands,
        timeline: Timeline,
        seed: str,
        faults: Sequence[F] = (),
        *,
        predicates: Predicates | None = None,
        on_firing: OnFiring | None = None,
    ) -> None:
        self._armoury: Armoury[F] = Armoury(seed, predicates, on_firing)
        self._doings = Doings(self._armoury, timeline, hands)
        for fault in faults:
            self.arm(fault)

    @property
    def firings(self) -> list[Firing]:
        """What fired so far."""
        return self._armoury.firings

    def arm(self, fault: F) -> None:
        """Let a fault act from now on.

        Raises UsageError for two of one name, a `while` that nobody defines, and one that does nothing by itself.
        """
        if not isinstance(fault.kind, Doing):
            raise UsageError(f"fault {fault.id}: it does nothing by itself here")
        self._doings.begin(self._armoury.arm(fault), fault.kind)

    def clear(self, fault_id: str) -> None:
        """Let it act no more, and end what it is doing. Raises UsageError if it is not armed."""
        self._armoury.clear(fault_id)
        self._doings.clear(fault_id)
