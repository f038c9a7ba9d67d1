"""Where bits were turned over: damaged answers laid beside a good one to the same request.

A reflection follows an edge, so it turns over bits right behind a change of level and no others. Pulses from outside
strike anywhere. Only answers of the right length with few flips are compared: a register that has changed meanwhile
alters the CRC in many places.
"""

from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from typing import Final

from edge_agent.diagnose.causes_evidence import Ended, Turn

_MOST_FLIPS: Final = 4


def flips_behind_edges(turns: Sequence[Turn]) -> tuple[int, int]:
    """How many bits were turned over, and how many of them stand right behind an edge."""
    flips = [is_behind for turn in turns for is_behind in _flips(turn, _model(turn, turns))]
    return len(flips), sum(flips)


def _model(damaged: Turn, turns: Sequence[Turn]) -> bytes:
    """The commonest good answer to the request of a damaged turn; empty if it has none."""
    if damaged.ended is not Ended.DAMAGED or len(damaged.heard) != damaged.expected:
        return b""
    good = Tally(
        turn.heard
        for turn in turns
        if turn.ended is Ended.ANSWERED and len(turn.heard) == turn.expected == damaged.expected
    )
    return good.most_common(1)[0][0] if good else b""


def _flips(turn: Turn, model: bytes) -> list[bool]:
    """For each flipped bit, whether an edge comes right before it; none if there are too many to be flips."""
    if not model:
        return []
    found = list(_behind(turn.heard, model))
    return found if len(found) <= _MOST_FLIPS else []


def _behind(heard: bytes, model: bytes) -> Iterator[bool]:
    for one, right in zip(heard, model, strict=True):
        before = 0  # the start bit
        for number in range(8):
            bit = right >> number & 1
            if (one >> number & 1) != bit:
                yield bit != before
            before = bit
