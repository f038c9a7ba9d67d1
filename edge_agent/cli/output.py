"""How commands speak: lines for people no wider than the terminal, JSON for programs, one line for a failure."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import typer
from rich.cells import cell_len
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text as Styled

FAILED: Final = 1
BAD: Final = 3

PHONE: Final = 40
"""Columns of the narrowest screen that commands are read on."""

Lines = Sequence[Styled]


def json_line(data: object) -> None:
    """One JSON object on one line."""
    typer.echo(msgspec.json.encode(data).decode())


def fail(line: str, code: int = FAILED) -> typer.Exit:
    """Say why on standard error; raise what this returns."""
    typer.echo(line, err=True)
    return typer.Exit(code)


def show(lines: Iterable[Styled]) -> None:
    """Print lines for a person; long ones are folded by the terminal, never cut."""
    console = Console()
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)


def is_terminal() -> bool:
    """Whether a person looks at standard output, on a screen whose lines can be rewritten."""
    return Console().is_terminal


def show_live(frames: Iterable[Lines]) -> None:
    """Show each frame in place of the one before; where that cannot be (a pipe, a file), each one that is new."""
    console = Console()
    if console.is_terminal:
        with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
            for frame in frames:
                live.update(Group(*frame), refresh=True)
        return
    before: Lines | None = None
    for frame in frames:
        if frame != before:
            show(frame if before is None else [Styled(""), *frame])
        before = frame


def wrapped(label: str, value: Styled, label_cells: int, width: int) -> list[Styled]:
    """`value` beside `label`, folded to `width` cells (a Chinese character takes two) with the label's column kept."""
    lines = value.wrap(Console(width=width), width - label_cells) or [Styled("")]
    heads = [label + " " * (label_cells - cell_len(label)), *[" " * label_cells] * (len(lines) - 1)]
    return [_joined(Styled(head), line) for head, line in zip(heads, lines, strict=True)]


def folded(text: str, style: str = "", lead: str = "") -> list[Styled]:
    """A sentence on lines of 40 columns, all of them behind `lead` or as much space."""
    return wrapped(lead, Styled(text, style=style), cell_len(lead), PHONE)


def _joined(head: Styled, line: Styled) -> Styled:
    line.rstrip()
    return head.append_text(line)


def local_time(wall: str, form: str = "%m-%d %H:%M:%S") -> str:
    """A stamp's UTC wall time as the clock on this wall shows it; one that is no time is shown as it is."""
    try:
        return dt.datetime.fromisoformat(wall).astimezone().strftime(form)
    except ValueError:
        return wall
