"""A condition held for a time becomes an event, and its first clear no ends it; unknown keeps what there was."""

import enum

import msgspec

from edge_agent.detect.look import Answer
from protocols.upstream.messages import Stamp, Text


class Change(enum.Enum):
    """What a condition just did."""

    BEGAN = "began"
    ENDED = "ended"


class Condition(msgspec.Struct, frozen=True):
    """Since when it holds and when it is an event if it goes on; the event that it opened, and what that said."""

    since_ns: int | None = None
    event_id: str | None = None
    begin: Stamp | None = None
    due_ns: int | None = None
    said: Text | None = None
    severity: int | None = None
    confidence: float = 1.0


def follow(before: Condition, answer: Answer, t_ns: int) -> tuple[Condition, Change | None]:
    """The condition after one more answer."""
    if answer.holds is None:
        return before, None
    if not answer.holds:
        return Condition(), Change.ENDED if before.event_id else None
    since_ns = t_ns if before.since_ns is None else before.since_ns
    now = msgspec.structs.replace(before, since_ns=since_ns, due_ns=since_ns + answer.after_ns)
    if before.event_id is not None or t_ns - since_ns < answer.after_ns:
        return now, None
    told = msgspec.structs.replace(now, said=answer.sentence, severity=answer.severity, confidence=answer.confidence)
    return told, Change.BEGAN
