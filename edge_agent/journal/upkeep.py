"""Keeping the journal within its bounds, in short steps: evict what nobody took, drop what is old.

Alarms are never evicted. What is evicted is told to the platform by a tombstone per lift: "of this lift, what you have
not received of the numbers first..last will never come". A tombstone that is evicted itself lives on in the next one.
"""

from typing import Final

import msgspec

from edge_agent.journal.entries import AnyMessage, Now, decode
from edge_agent.journal.tables import Tables
from protocols.upstream.messages import Stream, TombstoneMessage

PRUNE_PAGE: Final = 200
"""Rows dropped in one step."""
_EVICT_SHARE: Final = 10
_EVICT_MOST: Final = 256
"""A step evicts a tenth of the bound, at most so many rows: enough that tombstones stay rare, and not a long write."""
_DAY_S: Final = 86_400


class Limits(msgspec.Struct, frozen=True):
    """The bounds. As many delivered messages are kept as undelivered ones, if they do not grow too old first."""

    undelivered_events: int
    keep_days: int


class _Range(msgspec.Struct):
    first: int
    last: int

    def widen(self, first: int, last: int) -> None:
        self.first, self.last = min(self.first, first), max(self.last, last)


def evict(tables: Tables, limits: Limits, journal_id: str, now: Now) -> int:
    """Replace the oldest undelivered events by tombstones, if there are too many; how many went."""
    excess = tables.tally.undelivered_events - limits.undelivered_events
    if excess <= 0:
        return 0
    step = min(limits.undelivered_events // _EVICT_SHARE, _EVICT_MOST)
    rows = tables.oldest_undelivered_events(min(excess + step, 2 * _EVICT_MOST))
    ranges: dict[str, _Range] = {}
    terminal_id, events = "", 0
    for _, seq, lift_id, body in rows:
        message = _decoded(body)
        first, last = seq, seq
        if isinstance(message, TombstoneMessage):
            first, last = message.first_seq, message.last_seq
        else:
            events += 1
        terminal_id = terminal_id if message is None else message.terminal_id
        ranges.setdefault(lift_id, _Range(first, last)).widen(first, last)
        tables.deliver(Stream.EVENT, seq)
    tables.drop(row_id for row_id, *_ in rows)
    for lift_id, gone in ranges.items():
        seq = tables.next_seq(Stream.EVENT)
        tombstone = TombstoneMessage(
            terminal_id=terminal_id,
            journal_id=journal_id,
            stream=Stream.EVENT,
            seq=seq,
            lift_id=lift_id,
            first_seq=gone.first,
            last_seq=gone.last,
            at=now.stamp,
        )
        tables.insert(tombstone, lift_id, "", now)
    return events


def _decoded(body: bytes) -> AnyMessage | None:
    try:
        return decode(body)
    except msgspec.MsgspecError:
        return None


def prune(tables: Tables, limits: Limits, now: Now) -> int:
    """Drop some of the delivered messages that are too old or too many; how many went.

    Age is judged only while the wall clock is synchronised. Rows stored before it was are as old as the first row
    after them that knows its time.
    """
    rows = tables.oldest_delivered(PRUNE_PAGE)
    too_many = max(0, tables.tally.delivered - limits.undelivered_events)
    too_old = 0
    if now.unix_s is not None:
        before = now.unix_s - limits.keep_days * _DAY_S
        known = (index for index, (_, stored) in enumerate(rows, start=1) if stored is not None and stored < before)
        too_old = max(known, default=0)
    going = [row_id for row_id, _ in rows[: max(too_many, too_old)]]
    tables.drop(going)
    return len(going)
