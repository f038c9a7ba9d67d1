"""Applies faults to a segment: who drives what goes through every fault that is armed, in their order.

Each fault draws from a stream of its own, `Random(f"{seed}/{id}")`, so that adding one does not shift another's draws.
Every firing is recorded. A fault holds nothing back: what it delays is on its way already, so clearing one never drops
a byte; from then on everything passes as it is.
"""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

import msgspec

from hil import UsageError
from hil.bus.faults.catalogue import Changing, Fault, Speaking
from hil.bus.faults.sending import Change, Effect, Sending, Talker, Turn
from hil.bus.segment import Drive, End, Segment
from hil.timeline import Timeline, Timer
from protocols.modbus.line import LineSettings
from protocols.nearest import hint

MASTER: Final = "agent"
"""The name of the master's end on a virtual bench."""


class Firing(msgspec.Struct, frozen=True):
    """A fault did something from `t_ns` on; what came of it was on the wire until `until_ns`."""

    t_ns: int
    until_ns: int
    fault: str
    done: str


Predicates = Mapping[str, Callable[[], bool]]
"""What a fault's `while` may name."""


class _Armed:
    """A fault at work."""

    def __init__(self, fault: Fault, seed: str) -> None:
        self.fault = fault
        self.turn = Turn(Random(f"{seed}/{fault.id}"))
        self.seen = 0
        self.timer: Timer | None = None

    def takes(self, sending: Sending, holds: Callable[[], bool]) -> bool:
        """Whether it fires on this one. Draws from its own stream only if it may."""
        when = self.fault.when
        return when.match.fits(sending) and self.is_due(sending.start_ns, holds)

    def is_due(self, t_ns: int, holds: Callable[[], bool]) -> bool:
        """The operators beside `match`."""
        when = self.fault.when
        if self.is_spent or not when.is_open(t_ns) or not holds():
            return False
        self.seen += 1
        return self.seen % when.every == 0 and (when.p >= 1 or self.turn.rng.random() < when.p)

    @property
    def is_spent(self) -> bool:
        """It fired as often as it may."""
        at_most = self.fault.when.at_most
        return at_most is not None and self.turn.fired >= at_most


class Injector:
    """The faults of one segment. Raises UsageError for two of one name and for a `while` that nobody defines."""

    def __init__(
        self,
        segment: Segment,
        timeline: Timeline,
        seed: str,
        faults: Sequence[Fault] = (),
        *,
        master: str = MASTER,
        predicates: Predicates | None = None,
    ) -> None:
        self.firings: list[Firing] = []
        self._segment = segment
        self._timeline = timeline
        self._seed = seed
        self._master = master
        self._predicates = {} if predicates is None else dict(predicates)
        self._armed: dict[str, _Armed] = {}
        self._request = b""
        self._busy_until_ns = 0
        self._mouths: dict[str, End] = {}
        segment.wire = self._change
        for fault in faults:
            self.arm(fault)

    def arm(self, fault: Fault) -> None:
        """Let a fault act from now on."""
        named = fault.when.holds
        if fault.id in self._armed:
            raise UsageError(f"two faults are called {fault.id}; give one of them another id")
        if named is not None and named not in self._predicates:
            raise UsageError(f"fault {fault.id}: while {named!r} is not known; {hint(named, self._predicates)}")
        armed = self._armed[fault.id] = _Armed(fault, self._seed)
        if isinstance(fault.kind, Speaking):
            window = fault.when.window_ns
            self._later(armed, fault.kind, self._timeline.now_ns if window is None else window[0])

    def clear(self, fault_id: str) -> None:
        """Let it act no more; what it did is on the wire and stays there."""
        armed = self._armed.pop(fault_id)
        if armed.timer is not None:
            armed.timer.cancel()

    def heal(self) -> None:
        """Clear them all."""
        for fault_id in tuple(self._armed):
            self.clear(fault_id)

    def fired(self, fault_id: str) -> int:
        """How often a fault fired so far."""
        return sum(firing.fault == fault_id for firing in self.firings)

    # what others drive

    def _change(self, drive: Drive, line: LineSettings) -> list[Drive]:
        if drive.source in self._mouths:
            return [drive]
        is_request = drive.source == self._master
        if is_request:
            self._request = drive.data
        drives = [drive]
        for armed in tuple(self._armed.values()):
            if isinstance(armed.fault.kind, Changing):
                drives = [
                    out for one in drives for out in self._through(armed, armed.fault.kind, one, line, is_request)
                ]
        drives.sort(key=lambda out: out.start_ns)
        for out in drives:
            self._busy_until_ns = max(self._busy_until_ns, out.start_ns + line.wire_ns(len(out.data)))
        return drives

    def _through(
        self, armed: _Armed, effect: Effect, drive: Drive, line: LineSettings, is_request: bool
    ) -> Sequence[Drive]:
        sending = Sending(drive.start_ns, drive.source, drive.data, line, self._request, is_request)
        change: Change | None = None
        if armed.takes(sending, self._predicate(armed)):
            change = effect.change(sending, armed.turn)
        if change is None:
            return (drive,)
        ends = [out.start_ns + line.wire_ns(len(out.data)) for out in (drive, *change.drives)]
        self._record(armed, drive.start_ns, max(ends), change.done)
        return change.drives

    def _predicate(self, armed: _Armed) -> Callable[[], bool]:
        named = armed.fault.when.holds
        return _always if named is None else self._predicates[named]

    def _record(self, armed: _Armed, t_ns: int, until_ns: int, done: str) -> None:
        armed.turn.fired += 1
        self.firings.append(Firing(t_ns, until_ns, armed.fault.id, done))

    # what faults drive by themselves

    def _later(self, armed: _Armed, talker: Talker, t_ns: int) -> None:
        window = armed.fault.when.window_ns
        if armed.is_spent or (window is not None and t_ns >= window[1]):
            return
        armed.timer = self._timeline.call_at_ns(t_ns, lambda: self._speak(armed, talker))

    def _speak(self, armed: _Armed, talker: Talker) -> None:
        now_ns = self._timeline.now_ns
        if talker.polite and now_ns < self._busy_until_ns:
            self._later(armed, talker, self._busy_until_ns)
            return
        says = talker.speak(self._segment.line, armed.turn)
        if armed.is_due(now_ns, self._predicate(armed)):
            until_ns = self._mouth(talker.source).send(says.data)
            self._record(armed, now_ns, until_ns, says.done)
        self._later(armed, talker, now_ns + max(1, says.next_ns))

    def _mouth(self, source: str) -> End:
        if source not in self._mouths:
            self._mouths[source] = self._segment.attach(source, lambda _data, _t_ns: None)
        return self._mouths[source]


def _always() -> bool:
    return True
