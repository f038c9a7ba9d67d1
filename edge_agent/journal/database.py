"""The file: how it is created, recognised, checked, and set aside when it is broken.

WAL mode, held exclusively (a second agent is refused, and there is no shared-memory file). Pages of 1 KiB: an event
dirties half a dozen of them, and with the default of 4 KiB it costs the card 23 KB instead of 11 KB.
"""

import logging
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from edge_agent.journal.errors import JournalError, code_of, explained, explained_os, is_damage

_log: Final = logging.getLogger(__name__)
VERSION: Final = 1
PAGE_SIZE: Final = 1024
APPLICATION_ID: Final = 0x4C57_4A31
"""LWJ1; tells our file from any other database."""
_BUSY_S: Final = 2.0
"""A predecessor that was told to stop has that long to let go."""
_CHECK_UP_TO: Final = 64 * 1024 * 1024
"""Bytes; a larger file would delay the start by seconds on a card, and damage is still found where it is read."""

_SCHEMA: Final = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE counter (stream TEXT PRIMARY KEY, next_seq INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE lift_state (lift_id TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE message (id INTEGER PRIMARY KEY, stream TEXT NOT NULL, seq INTEGER NOT NULL,"
    " lift_id TEXT NOT NULL, code TEXT NOT NULL, stored_unix_s INTEGER, body BLOB NOT NULL)",
    "CREATE TABLE queue (stream TEXT NOT NULL, seq INTEGER NOT NULL, id INTEGER NOT NULL,"
    " PRIMARY KEY (stream, seq)) WITHOUT ROWID",
    "CREATE TABLE unacknowledged (event_id TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT INTO counter VALUES ('alarm', 1), ('event', 1)",
)
_PROBES: Final = (
    "SELECT key, value FROM meta",
    "SELECT stream, next_seq FROM counter",
    "SELECT lift_id, length(state) FROM lift_state",
    "SELECT stream, seq, id FROM queue",
    "SELECT event_id, id FROM unacknowledged",
    "SELECT id, stream, seq, lift_id, code, stored_unix_s, length(body) FROM message ORDER BY id DESC LIMIT 100",
)
"""What the agent needs to go on; each must be readable."""


class Damaged(JournalError):
    """The file is ours and broken, or not a database at all."""


class Opened(msgspec.Struct, frozen=True):
    """An open database, and what a person should know of how it was opened."""

    connection: sqlite3.Connection
    notes: tuple[str, ...] = ()


def open_database(path: Path, stamp: str, new_id: Callable[[], str]) -> Opened:
    """Open or create. A damaged file is set aside under a name with `stamp` and a new one is begun.

    Raises JournalError when that is impossible, or when the file is another program's or a newer version's.
    """
    notes: tuple[str, ...] = ()
    try:
        return Opened(_open(path, new_id))
    except Damaged as damage:
        aside = set_aside(path, stamp)
        note = f"{damage}; kept as {aside.name}, a new journal was begun: what was not delivered is only in there"
        _log.warning("journal.damaged %s", note)
        notes = (note,)
    return Opened(_open(path, new_id), notes)


def _open(path: Path, new_id: Callable[[], str]) -> sqlite3.Connection:
    try:
        _look_after_log(path)
        connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, cached_statements=64)
    except sqlite3.Error as error:
        raise explained(path, error) from error
    except OSError as error:
        line = f"journal {path}: {error.strerror}: give this user access, or set journal.path"
        raise explained_os(error, line) from error
    try:
        _prepare(connection, path, new_id)
    except sqlite3.Error as error:
        connection.close()
        if is_damage(error):
            raise Damaged(f"journal {path}: damaged ({error})") from error
        raise explained(path, error) from error
    except JournalError:
        connection.close()
        raise
    connection.text_factory = _lenient
    return connection


def _lenient(text: bytes) -> str:
    """One overwritten byte in a row that `_check` did not look at must not hide all the others."""
    return text.decode(errors="replace")


def _prepare(connection: sqlite3.Connection, path: Path, new_id: Callable[[], str]) -> None:
    for pragma in ("locking_mode=EXCLUSIVE", f"page_size={PAGE_SIZE}", "wal_autocheckpoint=0", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    if _number(connection, "SELECT count(*) FROM sqlite_schema") == 0:
        _create(connection, path, new_id())
    _recognise(connection, path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("ROLLBACK")
    _check(connection, path)


def _create(connection: sqlite3.Connection, path: Path, journal_id: str) -> None:
    """All at once: after a power cut the file is empty or complete."""
    connection.execute("BEGIN EXCLUSIVE")
    for statement in _SCHEMA:
        connection.execute(statement)
    connection.execute("INSERT INTO meta VALUES ('journal_id', ?)", (journal_id,))
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={VERSION}")
    connection.execute("COMMIT")
    _sync_directory(path.parent)


def _recognise(connection: sqlite3.Connection, path: Path) -> None:
    if _number(connection, "PRAGMA application_id") != APPLICATION_ID:
        raise JournalError(f"journal {path}: it is another program's database: set journal.path to a file of its own")
    version = _number(connection, "PRAGMA user_version")
    if version != VERSION:
        raise JournalError(
            f"journal {path}: it has version {version}, this agent knows {VERSION}:"
            " install the newer agent, or move the file away to begin a new journal"
        )


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if path.stat().st_size <= _CHECK_UP_TO:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise Damaged(f"journal {path}: damaged ({' '.join(str(found).split())})")
    try:
        for probe in _PROBES:
            connection.execute(probe).fetchall()
        complete = {"alarm", "event"} == {str(row[0]) for row in connection.execute("SELECT stream FROM counter")}
    except sqlite3.OperationalError as error:
        if code_of(error) not in (sqlite3.SQLITE_ERROR, 0):  # 0: text that is not UTF-8
            raise
        raise Damaged(f"journal {path}: damaged ({error})") from error
    if not complete or not _number(connection, "SELECT count(*) FROM meta WHERE key='journal_id'"):
        raise Damaged(f"journal {path}: damaged (its numbering is missing)")


def _number(connection: sqlite3.Connection, query: str) -> int:
    (value,) = connection.execute(query).fetchone()
    return int(value)


def set_aside(path: Path, mark: str) -> Path:
    """Rename the file, then its log: a file that lost its log could pass for an older, sound one."""
    aside = _free_name(path, mark)
    try:
        path.rename(aside)
        _move_log(path, aside)
    except OSError as error:
        line = f"journal {path}: damaged, and cannot be renamed to {aside.name}: {error.strerror}"
        raise explained_os(error, line) from error
    _sync_directory(path.parent)
    return aside


def _look_after_log(path: Path) -> None:
    """A log without its file belongs to one that was set aside or deleted: never play it into a new one.

    One beside an empty file is all that is left of it, and SQLite would delete it.
    """
    log = Path(f"{path}-wal")
    if not log.exists():
        return
    if not path.exists():
        _move_log(path, _free_name(path, "orphan"))
    elif not path.stat().st_size and log.stat().st_size:
        raise Damaged(f"journal {path}: damaged (it is empty, but its log is not)")


def _move_log(path: Path, aside: Path) -> None:
    log = Path(f"{path}-wal")
    if log.exists():
        log.rename(f"{aside}-wal")


def _free_name(path: Path, mark: str) -> Path:
    number, aside = 1, Path(f"{path}.corrupt-{mark}")
    while aside.exists() or Path(f"{aside}-wal").exists():
        number += 1
        aside = Path(f"{path}.corrupt-{mark}-{number}")
    return aside


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
