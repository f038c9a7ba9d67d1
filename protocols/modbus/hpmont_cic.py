"""HPMONT's likeness of Modbus RTU, as one server's code speaks it with MONT70/71 controllers (source S-MONT).

    request  slave function start(2) count(1) CRC
    answer   slave function start(2) count(1) words(2 x count) CRC

Start and count come back in the answer, and no byte count: so an answer fits one request only. The CRC is taken to be
that of Modbus; the source names a table and no more. Frames are translated into those of Modbus RTU and back, so that
everything above the line stays what it is. What is no frame of this kind is passed on as it came: another slave's
answer counts as damage there, and a torn one as silence.
"""

from typing import Final

from protocols import ProtocolError
from protocols.modbus.crc import append_crc, crc_ok
from protocols.modbus.frames import LAST_READ
from protocols.modbus.pdu import ReadRequest, encode_request, parse_request

REQUEST_LEN: Final = 7
"""Slave, function, start, count, CRC."""
_HEADER_LEN: Final = 5
_CRC_LEN: Final = 2


def _header(request: ReadRequest) -> bytes:
    return bytes((request.slave, request.function)) + request.address.to_bytes(2, "big") + bytes((request.count,))


def to_answer(request: bytes, adu: bytes) -> bytes:
    """An RTU answer as HPMONT frames it; `request` is the RTU request. An exception has no form here: no bytes."""
    asked = parse_request(request)
    if not isinstance(asked, ReadRequest) or adu[1] != asked.function:
        return b""
    return append_crc(_header(asked) + adu[3:-_CRC_LEN])


class RequestEar:
    """Finds read requests in what a slave hears, each as the RTU request it stands for."""

    def __init__(self) -> None:
        self._buffer = b""

    def hear(self, data: bytes) -> list[bytes]:
        """The requests that these bytes complete."""
        self._buffer += data
        found: list[bytes] = []
        at = 0
        while at + REQUEST_LEN <= len(self._buffer):
            frame = self._buffer[at : at + REQUEST_LEN]
            is_request = 1 <= frame[1] <= LAST_READ and crc_ok(frame)
            if is_request:
                found.append(append_crc(frame[:4] + b"\x00" + frame[4:_HEADER_LEN]))
            at += REQUEST_LEN if is_request else 1
        self._buffer = self._buffer[at:]
        return found


class AnswerEar:
    """Turns what a master hears after `asks` into RTU: its answer, its own echo, and the rest as it came."""

    def __init__(self) -> None:
        self._frames: tuple[tuple[bytes, int, bytes], ...] = ()
        self._buffer = b""

    def asks(self, adu: bytes) -> bytes:
        """An RTU request is about to be sent; its bytes in this framing. Forgets what was heard before."""
        request = parse_request(adu)
        if not isinstance(request, ReadRequest):
            raise ProtocolError(f"{adu.hex(' ')}: this framing only reads")
        frame = append_crc(_header(request))
        answer_len = _HEADER_LEN + 2 * request.count + _CRC_LEN
        head = bytes((request.slave, request.function, 2 * request.count))
        self._frames = ((frame, REQUEST_LEN, encode_request(request)), (frame[:_HEADER_LEN], answer_len, head))
        self._buffer = b""
        return frame

    def hear(self, data: bytes) -> bytes:
        """What these bytes come to in RTU."""
        self._buffer += data
        told = b""
        while self._buffer:
            taken, said = self._begins()
            if taken == 0:
                break
            told += said
            self._buffer = self._buffer[taken:]
        return told

    def _begins(self) -> tuple[int, bytes]:
        """How much of the buffer's start is decided, and what it says; nothing while more bytes may decide it."""
        waits = False
        for mark, length, told in self._frames:
            there = self._buffer[: len(mark)]
            if there != mark[: len(there)]:
                continue
            if len(self._buffer) < length:
                waits = True
            elif crc_ok(self._buffer[:length]):
                frame = self._buffer[:length]
                is_echo = length == REQUEST_LEN
                return length, told if is_echo else append_crc(told + frame[_HEADER_LEN:-_CRC_LEN])
        return (0, b"") if waits else (1, self._buffer[:1])
