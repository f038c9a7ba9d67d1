"""Applies faults to the terminal's box: by time, at points of the agent's own work, in the midst of its writes.

Clearing a fault ends what it does at once: a full disk has room again, a process goes on or is started, a box boots.
"""

from collections.abc import Sequence

from hil.faults.armed import Armed, OnFiring, Predicates
from hil.faults.catalogue import HostFault
from hil.faults.happenings import HappeningInjector
from hil.faults.host import place_of
from hil.host import Host
from hil.timeline import Timeline


class HostInjector(HappeningInjector[HostFault]):
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
        super().__init__(host, timeline, seed, faults, predicates=predicates, on_firing=on_firing)
        host.watch(self._reached)

    def _begin(self, armed: Armed[HostFault]) -> None:
        if place_of(armed.fault.kind, armed.fault.when) is None:
            super()._begin(armed)

    def _reached(self, place: str) -> None:
        for armed in self._armoury.all():
            if place_of(armed.fault.kind, armed.fault.when) == place:
                self._doings.occasion(armed, armed.fault.kind)
