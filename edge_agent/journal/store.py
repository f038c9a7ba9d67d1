"""The journal's file as one owner on one thread sees it: whole transactions, reads, housekeeping, and their cost.

A number given in a transaction is never given again, because every transaction that gives one is synced. Every method
may raise JournalError, and then nothing of what it was to write is in the file.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, Self, TypeVar

import msgspec

from edge_agent.journal import upkeep
from edge_agent.journal.budget import Budget, WalMeter
from edge_agent.journal.database import PAGE_SIZE, Opened, open_database, set_aside
from edge_agent.journal.entries import (
    Acknowledged,
    AnyMessage,
    Batch,
    Delivered,
    Entry,
    Kept,
    Now,
    Stored,
    Write,
    decode,
)
from edge_agent.journal.errors import JournalError, explained, is_damage
from edge_agent.journal.tables import Tables, Tally
from edge_agent.journal.upkeep import Limits
from edge_agent.points import Point, reached
from edge_agent.ports import Disk
from protocols.upstream.messages import EventMessage

_log: Final = logging.getLogger(__name__)
T = TypeVar("T")
CHECKPOINT_FRAMES: Final = 1_000
"""About 1 MB of log: some ten checkpoints on a busy day, each short enough not to hold up an alarm for long."""
_PRUNE_EVERY_NS: Final = 3_600 * 1_000_000_000
_MESSAGE: Final = "SELECT m.stream, m.seq, m.body, q.seq IS NULL FROM "


class Store:
    """An open journal file. `owed_s` is what a bench's disk charges for what was written, until somebody pays it."""

    def __init__(self, path: Path, opened: Opened, limits: Limits, disk: Disk | None = None) -> None:
        self.path = path
        self.owed_s = 0.0
        self.notes = list(opened.notes)
        self.budget = Budget()
        self.evicted = 0
        self._limits = limits
        self._disk = disk
        self._connection = opened.connection
        self._tables = Tables(opened.connection)
        self._meter = WalMeter(path, PAGE_SIZE)
        self._tell(self._meter.grown()[0], synced=True)
        self._full: bool | None = None
        self._damaged = False
        self._checkpoint_at = CHECKPOINT_FRAMES
        self._prune_ns: int | None = None
        self.journal_id = self.meta("journal_id") or ""

    @classmethod
    def open(cls, path: Path, limits: Limits, stamp: str, new_id: Callable[[], str], disk: Disk | None = None) -> Self:
        """Raises JournalError as `open_database` does."""
        opened = open_database(path, stamp, new_id)
        try:
            return cls(path, opened, limits, disk)
        except sqlite3.Error as error:
            opened.connection.close()
            raise explained(path, error) from error

    def close(self) -> None:
        """Copy the log into the file and let go of both. A file found damaged meanwhile is set aside."""
        try:
            self._connection.close()
        except sqlite3.Error as error:
            raise explained(self.path, error) from error
        finally:
            if self._damaged:
                set_aside(self.path, "found-in-service")

    def _refused(self, error: sqlite3.Error) -> JournalError:
        refusal = explained(self.path, error)
        if is_damage(error) and not self._damaged:
            self._damaged = True
            self._note(str(refusal))
        return refusal

    @property
    def tally(self) -> Tally:
        """How many rows there are."""
        return self._tables.tally

    # writing

    def commit(self, writes: Sequence[Write], now: Now) -> list[list[int]]:
        """Write all of it in one transaction; for each, the numbers given to its entries."""
        durable = any(isinstance(write, Kept) or (isinstance(write, Batch) and write.urgent) for write in writes)
        alarms = any(isinstance(write, Batch) and write.alarms for write in writes)
        given = self._transaction(lambda: [self._write(write, now) for write in writes], now, durable, alarms)
        if alarms:
            reached(Point.JOURNAL_AFTER_COMMIT)
        return given

    def _transaction(self, work: Callable[[], T], now: Now, durable: bool, alarms: bool = False) -> T:
        tally = self._tables.tally
        try:
            self._set_sync(durable)
            self._connection.execute("BEGIN IMMEDIATE")
            result = work()
            if alarms:
                reached(Point.JOURNAL_BEFORE_COMMIT)
            self._connection.execute("COMMIT")
        except BaseException as error:
            self._tables.tally = tally
            self._checkpoint_at = 1  # on a full disk an emptied log is room to write again
            self._roll_back()
            if isinstance(error, sqlite3.Error):
                raise self._refused(error) from error
            raise
        self._spent(now, durable)
        return result

    def _spent(self, now: Now, durable: bool) -> None:
        """Account for a commit. The log that cannot be looked at (too many open files) is only not accounted for."""
        try:
            size, begun = self._meter.grown()
        except OSError as error:
            _log.debug("journal.unmetered problem=%s", error)
            return
        if size:
            self._spend(now, int(durable) + int(begun), size)

    def _spend(self, now: Now, fsyncs: int, size: int) -> None:
        self.budget.spend(now.mono_ns, fsyncs, size)
        self._tell(size, synced=fsyncs > 0)

    def _tell(self, size: int, *, synced: bool) -> None:
        if self._disk is not None:
            self.owed_s += self._disk.wrote(size, synced)

    def _set_sync(self, full: bool) -> None:
        """FULL syncs the log at each commit, NORMAL only at checkpoints (sqlite.org/pragma.html#pragma_synchronous)."""
        if full is not self._full:
            self._connection.execute(f"PRAGMA synchronous={'FULL' if full else 'NORMAL'}")
            self._full = full

    def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            _log.debug("journal.rollback_failed", exc_info=True)

    def _write(self, write: Write, now: Now) -> list[int]:
        match write:
            case Batch():
                return self._append(write, now)
            case Delivered():
                self._tables.deliver(write.stream, write.seq)
            case Acknowledged():
                self._tables.acknowledge(write.event_id)
            case Kept():
                self._tables.keep(write.key, write.value)
        return []

    def _append(self, batch: Batch, now: Now) -> list[int]:
        if batch.alarms:
            reached(Point.JOURNAL_BEFORE_INSERT)
        given = [self._insert(entry, now) for entry in batch.entries]
        self._tables.keep_states(batch.states)
        return given

    def _insert(self, entry: Entry, now: Now) -> int:
        seq = self._tables.next_seq(entry.stream)
        message = msgspec.structs.replace(
            entry.message, journal_id=self.journal_id, stream=entry.stream, seq=seq, durable=True
        )
        self._tables.insert(message, message.ids.lift_id, message.code, now)
        return seq

    # housekeeping

    def wants_upkeep(self, mono_ns: int) -> bool:
        """Whether a step of housekeeping is due."""
        return (
            self.tally.undelivered_events > self._limits.undelivered_events
            or self._meter.frames >= self._checkpoint_at
            or self._prune_ns is None
            or mono_ns >= self._prune_ns
        )

    def keep_up(self, now: Now) -> bool:
        """One short step of it; whether that got anywhere."""
        tally, frames = self.tally, self._meter.frames
        if self._meter.frames >= self._checkpoint_at:  # first: on a full disk it is what makes room for the others
            self._checkpoint(now)
        elif self.tally.undelivered_events > self._limits.undelivered_events:
            self.evicted += self._transaction(
                lambda: upkeep.evict(self._tables, self._limits, self.journal_id, now), now, durable=True
            )
        else:
            self._prune(now)
        return (tally, frames) != (self.tally, self._meter.frames)

    def _prune(self, now: Now) -> None:
        dropped = self._transaction(lambda: upkeep.prune(self._tables, self._limits, now), now, durable=False)
        if dropped < upkeep.PRUNE_PAGE:
            self._prune_ns = now.mono_ns + _PRUNE_EVERY_NS

    def _checkpoint(self, now: Now) -> None:
        """Copy the log into the file: SQLite syncs the log, then the file."""
        try:
            busy, _, moved = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:
            raise self._refused(error) from error
        if not busy and moved:
            self._spend(now, 2, self._meter.moved())
            self._checkpoint_at = CHECKPOINT_FRAMES

    # reading

    def _rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._refused(error) from error

    def meta(self, key: str) -> str | None:
        """The value kept under the name."""
        rows = self._rows("SELECT value FROM meta WHERE key=?", key)
        return str(rows[0][0]) if rows else None

    def states(self) -> dict[str, bytes]:
        """The lifts' latest states."""
        return {
            str(lift_id): bytes(state)
            for lift_id, state in self._rows("SELECT lift_id, state FROM lift_state")
            if isinstance(state, bytes)
        }

    def undelivered(self, limit: int) -> list[Stored]:
        """What no broker took: alarms first, each stream in order."""
        tables = "queue q JOIN message m ON m.id=q.id"
        return self._stored(self._rows(f"{_MESSAGE}{tables} ORDER BY q.stream, q.seq LIMIT ?", limit))

    def unacknowledged_alarms(self) -> list[Stored]:
        """Raised alarms that the platform has not taken on, in order."""
        tables = "unacknowledged u JOIN message m ON m.id=u.id LEFT JOIN queue q ON q.stream=m.stream AND q.seq=m.seq"
        return self._stored(self._rows(f"{_MESSAGE}{tables} ORDER BY m.id"))

    def recent(self, limit: int) -> list[EventMessage]:
        """The last messages of both streams as they were stored, oldest first."""
        tables = "message m LEFT JOIN queue q ON q.stream=m.stream AND q.seq=m.seq"
        rows = self._stored(self._rows(f"{_MESSAGE}{tables} WHERE m.code<>'' ORDER BY m.id DESC LIMIT ?", limit))
        return [row.message for row in reversed(rows) if isinstance(row.message, EventMessage)]

    def _stored(self, rows: Iterable[tuple[object, ...]]) -> list[Stored]:
        return [stored for row in rows if (stored := self._decoded(row)) is not None]

    def _decoded(self, row: tuple[object, ...]) -> Stored | None:
        stream, seq, body, taken = row
        try:
            message = decode(body)
        except msgspec.MsgspecError as error:
            self._note(f"journal {self.path}: {stream} {seq} is unreadable and is passed over: {error}")
            return None
        return _as_stored(message, int(bool(taken)))

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)
            _log.warning("journal.unreadable problem=%s", note)


def _as_stored(message: AnyMessage, attempts: int) -> Stored:
    if isinstance(message, EventMessage):
        lift_id, event_id, code, phase = message.ids.lift_id, message.event_id, message.code, message.phase
    else:
        lift_id, event_id, code, phase = message.lift_id, "", "", None
    return Stored(
        stream=message.stream,
        seq=message.seq,
        lift_id=lift_id,
        event_id=event_id,
        code=code,
        phase=phase,
        message=message,
        attempts=attempts,
    )
