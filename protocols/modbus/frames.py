"""The frame of Modbus RTU: slave address, PDU, CRC (Modbus over Serial Line V1.02, 2.5.1).

The terminal never writes to a lift. So no frame is built here whose function code is a command's: 01 to 04 read, and
80h upwards is an exception in an answer.
"""

from typing import Final, NamedTuple

from construct import Bytes, Int8ub, Int16ul, Struct, this

from protocols import ProtocolError
from protocols.modbus.crc import crc16

OVERHEAD: Final = 3
"""Bytes of a frame beside its PDU: the slave address before it, the CRC behind it."""
SHORTEST: Final = OVERHEAD + 1
LONGEST: Final = 256
"""Modbus over Serial Line V1.02, 2.5.1."""
LAST_READ: Final = 0x04
EXCEPTION: Final = 0x80
"""Added to the function code in an exception (Modbus application protocol V1.1b3, chapter 7)."""

_ADU: Final = Struct("slave" / Int8ub, "pdu" / Bytes(this._params.pdu_len), "crc" / Int16ul).compile()


class Parts(NamedTuple):
    """A frame taken apart. The CRC is the one that was received, right or wrong."""

    slave: int
    pdu: bytes
    crc: int


def split(adu: bytes) -> Parts:
    """Take a frame apart. Raises ProtocolError if it is too short or too long to be one."""
    if not SHORTEST <= len(adu) <= LONGEST:
        raise ProtocolError(f"{len(adu)} bytes are no RTU frame; one has {SHORTEST} to {LONGEST}")
    parsed = _ADU.parse(adu, pdu_len=len(adu) - OVERHEAD)
    return Parts(parsed.slave, parsed.pdu, parsed.crc)


def join(slave: int, pdu: bytes) -> bytes:
    """Build a frame of a read or of an answer. Raises ProtocolError for anything else."""
    if not 0 <= slave <= 0xFF:
        raise ProtocolError(f"slave {slave}: an address on the line is 0 to 255")
    if not 1 <= len(pdu) <= LONGEST - OVERHEAD:
        raise ProtocolError(f"a PDU of {len(pdu)} bytes does not fit an RTU frame")
    if not (1 <= pdu[0] <= LAST_READ or pdu[0] > EXCEPTION):
        raise ProtocolError(f"function {pdu[0]:02X}h is refused: this program only reads (functions 01-04)")
    crc = crc16(bytes((slave,)) + pdu)
    built: bytes = _ADU.build({"slave": slave, "pdu": pdu, "crc": crc}, pdu_len=len(pdu))
    return built
