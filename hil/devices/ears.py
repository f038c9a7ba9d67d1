"""How a device hears requests and frames its answers: RTU, with or without a look at the CRC, or HPMONT's own."""

from typing import Protocol

from protocols.modbus.deframer import Anomaly, AnomalyKind, Deframer, Frame
from protocols.modbus.hpmont_cic import RequestEar, to_answer
from protocols.modbus.pdu import REQUEST_LEN


class Ear(Protocol):
    """Bytes from the line in, RTU requests out."""

    def hear(self, data: bytes, t_ns: int) -> list[bytes]:
        """The requests that these bytes complete."""

    def reset(self) -> None:
        """A silence: what stood before belongs to nothing."""

    def framed(self, request: bytes, answer: bytes) -> bytes:
        """An RTU answer as this device sends it."""


class RtuEar:
    """Modbus RTU. A device that does not check CRCs acts on damaged requests."""

    def __init__(self, checks_crc: bool) -> None:
        self._checks_crc = checks_crc
        self._deframer = Deframer.for_requests()
        self.reset = self._deframer.reset

    def hear(self, data: bytes, t_ns: int) -> list[bytes]:
        """The requests that these bytes complete."""
        found = (self._request(one) for one in self._deframer.feed(data, t_ns))
        return [adu for adu in found if adu]

    def _request(self, found: Frame | Anomaly) -> bytes:
        if isinstance(found, Frame):
            return found.adu
        is_damaged = found.kind is AnomalyKind.BAD_CRC and len(found.data) == REQUEST_LEN
        return found.data if is_damaged and not self._checks_crc else b""

    def framed(self, _request: bytes, answer: bytes) -> bytes:
        """As it is."""
        return answer


class CicEar:
    """HPMONT's framing."""

    def __init__(self) -> None:
        self._ear = RequestEar()

    def hear(self, data: bytes, _t_ns: int) -> list[bytes]:
        """The requests that these bytes complete."""
        return self._ear.hear(data)

    def reset(self) -> None:
        """Begin anew."""
        self._ear = RequestEar()

    def framed(self, request: bytes, answer: bytes) -> bytes:
        """With start and count in place of the byte count; what is no answer to a read is silence."""
        return to_answer(request, answer)
