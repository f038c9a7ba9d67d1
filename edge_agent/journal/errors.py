"""One line for everything that SQLite and the disk below it may say."""

import errno
import os
import sqlite3
from pathlib import Path
from typing import Final

from edge_agent import AgentError

_PRIMARY: Final = 0xFF
"""The low byte of an extended result code is the primary one (sqlite.org/rescode.html)."""
_ADVICE: Final = {
    sqlite3.SQLITE_FULL: "the disk is full: free space on it",
    sqlite3.SQLITE_READONLY: "the file or its disk is read-only: make it writable, or set journal.path",
    sqlite3.SQLITE_PERM: "no permission: give this user read and write access to the file and its directory",
    sqlite3.SQLITE_BUSY: "another process holds it: stop the other agent, or set journal.path",
    sqlite3.SQLITE_LOCKED: "another process holds it: stop the other agent, or set journal.path",
    sqlite3.SQLITE_IOERR: "the disk refuses: see the kernel log, check space, quota and the card",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: restart the agent, which sets it aside and begins a new journal",
    sqlite3.SQLITE_NOTADB: "the file is damaged: restart the agent, which sets it aside and begins a new journal",
}


class JournalError(AgentError):
    """The journal could not be read or written now; what was to be written is not in it; later it may do better."""


class DiskRefused(JournalError):
    """The disk is full, failing or mounted read-only: nothing that the agent's configuration could mend."""


_FAILING: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EFBIG})


def code_of(error: sqlite3.Error) -> int:
    """SQLite's primary result code, 0 for errors that Python's module raises by itself."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & _PRIMARY if isinstance(code, int) else 0


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is broken, so that trying again is useless."""
    return code_of(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def explained(path: Path, error: sqlite3.Error) -> JournalError:
    """The error with its place and what to do."""
    code = code_of(error)
    kind = DiskRefused if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR) or _is_read_only(path) else JournalError
    if code == sqlite3.SQLITE_CANTOPEN:
        return kind(f"journal {path}: {_why_not_opened(path)}")
    advice = _ADVICE.get(code, "report this to the makers of the agent")
    return kind(f"journal {path}: {error}; {advice}")


def explained_os(error: OSError, line: str) -> JournalError:
    """The line as an error of the kind that an error of the system is."""
    return DiskRefused(line) if error.errno in _FAILING else JournalError(line)


def _is_read_only(path: Path) -> bool:
    """Whether the file system is mounted so; who may write to a file is another question."""
    try:
        return bool(os.statvfs(path.parent).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _why_not_opened(path: Path) -> str:
    if path.is_dir():
        return "it is a directory: set journal.path to a file in it"
    if not path.parent.is_dir():
        return f"there is no directory {path.parent}: create it, or set journal.path"
    return f"it cannot be opened: give this user read and write access to it and to {path.parent}"
