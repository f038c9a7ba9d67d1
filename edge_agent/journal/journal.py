"""The journal as the agent sees it: `append` returns once a batch is on disk.

One writer: SQLite on a thread of its own. Whatever arrives while a commit runs is committed together by the next one;
batches that are not urgent wait up to 50 ms for company. Housekeeping goes in short steps between commits. On a
virtual loop the same code runs inline, and a bench says what a commit costs.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self, TypeVar, TypeVarTuple, Unpack

from edge_agent.clock import NS, stamp
from edge_agent.config_types import JournalConfig
from edge_agent.journal.entries import Acknowledged, Batch, Delivered, Entry, Kept, Now, Stored, Write
from edge_agent.journal.errors import JournalError
from edge_agent.journal.store import Store
from edge_agent.journal.upkeep import Limits
from edge_agent.ports import Clock, Disk
from protocols.upstream.messages import EventMessage, Stream

__all__ = ["Batch", "Entry", "Journal", "JournalError", "Stored"]
_log: Final = logging.getLogger(__name__)
T = TypeVar("T")
Ts = TypeVarTuple("Ts")
COMPANY_S: Final = 0.05
"""How long a batch that is not urgent waits for others (write budget of the card)."""


def random_id() -> str:
    """An id for a new journal: 64 random bits."""
    return os.urandom(8).hex()


class _Pending:
    """A write that waits, and who waits for it."""

    def __init__(self, write: Write, done: asyncio.Future[list[int]]) -> None:
        self.write = write
        self.done = done

    def succeed(self, given: list[int]) -> None:
        if not self.done.done():
            self.done.set_result(given)

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class Journal:
    """Made by `open`, left by `close`. Methods that touch the disk raise JournalError (one line) when it refuses."""

    def __init__(self, store: Store, writer: ThreadPoolExecutor, clock: Clock) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._waiting: list[_Pending] = []
        self._hurry = asyncio.Event()
        self._committing: asyncio.Task[None] | None = None
        self._closed = False
        self._commits = 0

    @classmethod
    async def open(
        cls,
        path: str | Path,
        clock: Clock,
        limits: JournalConfig,
        *,
        disk: Disk | None = None,
        new_id: Callable[[], str] | None = None,
    ) -> Self:
        """Open or create the file at `path`; `new_id` names a new journal, `disk` says what writing costs on a bench.

        A damaged file is set aside and a new one begun, which `notes` tells. Raises JournalError when that is
        impossible: no permission, no space, held by another agent, another program's or a newer version's file.
        """
        writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        bounds = Limits(limits.max_undelivered_events, limits.keep_days)
        at = _compact(_now(clock).stamp.wall)
        loop = asyncio.get_running_loop()
        try:
            store = await loop.run_in_executor(
                writer, Store.open, Path(path), bounds, at, random_id if new_id is None else new_id, disk
            )
        except BaseException:
            writer.shutdown()
            raise
        journal = cls(store, writer, clock)
        await journal._pay()
        return journal

    async def close(self) -> None:
        """Write what waits, then let go of the file and the thread. What is asked later is refused."""
        if self._closed:
            return
        self._closed = True
        self._hurry.set()
        try:
            if self._committing is not None:
                await asyncio.wait([self._committing])
            while self._waiting:
                await self._commit_waiting()
            await self._run(self._store.close)
        finally:
            self._writer.shutdown()

    @property
    def journal_id(self) -> str:
        """Random at the journal's creation; part of each message's identity."""
        return self._store.journal_id

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of this journal: a damaged file set aside, rows that cannot be read."""
        return tuple(self._store.notes)

    def stats(self) -> dict[str, object]:
        """Rows, and what they cost the card since start and over the last 24 hours. Never waits."""
        tally, budget = self._store.tally, self._store.budget
        day_fsyncs, day_bytes = budget.last_day(self._clock.now_ns())
        return {
            "rows": tally.rows,
            "undelivered": tally.undelivered_alarms + tally.undelivered_events,
            "unacknowledged_alarms": tally.unacknowledged,
            "evicted_events": self._store.evicted,
            "commits": self._commits,
            "fsyncs": budget.fsyncs,
            "bytes_written": budget.bytes,
            "fsyncs_24h": day_fsyncs,
            "bytes_written_24h": day_bytes,
        }

    # writing

    async def append(self, batch: Batch) -> list[int]:
        """The numbers given to the batch's entries, once all of it is on disk.

        A caller that is cancelled does not take the batch back. Raises JournalError when nothing of it was written.
        """
        return await self._write(batch, batch.urgent)

    async def mark_delivered(self, stream: Stream, seq: int) -> None:
        """A broker took the message. Survives a kill; a power cut may undo it, then the message goes out once more."""
        await self._write(Delivered(stream, seq), urgent=True)

    async def mark_acknowledged(self, event_id: str) -> None:
        """The platform took the alarm on: it is not emitted again. Survives a kill.

        Only for an alarm that no lift knows any more: appending an alarm's acknowledged step does the same in one go.
        """
        await self._write(Acknowledged(event_id), urgent=True)

    async def set_meta(self, key: str, value: str) -> None:
        """Keep a value across restarts and power cuts."""
        await self._write(Kept(key, value), urgent=True)

    async def _write(self, write: Write, urgent: bool) -> list[int]:
        self._refuse_if_closed()
        loop = asyncio.get_running_loop()
        pending = _Pending(write, loop.create_future())
        self._waiting.append(pending)
        if urgent:
            self._hurry.set()
        if self._committing is None:
            self._committing = loop.create_task(self._commit_all(), name="journal.commit")
        return await pending.done

    async def _commit_all(self) -> None:
        try:
            while self._waiting:
                await self._company()
                await self._commit_waiting()
                await self._keep_up()
        finally:
            self._committing = None

    async def _company(self) -> None:
        try:
            async with asyncio.timeout(COMPANY_S):
                await self._hurry.wait()
        except TimeoutError:
            pass

    async def _commit_waiting(self) -> None:
        taken, self._waiting = self._waiting, []
        self._hurry.clear()
        try:
            given = await self._run(self._store.commit, [one.write for one in taken], _now(self._clock))
            await self._pay()
        except Exception as error:  # noqa: BLE001  # each caller's, and it reaches every one of them
            for one in taken:
                one.fail(error)
        except BaseException:
            for one in taken:
                one.fail(JournalError(f"journal {self._store.path}: stopped in a commit: not known what was written"))
            raise
        else:
            self._commits += 1
            for one, numbers in zip(taken, given, strict=True):
                one.succeed(numbers)

    async def _keep_up(self) -> None:
        """One step if one is due, and more while nobody waits. A disk that refuses is tried again after a commit."""
        try:
            while self._store.wants_upkeep(self._clock.now_ns()):
                got_anywhere = await self._run(self._store.keep_up, _now(self._clock))
                await self._pay()
                if not got_anywhere or self._waiting:
                    return
        except JournalError as error:
            _log.debug("journal.upkeep_failed problem=%s", error)

    async def _pay(self) -> None:
        """Take the time that a bench's disk would take."""
        owed_s, self._store.owed_s = self._store.owed_s, 0.0
        if owed_s:
            await asyncio.sleep(owed_s)

    # reading

    async def states(self) -> dict[str, bytes]:
        """The latest state of each lift."""
        return await self._read(self._store.states)

    async def undelivered(self, limit: int) -> list[Stored]:
        """At most `limit` messages that no broker took yet: alarms first, each stream in order."""
        return await self._read(self._store.undelivered, limit)

    async def unacknowledged_alarms(self) -> list[Stored]:
        """The raised steps of alarms that the platform has not taken on, in order, delivered or not."""
        return await self._read(self._store.unacknowledged_alarms)

    async def recent(self, limit: int) -> list[EventMessage]:
        """The last messages of both streams, oldest first."""
        return await self._read(self._store.recent, limit)

    async def meta(self, key: str) -> str | None:
        """The value kept under the name, if any."""
        return await self._read(self._store.meta, key)

    async def _read(self, work: Callable[[Unpack[Ts]], T], *args: *Ts) -> T:
        self._refuse_if_closed()
        return await self._run(work, *args)

    async def _run(self, work: Callable[[Unpack[Ts]], T], *args: *Ts) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, work, *args)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise JournalError(f"journal {self._store.path}: closed; nothing is written any more")


def _now(clock: Clock) -> Now:
    wall = clock.wall()
    return Now(clock.now_ns(), stamp(clock), wall.unix_ns // NS if wall.synchronised else None)


def _compact(wall: str) -> str:
    """An RFC 3339 stamp as part of a file name."""
    return wall.split(".", maxsplit=1)[0].replace("-", "").replace(":", "") + "Z"
