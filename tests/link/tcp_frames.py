"""Modbus/TCP frames put together by hand."""

from protocols.modbus.pdu import ReadFunction, ReadRequest

REQUEST = ReadRequest(1, ReadFunction.HOLDING, 0, 2)


def frame(transaction: int, unit: int, pdu: bytes, protocol: int = 0, length: int | None = None) -> bytes:
    """Put together by hand (Modbus messaging on TCP/IP V1.0b, 3.1.3)."""
    length = len(pdu) + 1 if length is None else length
    return b"".join(number.to_bytes(2, "big") for number in (transaction, protocol, length)) + bytes((unit,)) + pdu


def answer(words: tuple[int, ...], function: int = 3) -> bytes:
    data = b"".join(word.to_bytes(2, "big") for word in words)
    return bytes((function, len(data))) + data
