"""One node's receiver on a copper segment: what it has heard of the waveform, and from where it has to look on.

Where one clean sender is heard by an end with the same settings its bytes are taken as they are: the waveform would
give the same ones.
"""

from collections.abc import Callable, Sequence

import msgspec

from edge_agent.ports import UartErrors
from hil.bus.copper_view import Disturbances, Sending, levels_at
from hil.bus.copper_wiring import Idle, Pair, Wiring
from hil.bus.segment import Delivery, End, OnHeard, Segment
from hil.bus.waveform import RxChar, bits_ns, receive
from hil.timeline import Timeline, Timer
from protocols.modbus.line import NS_PER_S, LineSettings


class Heard(msgspec.Struct, frozen=True):
    """What an end has received since it looked last: the last character's end, and when the next will be complete."""

    data: bytes = b""
    t_ns: int = 0
    due_ns: int | None = None


_NOTHING = Heard()


class CopperEnd(End):
    """One node's UART, transceiver and wires. `wiring` may be changed at any time."""

    def __init__(
        self,
        segment: Segment,
        timeline: Timeline,
        name: str,
        on_heard: OnHeard,
        line: LineSettings,
        delivery: Delivery,
        wiring: Wiring,
    ) -> None:
        super().__init__(segment, name, on_heard, line, delivery)
        self.wiring = wiring
        self.armed_ns = segment.now_ns
        self._timeline = timeline
        self._following: Sending | None = None
        self._taken = 0
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

    def look_at(self, t_ns: int, look: Callable[["CopperEnd"], None]) -> None:
        """Look at `t_ns`, or earlier if that was asked for before."""
        if self._look is None or t_ns < self._look_ns:
            self._forget_look()
            self._look_ns = t_ns
            self._look = self._timeline.call_at_ns(t_ns, lambda: self._due(look))

    @property
    def is_waiting(self) -> bool:
        """Whether it will look again by itself, and no character can be complete before."""
        return self._look is not None

    def ignores_last_pulse(self, pair: Pair, others: Disturbances, now_ns: int) -> bool:
        """Whether, with nobody driving, the latest pulse makes no start bit here. It has dealt with all before then."""
        bit_ns = NS_PER_S // self.line.baud
        start_ns, end_ns = others.pulses[-1]
        is_alone = len(others.pulses) == 1 or start_ns - others.pulses[-2][0] > bit_ns
        rests_at_mark = not (others.junk or others.stuck or (self.wiring.swapped and pair.idle is Idle.BIASED))
        if rests_at_mark and is_alone and 2 * (end_ns - start_ns) < bit_ns:
            self.armed_ns = max(self.armed_ns, now_ns)
            return True
        return False

    def _due(self, look: Callable[["CopperEnd"], None]) -> None:
        self._look = None
        look(self)

    def _forget_look(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def detach(self) -> None:
        """Leave the segment: what is still on the wire is not heard any more."""
        super().detach()
        self._forget_look()

    def hear(self, under_way: Sequence[Sending], pair: Pair, others: Disturbances, now_ns: int) -> Heard:
        """Receive what has come by now, and count its errors."""
        heard = self._from_bytes(under_way, pair, now_ns) if others.none else None
        return self._from_levels(under_way, pair, others, now_ns) if heard is None else heard

    def _hears(self, sending: Sending) -> bool:
        return self.wiring.echo if sending.sender is self else sending.on_wire and self.wiring.hears

    def _from_levels(self, under_way: Sequence[Sending], pair: Pair, others: Disturbances, now_ns: int) -> Heard:
        """What the waveform says."""
        self._following = None
        near = [sending for sending in under_way if sending.end_ns >= self.armed_ns]
        heard = [sending for sending in near if self._hears(sending)]
        masked = [sending for sending in near if sending.sender is self and not self.wiring.echo]
        levels = levels_at(heard, masked, pair, self.wiring, others, self.armed_ns)
        got = receive(levels, self.line, self.armed_ns, now_ns, self.wiring.drift_ppm)
        self.armed_ns = got.armed_ns
        for char in got.chars:
            self._count(char)
        return Heard(bytes(char.byte for char in got.chars), got.chars[-1].t_ns if got.chars else 0, got.due_ns)

    def _count(self, char: RxChar) -> None:
        """Count a character's error as the 8250 driver does."""
        if char.is_break:
            self._breaks += 1
        elif char.parity_error:
            self._parity += 1
        elif char.framing_error:
            self._framing += 1

    def _from_bytes(self, under_way: Sequence[Sending], pair: Pair, now_ns: int) -> Heard | None:
        """The same without looking at bits, None where that is not possible."""
        if self.wiring.swapped and pair.idle is Idle.BIASED:
            return None
        near = [sending for sending in under_way if sending.end_ns > self.armed_ns]
        if not any(self._hears(sending) for sending in near):
            self.armed_ns = max(self.armed_ns, now_ns)
            return _NOTHING
        return self._follow(near[0], now_ns) if len(near) == 1 and self._is_plain(near[0]) else None

    def _is_plain(self, sending: Sending) -> bool:
        """Whether what was sent is received without loss, from its beginning or from where this end has followed it."""
        same_clock = sending.drift_ppm == self.wiring.drift_ppm == 0 and sending.line == self.line
        undamaged = not sending.damage and sending.swapped is self.wiring.swapped
        return same_clock and undamaged and (self._following is sending or self.armed_ns <= sending.start_ns)

    def _follow(self, sending: Sending, now_ns: int) -> Heard:
        """One sender alone: its characters up to now."""
        start_ns, wire_ns, size = sending.start_ns, self.line.wire_ns, len(sending.data)
        first = self._taken if self._following is sending else 0
        done = size if now_ns >= sending.end_ns else first
        while done < size and start_ns + wire_ns(done + 1) <= now_ns:
            done += 1
        self._following, self._taken = sending, done
        if done == size:
            self.armed_ns = max(self.armed_ns, now_ns)
            return Heard(sending.data[first:], sending.end_ns)
        self.armed_ns = max(self.armed_ns, min(now_ns, start_ns + wire_ns(done)))
        return Heard(sending.data[first:done], start_ns + wire_ns(done), start_ns + wire_ns(done + 1))
