"""What becomes of one request: words with the span in which they were sampled, or why there are none."""

import enum
from collections.abc import Mapping
from typing import Final, Self

import msgspec

from protocols import ProtocolError
from protocols.modbus.pdu import ReadRequest
from protocols.profiles.schema import Profile, ReplyOrder

_NS_PER_MS: Final = 1_000_000


class Reply(msgspec.Struct, frozen=True):
    """The words the slave sent for this request, sampled between the request's end and the answer's start."""

    words: tuple[int, ...]
    request_end_ns: int
    reply_start_ns: int


class FailureKind(enum.Enum):
    """Why there is no answer."""

    TIMEOUT = "timeout"
    CRC = "crc"
    EXCEPTION = "exception"
    WRONG_FUNCTION = "wrong_function"
    SHORT = "short"
    LONG = "long"
    DOUBTFUL = "doubtful"
    PORT = "port"


class Failure(msgspec.Struct, frozen=True):
    """`detail` is one line for a person; `data` is what was heard instead of an answer, cut to a frame's length."""

    kind: FailureKind
    detail: str
    data: bytes = b""

    def __str__(self) -> str:
        return f"{self.detail}; heard {self.data.hex(' ')}" if self.data else self.detail


class SlaveTimes(msgspec.Struct, frozen=True):
    """What a profile states of a slave's habits.

    `latency_ns`: from a request's end to its answer's start, at most. `max_late_ns`: how much later than its deadline
    an answer can still come. `min_gap_ns`: silence it wants before a request, if more than 3.5 characters. `denied`:
    first and last address of what must never be touched, and by which function, if not by any. `descending`: the
    highest address stands first in its answers. `exceptions`: its own names for exception codes.
    """

    latency_ns: int
    max_late_ns: int
    min_gap_ns: int
    denied: tuple[tuple[int, int, int | None], ...] = ()
    descending: bool = False
    exceptions: Mapping[int, str] = {}

    @classmethod
    def of(cls, profile: Profile) -> Self:
        """Those of the device that a profile describes."""
        return cls(
            latency_ns=round(profile.behaviour.latency_ms * _NS_PER_MS),
            max_late_ns=round(profile.max_late_ms * _NS_PER_MS),
            min_gap_ns=round(profile.min_gap_ms * _NS_PER_MS),
            denied=tuple((one.address, one.address + one.count - 1, one.function) for one in profile.deny),
            descending=profile.reply_order is ReplyOrder.DESCENDING,
            exceptions={code: name.en for code, name in profile.exceptions.items()},
        )

    def understood(self, outcome: Reply | Failure) -> Reply | Failure:
        """An outcome as this slave means it: words by ascending address, exceptions by its own names."""
        if isinstance(outcome, Reply):
            return msgspec.structs.replace(outcome, words=outcome.words[::-1]) if self.descending else outcome
        if outcome.kind is not FailureKind.EXCEPTION or outcome.data[2] not in self.exceptions:
            return outcome
        code = outcome.data[2]
        return msgspec.structs.replace(outcome, detail=f"exception {code:02X}h: {self.exceptions[code]}")

    def check(self, request: ReadRequest) -> None:
        """Raise ProtocolError for a request that touches what the deny-list names; it must not reach the wire."""
        last = request.address + request.count - 1
        for first_denied, last_denied, function in self.denied:
            applies = function is None or function == request.function
            if applies and request.address <= last_denied and first_denied <= last:
                raise ProtocolError(
                    f"slave {request.slave}: {request.address:04X}h to {last:04X}h touches {first_denied:04X}h to"
                    f" {last_denied:04X}h, which its profile denies; read something else"
                )
