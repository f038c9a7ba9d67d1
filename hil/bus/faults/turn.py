"""Faults of the turn-around: a driver enabled too late or released too early, and the noise of switching."""

from typing import ClassVar

from hil.bus.faults.bounds import Alphabet, FewBytes, Millis, noise
from hil.bus.faults.sending import NS_PER_MS, Change, Sending, changed
from hil.faults.armed import Turn
from hil.faults.kind import Kind


class LeadNoise(Kind, frozen=True, tag="turn.lead_noise"):
    """`n` bytes of noise right before the frame, which comes that much later; or `before_ms` earlier than it."""

    n: FewBytes = 1
    alphabet: Alphabet = Alphabet.ZEROS
    before_ms: Millis = 0.0

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Put it in front."""
        junk = noise(self.alphabet, self.n, turn.rng)
        done = f"noise {junk.hex(' ')} before"
        if not self.before_ms:
            return changed(sending, junk + sending.data, done)
        later_ns = sending.line.wire_ns(self.n) + round(self.before_ms * NS_PER_MS)
        return Change((sending.instead(junk), sending.instead(sending.data, later_ns)), done)


class TrailNoise(Kind, frozen=True, tag="turn.trail_noise"):
    """`n` bytes of noise right behind the frame, or `after_ms` after it."""

    n: FewBytes = 1
    alphabet: Alphabet = Alphabet.ZEROS
    after_ms: Millis = 0.0

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Put it behind."""
        junk = noise(self.alphabet, self.n, turn.rng)
        done = f"noise {junk.hex(' ')} behind"
        if not self.after_ms:
            return changed(sending, sending.data + junk, done)
        frame = sending.instead(sending.data)
        return Change((frame, sending.by(sending.source, junk, round(self.after_ms * NS_PER_MS))), done)


class FirstByteLost(Kind, frozen=True, tag="turn.first_byte_lost"):
    """A driver enabled late, or a receiver: the first byte is not heard."""

    loses: ClassVar[bool] = True

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Lose it; the others keep their times."""
        later_ns = sending.line.wire_ns(1)
        rest = sending.data[1:]
        return Change((sending.instead(rest, later_ns),) if rest else (), "first byte lost")


class LastByteLost(Kind, frozen=True, tag="turn.last_byte_lost"):
    """A driver released early: the last byte, the CRC's high one, is not heard."""

    loses: ClassVar[bool] = True

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Lose it."""
        return changed(sending, sending.data[:-1], "last byte lost")
