"""A clue: what was seen, for which cause it speaks, and how strongly.

Weights add up. PROOF: only this cause does that. STRONG: others hardly do. FAIR: it fits. HINT: it fits a little better
than the others. Against a cause the same steps count negative; EXCLUDED is more than everything for it can be.
"""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from edge_agent.diagnose.causes import Cause
from edge_agent.diagnose.causes_evidence import Subject
from edge_agent.diagnose.causes_facts import Facts
from protocols.upstream.messages import Text

HINT: Final = 1
FAIR: Final = 3
STRONG: Final = 6
PROOF: Final = 12
EXCLUDED: Final = -100

OFTEN: Final = 0.5
SOMETIMES: Final = 0.12
RARELY: Final = 0.02
"""Shares of turns."""
JUNK_PER_S: Final = 0.5
"""From so many junk bytes a second on an idle line is not quiet."""
TURNS_FOR_STATISTICS: Final = 8


class Clue(msgspec.Struct, frozen=True):
    """Something seen that speaks for a cause (weight above 0) or against it."""

    cause: Cause
    weight: int
    said: Text


Rule = Callable[[Facts, Subject], Iterator[Clue]]
"""From facts about one subject to clues; one sentence each."""
