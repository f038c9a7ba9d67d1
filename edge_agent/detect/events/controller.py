"""What the controller says of itself: each fault of the devices' tables that means an event of the catalogue.

Its word is an event of its own beside what other signals tell of the same code: it begins at once, its evidence is
marked, and it ends when the controller no longer says so. Faults unknown or stale keep what they told.
"""

from collections.abc import Mapping
from typing import Final

from edge_agent.detect.look import Answer, Answers, Look
from protocols.upstream.messages import Text

_CONFIDENCE: Final = 0.98
_NOT_REPORTED: Final = Answer(False, Text("控制器报告", "reported by the controller"))


def answers(look: Look, meant: Mapping[str, str]) -> Answers:
    """The events that the devices' faults can mean, as "F02.controller"; `meant` by the names of the faults."""
    faults = look.snapshot.faults.known
    if faults is None:
        return {}
    told = dict.fromkeys((f"{code}.controller" for code in meant.values()), _NOT_REPORTED)
    if not faults:
        return told
    names: dict[str, list[str]] = {}
    for name in faults:
        if name in meant:
            names.setdefault(f"{meant[name]}.controller", []).append(name)
    return told | {key: _reported(", ".join(listed)) for key, listed in names.items()}


def _reported(names: str) -> Answer:
    text = Text(f"控制器报告: {names}", f"the controller reports {names}")
    return Answer(True, text, confidence=_CONFIDENCE)
