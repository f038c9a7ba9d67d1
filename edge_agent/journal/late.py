"""A journal that cannot be had yet: the disk refused when the agent started, and people may be trapped meanwhile.

It refuses every write as a refusing disk does, so that alarms go out marked not durable, and knows nothing. With each
batch it tries the disk again; once that works it is the journal at the path, and stays it. What an earlier run stored
there of the lifts is then overtaken by what this one has seen; messages and numbers go on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from edge_agent.journal.entries import Batch, Stored
from edge_agent.journal.errors import DiskRefused, JournalError
from edge_agent.journal.journal import Journal, random_id
from protocols.upstream.messages import EventMessage, Stream

_log: Final = logging.getLogger(__name__)
Open = Callable[[], Awaitable[Journal]]


class LateJournal:
    """See `Journal`. `found` is set once it is there; `journal_id` is one of its own until then."""

    def __init__(self, problem: DiskRefused, open_journal: Open, journal_id: str) -> None:
        self.found = asyncio.Event()
        self._problem: JournalError = problem
        self._open = open_journal
        self._journal_id = journal_id
        self._journal: Journal | None = None
        self._closed = False

    async def _there(self) -> Journal:
        """The journal, if the disk gives it now."""
        if self._journal is None and not self._closed:
            try:
                self._journal = await self._open()
            except JournalError as error:
                self._problem = error
                raise
            _log.info("journal.found journal=%s", self._journal.journal_id)
            self.found.set()
        return self._known()

    def _known(self) -> Journal:
        if self._journal is None:
            raise self._problem
        return self._journal

    async def close(self) -> None:
        """As the journal's."""
        self._closed = True
        if self._journal is not None:
            await self._journal.close()

    @property
    def journal_id(self) -> str:
        """The journal's, or one that no journal has."""
        return self._journal_id if self._journal is None else self._journal.journal_id

    @property
    def notes(self) -> tuple[str, ...]:
        """Why it is not there, or the journal's own."""
        return (str(self._problem),) if self._journal is None else self._journal.notes

    def stats(self) -> dict[str, object]:
        """Nothing, or the journal's."""
        return {} if self._journal is None else self._journal.stats()

    async def append(self, batch: Batch) -> list[int]:
        """Try the disk again, and write."""
        return await (await self._there()).append(batch)

    async def mark_delivered(self, stream: Stream, seq: int) -> None:
        """As the journal's."""
        await self._known().mark_delivered(stream, seq)

    async def mark_acknowledged(self, event_id: str) -> None:
        """As the journal's."""
        await self._known().mark_acknowledged(event_id)

    async def set_meta(self, key: str, value: str) -> None:
        """As the journal's."""
        await self._known().set_meta(key, value)

    async def states(self) -> dict[str, bytes]:
        """Nothing, or the journal's."""
        return {} if self._journal is None else await self._journal.states()

    async def undelivered(self, limit: int) -> list[Stored]:
        """Nothing, or the journal's."""
        return [] if self._journal is None else await self._journal.undelivered(limit)

    async def unacknowledged_alarms(self) -> list[Stored]:
        """Nothing, or the journal's."""
        return [] if self._journal is None else await self._journal.unacknowledged_alarms()

    async def recent(self, limit: int) -> list[EventMessage]:
        """Nothing, or the journal's."""
        return [] if self._journal is None else await self._journal.recent(limit)

    async def meta(self, key: str) -> str | None:
        """Nothing, or the journal's."""
        return None if self._journal is None else await self._journal.meta(key)


AnyJournal = Journal | LateJournal


async def open_or_wait(open_journal: Open, new_id: Callable[[], str] = random_id) -> AnyJournal:
    """The journal, or one that waits for the disk. Raises JournalError for what no waiting mends."""
    try:
        return await open_journal()
    except DiskRefused as error:
        _log.error("journal.absent problem=%s; the agent runs without, alarms go out marked durable=false", error)
        return LateJournal(error, open_journal, new_id())
