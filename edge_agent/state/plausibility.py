"""Which signals cannot be right: those that trips do not change, and a door zone that the doors contradict.

Pure: (state, what is believed, each device's own word) -> state. A signal is judged by others than itself.

| signal | a trip, for it | where no floor is known |
|---|---|---|
| door_zone | rest at another floor after a move, or a door opening there | a door opening after a run of 4 s |
| doors, locks, safety_chain | rest at another floor after a move | rest in the zone after a run of 4 s, 1 s out of it |
| moving, brake, contactor | a door opening at another floor | a door opening after 1 s out of the zone |

| not judged by trips | because |
|---|---|
| locks closed, doors shut, in a car with two doors | the other door may be the one in use |
| safety_chain closed | it may be tapped before the door contacts, and that is no fault |
| direction, drive_state, speed | an arrow may stay up for many trips; no truth values |
| everything else | no trip has to change it |

`still_trips` such trips without a change: implausible, until it changes. A door that stands open for 2 s while the car
stands and the zone says false, `openings_outside_zone` times with a trip between them and no opening in the zone
meanwhile: that zone is implausible, until an opening in the zone.

| unknown or stale | what it does |
|---|---|
| the judged signal, for more than 2 s | the present trip does not count for it; what was counted stays |
| motion | no rest and no standing: doors, locks and openings outside the zone are not judged |
| floor | a trip needs the other evidence of the table above |
| doors | no opening: motion is not judged, nor openings outside the zone |
| door_zone | nothing, where a floor is known |
| mode | counts as normal; known and not normal: the present trip does not count |
"""

import enum
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from edge_agent.config_types import PlausibilityConfig
from edge_agent.detect.facts import Facts
from edge_agent.detect.track import CREEP_BELOW_MPS
from edge_agent.state.words import UNBROKEN_NS, Word
from protocols.lift.snapshot import LiftSnapshot
from protocols.lift.vocabulary import DoorSide, ServiceMode

RAN_NS: Final = 4_000_000_000
"""A run of this length, where no floor is known, is a trip and no re-levelling (a design value)."""
AWAY_NS: Final = 1_000_000_000
"""So long out of the zone, where no floor is known, is no chatter of its switch (a design value)."""
_NEEDED_TO_RUN: Final = {"open": False, "closed": True, "landing_lock": True, "car_lock": True, "safety_chain": True}
"""What a lift needs to run; the opposite over whole trips is wrong however the lift is built."""


class Kind(enum.Enum):
    """By what evidence an item is judged."""

    ZONE = "zone"
    DOORS = "doors"
    MOTION = "motion"


KINDS: Final[Mapping[str, Kind]] = {
    "door_zone": Kind.ZONE,
    **{f"doors.{side.value}.{end}": Kind.DOORS for side in DoorSide for end in ("open", "closed")},
    **dict.fromkeys(("landing_lock", "car_lock", "safety_chain"), Kind.DOORS),
    **dict.fromkeys(
        ("moving", "brake_command", "brake_open", "contactor_command", "contactor_closed"),
        Kind.MOTION,
    ),
}
"""Every item that is judged."""
_OPENINGS: Final = "openings"


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is believed now, of what the rules need. `fast`: beyond creeping; None: at no known speed."""

    stationary: bool | None = None
    fast: bool | None = None
    in_zone: bool | None = None
    floor: int | None = None
    is_open: bool | None = None
    off_duty: bool = False


class Leg(msgspec.Struct, frozen=True, omit_defaults=True):
    """Since the last place that counts: where and when that was, and what was seen of motion since."""

    floor: int | None
    since_ns: int
    moved: bool = False
    ran: bool = False
    away: bool = False


class Signal(msgspec.Struct, frozen=True, omit_defaults=True):
    """One device's word on one item, the trips that did not change it, the openings that contradict it."""

    value: bool
    still: int = 0
    openings: int = 0


class Plausibility(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered of one lift's signals, by `key_of`; the rest is the present trip and opening."""

    signals: dict[str, Signal] = {}
    legs: dict[str, Leg] = {}
    seen: Seen = Seen()
    running_since_ns: int | None = None
    is_fast: bool = False
    outside_since_ns: int | None = None
    open_since_ns: int | None = None


class Doubt(msgspec.Struct, frozen=True):
    """Why a signal is not believed: `openings` that contradict it, or else so many trips without a change."""

    device: str
    item: str
    value: bool
    trips: int
    openings: int


def seen_of(snapshot: LiftSnapshot, facts: Facts) -> Seen:
    """What is believed in a snapshot."""
    return Seen(
        stationary=facts.stationary,
        fast=None if facts.speed_mps is None else facts.speed_mps >= CREEP_BELOW_MPS,
        in_zone=facts.in_zone,
        floor=facts.floor,
        is_open=facts.not_closed if facts.open_limit is None else facts.open_limit,
        off_duty=snapshot.mode.known not in {None, ServiceMode.NORMAL},
    )


def restored(before: Plausibility) -> Plausibility:
    """After a restart: what was counted stays, the trip under way does not count."""
    return Plausibility(signals=before.signals)


def doubts(state: Plausibility, limits: PlausibilityConfig) -> dict[str, Doubt]:
    """Every implausible signal by its key, and why."""
    return {
        key: _doubt(key, signal, limits)
        for key, signal in state.signals.items()
        if signal.still >= limits.still_trips or signal.openings >= limits.openings_outside_zone
    }


def _doubt(key: str, signal: Signal, limits: PlausibilityConfig) -> Doubt:
    device, _, item = key.partition("/")
    contradicted = signal.openings >= limits.openings_outside_zone
    return Doubt(device, item, signal.value, signal.still, signal.openings if contradicted else 0)


def follow(
    before: Plausibility, seen: Seen, words: Mapping[str, Word], watched: frozenset[str], doors: int, t_ns: int
) -> Plausibility:
    """The state after something changed; `watched` are the keys that this lift has, `doors` how many its car has."""
    now = msgspec.structs.replace(_heard(before, words, watched), seen=seen)
    if seen.off_duty:
        return Plausibility(signals=now.signals, seen=seen)
    opened = seen.is_open is True and before.seen.is_open is False
    now = _moved(now, before.seen, t_ns)
    for kind in Kind:
        now = _travelled(now, kind, opened, words, doors, t_ns)
    return _doors(now, before.seen, words, t_ns)


def _heard(before: Plausibility, words: Mapping[str, Word], watched: frozenset[str]) -> Plausibility:
    """Signals that changed have not been still."""
    signals = {key: signal for key, signal in before.signals.items() if key in watched}
    for key, word in words.items():
        signal = signals.get(key)
        if signal is None or signal.value is not word.value:
            signals[key] = Signal(word.value, openings=0 if signal is None else signal.openings)
    return msgspec.structs.replace(before, signals=signals)


def _moved(now: Plausibility, last: Seen, t_ns: int) -> Plausibility:
    """The motion and the way out of the zone that this look began, or ended."""
    seen = now.seen
    running_ns, outside_ns = now.running_since_ns, now.outside_since_ns
    ran = running_ns is not None and seen.stationary is not False and now.is_fast and t_ns - running_ns >= RAN_NS
    away = outside_ns is not None and seen.in_zone is True and t_ns - outside_ns >= AWAY_NS
    legs = {
        name: msgspec.structs.replace(
            leg, moved=leg.moved or seen.stationary is False, ran=leg.ran or ran, away=leg.away or away
        )
        for name, leg in now.legs.items()
    }
    is_running = seen.stationary is False
    return msgspec.structs.replace(
        now,
        legs=legs,
        running_since_ns=_since(running_ns, is_running, t_ns),
        is_fast=is_running and (seen.fast is not False or (now.is_fast and last.stationary is False)),
        outside_since_ns=_since(outside_ns, seen.in_zone is False, t_ns),
    )


def _since(before_ns: int | None, holds: bool, t_ns: int) -> int | None:
    if not holds:
        return None
    return t_ns if before_ns is None else before_ns


def _elsewhere(leg: Leg, floor: int | None, otherwise: bool) -> bool:
    """Whether the car is at another landing than at the leg's beginning; `otherwise` says it where floors do not."""
    return otherwise if floor is None or leg.floor is None else floor != leg.floor


def _has_travelled(leg: Leg, kind: Kind, seen: Seen, opened: bool) -> bool:
    if kind is Kind.MOTION:
        return _elsewhere(leg, seen.floor, leg.away)
    if kind is Kind.DOORS:
        return leg.moved and _elsewhere(leg, seen.floor, leg.ran and leg.away and seen.in_zone is True)
    return _elsewhere(leg, seen.floor, leg.ran) if opened else leg.moved and _elsewhere(leg, seen.floor, False)


def _travelled(
    now: Plausibility, kind: Kind, opened: bool, words: Mapping[str, Word], doors: int, t_ns: int
) -> Plausibility:
    """Count the trip that ends here, if one does, for the signals of this kind that it did not change."""
    seen = now.seen
    rests = kind is not Kind.MOTION and seen.stationary is True
    opens = kind is not Kind.DOORS and opened
    leg = now.legs.get(kind.value)
    if not (rests or opens) or (leg is not None and not _has_travelled(leg, kind, seen, opens)):
        return now
    here = msgspec.structs.replace(now, legs={**now.legs, kind.value: Leg(seen.floor, t_ns)})
    if leg is None:
        return here
    still = {
        key: msgspec.structs.replace(now.signals[key], still=now.signals[key].still + 1)
        for key, item, word in _of_kind(kind, words)
        if word.is_heard(t_ns) and word.since_ns <= leg.since_ns and _is_judged(item, word.value, doors)
    }
    return msgspec.structs.replace(here, signals=now.signals | still)


def _of_kind(kind: Kind, words: Mapping[str, Word]) -> Iterable[tuple[str, str, Word]]:
    for key, word in words.items():
        item = key.partition("/")[2]
        if KINDS[item] is kind:
            yield key, item, word


def _is_judged(item: str, value: bool, doors: int) -> bool:
    needed = _NEEDED_TO_RUN.get(item.rpartition(".")[2])
    if needed is None or value is not needed:
        return True
    return doors == 1 and item != "safety_chain"


def _doors(now: Plausibility, last: Seen, words: Mapping[str, Word], t_ns: int) -> Plausibility:
    """The opening that began, or ended, with this look, of a car that stands."""
    seen = now.seen
    closed = last.is_open is True and seen.is_open is False
    if closed and now.open_since_ns is not None and seen.stationary:
        now = _opened(now, now.open_since_ns + UNBROKEN_NS, words, t_ns)
    stands_open = seen.is_open is True and seen.stationary is True
    return msgspec.structs.replace(now, open_since_ns=_since(now.open_since_ns, stands_open, t_ns))


def _opened(now: Plausibility, settled_ns: int, words: Mapping[str, Word], t_ns: int) -> Plausibility:
    """A whole opening of a standing car: what each zone has said of it from `settled_ns` to its end."""
    leg, floor = now.legs.get(_OPENINGS), now.seen.floor
    another = leg is None or _elsewhere(leg, floor, leg.ran)
    signals = dict(now.signals)
    for key, _, word in _of_kind(Kind.ZONE, words):
        if not word.since_ns <= settled_ns <= word.heard_ns or not word.is_heard(t_ns):
            continue
        if word.value:
            signals[key] = msgspec.structs.replace(signals[key], openings=0)
        elif another:
            signals[key] = msgspec.structs.replace(signals[key], openings=signals[key].openings + 1)
    legs = {**now.legs, _OPENINGS: Leg(floor, t_ns)} if another else now.legs
    return msgspec.structs.replace(now, signals=signals, legs=legs)
