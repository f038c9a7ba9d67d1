"""F01 the safety chain opened, F14 a door lock opened in a run.

| event | holds while | unknown or stale |
|---|---|---|
| F01 | the chain open, all doors closed or the car moving, mains there, in service | chain: keeps; doors: must move |
| F14 | a lock open while the car moves outside the zone | keeps what it was |

A chain whose tap lies behind the door contacts opens with every door, so an open door excuses it. Both need two samples
at least 300 ms apart: contacts bounce. F14 ends where the lock is seen closed again.
"""

from typing import Final

import msgspec

from edge_agent.detect.look import Answer, Answers, Look, Seen, both, no, sampled_ns
from protocols.upstream.messages import Text

_CHAIN: Final = Text("安全回路断开", "the safety chain is open")
_LOCK: Final = Text("运行中门锁回路断开", "a door lock opened while the car moved")


class Chain(msgspec.Struct, frozen=True):
    """How often running the chain, and a lock in a run, were seen open; `lock_open`: the last answer about F14."""

    chain: Seen = Seen()
    lock: Seen = Seen()
    told_lock: bool = False


def follow(before: Chain, look: Look) -> Chain:
    """One more look."""
    snapshot, facts = look.snapshot, look.facts
    doors_shut, moving = no(facts.not_closed), no(facts.stationary)
    excused = not (doors_shut or moving) or snapshot.mains.known is False or not look.in_service
    chain_open = no(snapshot.safety_chain.known)
    holds = None if chain_open is None else chain_open and not excused
    locks = [no(lock.known) for lock in (snapshot.landing_lock, snapshot.car_lock)]
    any_open = True if True in locks else (None if None in locks and False not in locks else False)
    in_run = both(any_open, moving, no(facts.in_zone))
    lock = before.lock.follow(in_run, sampled_ns(snapshot.landing_lock, snapshot.car_lock))
    told_lock = lock.is_steady() or (before.told_lock and any_open is not False)
    return Chain(before.chain.follow(holds, snapshot.safety_chain.sampled_from_ns), lock, told_lock)


def answers(memory: Chain) -> Answers:
    """This family's events."""
    return {
        "F01": Answer(memory.chain.is_steady(), _CHAIN),
        "F14": Answer(memory.told_lock, _LOCK),
    }
