"""Where bits were turned over: damaged answers laid beside a good one to the same request.

A reflection follows an edge, so it turns over bits right behind a change of level and no others. Pulses from outside
strike anywhere. Only answers of the right length with few flips are compared, and of these only bytes with one: a
register that has changed meanwhile alters the CRC in many places, and a damaged start or stop bit shifts a whole byte.
"""

from collections import Counter as Tally
from collections.abc import Sequence
from typing import Final

from edge_agent.diagnose.causes_evidence import Ended, Turn

_MOST_FLIPS: Final = 6


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
    turned = [(right, one ^ right) for one, right in zip(turn.heard, model, strict=True)]
    if sum(bits.bit_count() for _, bits in turned) > _MOST_FLIPS:
        return []
    return [_is_behind_edge(right, bits) for right, bits in turned if bits.bit_count() == 1]


def _is_behind_edge(byte: int, bit: int) -> bool:
    """Whether the bit differs from the one before it on the wire: the lowest goes first, behind the start bit's 0."""
    before = byte << 1
    return bool((byte ^ before) & bit)
