"""Faults of the company on the bus: a second node with the same id, a babbler, a second master."""

import enum
from typing import Annotated, ClassVar

from msgspec import Meta

from hil.bus.faults.bounds import Alphabet, FewBytes, Millis, SlaveId, noise
from hil.bus.faults.pdu import is_answer
from hil.bus.faults.sending import NS_PER_MS, Change, Sending, Utterance
from hil.faults.armed import Turn
from hil.faults.kind import Kind
from protocols.modbus.crc import append_crc
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import ReadFunction, ReadRequest, encode_request

_HEADER = 3
_CRC = 2


class Twin(enum.Enum):
    """What a second node with the same id says: the same, or something else."""

    SAME = "same"
    DIFFERENT = "different"


class DuplicateId(Kind, frozen=True, tag="bus.duplicate_id"):
    """A twin answers as well, `offset_ms` after the first one began: over it, or behind it."""

    data: Twin = Twin.DIFFERENT
    offset_ms: Millis = 0.2

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Add the twin's answer."""
        if not is_answer(sending):
            return None
        frame = sending.data
        if self.data is Twin.DIFFERENT:
            words = bytes(byte ^ 0x55 for byte in frame[_HEADER:-_CRC])
            frame = append_crc(frame[:_HEADER] + words)
        later = sending.instead(frame, round(self.offset_ms * NS_PER_MS))
        twin = type(later)(later.start_ns, "twin", frame)
        return Change((sending.instead(sending.data), twin), f"a twin answers {self.offset_ms:g} ms later")


class Babble(Kind, frozen=True, tag="bus.babble"):
    """A node that cannot stop: `n` bytes, a pause of `pause_ms`, and again; no pause is without end."""

    source: ClassVar[str] = "babbler"
    polite: ClassVar[bool] = False

    n: FewBytes = 20
    pause_ms: Millis = 0.0
    alphabet: Alphabet = Alphabet.RANDOM

    def speak(self, line: LineSettings, turn: Turn) -> Utterance:
        """Say it."""
        data = noise(self.alphabet, self.n, turn.rng)
        return Utterance(data, line.wire_ns(self.n) + round(self.pause_ms * NS_PER_MS), f"{self.n} bytes of babble")


class BabbleAfter(Kind, frozen=True, tag="bus.babble_after"):
    """A node that goes on for `n` bytes after its own frame."""

    n: FewBytes = 20

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Add them."""
        if sending.is_request:
            return None
        frame = sending.instead(sending.data)
        return Change((frame, sending.by(sending.source, turn.rng.randbytes(self.n))), f"{self.n} bytes of babble")


class SecondMaster(Kind, frozen=True, tag="bus.second_master"):
    """Somebody else asks `slave` for `count` registers from `addr`, every `every_ms`, without looking who drives.

    Whoever has that address answers him. `polite` in the catalogue's sense he is not.
    """

    source: ClassVar[str] = "second master"
    polite: ClassVar[bool] = False

    slave: SlaveId = 1
    addr: Annotated[int, Meta(ge=0, le=0xFF00)] = 0x0020
    count: Annotated[int, Meta(ge=1, le=125)] = 2
    every_ms: Annotated[float, Meta(ge=10, le=3_600_000)] = 333.0

    def speak(self, line: LineSettings, turn: Turn) -> Utterance:
        """Ask."""
        asks = encode_request(ReadRequest(self.slave, ReadFunction.HOLDING, self.addr, self.count))
        return Utterance(asks, round(self.every_ms * NS_PER_MS), f"asks {asks.hex(' ')}")
