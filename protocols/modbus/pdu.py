"""What is asked and answered: reads in both directions, exceptions, and the mere name of everything else.

pymodbus encodes and decodes the PDUs; this module decides which may exist. There is one request encoder, and it knows
functions 01 to 04 only: a write cannot be built. Lengths and headers are checked here, because pymodbus takes whatever
a PDU claims of itself. Registers are unpacked here: they come with every poll, and pymodbus takes ten times as long.
"""

import enum
import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Self

import msgspec
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadCoilsResponse,
    ReadDiscreteInputsRequest,
    ReadDiscreteInputsResponse,
)
from pymodbus.pdu.exceptionresponse import ExceptionResponse
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadHoldingRegistersResponse,
    ReadInputRegistersRequest,
    ReadInputRegistersResponse,
)

from protocols import ProtocolError
from protocols.modbus import frames

REQUEST_LEN: Final = 8
"""Bytes of a read request as a frame."""
HEADER_LEN: Final = 3
"""Slave, function and byte count, before the data of an answer."""
MAX_REGISTERS: Final = 125
MAX_BITS: Final = 2000
"""Modbus application protocol V1.1b3, 6.1 to 6.4."""
LAST_SLAVE: Final = 247
"""Modbus over Serial Line V1.02, 2.2: 0 is everybody, above is reserved."""


class ReadFunction(enum.IntEnum):
    """The functions this program can ask for: all of them read."""

    COILS = 1
    DISCRETE = 2
    HOLDING = 3
    INPUT = 4


_BITS: Final = (ReadFunction.COILS, ReadFunction.DISCRETE)
_REQUESTS: Final = {
    ReadFunction.COILS: ReadCoilsRequest,
    ReadFunction.DISCRETE: ReadDiscreteInputsRequest,
    ReadFunction.HOLDING: ReadHoldingRegistersRequest,
    ReadFunction.INPUT: ReadInputRegistersRequest,
}
_BIT_REPLIES: Final = {
    ReadFunction.COILS: ReadCoilsResponse,
    ReadFunction.DISCRETE: ReadDiscreteInputsResponse,
}
_WORD_REPLIES: Final = {
    ReadFunction.HOLDING: ReadHoldingRegistersResponse,
    ReadFunction.INPUT: ReadInputRegistersResponse,
}

_EXCEPTION_NAMES: Final = {
    0x01: "illegal function",
    0x02: "illegal data address",
    0x03: "illegal data value",
    0x04: "device failure",
    0x05: "acknowledge, still working",
    0x06: "device busy",
    0x07: "negative acknowledge",
    0x08: "memory parity error",
    0x0A: "gateway path unavailable",
    0x0B: "gateway target did not respond",
    # Not in the standard; devices' own, by their manuals (S-CHV, S-HD5, S-EV).
    0x10: "password needed",
    0x16: "operation not supported",
    0x17: "wrong number of registers",
    0x18: "damaged frame",
    0x20: "parameter cannot be changed",
    0x21: "parameter cannot be changed while running",
    0x22: "locked by a password",
}


class ReadRequest(msgspec.Struct, frozen=True):
    """Ask `slave` for `count` registers or bits from `address` (on the wire, from 0)."""

    slave: int
    function: ReadFunction
    address: int
    count: int

    def is_like(self, other: Self) -> bool:
        """Whether an answer to the one would fit the other."""
        return self.function is other.function and self.data_len == other.data_len

    @property
    def data_len(self) -> int:
        """Bytes of data in the normal answer."""
        return (self.count + 7) // 8 if self.function <= ReadFunction.DISCRETE else 2 * self.count

    @property
    def reply_len(self) -> int:
        """Bytes of the normal answer as a frame."""
        return HEADER_LEN + self.data_len + 2


class OtherRequest(msgspec.Struct, frozen=True):
    """Something that is not a read, as a slave hears it from a master that is not ours."""

    slave: int
    function: int


@lru_cache(maxsize=1024)
def encode_request(request: ReadRequest) -> bytes:
    """The frame that asks. Raises ProtocolError for anything but a read that a slave may be asked for."""
    _check_reads(request.function)
    if not 1 <= request.slave <= LAST_SLAVE:
        raise ProtocolError(f"slave {request.slave} cannot be asked; an address is 1 to {LAST_SLAVE}")
    if request.address + request.count > 0x10000:
        raise ProtocolError(f"{request.count} from address {request.address:04X}h goes beyond FFFFh; ask for fewer")
    pdu = _REQUESTS[request.function](address=request.address, count=request.count)
    try:
        return frames.join(request.slave, bytes((request.function,)) + pdu.encode())
    except ValueError as error:
        raise ProtocolError(f"{request}: cannot be asked: {error}") from error


def parse_request(adu: bytes) -> ReadRequest | OtherRequest:
    """What a whole request frame asks for; its CRC is not looked at. Raises ProtocolError if it is not one.

    The count is told as it stands: a slave answers a senseless one with an exception, so it has to see it.
    """
    slave, pdu, _ = frames.split(adu)
    if pdu[0] not in _REQUESTS:
        return OtherRequest(slave, pdu[0])
    if len(adu) != REQUEST_LEN:
        raise ProtocolError(f"a read request has {REQUEST_LEN} bytes, not {len(adu)}")
    function = ReadFunction(pdu[0])
    asked = _REQUESTS[function]()
    try:
        asked.decode(pdu[1:])
    except ValueError:
        pass  # the count is out of bounds, and the fields are read by then
    return ReadRequest(slave, function, asked.address, asked.count)


def encode_reply(request: ReadRequest, words: Sequence[int]) -> bytes:
    """A slave's normal answer: one word a register, or 0 or 1 a bit. Raises ProtocolError if they do not fit."""
    _check_reads(request.function)
    if len(words) != request.count or not 1 <= request.count <= _max_count(request.function):
        raise ProtocolError(f"{len(words)} values do not answer {request}")
    limit = 1 if request.function in _BITS else 0xFFFF
    if not all(0 <= word <= limit for word in words):
        raise ProtocolError(f"a value is not 0 to {limit}, in the answer to {request}")
    if request.function in _BIT_REPLIES:
        data = _BIT_REPLIES[request.function](bits=[bool(word) for word in words]).encode()
    else:
        data = _WORD_REPLIES[request.function](registers=words).encode()
    return frames.join(request.slave, bytes((request.function,)) + data)


def encode_exception(slave: int, function: int, code: int) -> bytes:
    """A slave's refusal of `function` (1 to 127) with an exception code (0 to 255)."""
    if not (1 <= function < frames.EXCEPTION and 0 <= code <= 0xFF):
        raise ProtocolError(f"function {function}, code {code}: no exception says that")
    response = ExceptionResponse(function, code)
    return frames.join(slave, bytes((response.function_code,)) + response.encode())


def decode_reply(request: ReadRequest, adu: bytes) -> tuple[int, ...]:
    """The words, or 0/1 bits, of the normal answer to `request`; the CRC was checked by whoever found the frame.

    Raises ProtocolError if the frame does not answer the request.
    """
    if (
        len(adu) != request.reply_len
        or adu[0] != request.slave
        or adu[1] != request.function
        or adu[2] != request.data_len
    ):
        raise ProtocolError(f"{adu.hex(' ')} does not answer {request}")
    if request.function in _BIT_REPLIES:
        bits = _BIT_REPLIES[request.function]()
        bits.decode(adu[HEADER_LEN - 1 : -2])
        return tuple(map(int, bits.bits[: request.count]))
    _check_reads(request.function)
    return struct.unpack_from(f">{request.count}H", adu, HEADER_LEN)


def exception_name(code: int) -> str:
    """What an exception code means, in a few words."""
    return _EXCEPTION_NAMES.get(code, "not in any standard")


def _check_reads(function: int) -> None:
    # A Struct is not validated when it is built: what claims to be a ReadFunction need not be one.
    if function not in _REQUESTS:
        raise ProtocolError(f"function {function!r} is refused: this program only reads (functions 01-04)")


def _max_count(function: ReadFunction) -> int:
    return MAX_BITS if function in _BITS else MAX_REGISTERS
