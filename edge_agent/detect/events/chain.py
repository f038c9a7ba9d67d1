"""F01 the safety chain opened, F14 a door lock opened in a run.

| event | begins | ends |
|---|---|---|
| F01 | the chain open, in service with mains, doors closed since or the car moving outside the zone | chain closed |
| F14 | a lock open while the car moves outside the zone, in service | no lock open |

A chain whose tap lies behind the door contacts opens with every door, so a door that is open, or not seen closed since
the chain opened, excuses it. Both need two samples of the same contact, at least 300 ms apart: contacts bounce. Unknown
or stale: nothing begins, and nothing ends.
"""

from typing import Final

import msgspec

from edge_agent.detect.look import Answer, Answers, Look, Seen, both, no
from protocols.lift.snapshot import Item
from protocols.upstream.messages import Text

_CHAIN: Final = Text("安全回路断开", "the safety chain is open")
_LOCK: Final = Text("运行中门锁回路断开", "a door lock opened while the car moved")


class Chain(msgspec.Struct, frozen=True):
    """How often running the chain, and each lock in a run, were seen open; what was told of them."""

    chain: Seen = Seen()
    landing_lock: Seen = Seen()
    car_lock: Seen = Seen()
    told_chain: bool = False
    told_lock: bool = False


def follow(before: Chain, look: Look) -> Chain:
    """One more look."""
    snapshot = look.snapshot
    is_open = no(snapshot.safety_chain.known)
    chain = before.chain.follow(is_open, snapshot.safety_chain.sampled_from_ns)
    landing_lock = _in_run(before.landing_lock, snapshot.landing_lock, look)
    car_lock = _in_run(before.car_lock, snapshot.car_lock, look)
    told_lock = landing_lock.is_steady() or car_lock.is_steady()
    return Chain(
        chain=chain,
        landing_lock=landing_lock,
        car_lock=car_lock,
        told_chain=is_open is not False and (before.told_chain or (chain.is_steady() and _is_odd(chain, look))),
        told_lock=told_lock or (before.told_lock and _any_open(look) is not False),
    )


def _is_odd(chain: Seen, look: Look) -> bool:
    """Whether nothing excuses an open chain."""
    facts = look.facts
    if not look.in_service or look.snapshot.mains.known is False:
        return False
    if facts.stationary is False and facts.in_zone is False:
        return True
    closed = [door.closed for door in look.snapshot.doors]
    return all(contact.known and contact.sampled_from_ns >= chain.first_ns for contact in closed)


def _in_run(before: Seen, lock: Item[bool], look: Look) -> Seen:
    away = both(no(look.facts.stationary), no(look.facts.in_zone), look.in_service)
    return before.follow(both(no(lock.known), away), min(lock.sampled_from_ns, look.snapshot.door_zone.sampled_from_ns))


def _any_open(look: Look) -> bool | None:
    locks = [lock.known for lock in (look.snapshot.landing_lock, look.snapshot.car_lock)]
    return True if False in locks else (False if True in locks else None)


def answers(memory: Chain, look: Look) -> Answers:
    """This family's events."""
    chain, lock = look.snapshot.safety_chain.known, _any_open(look)
    return {
        "F01": Answer(True if memory.told_chain else (None if chain is None else False), _CHAIN),
        "F14": Answer(True if memory.told_lock else (None if lock is None else False), _LOCK),
    }
