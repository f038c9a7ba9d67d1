"""One request's turn on a TCP connection, as heard: the rules of `Exchange`, with a number that ties answer to request.

Whatever comes is cut into frames by their headers (Modbus messaging on TCP/IP V1.0b, 3.1.3) and judged before pymodbus
sees it: it takes answers with a transaction 0, a wrong function, fewer or more registers, or a byte count of its own.
Only the frame with our transaction, slave, function, count and length goes through. Pure: bytes in, frame out.
"""

import struct
from typing import Final

from edge_agent.link.counters import Counter
from edge_agent.link.outcome import Failure, FailureKind
from protocols import ProtocolError
from protocols.modbus.crc import crc16
from protocols.modbus.matching import Match, match
from protocols.modbus.pdu import ReadRequest, encode_request

_HEADER: Final = struct.Struct(">HHHB")
"""Transaction, protocol (0), how many bytes follow, unit; the unit counts among those."""
BEFORE_UNIT: Final = 6
"""Bytes of the header before the unit, from which on a frame is as on a serial line."""
_SHORTEST: Final = 2
_LONGEST: Final = 254
"""Unit and a PDU of 253 bytes (Modbus application protocol V1.1b3, 4.1)."""
_CRC_LEN: Final = 2
_KEPT_BYTES: Final = 256


class TcpTurn:
    """Hears what follows a request. `counted` are the names of what came; `strangers` units that nobody asked."""

    def __init__(self, request: ReadRequest) -> None:
        self.request = request
        self.counted: list[Counter] = []
        self.strangers: list[int] = []
        self.answer = b""
        self._wire = encode_request(request)
        self._transaction = 0
        self._judged = 0
        self._heard = b""

    def sends(self, packet: bytes) -> bytes:
        """What is about to leave. Raises ProtocolError if it is anything but the request: a write never leaves."""
        self._transaction, protocol, length, _ = _HEADER.unpack_from(packet)
        whole = (protocol, length) == (0, len(packet) - BEFORE_UNIT)
        if not whole or packet[BEFORE_UNIT:] != self._wire[:-_CRC_LEN]:
            raise ProtocolError(f"{packet.hex(' ')} is not {self.request}; nothing was sent")
        return packet

    def take(self, heard: bytes) -> Failure | None:
        """All bytes since the request. None: `answer` is there, or nothing yet; a failure ends the turn."""
        self._heard = heard
        while len(heard) - self._judged >= _HEADER.size:
            transaction, protocol, length, _ = _HEADER.unpack_from(heard, self._judged)
            if protocol != 0 or not _SHORTEST <= length <= _LONGEST:
                self.counted.append(Counter.LEADING_JUNK)
                return Failure(FailureKind.TIMEOUT, "what came is not Modbus/TCP", self._rest())
            end = self._judged + BEFORE_UNIT + length
            if len(heard) < end:
                break
            frame, self._judged = heard[self._judged : end], end
            failure = self._judge(transaction, frame)
            if failure is not None or self.answer:
                return failure
        return None

    def _judge(self, transaction: int, frame: bytes) -> Failure | None:
        body = frame[BEFORE_UNIT:]
        adu = body + crc16(body).to_bytes(_CRC_LEN, "little")
        if transaction != self._transaction:
            self._not_ours(body[0], Counter.DUPLICATE if 0 < transaction < self._transaction else Counter.UNSOLICITED)
            return None
        match match(self.request, adu):
            case Match.ANSWER | Match.EXCEPTION:
                self.answer = frame
            case Match.ECHO:
                self.counted.append(Counter.ECHO)
            case Match.FOREIGN:
                self._not_ours(body[0], Counter.FOREIGN)
            case Match.WRONG_FUNCTION:
                asked = int(self.request.function)
                return Failure(
                    FailureKind.WRONG_FUNCTION, f"answered function {body[1]:02X}h, asked was {asked:02X}h", frame
                )
            case Match.WRONG_COUNT:
                return self._wrong_count(body, frame)
        return None

    def _not_ours(self, unit: int, name: Counter) -> None:
        if unit != self.request.slave:
            self.strangers.append(unit)
            name = Counter.FOREIGN
        self.counted.append(name)

    def _wrong_count(self, body: bytes, frame: bytes) -> Failure:
        carried, wanted = body[2:], self.request.data_len
        is_short = (len(carried) - 1, carried[:1]) < (wanted, bytes((wanted,)))
        detail = f"answered {max(0, len(carried) - 1)} bytes of data, asked was for {wanted}"
        return Failure(FailureKind.SHORT if is_short else FailureKind.LONG, detail, frame)

    @property
    def surplus(self) -> bytes:
        """What came glued to the answer."""
        return self._rest()

    def _rest(self) -> bytes:
        return self._heard[self._judged :][:_KEPT_BYTES]

    def expire(self, waited_ms: int) -> Failure:
        """The deadline has passed without an answer."""
        detail = f"no answer within {waited_ms} ms"
        if self.strangers:
            detail += f", only frames of unit {self.strangers[-1]}; that may be the slave's address here"
        return Failure(FailureKind.TIMEOUT, detail, self._heard[:_KEPT_BYTES])
