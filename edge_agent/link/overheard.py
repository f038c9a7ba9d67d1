"""Another master's read request that began before our turn and ends in it. Pure: bytes in, requests out.

At a turn's beginning the deframer forgets what it holds, or old bytes could complete an answer. What it forgets may be
the head of somebody's request, whose tail an adapter still has; then the slave answers him in our turn. So the two are
put together here, for requests only. Requests that do not lie across such a cut are the deframer's. Our own echo never
does: it begins in our turn, and one that equals our request was sent by him.
"""

from typing import Final, NamedTuple

from edge_agent.link.exchange import asks
from protocols.modbus.crc import crc_ok
from protocols.modbus.pdu import REQUEST_LEN

_ANSWER_LEN: Final = 9
"""An answer of four bytes whose CRC ends in 00 begins with a good frame of a request's length: the CRC of what is
before a zero is right as well."""
_ANSWER_DATA: Final = 4
_COUNT_AT: Final = 2


class Request(NamedTuple):
    """Somebody's, and how many of the bytes heard last are its own."""

    adu: bytes
    n_bytes: int


class Overheard:
    """Told of every cut, and from then on of what is heard, while it `waits`."""

    def __init__(self) -> None:
        self.waits = False
        self._run = b""
        self._before = 0  # how much of the run is from before the cut

    def cut(self, held: bytes) -> None:
        """The deframer forgets these bytes, the last that were heard."""
        if held and not self.waits:
            self._run, self.waits = held[1 - REQUEST_LEN :], True
        self._before = len(self._run)

    def hear(self, data: bytes) -> Request | None:
        """The request that lies across the cut and that these bytes complete."""
        heard = len(self._run)
        self._run += data[:_ANSWER_LEN]
        for start in range(self._before):
            frame = self._run[start : start + _ANSWER_LEN]
            if _is_open(frame):
                self._run, self._before = self._run[start:], self._before - start
                return None
            if _is_request(frame):
                self._forget()
                return Request(frame[:REQUEST_LEN], max(0, start + REQUEST_LEN - heard))
        self._forget()
        return None

    def _forget(self) -> None:
        self.waits, self._run, self._before = False, b"", 0


def _is_open(frame: bytes) -> bool:
    """Whether more bytes may make a request of it, or an answer of what looks like one."""
    may_be_answer = len(frame) == REQUEST_LEN and frame[_COUNT_AT] == _ANSWER_DATA
    return len(frame) < REQUEST_LEN or (may_be_answer and crc_ok(frame))


def _is_request(frame: bytes) -> bool:
    is_answer = frame[_COUNT_AT] == _ANSWER_DATA and crc_ok(frame)
    return asks(frame[:REQUEST_LEN]) and crc_ok(frame[:REQUEST_LEN]) and not is_answer
