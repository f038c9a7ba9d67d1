"""Who is there: what came back for a question, judged. Pure."""

import enum
from typing import Final

import msgspec

from edge_agent.diagnose.scan_identity import Likeness
from edge_agent.diagnose.scan_plan import Question
from edge_agent.diagnose.sniff_frames import resembles
from edge_agent.link.outcome import Failure, FailureKind, Reply
from protocols.modbus.pdu import ReadRequest

_EXCEPTION_LEN: Final = 5


class How(enum.Enum):
    """By what a slave was found."""

    ANSWER = "answer"
    EXCEPTION = "exception"
    ODD = "odd"
    DAMAGED = "damaged"


class FoundSlave(msgspec.Struct, frozen=True):
    """A slave that is there: `detail` is what it said instead of an answer; likenesses follow once it was asked."""

    slave: int
    how: How
    detail: str = ""
    likenesses: tuple[Likeness, ...] = ()


def judge(question: Question, outcome: Reply | Failure) -> FoundSlave | None:
    """Whether what came tells that the slave is there."""
    if isinstance(outcome, Reply):
        return FoundSlave(question.slave, How.ANSWER)
    match outcome.kind:
        case FailureKind.EXCEPTION:
            return FoundSlave(question.slave, How.EXCEPTION, outcome.detail)
        case FailureKind.WRONG_FUNCTION | FailureKind.SHORT | FailureKind.LONG:
            return FoundSlave(question.slave, How.ODD, outcome.detail)
        case FailureKind.CRC if _is_answer_like(question.request, outcome.data):
            return FoundSlave(question.slave, How.DAMAGED, str(outcome))
        case _:
            return None


def _is_answer_like(request: ReadRequest, data: bytes) -> bool:
    """Whether damaged bytes are an answer or an exception to the request, by their length and their head."""
    head = (request.slave, request.function | 0x80)
    is_exception = len(data) == _EXCEPTION_LEN and sum(map(int.__eq__, head, data)) >= 1
    return is_exception or resembles(request, data)
