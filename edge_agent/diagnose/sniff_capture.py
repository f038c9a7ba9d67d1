"""What was heard, as packets of a capture file.

A request is written when it is known whether it was answered, so that its packet can say so: with the next thing heard,
or after the time that an answer may take. Everything else is written at once.
"""

from typing import Final

from edge_agent.diagnose.conversation import Heard, Oddity, Role
from edge_agent.diagnose.pcapng import CaptureFile, Packet
from edge_agent.diagnose.sniff_words import say
from protocols.modbus.frames import EXCEPTION, LAST_READ
from protocols.modbus.pdu import REQUEST_LEN

_SHORTEST_SHOWN: Final = 5
"""Wireshark's mbrtu leaves alone what is shorter, and address 0."""
_DAMAGE: Final = {
    Oddity.BAD_CRC: "Modbus RTU bad CRC",
    Oddity.TRUNCATED: "Modbus RTU cut off",
    Oddity.OVERSIZE: "Modbus RTU too long",
    Oddity.JUNK: "Modbus RTU junk",
}


class Capture:
    """Writes to `file`; `epoch_ns` is what makes monotonic times those of the wall (ns since 1970)."""

    def __init__(self, file: CaptureFile, epoch_ns: int) -> None:
        self._file = file
        self._epoch_ns = epoch_ns
        self._request: Heard | None = None

    def add(self, heard: Heard) -> None:
        """Write it, or keep it until its fate is known. Raises CaptureError."""
        is_told_again = Oddity.NO_ANSWER in heard.oddities
        if is_told_again and self._request is None:
            return  # something was heard meanwhile, and the request is written
        if is_told_again:
            self._request = None
        self.finish()
        if heard.role is Role.REQUEST and not is_told_again:
            self._request = heard
        else:
            self._file.write(packet(heard, self._epoch_ns))

    def finish(self) -> None:
        """Write what was kept. Raises CaptureError."""
        request, self._request = self._request, None
        if request is not None:
            self._file.write(packet(request, self._epoch_ns))


def packet(heard: Heard, epoch_ns: int) -> Packet:
    """One thing heard. Its comments are English, like Wireshark."""
    comments = tuple(say(oddity, heard, "en") for oddity in heard.oddities)
    if heard.role in {Role.REQUEST, Role.ANSWER} and not _is_told_by_wireshark(heard):
        comments = (heard.role.value, *comments)
    return Packet(heard.start_ns + epoch_ns, heard.data, _label(heard), comments)


def _label(heard: Heard) -> str:
    for oddity in heard.oddities:
        if oddity in _DAMAGE:
            return _DAMAGE[oddity]
    is_shown = heard.data[0] != 0 and len(heard.data) >= _SHORTEST_SHOWN
    return "" if is_shown else f"Modbus RTU {heard.role.value}"


def _is_told_by_wireshark(heard: Heard) -> bool:
    """Whether its mbrtu sees by itself which of the two it is: see docs/adr/0007."""
    data = heard.data
    if data[1] > EXCEPTION:
        return True
    is_mistaken = heard.role is Role.REQUEST and len(data) == REQUEST_LEN and data[1:3] in {b"\x01\x03", b"\x02\x03"}
    return 1 <= data[1] <= LAST_READ and not is_mistaken
