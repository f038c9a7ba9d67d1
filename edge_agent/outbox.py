"""Between decisions and the disk: keeps what is not durable yet in order, writes it, and says when that fails.

Bound and policy: at most `MAX_WAITING` outcomes wait for a disk that refuses; beyond that the oldest outcome without an
alarm is dropped and counted. Alarms wait for ever, and go out at once marked not durable while the disk refuses.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from edge_agent.journal.entries import Batch
from edge_agent.journal.journal import JournalError
from edge_agent.lift_runtime import Outcome
from edge_agent.points import Point, reached
from protocols.upstream.messages import EventMessage, Stream

_log: Final = logging.getLogger(__name__)
MAX_WAITING: Final = 10_000
_RETRY_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)


class _Journal(Protocol):
    async def append(self, batch: Batch) -> list[int]: ...


class Outbox:
    """`take` what a step left; `run` writes it.

    `on_stored` is called after each commit that held entries, `on_undurable` once for each alarm step kept back.
    """

    def __init__(
        self, journal: _Journal, on_stored: Callable[[], None], on_undurable: Callable[[EventMessage], None]
    ) -> None:
        self.dropped = 0
        self.problem = ""
        self._journal = journal
        self._on_stored = on_stored
        self._on_undurable = on_undurable
        self._waiting: deque[Outcome] = deque()
        self._writing: tuple[Outcome, ...] = ()
        self._news = asyncio.Event()
        self._said: set[tuple[str, str]] = set()
        self._closing = False

    def close(self) -> None:
        """Let `run` end once all is written, or the disk refuses once more. Cancelling it instead could write twice."""
        self._closing = True
        self._news.set()

    def take(self, outcome: Outcome) -> None:
        """Queue what must be written."""
        self._waiting.append(outcome)
        if self.problem:
            self._say_undurable((outcome,))
        if len(self._waiting) + len(self._writing) > MAX_WAITING:
            self._drop_one()
        self._news.set()

    def _drop_one(self) -> None:
        for index, outcome in enumerate(self._waiting):
            if not _alarms(outcome):
                del self._waiting[index]
                self.dropped += 1
                return

    async def run(self) -> None:
        """Write until closed; a refusing disk is tried again for ever."""
        failures = 0
        while True:
            if not self._waiting and not self._closing:
                self._news.clear()
                await self._news.wait()
            closing = self._closing
            failures = 0 if await self._write_waiting() else failures + 1
            if closing and (failures or not self._waiting):
                return
            if failures:
                await self._pause(_RETRY_S[min(failures, len(_RETRY_S)) - 1])

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until closed."""
        ends_s = asyncio.get_running_loop().time() + seconds
        while not self._closing:
            self._news.clear()
            try:
                async with asyncio.timeout_at(ends_s):
                    await self._news.wait()
            except TimeoutError:
                return

    async def _write_waiting(self) -> bool:
        """Write all that waits as one batch; whether it is on disk now."""
        if not self._waiting:
            return True
        outcomes = self._writing = tuple(self._waiting)
        self._waiting.clear()
        try:
            await self._journal.append(_batch(outcomes))
        except JournalError as error:
            self._writing = ()
            self._waiting.extendleft(reversed(outcomes))
            self._refused(outcomes, error)
            return False
        self._writing = ()
        self.problem = ""
        self._said.clear()
        if any(outcome.suspects for outcome in outcomes):
            reached(Point.SUSPECT_STORED)
        if any(outcome.entries for outcome in outcomes):
            self._on_stored()
        return True

    def _refused(self, outcomes: tuple[Outcome, ...], error: JournalError) -> None:
        if not self.problem:
            _log.error("journal.refused problem=%s; alarms go out marked durable=false", error)
        self.problem = str(error)
        self._say_undurable(outcomes)

    def _say_undurable(self, outcomes: tuple[Outcome, ...]) -> None:
        for outcome in outcomes:
            for message in _alarms(outcome):
                step = (message.event_id, message.phase.value)
                if step not in self._said:
                    self._said.add(step)
                    self._on_undurable(message)


def _alarms(outcome: Outcome) -> list[EventMessage]:
    return [entry.message for entry in outcome.entries if entry.stream is Stream.ALARM]


def _batch(outcomes: tuple[Outcome, ...]) -> Batch:
    return Batch(
        entries=tuple(entry for outcome in outcomes for entry in outcome.entries),
        states={outcome.lift_id: outcome.state for outcome in outcomes},
        sync=any(outcome.sync for outcome in outcomes),
    )
