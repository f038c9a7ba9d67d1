"""Whether a line takes its time, so that a copy of an older answer gives itself away by coming too soon. Pure.

On a wire a request and its answer take the time of their bytes. What is whole before that was under way when the
request was made: it answers an older one. A pty takes no time, nor does USB all the way into the slave; the kernel
knows the one, and the other shows itself by the first answer that can be no older one's.
"""

from typing import Final

from edge_agent.ports import BusPort
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import REQUEST_LEN, ReadRequest

_LEAST: Final = (19, 20)
"""So much of its nominal time a frame takes at least: a UART reads no bytes of a clock that is further off."""


def is_too_soon(line: LineSettings, took_ns: int, n_bytes: int) -> bool:
    """Whether a wire takes more than `took_ns` for a request and then so many bytes."""
    least, nominal = _LEAST
    return took_ns * nominal < line.wire_ns(REQUEST_LEN + n_bytes) * least


class Pace:
    """Told how every turn ended. One for all ports that one after the other have the same name."""

    def __init__(self) -> None:
        self._takes_time = True
        self._answered: set[int] = set()

    def tells(self, request: ReadRequest, before: ReadRequest | None, port: BusPort | None) -> bool:
        """Whether an answer that comes too soon is one to the slave's request before.

        After a turn without an answer nothing is owed any more once the slave has been left alone for so long.
        """
        takes_time = self._takes_time and port is not None and port.takes_time
        return takes_time and before is not None and request.is_like(before) and request.slave in self._answered

    def ended(self, slave: int, *, is_answered: bool, too_soon: bool) -> None:
        """A turn is over: whether its answer has certainly come, and whether what was believed came too soon."""
        if too_soon:
            self._takes_time = False
        if is_answered:
            self._answered.add(slave)
        else:
            self._answered.discard(slave)
