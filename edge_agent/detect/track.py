"""The car's track: its last move, and whether a door has been fully open where it stands.

A *significant* move is one that ends a stop: faster than re-levelling or rescue creep (0.3 m/s, EN 81-20
5.12.1.4 as recalled) and at least one floor long. Anything less (re-levelling, self-recovery, rescue creep)
only interrupts a stop. A *full opening* is the open limit held for `full_opening_s` in the door zone; a door
without an open-limit signal counts as open after `full_opening_without_limit_s` off its close limit.
"""

from typing import Final

import msgspec

from edge_agent.clock import ns
from edge_agent.config_types import EntrapmentConfig
from edge_agent.detect.facts import Facts

CREEP_BELOW_MPS: Final = 0.3
PLACE_HOLDS_NS: Final = 2_000_000_000
"""A standing car that seems to be elsewhere is, once that held so long: a level switch may chatter (a design value)."""
UNSEEN_NS: Final = 30_000_000_000
"""Longer without a word of its place, a car may have opened its doors anywhere (a design value: A01's window)."""


class Move(msgspec.Struct, frozen=True):
    """A move under way, or the last one: where it began and the fastest it was seen."""

    begun_ns: int
    from_floor: int | None
    from_zone: bool | None
    peak_mps: float | None = None
    significant: bool = False


class Track(msgspec.Struct, frozen=True):
    """What is remembered of the car between snapshots.

    `opened_here`: a door reached its open limit since the car came to this landing (None: not known).
    `full_openings` and `significant_moves` count up; rules compare them with a remembered value.
    `at_limit`: the present opening is known from an open limit, not only from a door that is not closed.
    """

    move: Move | None = None
    stationary: bool | None = None
    opened_here: bool | None = None
    open_since_ns: int | None = None
    full_openings: int = 0
    counted_this_opening: bool = False
    significant_moves: int = 0
    floor_here: int | None = None
    at_limit: bool = False
    elsewhere_since_ns: int | None = None
    place_seen_ns: int | None = None


def _one_floor_or_more(move: Move, floor: int | None) -> bool:
    if floor is None or move.from_floor is None:
        return False
    passed = abs(floor - move.from_floor)
    return passed >= 2 or (passed == 1 and move.from_zone is True)


def _faster_than_creep(peak_mps: float | None) -> bool:
    return peak_mps is None or peak_mps >= CREEP_BELOW_MPS


def _peak(a: float | None, b: float | None) -> float | None:
    known = [speed for speed in (a, b) if speed is not None]
    return max(known) if known else None


def _follow_move(track: Track, facts: Facts) -> Track:
    if facts.stationary is not False:
        # Unknown does not end a move; standing still does.
        if facts.stationary is None or track.move is None:
            return track
        settled = _judge(track, track.move, facts)
        return msgspec.structs.replace(settled, move=None)
    move = track.move
    if move is None:
        stood_at_landing = track.floor_here is not None
        move = Move(
            begun_ns=facts.t_ns,
            from_floor=track.floor_here if stood_at_landing else facts.floor,
            from_zone=True if stood_at_landing else facts.in_zone,
        )
    move = msgspec.structs.replace(move, peak_mps=_peak(move.peak_mps, facts.speed_mps))
    return _judge(track, move, facts)


def _judge(track: Track, move: Move, facts: Facts) -> Track:
    if move.significant or not (_one_floor_or_more(move, facts.floor) and _faster_than_creep(move.peak_mps)):
        return msgspec.structs.replace(track, move=move)
    return msgspec.structs.replace(
        track,
        move=msgspec.structs.replace(move, significant=True),
        significant_moves=track.significant_moves + 1,
    )


def _counts_as_open_after_ns(facts: Facts, config: EntrapmentConfig) -> int | None:
    if facts.in_zone is not True or facts.stationary is False:
        return None
    if facts.open_limit:
        return ns(config.full_opening_s)
    if facts.open_limit is None and facts.not_closed:
        return ns(config.full_opening_without_limit_s)
    return None


def _follow_doors(track: Track, facts: Facts, config: EntrapmentConfig) -> Track:
    needed_ns = _counts_as_open_after_ns(facts, config)
    if needed_ns is None:
        return msgspec.structs.replace(track, open_since_ns=None, counted_this_opening=False, at_limit=False)
    since_ns = facts.t_ns if track.open_since_ns is None else track.open_since_ns
    full = facts.t_ns - since_ns >= needed_ns
    return msgspec.structs.replace(
        track,
        open_since_ns=since_ns,
        opened_here=True if facts.open_limit or full else track.opened_here,
        full_openings=track.full_openings + (1 if full and not track.counted_this_opening else 0),
        counted_this_opening=track.counted_this_opening or full,
        at_limit=facts.open_limit is True,
    )


def _follow_place(track: Track, facts: Facts) -> Track:
    seen_ns = track.place_seen_ns
    if facts.in_zone is not None and facts.floor is not None:
        track = msgspec.structs.replace(track, place_seen_ns=facts.t_ns)
    moved_on = facts.floor is not None and track.floor_here is not None and facts.floor != track.floor_here
    if facts.in_zone is False or moved_on:
        return _leave(track, facts, seen_ns)
    track = msgspec.structs.replace(track, elsewhere_since_ns=None)
    if facts.in_zone and facts.stationary and facts.floor is not None:
        track = msgspec.structs.replace(track, floor_here=facts.floor)
    return track


def _leave(track: Track, facts: Facts, seen_ns: int | None) -> Track:
    """The car is not where it stood, unless it seems to stand and that does not last."""
    unseen = seen_ns is None or facts.t_ns - seen_ns > UNSEEN_NS
    since_ns = facts.t_ns if track.elsewhere_since_ns is None else track.elsewhere_since_ns
    if facts.stationary is not False and not unseen and facts.t_ns - since_ns < PLACE_HOLDS_NS:
        return msgspec.structs.replace(track, elsewhere_since_ns=since_ns)
    opened_here = None if unseen and facts.in_zone is not False else False
    return msgspec.structs.replace(track, opened_here=opened_here, floor_here=None, elsewhere_since_ns=None)


def follow(track: Track, facts: Facts, config: EntrapmentConfig) -> Track:
    """The track after one more snapshot."""
    track = _follow_move(track, facts)
    track = _follow_place(track, facts)
    track = _follow_doors(track, facts, config)
    return msgspec.structs.replace(track, stationary=track.stationary if facts.stationary is None else facts.stationary)


def open_for_ns(track: Track, t_ns: int) -> int:
    """How long a door has now been open in the zone."""
    return 0 if track.open_since_ns is None else t_ns - track.open_since_ns


def next_deadline(track: Track, facts: Facts, config: EntrapmentConfig) -> int | None:
    """When the present opening becomes a full one, or a car counts as gone, if nothing changes."""
    if track.elsewhere_since_ns is not None:
        return track.elsewhere_since_ns + PLACE_HOLDS_NS
    needed_ns = _counts_as_open_after_ns(facts, config)
    if needed_ns is None or track.open_since_ns is None or track.counted_this_opening:
        return None
    return track.open_since_ns + needed_ns
