"""What the injectors of all families share: arming, clearing, and the record of what fired."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from hil.faults.armed import AnyFault, Armed, Armoury, Firing, OnFiring, Predicates

F = TypeVar("F", bound=AnyFault)


class Injecting(Generic[F]):
    """The faults of one family. `on_firing` is told of each firing as it happens."""

    def __init__(self, seed: str, predicates: Predicates | None, on_firing: OnFiring | None) -> None:
        self._armoury: Armoury[F] = Armoury(seed, predicates, on_firing)

    @property
    def firings(self) -> list[Firing]:
        """What fired so far."""
        return self._armoury.firings

    def fired(self, fault_id: str) -> int:
        """How often a fault fired so far."""
        return self._armoury.fired(fault_id)

    def arm(self, fault: F) -> None:
        """Let a fault act from now on. Raises UsageError for two of one name and for a `while` that nobody defines."""
        self._begin(self._armoury.arm(fault))

    def arm_all(self, faults: Sequence[F]) -> None:
        """Arm one after the other."""
        for fault in faults:
            self.arm(fault)

    def clear(self, fault_id: str) -> None:
        """Let it act no more, and end what it is doing. Raises UsageError if it is not armed."""
        self._armoury.clear(fault_id)
        self._end(fault_id)

    def heal(self) -> None:
        """Clear them all."""
        for armed in self._armoury.all():
            self.clear(armed.fault.id)

    def _begin(self, armed: Armed[F]) -> None:
        """It is armed: begin what it does by itself."""

    def _end(self, fault_id: str) -> None:
        """It is cleared: end what it does by itself."""
