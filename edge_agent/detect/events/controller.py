"""What the controller says of itself: each fault of the devices' tables that means an event of the catalogue.

Its word begins the event at once and marks the evidence; while it says nothing, the other rules of that event count.
Faults unknown or stale keep what they told.
"""

from collections.abc import Mapping
from typing import Final

from edge_agent.detect.look import Answer, Answers, Look
from protocols.upstream.messages import Text

_CONFIDENCE: Final = 0.98
_REPORTED: Final = Text("控制器报告", "reported by the controller")
_NOT_REPORTED: Final = Answer(False, _REPORTED)
_UNHEARD: Final = Answer(None, _REPORTED)


def with_its_word(told: Answers, look: Look, meant: Mapping[str, str]) -> Answers:
    """The other families' answers, and what the devices' faults say to each code that they can name."""
    faults = look.snapshot.faults.known
    if faults is None:
        for code in meant.values():
            told[code] = _unheard(told.get(code))
        return told
    for code in meant.values():
        told.setdefault(code, _NOT_REPORTED)
    names: dict[str, list[str]] = {}
    for name in faults:
        if name in meant:
            names.setdefault(meant[name], []).append(name)
    return told | {code: _reported(", ".join(listed)) for code, listed in names.items()}


def _reported(names: str) -> Answer:
    text = Text(f"控制器报告: {names}", f"the controller reports {names}")
    return Answer(True, text, confidence=_CONFIDENCE)


def _unheard(own: Answer | None) -> Answer:
    """A controller that cannot be heard may still mean it: the other rules' no ends nothing."""
    return own if own is not None and own.holds else _UNHEARD
