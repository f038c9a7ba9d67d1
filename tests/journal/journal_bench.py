"""A real journal file on the virtual loop, messages for it, and ways to harm it."""

import resource
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from edge_agent.config_types import JournalConfig
from edge_agent.journal.entries import Batch, Entry
from edge_agent.journal.journal import Journal
from hil.loop import VirtualClock
from protocols.upstream.messages import EventMessage, Phase, Stream
from tests.support.uplink import message

NAME = "journal.db"
PAGE = 1024


def alarm(event_id: str, phase: Phase = Phase.RAISED) -> EventMessage:
    return message(event_id, phase)


def event(number: int, lift_id: str = "lift-1") -> EventMessage:
    return message(f"e{number}", Phase.BEGIN, Stream.EVENT, lift_id)


def batch(*messages: EventMessage) -> Batch:
    return Batch(tuple(Entry(one.stream, one) for one in messages))


class SteadyDisk:
    """Takes the same time for each write."""

    write_s = 0.0

    def wrote(self, _size: int, _synced: bool) -> float:
        return self.write_s


@asynccontextmanager
async def opened(
    directory: Path, *, clock: VirtualClock | None = None, commit_latency_s: float = 0.0, **limits: int
) -> AsyncIterator[Journal]:
    """The journal in `directory`, until the block ends; each write takes `commit_latency_s` from then on."""
    path = directory / NAME
    config = JournalConfig(path=str(path), **limits)
    clock = VirtualClock() if clock is None else clock
    disk = SteadyDisk()
    journal = await Journal.open(path, clock, config, disk=disk)
    disk.write_s = commit_latency_s
    try:
        yield journal
    finally:
        await journal.close()


async def queue(journal: Journal) -> list[tuple[Stream, int, str]]:
    """(stream, number, event) of what no broker took."""
    return [(row.stream, row.seq, row.event_id) for row in await journal.undelivered(100_000)]


def power_cut(directory: Path) -> Path:
    """What a process that died now would leave: a copy of the file and its log, in a directory of their own."""
    copy = directory / f"cut-{len(list(directory.glob('cut-*')))}"
    copy.mkdir()
    for name in (NAME, f"{NAME}-wal"):
        if (directory / name).exists():
            shutil.copy(directory / name, copy / name)
    return copy


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """The kernel refuses every write beyond `size` bytes of any file (EFBIG), as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def log_size(directory: Path) -> int:
    """Bytes of the write-ahead log."""
    return (directory / f"{NAME}-wal").stat().st_size


def sql(path: Path, statement: str, *values: object) -> list[Any]:
    """Read or change a closed journal as another program would."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        return connection.execute(statement, values).fetchall()
    finally:
        connection.close()
