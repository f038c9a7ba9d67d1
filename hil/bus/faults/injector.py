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
from hil.faults.armed import Armed, Firing, OnFiring, Predicates
from hil.faults.injecting import Injecting
from hil.timeline import Timeline, Timer
from protocols.modbus.line import LineSettings

__all__ = ["MASTER", "Firing", "Injector"]

MASTER: Final = "agent"
"""The name of the master's end on a virtual bench."""


class Injector(Injecting[Fault]):
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
        super().__init__(seed, predicates, on_firing)
        self._segment = segment
        self._timeline = timeline
        self._master = master
        self._request = b""
        self._busy_until_ns = 0
        self._mouths: dict[str, End] = {}
        self._speaks: dict[str, Timer] = {}
        segment.wire = self._change
        self.arm_all(faults)

    def _begin(self, armed: Armed[Fault]) -> None:
        if isinstance(armed.fault.kind, Speaking):
            window = armed.fault.when.window_ns
            self._later(armed, armed.fault.kind, self._timeline.now_ns if window is None else window[0])

    def _end(self, fault_id: str) -> None:
        """What it did is on the wire and stays there."""
        speaks = self._speaks.pop(fault_id, None)
        if speaks is not None:
            speaks.cancel()

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
