"""Faults of time: silences inside a frame, none between frames, and delays."""

import enum
from random import Random
from typing import Annotated

from msgspec import Meta

from hil.bus.faults.bounds import Chars, Millis, Place, place_in
from hil.bus.faults.sending import NS_PER_MS, Change, Sending
from hil.faults.armed import Turn
from hil.faults.kind import Kind
from protocols.modbus.crc import append_crc

_STRANGER = 0xF0
"""An address that no bench uses."""


class GapT15(Kind, frozen=True, tag="gap.t15"):
    """A silence of 1.5 to 3.5 characters inside the frame, before the byte at `at`."""

    chars: Annotated[float, Meta(gt=1.5, lt=3.5)] = 2.5
    at: Place | None = None

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Tear it."""
        return _torn(sending, self.chars, self.at, turn.rng)


class GapT35(Kind, frozen=True, tag="gap.t35"):
    """A silence of more than 3.5 characters inside the frame, before the byte at `at`: it falls in two."""

    chars: Annotated[float, Meta(gt=3.5, le=100_000)] = 5.0
    at: Place | None = None

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Tear it."""
        return _torn(sending, self.chars, self.at, turn.rng)


class GapNone(Kind, frozen=True, tag="gap.none"):
    """Somebody else's frame begins `chars` characters after this one, less than the 3.5 that separate frames."""

    chars: Annotated[float, Meta(ge=0, lt=3.5)] = 1.0

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Let a stranger's answer follow."""
        follows = append_crc(bytes((_STRANGER, 3, 2)) + turn.rng.randbytes(2))
        drives = (sending.instead(sending.data), sending.by("stranger", follows, sending.char_ns(self.chars)))
        return Change(drives, f"a stranger's frame {self.chars:g} characters later")


class Delays(enum.Enum):
    """How delays are distributed."""

    CONST = "const"
    UNIFORM = "uniform"
    NORMAL = "normal"
    LOGNORMAL = "lognormal"


class Jitter(Kind, frozen=True, tag="jitter"):
    """Every frame is delayed, by `ms` on average, with a spread of `spread_ms`."""

    delays: Delays = Delays.UNIFORM
    ms: Millis = 5.0
    spread_ms: Millis = 5.0

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Delay it; never to before its own time."""
        delay_ns = round(max(0.0, self._draw(turn.rng)) * NS_PER_MS)
        return Change((sending.instead(sending.data, delay_ns),), f"{delay_ns} ns later")

    def _draw(self, rng: Random) -> float:
        match self.delays:
            case Delays.CONST:
                return self.ms
            case Delays.UNIFORM:
                return rng.uniform(self.ms - self.spread_ms, self.ms + self.spread_ms)
            case Delays.NORMAL:
                return rng.gauss(self.ms, self.spread_ms)
            case Delays.LOGNORMAL:
                return self.ms * rng.lognormvariate(0.0, self.spread_ms / self.ms if self.ms else 0.0)


def _torn(sending: Sending, chars: Chars, at: int | None, rng: Random) -> Change | None:
    if len(sending.data) < 2:
        return None
    place = max(1, place_in(sending.data, at, rng))
    later_ns = sending.line.wire_ns(place) + sending.char_ns(chars)
    drives = (sending.instead(sending.data[:place]), sending.instead(sending.data[place:], later_ns))
    return Change(drives, f"{chars:g} characters of silence before byte {place}")
