"""Faults of what is said: frames with a right CRC that answer something else than what was asked.

They change whole good answers only: a request, or what another fault has damaged, is left alone.
"""

from typing import Annotated, ClassVar

from msgspec import Meta

from hil.bus.faults.bounds import Byte, Function, SlaveId
from hil.bus.faults.sending import Change, Sending, changed
from hil.faults.armed import Turn
from hil.faults.kind import Kind
from protocols.modbus.crc import append_crc, crc_ok

_EXCEPTION = 0x80
_HEADER = 3


class WrongSlave(Kind, frozen=True, tag="pdu.wrong_slave"):
    """The answer comes in another slave's name."""

    slave: SlaveId

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Put the other address there."""
        return _reworded(sending, bytes((self.slave,)) + sending.data[1:-2], f"in the name of slave {self.slave}")


class WrongFunction(Kind, frozen=True, tag="pdu.wrong_fc"):
    """The answer is one to another function, of the same shape; the registers there hold something else."""

    function: Function = 4

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Put the other function there."""
        words = bytes(byte ^ 0xFF for byte in sending.data[_HEADER:-2])
        body = sending.data[:1] + bytes((self.function,)) + sending.data[2:_HEADER] + words
        return _reworded(sending, body, f"function {self.function:02X}h")


class UnknownFunction(Kind, frozen=True, tag="pdu.unknown_fc"):
    """The answer is one to a function that no standard knows, with `n` bytes of data."""

    loses: ClassVar[bool] = True

    function: Function = 0x64
    n: Annotated[int, Meta(ge=0, le=250)] = 4

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Answer that."""
        body = sending.data[:1] + bytes((self.function,)) + turn.rng.randbytes(self.n)
        return _reworded(sending, body, f"unknown function {self.function:02X}h")


class WrongCount(Kind, frozen=True, tag="pdu.wrong_count"):
    """`more` registers more than asked, fewer if negative; the byte count says so, unless it `lies`.

    With `more` 0 and a lie the byte count alone is wrong: two more than there are.
    """

    loses: ClassVar[bool] = True

    more: Annotated[int, Meta(ge=-124, le=124)] = -1
    lies: bool = False

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Answer so many."""
        if len(sending.data) <= _HEADER + 2 or sending.data[1] >= _EXCEPTION:
            return None
        words = sending.data[_HEADER:-2]
        size = max(2, min(250, len(words) + 2 * self.more))
        data = (words + words[-2:] * 125)[:size]
        count = (sending.data[2] if self.more else size + 2) if self.lies else size
        body = sending.data[:2] + bytes((count,)) + data
        return _reworded(sending, body, f"{size} bytes of data, byte count {count}")


class Refusal(Kind, frozen=True, tag="pdu.exception"):
    """A refusal with `code` instead of the answer."""

    loses: ClassVar[bool] = True

    code: Byte = 2

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Refuse."""
        return refused(sending, self.code)


def refused(sending: Sending, code: int) -> Change | None:
    """The exception `code` in the place of an answer."""
    if len(sending.data) < 2:
        return None
    body = bytes((sending.data[0], sending.data[1] | _EXCEPTION, code))
    return _reworded(sending, body, f"exception {code:02X}h")


def _reworded(sending: Sending, body: bytes, done: str) -> Change | None:
    """Other words under a right CRC; a frame that is damaged already must not become a good one."""
    return changed(sending, append_crc(body), done) if is_answer(sending) else None


def is_answer(sending: Sending) -> bool:
    """Whether it is a whole, undamaged answer."""
    return not sending.is_request and crc_ok(sending.data)
