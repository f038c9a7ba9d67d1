"""What the journal costs the card: fsyncs and bytes, since start and over the last day.

SQLite does not tell what it wrote, but its write-ahead log does (sqlite.org/fileformat2.html#walformat): a header with
a salt, then frames of one page each that repeat the salt. A new salt means that the log was begun again.
"""

import os
import struct
from collections import deque
from pathlib import Path
from typing import Final

_HEADER: Final = struct.Struct(">16x8s8x")
_FRAME: Final = struct.Struct(">I4x8s8x")
_HOUR_NS: Final = 3_600 * 1_000_000_000
_HOURS: Final = 24


class WalMeter:
    """Follows the write-ahead log of one database file."""

    def __init__(self, database: Path, page_size: int) -> None:
        self._path = f"{database}-wal"
        self._page_size = page_size
        self._salt = b""
        self._frames = 0
        self._pages: set[int] = set()
        self._moved = False

    @property
    def frames(self) -> int:
        """Frames in the log that are not in the database file yet."""
        return 0 if self._moved else self._frames

    def grown(self) -> tuple[int, bool]:
        """Bytes written to the log since the last call, and whether it was begun again in between."""
        try:
            log = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return 0, False
        try:
            return self._grown(log)
        finally:
            os.close(log)

    def _grown(self, log: int) -> tuple[int, bool]:
        header = os.pread(log, _HEADER.size, 0)
        if len(header) < _HEADER.size:
            return 0, False
        (salt,) = _HEADER.unpack(header)
        begun = salt != self._salt
        if begun:
            self._salt, self._frames, self._moved = salt, 0, False
            self._pages.clear()
        before = self._frames
        while self._take_frame(log):
            self._moved = False
        size = (self._frames - before) * (_FRAME.size + self._page_size)
        return size + (_HEADER.size if begun else 0), begun

    def _take_frame(self, log: int) -> bool:
        at = _HEADER.size + self._frames * (_FRAME.size + self._page_size)
        frame = os.pread(log, _FRAME.size, at)
        if len(frame) < _FRAME.size:
            return False
        page, salt = _FRAME.unpack(frame)
        if salt != self._salt:
            return False
        self._frames += 1
        self._pages.add(page)
        return True

    def moved(self) -> int:
        """The log was copied into the database file: how many bytes that wrote."""
        self._moved = True
        size = len(self._pages) * self._page_size
        self._pages.clear()
        return size


class Budget:
    """Sums since start, and over the last 24 hours in steps of one hour."""

    def __init__(self) -> None:
        self.fsyncs = 0
        self.bytes = 0
        self._hours: deque[tuple[int, int, int]] = deque(maxlen=_HOURS)

    def spend(self, mono_ns: int, fsyncs: int, size: int) -> None:
        """Add one write."""
        self.fsyncs += fsyncs
        self.bytes += size
        hour = mono_ns // _HOUR_NS
        if self._hours and self._hours[-1][0] == hour:
            _, hour_fsyncs, hour_size = self._hours.pop()
            self._hours.append((hour, hour_fsyncs + fsyncs, hour_size + size))
        else:
            self._hours.append((hour, fsyncs, size))

    def last_day(self, mono_ns: int) -> tuple[int, int]:
        """(fsyncs, bytes) of the last 24 hours; of a shorter run, what there was."""
        since = mono_ns // _HOUR_NS - _HOURS
        recent = [one for one in tuple(self._hours) if one[0] > since]
        return sum(one[1] for one in recent), sum(one[2] for one in recent)
