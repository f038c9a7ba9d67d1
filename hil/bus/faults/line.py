"""Faults of the line as far as bytes show them: flipped data bits, a dead direction, a line that floats or is stuck.

What happens to start, stop and parity bits is the waveform's business (`hil.bus.waveform`). `line.emi` of the
catalogue is `line.bitflip` with a `while`.
"""

from random import Random
from typing import ClassVar

from hil.bus.faults.bounds import Alphabet, FewBytes, Millis, Place, noise
from hil.bus.faults.sending import NS_PER_MS, Change, Sending, Utterance, changed
from hil.faults.armed import Turn
from hil.faults.kind import Kind
from hil.faults.when import Probability
from protocols.modbus.line import LineSettings

_BITS = 8


class BitFlip(Kind, frozen=True, tag="line.bitflip"):
    """Random data bits flipped, in bursts as Gilbert and Elliott have them.

    A good line errs with `ber`. It turns bad with `p_gb` per bit, errs with `ber_bad` then, and mends with `p_bg`.
    """

    ber: Probability
    ber_bad: Probability = 0.5
    p_gb: Probability = 0.0
    p_bg: Probability = 0.2

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Flip them."""
        flips = self._flips(len(sending.data) * _BITS, turn.rng)
        if not flips:
            return None
        data = bytearray(sending.data)
        for bit in flips:
            data[bit // _BITS] ^= 1 << bit % _BITS
        return changed(sending, bytes(data), f"bits flipped: {flips}")

    def _flips(self, bits: int, rng: Random) -> list[int]:
        flips, bad = [], False
        for bit in range(bits):
            if self.p_gb:
                bad = rng.random() >= self.p_bg if bad else rng.random() < self.p_gb
            if rng.random() < (self.ber_bad if bad else self.ber):
                flips.append(bit)
        return flips


class Burst(Kind, frozen=True, tag="line.burst"):
    """`bits` data bits in a row are anything, from the byte `at` on or anywhere: an arc, a contactor."""

    bits: FewBytes
    at: Place | None = None

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Overwrite them."""
        size = len(sending.data) * _BITS
        bits = min(self.bits, size)
        at = turn.rng.randrange(size - bits + 1) if self.at is None else min(self.at * _BITS, size - bits)
        spoilt = int.from_bytes(sending.data, "little") ^ turn.rng.randrange(1, 1 << bits) << at
        return changed(sending, spoilt.to_bytes(len(sending.data), "little"), f"{bits} bits from {at} on")


class StuckIdle(Kind, frozen=True, tag="line.stuck_idle"):
    """An open wire: nothing gets through."""

    loses: ClassVar[bool] = True

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Lose it."""
        return Change((), "lost on the open wire")


class TxDead(Kind, frozen=True, tag="line.tx_dead"):
    """The master's driver is dead."""

    loses: ClassVar[bool] = True

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Lose requests."""
        return Change((), "request lost") if sending.is_request else None


class RxDead(Kind, frozen=True, tag="line.rx_dead"):
    """The master's receiver is dead."""

    loses: ClassVar[bool] = True

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Lose answers."""
        return None if sending.is_request else Change((), "answer lost")


class StuckLow(Kind, frozen=True, tag="line.stuck_low"):
    """A break, or A and B shorted: zeros without end, in pieces of `piece` bytes."""

    source: ClassVar[str] = "stuck line"
    polite: ClassVar[bool] = False

    piece: FewBytes = 32

    def speak(self, line: LineSettings, turn: Turn) -> Utterance:
        """Zeros back to back."""
        return Utterance(bytes(self.piece), line.wire_ns(self.piece), f"{self.piece} zeros")


class Float(Kind, frozen=True, tag="line.float"):
    """Nobody drives and no bias holds the line: now and then a few bytes of noise."""

    source: ClassVar[str] = "floating line"
    polite: ClassVar[bool] = True

    mean_ms: Millis = 50.0
    most: FewBytes = 4
    alphabet: Alphabet = Alphabet.RANDOM

    def speak(self, line: LineSettings, turn: Turn) -> Utterance:
        """Some bytes, and a random pause of `mean_ms` on average."""
        data = noise(self.alphabet, turn.rng.randint(1, self.most), turn.rng)
        pause_ns = round(turn.rng.expovariate(1.0) * self.mean_ms * NS_PER_MS)
        return Utterance(data, line.wire_ns(len(data)) + pause_ns, f"noise {data.hex(' ')}")
