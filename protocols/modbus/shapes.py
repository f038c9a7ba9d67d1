"""How long a frame is, told by its first bytes: what a deframer looks for in a stream without marks.

Lengths by Modbus application protocol V1.1b3, chapter 6, plus slave address and CRC. Two directions differ: the same
function has other lengths in requests and in answers, and a line with an echo carries our own requests among the
answers. Functions outside the tables have no known length.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from protocols.modbus.crc import crc_ok
from protocols.modbus.frames import EXCEPTION, LAST_READ, LONGEST, SHORTEST
from protocols.modbus.pdu import HEADER_LEN, LAST_SLAVE, REQUEST_LEN

_CRC_LEN: Final = 2
_EXCEPTION_LEN: Final = 5
_COUNT_AT: Final = 2
_FIRST_WORD_READ: Final = 0x03
_MOST_DATA: Final = 250
"""125 registers, or 2000 bits."""

Bytes = bytes | bytearray


class Shape(NamedTuple):
    """One direction. `screen` finds every place where a frame may begin; `counted` is where a function's byte count is.

    `eager`: whether a damaged frame is told as soon as it is whole, though a good one may yet be found inside it.
    """

    screen: re.Pattern[bytes]
    first_slave: int
    fixed: Mapping[int, int]
    counted: Mapping[int, int]
    answers: bool
    eager: bool

    def lengths(self, data: Bytes, start: int) -> tuple[int, ...]:
        """How long a frame that begins at `start` can be, the likeliest first; none if no frame begins so.

        While the byte count is still missing, the answer is one more byte than there are.
        """
        function = data[start + 1]
        if not self.first_slave <= data[start] <= LAST_SLAVE:
            return ()
        fixed = self.fixed.get(function)
        if fixed is not None:
            return (fixed,)
        at = self.counted.get(function)
        if at is None:
            return ()
        if start + at >= len(data):
            return (at + 1,)
        length = at + 1 + data[start + at] + _CRC_LEN
        if self.answers and function <= LAST_READ:
            return _read_answer(function, length)
        return (length,) if length <= LONGEST else ()

    def unmarked(self, data: Bytes, start: int) -> int:
        """The length of a good frame at `start` that only the end of `data` or a frame behind it gives away; or 0."""
        if self.answers:
            end = start + REQUEST_LEN
            is_echo = 1 <= data[start + 1] <= LAST_READ and end <= len(data) and crc_ok(data[start:end])
            return REQUEST_LEN if is_echo else 0
        function, length = data[start + 1], len(data) - start
        if function in self.fixed or function in self.counted or not 1 <= function < EXCEPTION:
            return 0
        return length if data[start] <= LAST_SLAVE and SHORTEST <= length <= LONGEST and crc_ok(data[start:]) else 0


def _read_answer(function: int, length: int) -> tuple[int, ...]:
    """An answer to a read by its byte count, or an echo: what stands there would be a part of the address."""
    size = length - HEADER_LEN - _CRC_LEN
    by_words = function >= _FIRST_WORD_READ
    if not 1 <= size <= _MOST_DATA or (by_words and size % 2):
        return (REQUEST_LEN,)
    return (length, REQUEST_LEN)


def _screen(slaves: tuple[int, int], functions: Mapping[int, int]) -> re.Pattern[bytes]:
    known = b"".join(rb"\x%02x" % function for function in functions)
    return re.compile(rb"[\x%02x-\x%02x](?=[%b])" % (*slaves, known), re.DOTALL)


_REQUEST_FIXED: Final = dict.fromkeys((1, 2, 3, 4, 5, 6, 8), 8) | {
    0x07: 4,
    0x0B: 4,
    0x0C: 4,
    0x11: 4,
    0x16: 10,
    0x18: 6,
    0x2B: 7,
}
_REQUEST_COUNTED: Final = {0x0F: 6, 0x10: 6, 0x14: _COUNT_AT, 0x15: _COUNT_AT, 0x17: 10}
_ANSWER_FIXED: Final = dict.fromkeys((0x05, 0x06, 0x08, 0x0B, 0x0F, 0x10), 8) | {
    0x07: 5,
    0x16: 10,
    **dict.fromkeys(range(EXCEPTION + 1, 0x100), _EXCEPTION_LEN),
}
_ANSWER_COUNTED: Final = dict.fromkeys((1, 2, 3, 4, 0x0C, 0x11, 0x14, 0x15, 0x17), _COUNT_AT)

REQUESTS: Final = Shape(
    screen=_screen((0, LAST_SLAVE), _REQUEST_FIXED | _REQUEST_COUNTED),
    first_slave=0,
    fixed=_REQUEST_FIXED,
    counted=_REQUEST_COUNTED,
    answers=False,
    eager=True,
)
"""What slaves hear. Address 0 asks everybody."""
ANSWERS: Final = Shape(
    screen=_screen((1, LAST_SLAVE), _ANSWER_FIXED | _ANSWER_COUNTED),
    first_slave=1,
    fixed=_ANSWER_FIXED,
    counted=_ANSWER_COUNTED,
    answers=True,
    eager=False,
)
"""What the master hears. Nobody answers from address 0, so the commonest noise begins no frame."""
