"""A segment at the level of bits: every end has its own line settings and decodes the waveform that all drivers make.

It is used as a `Segment` is. Swapped wires, cut directions, echo and clock drift are an end's `Wiring`; reflections,
the idle level and how drivers fight are the `Pair`; pulses and stuck levels come through `disturb` and `stick`. Where
one clean sender is heard by an end with the same settings its bytes are taken as they are: the waveform would give the
same ones.

A damaged character is delivered as it was decoded, as Linux does without INPCK and PARMRK, and the end's UART counts
it: a break as such, else bad parity, else a bad stop bit (drivers/tty/serial/8250). A break is one 0x00; nothing
follows until the line has been high again. An end that drives hears nothing unless its wiring echoes.
"""

import math
import random
from collections.abc import Callable
from typing import Final

from edge_agent.ports import UartErrors
from hil.bus.copper_view import Disturbances, Sending, Stuck, levels_at
from hil.bus.copper_wiring import Idle, Pair, Wiring
from hil.bus.segment import Collision, Delivery, End, OnHeard, Segment, Tapped
from hil.bus.waveform import MARK, SPACE, Edge, RxChar, Window, bits_ns, receive
from hil.timeline import Timeline, Timer
from protocols.modbus.line import NS_PER_S, LineSettings

_NEVER_ODDS: Final = 1e-9


class CopperEnd(End):
    """One node's UART, transceiver and wires. `wiring` may be changed at any time."""

    def __init__(
        self,
        segment: "Copper",
        name: str,
        on_heard: OnHeard,
        line: LineSettings,
        delivery: Delivery,
        wiring: Wiring,
    ) -> None:
        super().__init__(segment, name, on_heard, line, delivery)
        self.wiring = wiring
        self.own: list[Sending] = []
        self.armed_ns = segment.now_ns
        self.following: Sending | None = None
        self.taken = 0
        self._copper = segment
        self._framing = self._parity = self._breaks = 0
        self._look: Timer | None = None
        self._look_ns = 0

    @property
    def errors(self) -> UartErrors:
        """What this UART counted since it was attached."""
        return UartErrors(self._framing, self._parity, 0, self._breaks)

    def wire_ns(self, n_bytes: int) -> int:
        """How long this node's clock takes for so many bytes."""
        return bits_ns(2 * n_bytes * self.line.bits_per_char, self.line.baud, self.wiring.drift_ppm)

    def count(self, char: RxChar) -> None:
        """Count a character's error as the 8250 driver does."""
        if char.is_break:
            self._breaks += 1
        elif char.parity_error:
            self._parity += 1
        elif char.framing_error:
            self._framing += 1

    def look_at(self, t_ns: int) -> None:
        """See at `t_ns` what has come by then, or earlier if that was asked for before."""
        if self._look is None or t_ns < self._look_ns:
            if self._look is not None:
                self._look.cancel()
            self._look_ns = t_ns
            self._look = self._copper.at(t_ns, self._due)

    def _due(self) -> None:
        self._look = None
        self._copper.look(self)

    def detach(self) -> None:
        """Leave the segment: what is still on the wire is not heard any more."""
        super().detach()
        self._copper.nodes.remove(self)
        if self._look is not None:
            self._look.cancel()


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
        *,
        pair: Pair | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(timeline, line, tap, delivery)
        self.pair = Pair() if pair is None else pair
        self.nodes: list[CopperEnd] = []
        self._under_way: list[tuple[CopperEnd, Sending]] = []
        self._disturbances = Disturbances()
        self._ringing = random.Random(f"{seed}/ringing")
        self._floating = random.Random(f"{seed}/floating")

    def attach(
        self,
        name: str,
        on_heard: OnHeard,
        line: LineSettings | None = None,
        delivery: Delivery | None = None,
        wiring: Wiring | None = None,
    ) -> CopperEnd:
        """Connect a node; without `wiring` it is joined as it should be."""
        end = CopperEnd(self, name, on_heard, line or self.line, delivery or self._delivery, wiring or Wiring())
        self._ends.append(end)
        self.nodes.append(end)
        return end

    def at(self, t_ns: int, callback: Callable[[], None]) -> Timer:
        """Call back at an instant of the segment's time."""
        return self._timeline.call_at_ns(t_ns, callback)

    @property
    def is_driven(self) -> bool:
        """Whether anybody drives the wire now."""
        now_ns = self.now_ns
        return any(sending.start_ns <= now_ns < sending.end_ns for sending in self._on_wire())

    def disturb(self, window: Window) -> None:
        """Turn the level over from now or later on, for all receivers. Windows come in order of time."""
        pulses = self._disturbances.pulses
        if not pulses or pulses[-1][1] < window[0]:
            pulses.append(window)
            self._stirred()
            self._forget_heard()

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

    # sending

    def _put(self, sender: End, start_ns: int, data: bytes) -> None:
        node = self._node(sender)
        sending = Sending(start_ns, start_ns + node.wire_ns(len(data)), data, node.line, node.wiring)
        sending.damage = self._reflected(sending)
        if sending.on_wire:
            for other in self._under_way:
                self._note_collision(node, sending, *other)
        self._under_way.append((node, sending))
        self.at(sending.end_ns, lambda: self._passed_by(node, sending))
        self._stirred(frames=False)

    def _node(self, end: End) -> CopperEnd:
        if not isinstance(end, CopperEnd):
            raise TypeError(f"{end.name}: not an end of this segment")
        return end

    def _note_collision(self, node: CopperEnd, sending: Sending, driver: CopperEnd, other: Sending) -> None:
        if driver is not node and other.on_wire and other.overlaps(sending.start_ns, sending.end_ns):
            t_ns = max(other.start_ns, sending.start_ns)
            self.collisions.append(Collision(t_ns, (driver.name, node.name)))

    def _reflected(self, sending: Sending) -> list[Window]:
        """The bits that the reflection of the edge before them turns over."""
        ringing_ns, bit_ns = self.pair.ringing_ns, NS_PER_S // sending.line.baud
        odds = min(0.5, math.exp(-bit_ns / 2 / ringing_ns)) if ringing_ns else 0.0
        if odds < _NEVER_ODDS:
            return []
        first_ns, last_ns = 3 * bit_ns // 10, 7 * bit_ns // 10
        hit = (t_ns for t_ns, _level in sending.undamaged() if self._ringing.random() < odds)
        return [(t_ns + first_ns, t_ns + last_ns) for t_ns in hit]

    def _passed_by(self, node: CopperEnd, sending: Sending) -> None:
        """The last stop bit has passed."""
        sending.passed = True
        if sending.on_wire and self._tap is not None:
            self._tap(Tapped(sending.start_ns, sending.end_ns, node.name, sending.data))
        if self.pair.idle is Idle.FLOATING and not self.is_driven:
            self._float()
        for end in tuple(self.nodes):
            self.look(end)
        self._forget_heard()

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

    def _forget_heard(self) -> None:
        """Drop what every end has dealt with."""
        t_ns = min((end.armed_ns for end in self.nodes), default=self.now_ns)
        self._under_way = [
            (node, sending) for node, sending in self._under_way if not sending.passed or sending.end_ns >= t_ns
        ]
        self._disturbances.forget(t_ns)

    def _on_wire(self) -> list[Sending]:
        return [sending for _, sending in self._under_way if sending.on_wire]

    # hearing

    def _stirred(self, frames: bool = True) -> None:
        """The waveform is no longer what it was thought to be: everybody who does not wait for a frame's end looks."""
        frames = frames and not self.is_driven
        for end in tuple(self.nodes):
            if frames or end.delivery is not Delivery.FRAME:
                self.look(end)

    def look(self, end: CopperEnd) -> None:
        """Let an end hear what has come by now, and see to it that it looks again in time."""
        heard = self._fast(end) if self._disturbances.none else None
        data, t_ns, due_ns = self._slow(end) if heard is None else heard
        if due_ns is not None and not self._waits(end, due_ns):
            end.look_at(due_ns)
        if data:
            end.on_heard(data, min(t_ns, self.now_ns))

    def _waits(self, end: CopperEnd, due_ns: int) -> bool:
        """Whether the end will look anyway, when the frame that is on its way ends."""
        return end.delivery is Delivery.FRAME and any(
            not sending.passed and sending.start_ns <= due_ns <= sending.end_ns for _, sending in self._under_way
        )

    def _slow(self, end: CopperEnd) -> tuple[bytes, int, int | None]:
        """What the waveform says."""
        end.following = None
        near = [(node, sending) for node, sending in self._under_way if sending.end_ns >= end.armed_ns]
        own = [sending for node, sending in near if node is end]
        heard = [sending for node, sending in near if node is not end and sending.on_wire and end.wiring.hears]
        if end.wiring.echo:
            heard, own = heard + own, []
        levels = levels_at(heard, own, self.pair, end.wiring, self._disturbances, end.armed_ns)
        got = receive(levels, end.line, end.armed_ns, self.now_ns, end.wiring.drift_ppm)
        end.armed_ns = got.armed_ns
        for char in got.chars:
            end.count(char)
        return bytes(char.byte for char in got.chars), got.chars[-1].t_ns if got.chars else 0, got.due_ns

    def _fast(self, end: CopperEnd) -> tuple[bytes, int, int | None] | None:
        """The same from bytes, None where bits have to be looked at."""
        wiring = end.wiring
        if wiring.swapped and self.pair.idle is Idle.BIASED:
            return None
        near = [(node, sending) for node, sending in self._under_way if sending.end_ns > end.armed_ns]
        heard = [
            (node, sending)
            for node, sending in near
            if (wiring.echo if node is end else sending.on_wire and wiring.hears)
        ]
        if len(near) > 1 and heard:
            return None
        if not heard:
            end.armed_ns = max(end.armed_ns, self.now_ns)
            return b"", 0, None
        return self._follow(end, heard[0][1])

    def _follow(self, end: CopperEnd, sending: Sending) -> tuple[bytes, int, int | None] | None:
        """One sender alone: its characters up to now as they are."""
        if not _is_plain(end, sending) or (end.following is not sending and end.armed_ns > sending.start_ns):
            return None
        start_ns, wire_ns, all_of_it = sending.start_ns, end.line.wire_ns, len(sending.data)
        first = end.taken if end.following is sending else 0
        done = all_of_it if self.now_ns >= sending.end_ns else first
        while done < all_of_it and start_ns + wire_ns(done + 1) <= self.now_ns:
            done += 1
        end.following, end.taken = sending, done
        if done == all_of_it:
            end.armed_ns = max(end.armed_ns, sending.end_ns, self.now_ns)
            return sending.data[first:], sending.end_ns, None
        end.armed_ns = max(end.armed_ns, min(self.now_ns, start_ns + wire_ns(done)))
        return sending.data[first:done], start_ns + wire_ns(done), start_ns + wire_ns(done + 1)


def _is_plain(end: CopperEnd, sending: Sending) -> bool:
    """Whether an end receives without loss what was sent."""
    wiring = end.wiring
    same_clock = sending.drift_ppm == wiring.drift_ppm == 0 and sending.line == end.line
    return same_clock and not sending.damage and sending.swapped is wiring.swapped
