"""The journal as the uplink needs it, also while the disk refuses."""

import logging
from collections.abc import Awaitable, Sequence
from typing import Final, Protocol, TypeVar

from edge_agent import AgentError
from protocols.upstream.messages import EventMessage, Phase, Stream, TombstoneMessage

_log: Final = logging.getLogger(__name__)
T = TypeVar("T")

Identity = tuple[Stream, int]
"""A message within this terminal and journal."""


class StoredMessage(Protocol):
    """One row of the journal. `attempts` is 0 until a broker took it."""

    @property
    def stream(self) -> Stream: ...  # noqa: D102
    @property
    def seq(self) -> int: ...  # noqa: D102
    @property
    def lift_id(self) -> str: ...  # noqa: D102
    @property
    def event_id(self) -> str: ...  # noqa: D102
    @property
    def phase(self) -> Phase | None: ...  # noqa: D102
    @property
    def message(self) -> EventMessage | TombstoneMessage: ...  # noqa: D102
    @property
    def attempts(self) -> int: ...  # noqa: D102


class JournalSide(Protocol):
    """What the uplink asks of the journal. Every method may raise AgentError when the disk refuses."""

    async def undelivered(self, limit: int) -> Sequence[StoredMessage]:
        """What no broker took yet: alarms first, each stream in order."""

    async def mark_delivered(self, stream: Stream, seq: int) -> None:
        """A broker took it."""

    async def unacknowledged_alarms(self) -> Sequence[StoredMessage]:
        """Raised alarms that the platform has not acknowledged."""

    async def mark_acknowledged(self, event_id: str) -> None:
        """The platform took the alarm on."""

    async def meta(self, key: str) -> str | None:
        """A value kept across restarts."""

    async def set_meta(self, key: str, value: str) -> None:
        """Keep a value across restarts."""


class Source:
    """A journal that never raises: a refusing disk is logged once, what could not be read or marked is tried again.

    What was taken or acknowledged but could not be marked yet is not handed out a second time in this run.
    """

    def __init__(self, journal: JournalSide) -> None:
        self._journal = journal
        self._read_problem = ""
        self._write_problem = ""
        self._unmarked: dict[Identity, None] = {}
        self._acknowledged: dict[str, None] = {}
        self._silenced: set[str] = set()
        self._unwritten: dict[str, str] = {}

    @property
    def problem(self) -> str:
        """What the disk refused last, "" once it works again."""
        return self._write_problem if self._write_problem else self._read_problem

    async def undelivered(self, limit: int) -> list[StoredMessage]:
        """As the journal's, without what is only waiting to be marked."""
        await self._catch_up()
        rows = await self._ask(self._journal.undelivered(limit + len(self._unmarked)), ())
        return [row for row in rows if (row.stream, row.seq) not in self._unmarked]

    async def unacknowledged_alarms(self) -> Sequence[StoredMessage]:
        """As the journal's; nothing while the disk refuses."""
        rows = await self._ask(self._journal.unacknowledged_alarms(), ())
        self._silenced &= {row.event_id for row in rows}
        return [row for row in rows if row.event_id not in self._acknowledged and row.event_id not in self._silenced]

    def silence(self, event_id: str) -> None:
        """Acknowledged, and on its way to the disk with the alarm's next step: do not hand it out until then."""
        self._silenced.add(event_id)

    async def mark_delivered(self, stream: Stream, seq: int) -> None:
        """Mark now, or as soon as the disk takes it."""
        self._unmarked[stream, seq] = None
        await self._catch_up()

    async def mark_acknowledged(self, event_id: str) -> None:
        """Mark now, or as soon as the disk takes it."""
        self._acknowledged[event_id] = None
        await self._catch_up()

    async def meta(self, key: str) -> str:
        """The value kept, "" if there is none."""
        if key in self._unwritten:
            return self._unwritten[key]
        value = await self._ask(self._journal.meta(key), None)
        return "" if value is None else value

    async def set_meta(self, key: str, value: str) -> None:
        """Keep now, or as soon as the disk takes it."""
        self._unwritten[key] = value
        await self._catch_up()

    async def _catch_up(self) -> None:
        for stream, seq in list(self._unmarked):
            if not await self._done(self._journal.mark_delivered(stream, seq)):
                return
            self._unmarked.pop((stream, seq), None)
        for event_id in list(self._acknowledged):
            if not await self._done(self._journal.mark_acknowledged(event_id)):
                return
            self._acknowledged.pop(event_id, None)
        for key, value in list(self._unwritten.items()):
            if not await self._done(self._journal.set_meta(key, value)):
                return
            if self._unwritten.get(key) == value:
                del self._unwritten[key]

    async def _done(self, asked: Awaitable[object]) -> bool:
        try:
            await asked
        except AgentError as error:
            self._write_problem = self._refused(error)
            return False
        self._write_problem = ""
        return True

    async def _ask(self, asked: Awaitable[T], otherwise: T) -> T:
        try:
            answer = await asked
        except AgentError as error:
            self._read_problem = self._refused(error)
            return otherwise
        self._read_problem = ""
        return answer

    def _refused(self, error: AgentError) -> str:
        if not self.problem:
            _log.error("uplink.journal problem=%s", error)
        return str(error)
