"""What one end of a copper segment sees: everybody's waveforms, the idle level, pulses, stuck levels, its own mask."""

from collections.abc import Sequence
from typing import Final

import msgspec

from hil.bus.copper_wiring import Idle, Pair, Wiring
from hil.bus.segment import End
from hil.bus.waveform import MARK, SPACE, Drive, Edge, Levels, Window, encode, force, invert, merge
from protocols.modbus.line import LineSettings

_FOR_EVER: Final = 1 << 62


class Sending:
    """What one node drives in one go, with its connection as it was at the start. Windows in `damage` are inverted."""

    __slots__ = (
        "_levels",
        "damage",
        "data",
        "drift_ppm",
        "end_ns",
        "line",
        "on_wire",
        "passed",
        "sender",
        "start_ns",
        "swapped",
    )

    def __init__(self, sender: End, wiring: Wiring, start_ns: int, data: bytes) -> None:
        self.sender = sender
        self.start_ns = start_ns
        self.end_ns = start_ns + sender.wire_ns(len(data))
        self.data = data
        self.line: LineSettings = sender.line
        self.swapped = wiring.swapped
        self.drift_ppm = wiring.drift_ppm
        self.on_wire = wiring.drives
        self.damage: Sequence[Window] = ()
        self.passed = False
        self._levels: dict[bool, Levels] = {}

    def overlaps(self, start_ns: int, end_ns: int) -> bool:
        """Whether it drives at some time in between."""
        return self.start_ns < end_ns and start_ns < self.end_ns

    def undamaged(self) -> Levels:
        """The waveform as the driver makes it."""
        return encode(self.data, self.line, self.start_ns, self.drift_ppm)

    def seen(self, swapped: bool) -> Drive:
        """As a receiver with its wires so or so sees it."""
        turned = swapped is not self.swapped
        levels = self._levels.get(turned)
        if levels is None:
            levels = self.undamaged()
            if self.damage:
                levels = invert(levels, self.damage)
            if turned:
                levels = invert(levels, [(self.start_ns, self.end_ns)])
            self._levels[turned] = levels
        return Drive(self.start_ns, self.end_ns, levels)


class Stuck(msgspec.Struct):
    """The pair held at a level from `start_ns`, until released at `end_ns`."""

    start_ns: int
    level: int
    end_ns: int = _FOR_EVER


class Disturbances(msgspec.Struct):
    """What besides drivers makes levels: pulses, junk of a floating pair (each burst ends at mark), stuck levels."""

    pulses: list[Window] = []
    junk: list[list[Edge]] = []
    stuck: list[Stuck] = []

    @property
    def none(self) -> bool:
        """Nothing since the last time that things were forgotten."""
        return not (self.pulses or self.junk or self.stuck)

    def forget(self, before_ns: int) -> None:
        """Drop what ended before an instant."""
        if not self.none:
            self.pulses = [window for window in self.pulses if window[1] >= before_ns]
            self.junk = [burst for burst in self.junk if burst[-1][0] >= before_ns]
            self.stuck = [held for held in self.stuck if held.end_ns >= before_ns]


def levels_at(
    heard: Sequence[Sending], own: Sequence[Sending], pair: Pair, wiring: Wiring, others: Disturbances, from_ns: int
) -> list[Edge]:
    """The waveform from `from_ns` on at a receiver that hears `heard` and is off during `own`."""
    drives = [sending.seen(wiring.swapped) for sending in heard]
    levels = merge(drives, _idle(pair, wiring, others, from_ns), pair.merge)
    if wiring.hears:
        levels = _disturbed(levels, wiring, others)
    for sending in own:
        levels = force(levels, (sending.start_ns, sending.end_ns), MARK)
    return levels


def _idle(pair: Pair, wiring: Wiring, others: Disturbances, from_ns: int) -> list[Edge]:
    if pair.idle is Idle.BIASED and wiring.swapped and wiring.hears:
        return [(from_ns - 1, SPACE)]
    return [edge for burst in others.junk for edge in burst]


def _disturbed(levels: list[Edge], wiring: Wiring, others: Disturbances) -> list[Edge]:
    if others.pulses:
        levels = invert(levels, others.pulses)
    for held in others.stuck:
        levels = force(levels, (held.start_ns, held.end_ns), held.level ^ wiring.swapped)
    return levels
