"""CRC-16 of Modbus RTU: polynomial 8005h reflected, start FFFFh, low byte first (Modbus over Serial Line V1.02, 6.2.2).

It is arithmetic only: it knows nothing of functions. Requests are built in `pdu`, and nowhere else.
"""

from typing import Final

_REFLECTED_POLYNOMIAL: Final = 0xA001
START: Final = 0xFFFF


def _shifted(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (_REFLECTED_POLYNOMIAL if value & 1 else 0)
    return value


_TABLE: Final = tuple(_shifted(value) for value in range(256))


def crc16(data: bytes | bytearray | memoryview) -> int:
    """The CRC as a number; 0 over anything that ends with its own CRC."""
    crc = START
    table = _TABLE
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc


def append_crc(body: bytes) -> bytes:
    """The bytes with their CRC behind them, as they go over the wire."""
    return body + crc16(body).to_bytes(2, "little")


def crc_ok(adu: bytes | bytearray | memoryview) -> bool:
    """Whether the last two bytes are the CRC of what precedes them; false if nothing does."""
    return len(adu) > 2 and crc16(adu) == 0
