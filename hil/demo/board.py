"""What happened, in the order it became known: facts in three columns, and somebody waiting for one of them."""

import asyncio
import enum
import time
from collections.abc import Callable

import msgspec

from hil import BenchError
from protocols.upstream.messages import EventMessage, Text


class DemoError(BenchError):
    """The demo cannot go on; one clear line that says why."""


class Column(enum.Enum):
    """Who says it."""

    LIFT = "lift"
    TERMINAL = "terminal"
    UPSTREAM = "upstream"


class Fact(msgspec.Struct, frozen=True):
    """One thing that happened, `t_s` after the demo began. `kind` is for waiting, `text` for reading."""

    t_s: float
    column: Column
    kind: str
    text: Text
    event: EventMessage | None = None


Wanted = Callable[[Fact], bool]


class Board:
    """Collects facts, hands each to `show`, and wakes those who wait."""

    def __init__(self, show: Callable[[Fact], None]) -> None:
        self.facts: list[Fact] = []
        self._show = show
        self._waiting: list[tuple[Wanted, asyncio.Future[Fact]]] = []
        self._began_ns = time.monotonic_ns()

    def now_s(self) -> float:
        """Seconds since the demo began."""
        return (time.monotonic_ns() - self._began_ns) / 1e9

    def post(
        self, column: Column, kind: str, text: Text, event: EventMessage | None = None, t_s: float | None = None
    ) -> None:
        """Something happened, now unless `t_s` says when."""
        fact = Fact(self.now_s() if t_s is None else t_s, column, kind, text, event)
        self.facts.append(fact)
        self._show(fact)
        for wanted, future in self._waiting:
            if not future.done() and wanted(fact):
                future.set_result(fact)
        self._waiting = [entry for entry in self._waiting if not entry[1].done()]

    async def until(self, wanted: Wanted, timeout_s: float, otherwise: str, since_s: float = 0.0) -> Fact:
        """The first fact since `since_s` that is wanted, past or future. Raises DemoError(`otherwise`) when late."""
        for fact in self.facts:
            if fact.t_s >= since_s and wanted(fact):
                return fact
        future: asyncio.Future[Fact] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, future))
        try:
            async with asyncio.timeout(timeout_s):
                return await future
        except TimeoutError as error:
            raise DemoError(otherwise) from error


def is_kind(column: Column, kind: str) -> Wanted:
    """Wants the fact of this kind in this column."""
    return lambda fact: fact.column is column and fact.kind == kind
