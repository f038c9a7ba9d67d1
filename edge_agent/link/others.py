"""What other masters asked a slave and have no answer to yet: its next answer may be theirs. Pure: frames in."""

from collections import defaultdict, deque
from typing import Final

from protocols.modbus.matching import Match, match
from protocols.modbus.pdu import ReadRequest, parse_request

_KEPT: Final = 16
"""A slave's requests that wait; of more the oldest are forgotten, and the youngest holds us up for longest anyway."""


class Others:
    """Keeps their requests, by slave, with the instant at which each was heard."""

    def __init__(self) -> None:
        self._waiting: defaultdict[int, deque[tuple[int, ReadRequest]]] = defaultdict(lambda: deque(maxlen=_KEPT))

    def asked(self, adu: bytes, t_ns: int) -> None:
        """A read request that is not ours."""
        request = parse_request(adu)
        if isinstance(request, ReadRequest):
            self._waiting[request.slave].append((t_ns, request))

    def answered(self, adu: bytes) -> None:
        """A frame of a slave outside our turns: it answers the oldest request that it fits, and that one alone.

        One that fits none is an answer to nobody, and the right one may follow it.
        """
        waiting = self._waiting[adu[0]]
        for one in waiting:
            if match(one[1], adu) in {Match.ANSWER, Match.EXCEPTION}:
                waiting.remove(one)
                return

    def may_be_answered(self, slave: int, since_ns: int) -> bool:
        """Whether any that was heard after `since_ns` still waits."""
        waiting = self._waiting[slave]
        while waiting and waiting[0][0] <= since_ns:
            waiting.popleft()
        return bool(waiting)
