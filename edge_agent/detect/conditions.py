"""A condition held for a time becomes an event, and its first clear no ends it; unknown keeps what there was.

What is not yet an event forgets how long it held if nothing was known of it for `FORGOTTEN_NS`: another passenger may
hold another door by then.
"""

import enum
from typing import Final

import msgspec

from edge_agent.clock import NS
from edge_agent.detect.look import Answer
from protocols.upstream.messages import Stamp, Text

FORGOTTEN_NS: Final = 10 * NS


class Change(enum.Enum):
    """What a condition just did."""

    BEGAN = "began"
    ENDED = "ended"


class Condition(msgspec.Struct, frozen=True):
    """Since when it holds, when that was last seen, when it becomes an event; that event, and what it said."""

    since_ns: int | None = None
    seen_ns: int = 0
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
    is_lost = before.event_id is None and t_ns - before.seen_ns > FORGOTTEN_NS
    since_ns = t_ns if before.since_ns is None or is_lost else before.since_ns
    if before.event_id is not None:
        return msgspec.structs.replace(before, since_ns=since_ns), None
    now = msgspec.structs.replace(before, since_ns=since_ns, seen_ns=t_ns, due_ns=since_ns + answer.after_ns)
    if t_ns - since_ns < answer.after_ns:
        return now, None
    told = msgspec.structs.replace(now, said=answer.sentence, severity=answer.severity, confidence=answer.confidence)
    return told, Change.BEGAN
