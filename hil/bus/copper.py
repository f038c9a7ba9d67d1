"""A segment at the level of bits: every end has its own line settings and decodes the waveform that all drivers make.

It is used as a `Segment` is. Swapped wires, cut directions, echo and clock drift are an end's `Wiring`; reflections,
the idle level and how drivers fight are the `Pair`; pulses and stuck levels come through `disturb` and `stick`.

A damaged character is delivered as it was decoded, as Linux does without INPCK and PARMRK, and the end's UART counts
it: a break as such, else bad parity, else a bad stop bit (drivers/tty/serial/8250). A break is one 0x00; nothing
follows until the line has been high again. An end that drives hears nothing unless its wiring echoes.
"""

import math
import random
from collections.abc import Callable
from typing import Final

from hil.bus.copper_end import CopperEnd
from hil.bus.copper_view import Disturbances, Sending, Stuck
from hil.bus.copper_wiring import Idle, Pair, Wiring
from hil.bus.segment import Collision, Delivery, End, OnHeard, Segment, Tapped
from hil.bus.usb_adapter import LATENCY_NS
from hil.bus.waveform import MARK, SPACE, Edge, Window
from hil.timeline import Timeline, Timer
from protocols.modbus.line import NS_PER_S, LineSettings

_NEVER_ODDS: Final = 1e-9
"""Reflections that turn over less than one bit in so many are left out: that is a year at 9600 Bd."""


class Copper(Segment):
    """The wire, bit by bit. Seeded: reflections and the junk of a floating pair come from `seed` alone.

    `pair` may be changed at any time; `collisions` and `tap` are as in `Segment`, for what reached the wire.
    """

    def __init__(
        self,
        timeline: Timeline,
        line: LineSettings,
        tap: Callable[[Tapped], None] | None = None,
        delivery: Delivery = Delivery.FRAME,
        usb_latency_ns: int = LATENCY_NS,
        *,
        pair: Pair | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(timeline, line, tap, delivery, usb_latency_ns)
        self.pair = Pair() if pair is None else pair
        self._under_way: list[Sending] = []
        self._disturbances = Disturbances()
        self._ringing = random.Random(f"{seed}/ringing")
        self._floating = random.Random(f"{seed}/floating")

    @property
    def nodes(self) -> list[CopperEnd]:
        """Who is attached."""
        return [end for end in self._ends if isinstance(end, CopperEnd)]

    def attach(
        self,
        name: str,
        on_heard: OnHeard,
        line: LineSettings | None = None,
        delivery: Delivery | None = None,
        wiring: Wiring | None = None,
    ) -> CopperEnd:
        """Connect a node; without `wiring` it is joined as it should be."""
        settings, how = line or self.line, delivery or self._delivery
        end = CopperEnd(self, self._timeline, name, on_heard, settings, how, Wiring() if wiring is None else wiring)
        self._ends.append(end)
        return end

    def at(self, t_ns: int, callback: Callable[[], None]) -> Timer:
        """Call back at an instant of the segment's time."""
        return self._timeline.call_at_ns(t_ns, callback)

    @property
    def is_driven(self) -> bool:
        """Whether anybody drives the wire now."""
        now_ns = self.now_ns
        return any(sent.on_wire and sent.start_ns <= now_ns < sent.end_ns for sent in self._under_way)

    # disturbing

    def disturb(self, window: Window) -> None:
        """Turn the level over from now or later on, for all receivers. Windows come in order of time."""
        pulses = self._disturbances.pulses
        if pulses and pulses[-1][1] >= window[0]:
            return
        pulses.append(window)
        for end in self.nodes:
            if not self._ignores_pulse(end):
                self._look(end)
        self._forget_heard()

    def _ignores_pulse(self, end: CopperEnd) -> bool:
        """Whether the latest pulse makes no end look sooner than it will: most pulses of a drive are of that kind."""
        if end.is_waiting or (self.is_driven and end.delivery is Delivery.FRAME):
            return True
        return not self.is_driven and end.ignores_last_pulse(self.pair, self._disturbances, self.now_ns)

    def stick(self, level: int) -> None:
        """Hold the pair at a level from now on: SPACE as a driver that never lets go, MARK as a short."""
        self.unstick()
        self._disturbances.stuck.append(Stuck(self.now_ns, level))
        self._stirred()

    def unstick(self) -> None:
        """Let the pair go."""
        for held in self._disturbances.stuck:
            held.end_ns = min(held.end_ns, self.now_ns)
        self._stirred()

    def _float(self) -> None:
        """A let-go pair without bias picks up a few odd bits, up to three characters later."""
        draw = self._floating
        if draw.random() >= self.pair.float_odds:
            return
        bit_ns = NS_PER_S // self.line.baud
        t_ns = self.now_ns + draw.randrange(3 * self.line.bits_per_char * bit_ns)
        burst: list[Edge] = []
        for _ in range(draw.randint(1, 4)):
            low_ns, high_ns = (draw.randrange(bit_ns // 2, 4 * bit_ns) for _ in range(2))
            burst += [(t_ns, SPACE), (t_ns + low_ns, MARK)]
            t_ns += low_ns + high_ns
        if not self._disturbances.junk or self._disturbances.junk[-1][-1][0] < burst[0][0]:
            self._disturbances.junk.append(burst)

    def _reflected(self, sending: Sending) -> list[Window]:
        """The bits that the reflection of the edge before them turns over."""
        ringing_ns, bit_ns = self.pair.ringing_ns, NS_PER_S // sending.line.baud
        odds = min(0.5, math.exp(-bit_ns / 2 / ringing_ns)) if ringing_ns else 0.0
        if odds < _NEVER_ODDS:
            return []
        first_ns, last_ns = 3 * bit_ns // 10, 7 * bit_ns // 10
        hit = (t_ns for t_ns, _level in sending.undamaged() if self._ringing.random() < odds)
        return [(t_ns + first_ns, t_ns + last_ns) for t_ns in hit]

    # sending

    def _put(self, sender: End, start_ns: int, data: bytes) -> None:
        wiring = sender.wiring if isinstance(sender, CopperEnd) else Wiring()
        sending = Sending(sender, wiring, start_ns, data)
        sending.damage = self._reflected(sending)
        self._note_fights(sending)
        self._under_way.append(sending)
        self.at(sending.end_ns, lambda: self._has_passed(sending))
        self._stirred(frames=False)

    def _note_fights(self, sending: Sending) -> None:
        for other in self._under_way:
            both_drive = other.on_wire and sending.on_wire and other.sender is not sending.sender
            if both_drive and other.overlaps(sending.start_ns, sending.end_ns):
                names = (other.sender.name, sending.sender.name)
                self.collisions.append(Collision(max(other.start_ns, sending.start_ns), names))

    def _has_passed(self, sending: Sending) -> None:
        """The last stop bit has passed."""
        sending.passed = True
        if sending.on_wire and self._tap is not None:
            self._tap(Tapped(sending.start_ns, sending.end_ns, sending.sender.name, sending.data))
        if self.pair.idle is Idle.FLOATING and not self.is_driven:
            self._float()
        for end in self.nodes:
            self._look(end)
        self._forget_heard()

    def _forget_heard(self) -> None:
        """Drop what every end has dealt with."""
        t_ns = min((end.armed_ns for end in self.nodes), default=self.now_ns)
        self._under_way = [sending for sending in self._under_way if not sending.passed or sending.end_ns >= t_ns]
        self._disturbances.forget(t_ns)

    # hearing

    def _stirred(self, *, frames: bool = True) -> None:
        """The waveform is no longer what it was thought to be: everybody who does not wait for a frame's end looks."""
        frames = frames and not self.is_driven
        for end in self.nodes:
            if frames or end.delivery is not Delivery.FRAME:
                self._look(end)

    def _look(self, end: CopperEnd) -> None:
        """Let an end hear what has come by now, and see to it that it looks again in time."""
        heard = end.hear(self._under_way, self.pair, self._disturbances, self.now_ns)
        if heard.due_ns is not None and not self._waits(end, heard.due_ns):
            end.look_at(heard.due_ns, self._look)
        if heard.data:
            end.on_heard(heard.data, min(heard.t_ns, self.now_ns))

    def _waits(self, end: CopperEnd, due_ns: int) -> bool:
        """Whether the end will look anyway, when the frame that is on its way ends."""
        return end.delivery is Delivery.FRAME and any(
            not sending.passed and sending.start_ns <= due_ns <= sending.end_ns for sending in self._under_way
        )
