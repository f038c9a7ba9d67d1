"""The bounds of faults' parameters, and the noise that they are made of."""

import enum
from random import Random
from typing import Annotated

from msgspec import Meta

Millis = Annotated[float, Meta(ge=0, le=3_600_000)]
"""At most an hour."""
Place = Annotated[int, Meta(ge=0, le=255)]
"""A byte's place in a frame; beyond the frame's end it is the last byte's."""
FewBytes = Annotated[int, Meta(ge=1, le=255)]
Byte = Annotated[int, Meta(ge=0, le=255)]
SlaveId = Annotated[int, Meta(ge=1, le=247)]
Function = Annotated[int, Meta(ge=1, le=127)]
Chars = Annotated[float, Meta(ge=0, le=100_000)]
"""Character times."""


class Alphabet(enum.Enum):
    """What noise is made of: zeros (a low line), FFh (a glitch read as a start bit), anything."""

    ZEROS = "00"
    ONES = "FF"
    RANDOM = "random"


def noise(alphabet: Alphabet, count: int, rng: Random) -> bytes:
    """So many bytes of it."""
    match alphabet:
        case Alphabet.ZEROS:
            return bytes(count)
        case Alphabet.ONES:
            return b"\xff" * count
        case Alphabet.RANDOM:
            return rng.randbytes(count)


def place_in(data: bytes, at: int | None, rng: Random) -> int:
    """A byte's place: the one named, cut to the frame, or any."""
    return rng.randrange(len(data)) if at is None else min(at, len(data) - 1)
