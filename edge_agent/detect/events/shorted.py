"""F15 a door lock is short-circuited, F16 a safety loop is bypassed: what must be open and is not.

| event | found by | guards |
|---|---|---|
| F15 at a landing | R1: every door fully open, standing in service, a lock closed for 3 s | 2 s from a change of mode |
| F16 at a landing | R4: of 50 openings or more, in 3 and over 2 % no lock was seen open | openings of 1 s and more |
| F16 | R7: the car runs on for 3 s outside the zone, in service, although the chain is seen open | two samples |
| F16 | R5: three inspection visits in a row in which the chain was not seen open | a minute long, an hour apart |

The landing is named: a bridge across one landing's contact shows at that landing alone. F15 ends when the lock is seen
open there with a door open; a closed door proves nothing. R2 (landing lock closed beside an open car lock) is in R1. R3
needs the close limit as judge of the lock, and a dead limit would call every lock bridged; R6 needs the bypass device's
own signal, which no profile has: the controller's fault is F17. Whatever is unknown or stale keeps what it was; the
locks of a bus that is read every second need as many samples as of one that is read ten times.
"""

from functools import partial
from typing import Final

import msgspec

from edge_agent.clock import NS, ns
from edge_agent.detect.look import Answer, Answers, Look, Seen, both, no
from protocols.lift.snapshot import Item
from protocols.lift.vocabulary import ServiceMode
from protocols.upstream.messages import Text

_MODE_SETTLES_NS: Final = 2 * NS
_OPEN_AT_LEAST_NS: Final = NS
_SEEN_SHARE: Final = 0.98
_OPENINGS: Final = 50
_MISSES: Final = 3
_KEPT: Final = 200
"""Openings counted for a landing before both counts are halved, so that a repair shows within weeks."""
_VISITS: Final = 3
_VISIT_AT_LEAST_NS: Final = 60 * NS
_VISITS_APART_NS: Final = 3600 * NS
_RUNS_ON: Final = Text("安全回路断开而轿厢仍在运行", "the car runs on although the safety chain is open")
_RUNS_ON_NS: Final = 3 * NS
_BRIDGED, _RUNNING_ON, _MISSED, _NEVER_OPENED = 0.95, 0.7, 0.6, 0.4
"""Confidences: they rank the kinds of evidence and are design values."""


class Tally(msgspec.Struct, frozen=True):
    """Openings at one landing, and those in which the lock was never seen open."""

    openings: int = 0
    misses: int = 0


class Shorted(msgspec.Struct, frozen=True):
    """What is remembered.

    Of the present opening: its landing, when it began, how often the lock was seen closed in it (`closed`), whether it
    was ever seen open. Of the present inspection: since when (`mode_ns`), whether the chain opened, or was not known.
    """

    floor: int | None = None
    opening_ns: int | None = None
    closed: Seen = Seen()
    saw_open: bool = False
    judged: bool = False
    tallies: dict[int, Tally] = {}
    mode: ServiceMode | None = None
    mode_ns: int = 0
    chain_opened: bool = False
    is_visit_doubtful: bool = False
    visit_ns: int | None = None
    dull_visits: int = 0
    runs_on: Seen = Seen()
    told_runs_on: bool = False

    def restored(self) -> "Shorted":
        """After a restart: what was told and counted."""
        return Shorted(tallies=self.tallies, dull_visits=self.dull_visits, told_runs_on=self.told_runs_on)


def _closed_lock(look: Look) -> Item[bool] | None:
    """A lock circuit that says closed, else one that says open; None if none says anything."""
    known = [lock for lock in (look.snapshot.landing_lock, look.snapshot.car_lock) if lock.known is not None]
    return max(known, key=lambda lock: bool(lock.known), default=None)


def _is_open_here(look: Look) -> bool | None:
    """Every door fully open at a landing: where one of two stays shut, its own contacts may well be closed."""
    limits = (door.open.known for door in look.snapshot.doors)
    return both(*limits, look.facts.in_zone, look.facts.stationary, look.in_service)


def follow(before: Shorted, look: Look) -> Shorted:
    """One more look."""
    now = _follow_opening(_follow_mode(before, look), look)
    chain = look.snapshot.safety_chain
    chain_open = no(chain.known)
    away = both(no(look.facts.stationary), no(look.facts.in_zone), look.in_service)
    runs_on = now.runs_on.follow(both(chain_open, away, look.snapshot.mains.known is not False), chain.sampled_from_ns)
    told = runs_on.last_ns - runs_on.first_ns >= _RUNS_ON_NS or (now.told_runs_on and chain_open is not False)
    return msgspec.structs.replace(now, runs_on=runs_on, told_runs_on=told)


def _follow_mode(before: Shorted, look: Look) -> Shorted:
    mode, chain = look.snapshot.mode.known, look.snapshot.safety_chain.known
    if mode is before.mode or mode is None:
        if before.mode is not ServiceMode.INSPECTION:
            return before
        doubtful = before.is_visit_doubtful or None in (mode, chain)
        return msgspec.structs.replace(
            before, chain_opened=before.chain_opened or chain is False, is_visit_doubtful=doubtful
        )
    now = msgspec.structs.replace(before, mode=mode, mode_ns=look.t_ns)
    if mode is ServiceMode.INSPECTION:
        return msgspec.structs.replace(now, chain_opened=chain is False, is_visit_doubtful=chain is None)
    long_enough = before.mode is ServiceMode.INSPECTION and look.t_ns - before.mode_ns >= _VISIT_AT_LEAST_NS
    is_another = before.visit_ns is None or before.mode_ns - before.visit_ns >= _VISITS_APART_NS
    if not long_enough or before.is_visit_doubtful:
        return now
    if before.chain_opened:
        return msgspec.structs.replace(now, visit_ns=look.t_ns, dull_visits=0)
    return msgspec.structs.replace(now, visit_ns=look.t_ns, dull_visits=before.dull_visits + 1) if is_another else now


def _follow_opening(before: Shorted, look: Look) -> Shorted:
    is_open, floor, lock = _is_open_here(look), look.facts.floor, _closed_lock(look)
    if is_open is None or lock is None or (not is_open and before.opening_ns is None):
        return before
    if not is_open or floor is None:
        return msgspec.structs.replace(before, floor=None, opening_ns=None, closed=Seen(), saw_open=False, judged=False)
    if before.opening_ns is None or before.floor != floor:
        before = msgspec.structs.replace(
            before, floor=floor, opening_ns=look.t_ns, closed=Seen(), saw_open=False, judged=False
        )
    closed = before.closed.follow(lock.known, lock.sampled_from_ns)
    now = msgspec.structs.replace(before, closed=closed, saw_open=before.saw_open or lock.known is False)
    began_ns = look.t_ns if now.opening_ns is None else now.opening_ns
    if now.judged or look.t_ns - began_ns < _OPEN_AT_LEAST_NS:
        return now
    return msgspec.structs.replace(now, judged=True, tallies=_counted(now.tallies, floor, now.saw_open))


def _counted(tallies: dict[int, Tally], floor: int, saw_open: bool) -> dict[int, Tally]:
    tally = tallies.get(floor, Tally())
    if tally.openings >= _KEPT:
        tally = Tally(tally.openings // 2, -(-tally.misses // 2))
    return {**tallies, floor: Tally(tally.openings + 1, tally.misses + (0 if saw_open else 1))}


def answers(memory: Shorted, look: Look) -> Answers:
    """This family's events."""
    chain = look.snapshot.safety_chain.known
    told: Answers = {
        "F16.runs_on": Answer(
            memory.told_runs_on or (None if chain is None else False), _RUNS_ON, confidence=_RUNNING_ON
        ),
        "F16.visits": Answer(
            memory.dull_visits >= _VISITS, partial(_visits_text, memory.dull_visits), confidence=_NEVER_OPENED
        ),
    }
    for floor, tally in memory.tallies.items():
        seen = tally.openings - tally.misses
        suspect = tally.openings >= _OPENINGS and tally.misses >= _MISSES and seen < _SEEN_SHARE * tally.openings
        told[f"F16.{floor}"] = Answer(suspect, partial(_tally_text, look.label(floor), tally), confidence=_MISSED)
    return told | _bridged_here(look, memory)


def _bridged_here(look: Look, memory: Shorted) -> Answers:
    floor, lock = memory.floor, _closed_lock(look)
    settled = memory.mode is None or look.t_ns - memory.mode_ns >= _MODE_SETTLES_NS
    if floor is None or lock is None or _is_open_here(look) is not True or not settled:
        return {}
    after_ns = ns(look.config.chain.bridged_s)
    is_due = look.t_ns - memory.closed.first_ns >= after_ns
    if lock.known and is_due and not memory.closed.is_steady():
        return {}  # one old sample is no proof
    return {f"F15.{floor}": Answer(lock.known, partial(_bridged_text, look), after_ns, confidence=_BRIDGED)}


def _bridged_text(look: Look) -> Text:
    here = look.label(look.facts.floor)
    zh, en = ("层门锁", "landing door lock") if look.snapshot.landing_lock.known else ("轿门锁", "car door lock")
    return Text(
        f"{here.zh}门全开 {{s}} 秒而{zh}回路仍闭合: 门锁被短接",
        f"at {here.en} a door has been fully open for {{s}} s and the {en} circuit is closed: it is bridged",
    )


def _tally_text(here: Text, tally: Tally) -> Text:
    return Text(
        f"{here.zh}最近 {tally.openings} 次开门中有 {tally.misses} 次未见门锁断开",
        f"of the latest {tally.openings} openings at {here.en}, in {tally.misses} the door lock was not seen open",
    )


def _visits_text(visits: int) -> Text:
    return Text(
        f"连续 {visits} 次检修中未见安全回路断开",
        f"in {visits} inspection visits in a row the safety chain was not seen open",
    )
