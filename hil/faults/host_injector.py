"""Applies faults to the terminal's box: by time, at points of the agent's own work, in the midst of its writes.

Clearing a fault ends what it does at once: a full disk has room again, a process goes on or is started, a box boots.
"""

from collections.abc import Sequence

from hil.faults.armed import Armoury, Firing, OnFiring, Predicates
from hil.faults.catalogue import HostFault
from hil.faults.doing import Doings
from hil.faults.host import place_of
from hil.host import Host
from hil.timeline import Timeline


class HostInjector:
    """The faults of one box. `on_firing` is told of each firing as it happens."""

    def __init__(
        self,
        host: Host,
        timeline: Timeline,
        seed: str,
        faults: Sequence[HostFault] = (),
        *,
        predicates: Predicates | None = None,
        on_firing: OnFiring | None = None,
    ) -> None:
        self._armoury: Armoury[HostFault] = Armoury(seed, predicates, on_firing)
        self._doings = Doings(self._armoury, timeline, host)
        host.watch(self._reached)
        for fault in faults:
            self.arm(fault)

    @property
    def firings(self) -> list[Firing]:
        """What fired so far."""
        return self._armoury.firings

    def fired(self, fault_id: str) -> int:
        """How often a fault fired so far."""
        return self._armoury.fired(fault_id)

    def arm(self, fault: HostFault) -> None:
        """Let a fault act from now on. Raises UsageError for two of one name and for a `while` that nobody defines."""
        armed = self._armoury.arm(fault)
        if place_of(fault.kind, fault.when) is None:
            self._doings.begin(armed, fault.kind)

    def clear(self, fault_id: str) -> None:
        """Let it act no more, and end what it is doing. Raises UsageError if it is not armed."""
        self._armoury.clear(fault_id)
        self._doings.clear(fault_id)

    def heal(self) -> None:
        """Clear them all."""
        for armed in self._armoury.all():
            self.clear(armed.fault.id)

    def _reached(self, place: str) -> None:
        for armed in self._armoury.all():
            if place_of(armed.fault.kind, armed.fault.when) == place:
                self._doings.occasion(armed, armed.fault.kind)
