"""Applies faults that all are happenings, by one pair of hands. Clearing one ends what it does."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from hil import UsageError
from hil.faults.armed import AnyFault, Armed, OnFiring, Predicates
from hil.faults.doing import Doings, Hands
from hil.faults.injecting import Injecting
from hil.faults.kind import Doing
from hil.timeline import Timeline


class OfKind(AnyFault, Protocol):
    """A fault as data."""

    @property
    def kind(self) -> object:
        """What it does."""


F = TypeVar("F", bound=OfKind)


class HappeningInjector(Injecting[F]):
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
        super().__init__(seed, predicates, on_firing)
        self._doings = Doings(self._armoury, timeline, hands)
        self.arm_all(faults)

    def arm(self, fault: F) -> None:
        """As every injector's. Raises UsageError for one that does nothing by itself, too."""
        if not isinstance(fault.kind, Doing):
            raise UsageError(f"fault {fault.id}: it does nothing by itself here")
        super().arm(fault)

    def _begin(self, armed: Armed[F]) -> None:
        if isinstance(armed.fault.kind, Doing):
            self._doings.begin(armed, armed.fault.kind)

    def _end(self, fault_id: str) -> None:
        self._doings.clear(fault_id)
