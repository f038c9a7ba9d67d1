"""An answer on trial: it may be the one owed to the slave's request before, and then the right one is still to come.

An answer fits the request before as well if that asked the same slave for as much; an exception fits everything. Such
an answer counts only if the slave said nothing else before it, and says nothing else for as long as its answers take.
"""

from typing import Final

from edge_agent.link.outcome import Failure, FailureKind, Reply
from protocols.modbus.deframer import Anomaly, AnomalyKind, Frame
from protocols.modbus.pdu import ReadRequest

_MAY_LACK: Final = 2
"""Bytes that damage takes from an answer, at most: a shorter remnant is noise."""
_PERHAPS_AN_ANSWER: Final = (AnomalyKind.BAD_CRC, AnomalyKind.TRUNCATED)


def needs_proof(request: ReadRequest, before: ReadRequest | None, ended: Reply | Failure) -> bool:
    """Whether the outcome of a request may belong to the slave's request before."""
    if before is None:
        return False
    if isinstance(ended, Failure):
        return ended.kind is FailureKind.EXCEPTION
    return request.is_like(before)


class Proof:
    """Hears what follows such an outcome. `until_ns` is when the slave has had its time; `doubt` came before it.

    The same `adu` once more is no doubt: whichever of the two is the right one, it says the same.
    """

    def __init__(self, ended: Reply | Failure, adu: bytes, until_ns: int, doubt: bytes = b"") -> None:
        self.until_ns: Final = until_ns
        self._ended = ended
        self._adu = adu
        self._doubt = doubt

    def hear(self, found: Frame | Anomaly) -> None:
        """A frame, or what is none."""
        if isinstance(found, Anomaly):
            if found.kind in _PERHAPS_AN_ANSWER and len(found.data) >= len(self._adu) - _MAY_LACK:
                self._doubt = found.data
        elif found.adu[0] == self._adu[0] and found.adu != self._adu:
            self._doubt = found.adu

    def verdict(self) -> Reply | Failure:
        """The outcome, if nothing spoke against it."""
        if not self._doubt:
            return self._ended
        return Failure(FailureKind.DOUBTFUL, "two answers came; which is to this request nobody knows", self._doubt)
