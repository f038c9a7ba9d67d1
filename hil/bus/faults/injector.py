"""Applies faults to a segment: who drives what goes through every fault that is armed, in their order.

Each fault draws from a stream of its own, `Random(f"{seed}/{id}")`, so that adding one does not shift another's draws.
Every firing is recorded. A fault holds nothing back: what it delays is on its way already, so clearing one never drops
a byte; from then on everything passes as it is.
"""

from collections.abc import Sequence
from typing import Final

from hil.bus.faults.catalogue import Changing, Fault, Speaking
from hil.bus.faults.sending import Change, Effect, Sending, Talker
from hil.bus.segment import Drive, End, Segment
from hil.faults.armed import Armed, Armoury, Firing, OnFiring, Predicates
from hil.timeline import Timeline, Timer
from protocols.modbus.line import LineSettings

__all__ = ["MASTER", "Firing", "Injector"]

MASTER: Final = "agent"
"""The name of the master's end on a virtual bench."""


class Injector:
    """The faults of one segment. `on_firing` is told of each firing as it happens."""

    def __init__(
        self,
        segment: Segment,
        timeline: Timeline,
        seed: str,
        faults: Sequence[Fault] = (),
        *,
        master: str = MASTER,
        predicates: Predicates | None = None,
        on_firing: OnFiring | None = None,
    ) -> None:
        self._armoury: Armoury[Fault] = Armoury(seed, predicates, on_firing)
        self._segment = segment
        self._timeline = timeline
        self._master = master
        self._request = b""
        self._busy_until_ns = 0
        self._mouths: dict[str, End] = {}
        self._speaks: dict[str, Timer] = {}
        segment.wire = self._change
        for fault in faults:
            self.arm(fault)

    @property
    def firings(self) -> list[Firing]:
        """What fired so far."""
        return self._armoury.firings

    def fired(self, fault_id: str) -> int:
        """How often a fault fired so far."""
        return self._armoury.fired(fault_id)

    def arm(self, fault: Fault) -> None:
        """Let a fault act from now on. Raises UsageError for two of one name and for a `while` that nobody defines."""
        armed = self._armoury.arm(fault)
        if isinstance(fault.kind, Speaking):
            window = fault.when.window_ns
            self._later(armed, fault.kind, self._timeline.now_ns if window is None else window[0])

    def clear(self, fault_id: str) -> None:
        """Let it act no more; what it did is on the wire and stays there. Raises UsageError if it is not armed."""
        self._armoury.clear(fault_id)
        speaks = self._speaks.pop(fault_id, None)
        if speaks is not None:
            speaks.cancel()

    def heal(self) -> None:
        """Clear them all."""
        for armed in self._armoury.all():
            self.clear(armed.fault.id)

    # what others drive

    def _change(self, drive: Drive, line: LineSettings) -> list[Drive]:
        if drive.source in self._mouths:
            return [drive]
        is_request = drive.source == self._master
        if is_request:
            self._request = drive.data
        drives = [drive]
        for armed in self._armoury.all():
            kind = armed.fault.kind
            if isinstance(kind, Changing):
                drives = [out for one in drives for out in self._through(armed, kind, one, line, is_request)]
        drives.sort(key=lambda out: out.start_ns)
        for out in drives:
            self._busy_until_ns = max(self._busy_until_ns, out.start_ns + line.wire_ns(len(out.data)))
        return drives

    def _through(
        self, armed: Armed[Fault], effect: Effect, drive: Drive, line: LineSettings, is_request: bool
    ) -> Sequence[Drive]:
        sending = Sending(drive.start_ns, drive.source, drive.data, line, self._request, is_request)
        change: Change | None = None
        if armed.fault.when.match.fits(sending) and armed.may(drive.start_ns) and armed.takes():
            change = effect.change(sending, armed.turn)
        if change is None:
            return (drive,)
        ends = [out.start_ns + line.wire_ns(len(out.data)) for out in (drive, *change.drives)]
        self._armoury.fire(armed, drive.start_ns, max(ends), change.done)
        return change.drives

    # what faults drive by themselves

    def _later(self, armed: Armed[Fault], talker: Talker, t_ns: int) -> None:
        window = armed.fault.when.window_ns
        if not armed.is_spent and (window is None or t_ns < window[1]):
            speaks = self._timeline.call_at_ns(t_ns, lambda: self._speak(armed, talker))
            self._speaks[armed.fault.id] = speaks

    def _speak(self, armed: Armed[Fault], talker: Talker) -> None:
        now_ns = self._timeline.now_ns
        if talker.polite and now_ns < self._busy_until_ns:
            self._later(armed, talker, self._busy_until_ns)
            return
        says = talker.speak(self._segment.line, armed.turn)
        if armed.may(now_ns) and armed.takes():
            until_ns = self._mouth(talker.source).send(says.data)
            self._armoury.fire(armed, now_ns, until_ns, says.done)
        self._later(armed, talker, now_ns + max(1, says.next_ns))

    def _mouth(self, source: str) -> End:
        if source not in self._mouths:
            self._mouths[source] = self._segment.attach(source, lambda _data, _t_ns: None)
        return self._mouths[source]
