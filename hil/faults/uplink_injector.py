"""Applies faults to the in-memory broker: every exchange takes its course through all that are armed, in their order.

Clearing a fault loses no message: what it delayed or doubled is on its way already, and from then on everything takes
its plain course. A connection that it left dead stays dead, and a new one is as good as any.
"""

from collections.abc import Sequence

from hil.broker import MemoryBroker
from hil.course import PLAIN, Course, Exchange
from hil.faults.armed import Armed, OnFiring, Predicates
from hil.faults.catalogue import UplinkFault
from hil.faults.deeds import BrokerDown, Deed
from hil.faults.doing import Doings
from hil.faults.injecting import Injecting
from hil.faults.uplink import Changing, Down, Effect
from hil.timeline import Timeline


class UplinkInjector(Injecting[UplinkFault]):
    """The faults of one broker. `on_firing` is told of each firing as it happens."""

    def __init__(
        self,
        broker: MemoryBroker,
        timeline: Timeline,
        seed: str,
        faults: Sequence[UplinkFault] = (),
        *,
        predicates: Predicates | None = None,
        on_firing: OnFiring | None = None,
    ) -> None:
        super().__init__(seed, predicates, on_firing)
        self._doings = Doings(self._armoury, timeline, _BrokerHands(broker))
        broker.network = self._course
        self.arm_all(faults)

    def _begin(self, armed: Armed[UplinkFault]) -> None:
        if isinstance(armed.fault.kind, Down):
            self._doings.begin(armed, armed.fault.kind)

    def _end(self, fault_id: str) -> None:
        self._doings.clear(fault_id)

    def _course(self, exchange: Exchange) -> Course:
        course = PLAIN
        for armed in self._armoury.all():
            kind = armed.fault.kind
            if isinstance(kind, Changing) and exchange.act in kind.acts and armed.fault.when.match.fits(exchange):
                course = self._through(armed, kind, exchange, course)
        return course

    def _through(self, armed: Armed[UplinkFault], effect: Effect, exchange: Exchange, course: Course) -> Course:
        if course.is_over or not armed.may(exchange.t_ns) or not armed.takes():
            return course
        change = effect.change(exchange, course, armed.turn)
        if change is None:
            return course
        self._armoury.fire(armed, exchange.t_ns, exchange.t_ns + _lasts_ns(change.course), change.done)
        return change.course


def _lasts_ns(course: Course) -> int:
    """How long after it was sent an exchange is done with; nothing, if it got nowhere."""
    return 0 if course.reaches_ns is None else course.reaches_ns + max(course.answer_ns, *course.copies_ns)


class _BrokerHands:
    """Takes the broker down and up."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self._downs = 0

    def begin(self, deed: Deed) -> bool:
        if not isinstance(deed, BrokerDown):
            return False
        self._downs += 1
        self._broker.down(forget_retained=deed.forgets)
        return True

    def end(self, deed: Deed) -> None:
        self._downs -= 1
        if not self._downs:
            self._broker.up()
