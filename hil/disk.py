"""The disk below the journal on a virtual bench: what a write costs, what a power cut leaves, and when it is full.

Files are real; what the kernel was asked to sync is known from who writes (`edge_agent.ports.Disk`). A kill leaves the
files as they are. A power cut leaves what was synced; of what was not, each sector of 512 bytes may be there or not,
and so may what lies behind the end of the synced file. Two orders hold, since SQLite syncs in between: the log before
the database it is copied into, and the header of a log that begins anew before its frames (sqlite.org/atomiccommit.html
and walFrames in sqlite.org/src/file/src/wal.c).
"""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final

import msgspec

from hil.timeline import Timeline

NS_PER_S: Final = 1_000_000_000
SECTOR: Final = 512
WRITING: Final = "disk.write"
"""The name of the occasion that a write gives: on its way, and not synced yet."""
_LOG: Final = "-wal"
_LOG_HEADER: Final = 32
"""Bytes (sqlite.org/fileformat2.html#walformat)."""
_SUFFIXES: Final = ("", _LOG, "-journal")
"""SQLite's files: the database, its write-ahead log, its rollback journal (sqlite.org/tempfiles.html)."""


class Pace(msgspec.Struct, frozen=True):
    """How fast it is. The defaults are a modest SD card's: a sync of 10 ms, 10 MB/s (the least of speed class 10)."""

    sync_s: float = 0.01
    bytes_per_s: float = 10e6

    def takes_s(self, size: int, synced: bool) -> float:
        """What a write takes."""
        return size / self.bytes_per_s + (self.sync_s if synced else 0.0)


Files = dict[str, bytes]
"""What is in the journal's files, by their names' suffixes."""


class Disk:
    """The files at `path`. `on_write` is called in the midst of each write: on its way, and not synced yet.

    Nothing is charged or known of those that write while it `is_detached`: they are dead.
    """

    def __init__(self, path: Path, timeline: Timeline, on_write: Callable[[], None], pace: Pace | None = None) -> None:
        self.is_detached = False
        self._on_write = on_write
        self._path = path
        self._timeline = timeline
        self._pace = Pace() if pace is None else pace
        self._synced: Files = self.files()
        self._syncing: list[tuple[int, Files]] = []
        self._limit: int | None = None

    # what it is told (edge_agent.ports.Disk)

    def wrote(self, size: int, synced: bool) -> float:
        """Charge for a write; once it is through, its files are synced."""
        if not self.is_detached:
            self._on_write()
        if self.is_detached:
            return 0.0
        takes_s = self._pace.takes_s(size, synced)
        if synced:
            self._settle()
            self._syncing.append((self._timeline.now_ns + round(takes_s * NS_PER_S), self.files()))
        return takes_s

    def _settle(self) -> None:
        now_ns = self._timeline.now_ns
        while self._syncing and self._syncing[0][0] <= now_ns:
            self._synced = self._syncing.pop(0)[1]

    # what a process or the power leaves

    def files(self) -> Files:
        """What the kernel has: what a killed process leaves."""
        paths = {suffix: Path(f"{self._path}{suffix}") for suffix in _SUFFIXES}
        return {suffix: path.read_bytes() for suffix, path in paths.items() if path.exists()}

    def left_by_power_cut(self, rng: Random) -> Files:
        """What is there after the power went now."""
        self._settle()
        return torn(self._synced, self.files(), rng)

    def put(self, files: Files) -> None:
        """Let this, and nothing else, be in the files, and be synced. It is attached again."""
        for suffix in _SUFFIXES:
            path = Path(f"{self._path}{suffix}")
            if suffix in files:
                path.write_bytes(files[suffix])
            else:
                path.unlink(missing_ok=True)
        self._synced = files
        self._syncing.clear()
        self.is_detached = False

    # when it is full

    def fill(self, room: int | None) -> None:
        """Let the log grow by `room` bytes and no more; None: refuse every write."""
        if room is None:
            self._limit = 0
            return
        log, database = (Path(f"{self._path}{suffix}") for suffix in (_LOG, ""))
        grows = log if log.exists() else database
        self._limit = room + (grows.stat().st_size if grows.exists() else 0)

    def free(self) -> None:
        """There is room again."""
        self._limit = None

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Around each piece of work on the files: the kernel refuses what a full disk has no room for (EFBIG).

        That is harsher than a full disk: what lies behind the limit cannot be overwritten either.
        """
        if self._limit is None:
            yield
            return
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self._limit, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def torn(synced: Files, written: Files, rng: Random) -> Files:
    """What a power cut leaves of files that were last synced as `synced` and last written as `written`."""
    left: Files = {}
    for suffix in _SUFFIXES:
        before, after = synced.get(suffix), written.get(suffix)
        if suffix == _LOG and synced.get("") != written.get("") and before is not None:
            one = after
        elif suffix == _LOG and before and after and before[:_LOG_HEADER] != after[:_LOG_HEADER]:
            one = rng.choice((before, after[:_LOG_HEADER] + _torn(before, after, rng)[_LOG_HEADER:]))
        elif before is None or after is None:
            one = before if before == after else rng.choice((before, None if after is None else _torn(b"", after, rng)))
        else:
            one = _torn(before, after, rng)
        if one is not None:
            left[suffix] = one
    return left


def _torn(before: bytes, after: bytes, rng: Random) -> bytes:
    if before == after:
        return after
    least, most = sorted((len(before), len(after)))
    size = rng.choice([*range(least, most, SECTOR), most])
    sectors = []
    for start in range(0, size, SECTOR):
        old, new = (one[start : start + SECTOR].ljust(SECTOR, b"\0") for one in (before, after))
        sectors.append(old if old == new else rng.choice((old, new)))
    return b"".join(sectors)[:size]
