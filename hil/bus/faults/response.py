"""Faults of answers in time and number: none, late, twice, unasked, frozen, torn.

They act on what is not the master's own; a request that comes their way is left alone.
"""

from typing import ClassVar

from hil.bus.faults.bounds import Byte, Millis
from hil.bus.faults.pdu import is_answer
from hil.bus.faults.sending import NS_PER_MS, Change, Sending, changed
from hil.faults.armed import Turn
from hil.faults.kind import Kind
from protocols.modbus.crc import append_crc

_HEADER = 3
_CRC = 2


class NoAnswer(Kind, frozen=True, tag="resp.none"):
    """The slave does not answer."""

    loses: ClassVar[bool] = True

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Lose the answer."""
        return None if sending.is_request else Change((), "no answer")


class Late(Kind, frozen=True, tag="resp.late"):
    """The answer begins `ms` later than it would. Whether that is before, in or after a retry the master decides."""

    ms: Millis

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Delay it."""
        if sending.is_request:
            return None
        return Change((sending.instead(sending.data, round(self.ms * NS_PER_MS)),), f"answer {self.ms:g} ms late")


class Duplicate(Kind, frozen=True, tag="resp.duplicate"):
    """The answer comes once more, `after_ms` after its end."""

    after_ms: Millis = 20.0

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Send it twice."""
        if sending.is_request:
            return None
        again = sending.by(sending.source, sending.data, round(self.after_ms * NS_PER_MS))
        return Change((sending.instead(sending.data), again), "answered twice")


class Unsolicited(Kind, frozen=True, tag="resp.unsolicited"):
    """Besides its answer the slave sends one that nobody asked for, `after_ms` after the answer's end.

    It has the answer's shape, and `byte` all over its registers; `flood` more follow it at the same distance.
    """

    after_ms: Millis = 50.0
    byte: Byte = 0xEE
    flood: Byte = 0

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Add them."""
        if not is_answer(sending):
            return None
        words = bytes((self.byte,)) * (len(sending.data) - _HEADER - _CRC)
        frame = append_crc(sending.data[:_HEADER] + words)
        step_ns = round(self.after_ms * NS_PER_MS)
        own_ns = sending.line.wire_ns(len(frame))
        unasked = [sending.by(sending.source, frame, step_ns + n * (step_ns + own_ns)) for n in range(self.flood + 1)]
        return Change((sending.instead(sending.data), *unasked), f"{self.flood + 1} answers nobody asked for")


class ForOtherMaster(Kind, frozen=True, tag="resp.for_other_master"):
    """Another master asks the same slave just before the answer comes: whose answer it is cannot be told."""

    ms: Millis = 5.0

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Let the other master ask where the answer would be, and the answer follow."""
        if sending.is_request or sending.request[:1] != sending.data[:1]:
            return None
        address = int.from_bytes(sending.request[2:4], "big") ^ 0x0100
        asks = append_crc(sending.request[:2] + address.to_bytes(2, "big") + sending.request[4:6])
        later_ns = sending.line.wire_ns(len(asks)) + round(self.ms * NS_PER_MS)
        other = sending.instead(asks)
        other = type(other)(other.start_ns, "second master", asks)
        return Change((other, sending.instead(sending.data, later_ns)), f"another master asked {asks.hex(' ')}")


class Stale(Kind, frozen=True, tag="resp.stale"):
    """The registers are frozen: the first answer to each request is given for ever."""

    loses: ClassVar[bool] = True

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Answer as the first time."""
        if not is_answer(sending):
            return None
        first = turn.memory.setdefault(sending.request, sending.data)
        return None if first == sending.data else changed(sending, first, "answered as at first")


class Torn(Kind, frozen=True, tag="resp.torn"):
    """The words from the middle on are those of the answer before: it was read in the middle of an update."""

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Mix the two."""
        if not is_answer(sending):
            return None
        before = turn.memory.get(sending.request, sending.data)
        turn.memory[sending.request] = sending.data
        words = (len(sending.data) - _HEADER - _CRC) // 2
        cut = _HEADER + 2 * ((words + 1) // 2)
        mixed = append_crc(sending.data[:cut] + before[cut:-_CRC])
        if len(before) != len(sending.data) or mixed == sending.data:
            return None
        return changed(sending, mixed, "half of the answer before")
