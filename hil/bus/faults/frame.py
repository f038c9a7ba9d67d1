"""Faults of frames: cut, glued together, too long, and wrong CRCs."""

import enum
from typing import Annotated, ClassVar

from msgspec import Meta

from hil.bus.faults.bounds import FewBytes
from hil.bus.faults.sending import Change, Sending, changed
from hil.faults.armed import Turn
from hil.faults.kind import Kind
from protocols.modbus.crc import append_crc, crc16

_STRANGER = 0xF0


class TruncateHead(Kind, frozen=True, tag="frame.truncate_head"):
    """The first `n` bytes are missing."""

    loses: ClassVar[bool] = True

    n: FewBytes = 2

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Cut them off."""
        return changed(sending, sending.data[self.n :], f"first {self.n} bytes cut off")


class TruncateTail(Kind, frozen=True, tag="frame.truncate_tail"):
    """The last `n` bytes are missing."""

    loses: ClassVar[bool] = True

    n: FewBytes = 2

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Cut them off."""
        return changed(sending, sending.data[: -self.n], f"last {self.n} bytes cut off")


class Merge(Kind, frozen=True, tag="frame.merge"):
    """A stranger's frame and this one in one go, without a gap: behind it, or `before` it."""

    before: bool = False

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Glue them."""
        other = append_crc(bytes((_STRANGER, 3, 2)) + turn.rng.randbytes(2))
        data = other + sending.data if self.before else sending.data + other
        return changed(sending, data, f"glued to {other.hex(' ')}")


class Oversize(Kind, frozen=True, tag="frame.oversize"):
    """More bytes than a frame can have instead of it: `n` in all, the frame's own header first."""

    loses: ClassVar[bool] = True

    n: Annotated[int, Meta(ge=257, le=4096)] = 300

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Put them there."""
        data = sending.data[:2] + b"\xff" + turn.rng.randbytes(self.n - 3)
        return changed(sending, data, f"{self.n} bytes instead")


class Wrong(enum.Enum):
    """How a CRC is wrong: one bit, zero, its bytes swapped, or right for other data."""

    XOR = "xor"
    ZERO = "zero"
    SWAPPED = "swapped"
    OTHER_DATA = "other_data"


class CrcWrong(Kind, frozen=True, tag="crc.wrong"):
    """The frame's CRC does not fit its bytes."""

    how: Wrong = Wrong.XOR

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Put a wrong one there."""
        body, crc = sending.data[:-2], sending.data[-2:]
        match self.how:
            case Wrong.XOR:
                crc = (int.from_bytes(crc, "little") ^ 1 << turn.rng.randrange(16)).to_bytes(2, "little")
            case Wrong.ZERO:
                crc = b"\x00\x00" if crc != b"\x00\x00" else b"\xff\xff"
            case Wrong.SWAPPED:
                crc = crc[::-1] if crc[0] != crc[1] else bytes((crc[0], crc[1] ^ 0xFF))
            case Wrong.OTHER_DATA:
                other = body[:-1] + bytes((body[-1] ^ turn.rng.randrange(1, 256),)) if body else b""
                crc = crc16(other).to_bytes(2, "little")
        return changed(sending, body + crc, f"CRC {self.how.value}")
