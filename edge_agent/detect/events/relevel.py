"""F20 re-levelling that is not normal: more than six attempts at one stop, or faster than 0.3 m/s with a door open.

Six is a lift controller's own limit.

A stop lasts until the car leaves its zone or a significant move ends it. An attempt is a move with a door open, within
the zone. A car that comes in with doors opening in advance has not stood yet, so its speed is no re-levelling. Unknown
zone, door or movement: not counted.
"""

from functools import partial

import msgspec

from edge_agent.detect.look import Answer, Answers, Look, Seen, both, no
from edge_agent.detect.track import CREEP_BELOW_MPS
from protocols.upstream.messages import Text


class Relevel(msgspec.Struct, frozen=True):
    """Attempts at this stop; `has_stood`: the car came to rest here."""

    attempts: int = 0
    has_stood: bool = False
    moving: bool = False
    fast: Seen = Seen()
    told_fast: bool = False
    significant_moves: int = 0


def follow(before: Relevel, look: Look) -> Relevel:
    """One more look."""
    facts, moves = look.facts, look.track.significant_moves
    if facts.in_zone is False or moves != before.significant_moves:
        return Relevel(significant_moves=moves)
    moving = True if look.snapshot.moving.known else no(facts.stationary)  # too slow to be more than its own word
    if moving is None or facts.in_zone is None:
        return before
    if not moving:
        return msgspec.structs.replace(before, has_stood=True, moving=False, fast=Seen())
    creeps_open = before.has_stood and facts.not_closed is True and look.in_service
    speed = facts.speed_mps
    too_fast = both(creeps_open, None if speed is None else speed > CREEP_BELOW_MPS)
    fast = before.fast.follow(too_fast, look.snapshot.speed_mps.sampled_from_ns)
    return msgspec.structs.replace(
        before,
        attempts=before.attempts + (1 if creeps_open and not before.moving else 0),
        moving=True,
        fast=fast,
        told_fast=before.told_fast or fast.is_steady(),
    )


def answers(memory: Relevel, look: Look) -> Answers:
    """This family's event."""
    return {
        "F20": Answer(memory.told_fast or memory.attempts > look.config.levelling.attempts, partial(_sentence, memory))
    }


def _sentence(memory: Relevel) -> Text:
    if memory.told_fast:
        return Text("再平层速度超过 0.3 m/s", "re-levelling faster than 0.3 m/s")
    return Text(f"本次停站再平层 {memory.attempts} 次", f"{memory.attempts} re-levellings at this stop")
