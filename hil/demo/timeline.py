"""The timeline on the screen: one row per fact, in one of three columns; or one JSON object per fact.

Rows are printed and stay, so a pipe, a log or a screen without colour reads the same; on a terminal one more line
at the bottom counts down.
"""

import itertools
import json
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Protocol, Self

import msgspec
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text as Styled

from hil.demo.board import Column, Fact
from hil.demo.texts import COLUMNS, SUMMARY
from protocols.language import pick
from protocols.upstream.messages import Text

_WIDEST: Final = 120
_STAMP_CELLS: Final = 6
_BETWEEN: Final = " | "
_STYLES: Final = {
    "raised": "bold red",
    "alarm_raised": "bold red",
    "counting": "yellow",
    "countdown": "yellow",
    "stimulus": "bold magenta",
    "acknowledged": "cyan",
    "cleared": "green",
    "ended": "bold green",
}


class Step(msgspec.Struct, frozen=True):
    """One step of the story and how long it took."""

    name: Text
    seconds: float


class Outcome(msgspec.Struct, frozen=True):
    """How it ended: `problem` is None only if the subscriber received the alarm and its end."""

    steps: list[Step]
    total_s: float
    broker: str
    problem: Text | None = None
    remark: Text | None = None


class View(Protocol):
    """Where facts are shown."""

    def fact(self, fact: Fact) -> None:
        """Show one fact."""

    def countdown(self, text: str) -> None:
        """Replace what is being waited for ("" for nothing)."""

    def title(self, text: Text) -> None:
        """Say what is about to be seen."""

    def outcome(self, outcome: Outcome) -> None:
        """Show the summary."""


class JsonView:
    """One JSON object a line."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def _print(self, data: object) -> None:
        self._console.out(json.dumps(data, ensure_ascii=False), highlight=False)

    def fact(self, fact: Fact) -> None:
        """Print one fact."""
        self._print({"fact": msgspec.to_builtins(fact)})

    def countdown(self, text: str) -> None:
        """A stream has no line to rewrite."""

    def title(self, text: Text) -> None:
        """Print the title."""
        self._print({"title": msgspec.to_builtins(text)})

    def outcome(self, outcome: Outcome) -> None:
        """Print the outcome."""
        self._print({"outcome": msgspec.to_builtins(outcome)})


class Timeline:
    """Three columns for people; a context manager, because it may hold the bottom line of the terminal."""

    def __init__(self, console: Console, lang: str) -> None:
        self._console = console
        self._lang = lang
        self._cell = (min(console.width, _WIDEST) - 1 - 2 * len(_BETWEEN)) // len(Column)
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear_bottom()

    def _clear_bottom(self) -> None:
        if self._live:
            self._live.update("", refresh=True)
            self._live.stop()

    def title(self, text: Text) -> None:
        """The title, then the heads of the columns."""
        self._console.print(pick(text, self._lang), highlight=False)
        self._console.print()
        self._row([[Styled(pick(COLUMNS[column], self._lang), style="bold")] for column in Column])
        self._console.print("-+-".join("-" * self._cell for _ in Column), highlight=False)

    def fact(self, fact: Fact) -> None:
        """One row: the time and the sentence in the column of the one who says it."""
        self._row([self._sentence(fact) if column is fact.column else [] for column in Column])

    def _sentence(self, fact: Fact) -> list[Styled]:
        """The sentence in lines, each indented by the width of the stamp before the first."""
        sentence = Styled(pick(fact.text, self._lang), style=_STYLES.get(fact.kind, ""))
        lines = sentence.wrap(self._console, self._cell - _STAMP_CELLS)
        stamps = [f"{fact.t_s:{_STAMP_CELLS - 1}.1f} ", *[" " * _STAMP_CELLS] * (len(lines) - 1)]
        return [Styled(stamp) + line for stamp, line in zip(stamps, lines, strict=True)]

    def _row(self, cells: Sequence[Sequence[Styled]]) -> None:
        table = Table.grid(padding=0)
        for width in (self._cell, len(_BETWEEN), self._cell, len(_BETWEEN), self._cell):
            table.add_column(width=width)
        for left, middle, right in itertools.zip_longest(*cells, fillvalue=Styled("")):
            table.add_row(left, _BETWEEN, middle, _BETWEEN, right)
        self._console.print(table)

    def countdown(self, text: str) -> None:
        """The bottom line of a terminal."""
        if self._live:
            self._live.update(Styled(text, style="bold yellow"), refresh=True)

    def outcome(self, outcome: Outcome) -> None:
        """Each step with its seconds, the total, and the verdict in one line."""
        self._clear_bottom()
        self._console.print()
        for step in outcome.steps:
            self._console.print(f"{step.seconds:6.1f} s  {pick(step.name, self._lang)}", highlight=False)
        self._console.print(f"{outcome.total_s:6.1f} s  {pick(SUMMARY['total'], self._lang)}", highlight=False)
        self._console.print()
        if outcome.remark is not None:
            self._console.print(pick(outcome.remark, self._lang), highlight=False)
        if outcome.problem is None:
            self._console.print(pick(SUMMARY["passed"], self._lang), style="bold green", highlight=False)
        else:
            failed = f"{pick(SUMMARY['failed'], self._lang)}: {pick(outcome.problem, self._lang)}"
            self._console.print(failed, style="bold red", highlight=False)
