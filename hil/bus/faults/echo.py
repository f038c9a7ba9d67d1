"""`turn.echo`: an adapter that keeps its receiver on while it sends. A fault of the port, so it needs no segment."""

import enum
from random import Random

from hil.bus.faults.bounds import Millis
from hil.faults.kind import Kind


class Heard(enum.Enum):
    """How much of our own sending is read back: all, its head, its tail, one byte altered."""

    FULL = "full"
    HEAD = "head"
    TAIL = "tail"
    CORRUPT = "corrupt"


class Echo(Kind, frozen=True, tag="turn.echo"):
    """Our own bytes come back `delay_ms` after the last of them left; `glued`: in one piece with what follows."""

    heard: Heard = Heard.FULL
    delay_ms: Millis = 0.0
    glued: bool = False

    def of(self, data: bytes, rng: Random) -> bytes:
        """What is read back of `data`."""
        match self.heard:
            case Heard.FULL:
                return data
            case Heard.HEAD:
                return data[: -max(1, len(data) // 3)]
            case Heard.TAIL:
                return data[max(1, len(data) // 3) :]
            case Heard.CORRUPT:
                at = rng.randrange(len(data))
                return data[:at] + bytes((data[at] ^ rng.randrange(1, 256),)) + data[at + 1 :]
