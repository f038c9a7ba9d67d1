"""Applies faults to the agent's port in memory. Clearing one ends what it does: the adapter is back in."""

from collections.abc import Sequence

from hil.bus.memory import MemoryBus
from hil.faults.armed import OnFiring, Predicates
from hil.faults.catalogue import PortFault
from hil.faults.deeds import Deed
from hil.faults.happenings import HappeningInjector
from hil.faults.port import Blocked, Echoing, Mute, Refused, Stalled, Unplugged
from hil.loop import NS_PER_S
from hil.timeline import Timeline

_EIO = 5


class PortInjector(HappeningInjector[PortFault]):
    """The faults of one port. `on_firing` is told of each firing as it happens."""

    def __init__(
        self,
        bus: MemoryBus,
        timeline: Timeline,
        seed: str,
        faults: Sequence[PortFault] = (),
        *,
        predicates: Predicates | None = None,
        on_firing: OnFiring | None = None,
    ) -> None:
        super().__init__(_Adapter(bus), timeline, seed, faults, predicates=predicates, on_firing=on_firing)


class _Adapter:
    """Hands on the adapter and its driver. Two faults of one kind at once end with the first."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus

    def begin(self, deed: Deed) -> bool:
        match deed:
            case Unplugged():
                self._bus.unplug()
            case Refused(number=number):
                self._bus.refuse(number)
                self._bus.fail(_EIO)
            case Mute():
                self._bus.empty_reads(True)
            case Blocked():
                self._bus.block_writes(True)
            case Stalled(for_ns=for_ns, in_adapter=in_adapter):
                self._bus.stall(for_ns / NS_PER_S, in_adapter=in_adapter)
            case Echoing(echo=echo):
                self._bus.echo(echo)
            case _:
                return False
        return True

    def end(self, deed: Deed) -> None:
        match deed:
            case Unplugged(node=node):
                self._bus.plug(node)
            case Refused():
                self._bus.refuse(0)
            case Mute():
                self._bus.empty_reads(False)
            case Blocked():
                self._bus.block_writes(False)
            case Echoing():
                self._bus.echo(None)
            case _:
                pass  # a stall is over by itself
