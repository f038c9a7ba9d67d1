"""Looks at registers, and how they are shown: raw words beside the meaning, one row of a profile a line."""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

import msgspec
from rich.text import Text as Styled

from edge_agent.cli.output import json_line
from edge_agent.clock import rfc3339
from edge_agent.local.views import RegisterView

_CHANGED: Final = "bold reverse"
_PROBLEM: Final = "bold red"
_WORDS_SHOWN: Final = 4
_Key = tuple[str, str, int, str, str]


class Look(msgspec.Struct, frozen=True):
    """One look at every device: the rows read, and one line for each block that could not be."""

    rows: Sequence[RegisterView] = ()
    problems: Sequence[str] = ()


def _key(row: RegisterView) -> _Key:
    return row.device, row.block, row.address, row.name, row.item


def changes(looks: Iterable[Look]) -> Iterator[Look]:
    """The first look whole; of each later one only the rows that say other than before, and what is newly wrong."""
    said: dict[_Key, tuple[object, object]] = {}
    wrong: set[str] = set()
    for look in looks:
        rows = [row for row in look.rows if said.get(_key(row)) != (row.words, row.value)]
        problems = [problem for problem in look.problems if problem not in wrong]
        said.update({_key(row): (row.words, row.value) for row in rows})
        wrong = set(look.problems)
        yield Look(rows, problems)


def frames(looks: Iterable[Look]) -> Iterator[list[Styled]]:
    """Each look whole, with the rows marked that changed since the one before."""
    before: dict[_Key, list[int]] = {}
    for look in looks:
        changed = {_key(row) for row in look.rows if before.get(_key(row), row.words) != row.words}
        yield look_lines(look, changed)
        before = {_key(row): row.words for row in look.rows}


def look_lines(look: Look, changed: Collection[_Key] = ()) -> list[Styled]:
    """A heading per device and block with the age of its words, then its rows; then what is wrong."""
    lines: list[Styled] = []
    heading: tuple[str, str] | None = None
    for row in look.rows:
        if (row.device, row.block) != heading:
            heading = row.device, row.block
            lines.append(Styled(f"{row.device}/{row.block}  {row.age_ms / 1000:.1f} s", style="bold"))
        lines.append(Styled(f"  {row_text(row)}", style=_CHANGED if _key(row) in changed else ""))
    return [*lines, *(Styled(problem, style=_PROBLEM) for problem in look.problems)]


def row_text(row: RegisterView) -> str:
    """Address, raw words, and what they mean."""
    words = " ".join(f"{word:04X}" for word in row.words[:_WORDS_SHOWN])
    more = " ..." if len(row.words) > _WORDS_SHOWN else ""
    value = value_text(row.value)
    unit = f" {row.unit}" if row.unit and row.value is not None else ""
    name = f"{row.name} -> {row.item}" if row.item and row.item != row.name else row.name
    return f"{row.address:04X}: {words}{more}  {name} = {value}{unit}"


def value_text(value: bool | int | float | str | list[str] | None) -> str:
    """As JSON would say it, lists without their brackets; "-" for a raw value that means nothing."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(value) if value else "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def json_rows(look: Look) -> None:
    """One object for each row, and for each thing that is wrong; `at` is when this command saw it."""
    at = {"at": rfc3339(time.time_ns())}
    for row in look.rows:
        json_line(at | msgspec.structs.asdict(row))
    for problem in look.problems:
        json_line(at | {"problem": problem})
