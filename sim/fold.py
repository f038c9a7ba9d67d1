"""Lines for people that are no wider than the terminal; a pipe or a file gets them as they are."""

import shutil


def columns() -> int | None:
    """How wide the terminal is ($COLUMNS first); None where there is none."""
    return shutil.get_terminal_size((0, 0)).columns or None


def width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if _is_wide(character) else 1 for character in text)


def fold(text: str, most: int | None, indent: str = "") -> list[str]:
    """`text` in lines of at most `most` columns, all but the first behind `indent`; without `most` one line.

    A line ends at a space or beside a Chinese character; a longer word is broken.
    """
    lines: list[str] = []
    rest = text
    while most is not None and width(rest) > most and (end := _end(rest, most, len(indent) if lines else 0)):
        lines.append(rest[:end].rstrip())
        rest = indent + rest[end:].lstrip()
    return [*lines, rest]


def _end(text: str, most: int, start: int) -> int:
    """Where the first line ends; 0 if nothing fits behind its indent."""
    fits = next(end for end in range(len(text), -1, -1) if width(text[:end]) <= most)
    breaks = (end for end in range(fits, start, -1) if _may_end(text, end))
    return next(breaks, fits if fits > start else 0)


def _may_end(text: str, end: int) -> bool:
    if not text[:end].strip():
        return False
    return text[end] == " " or text[end - 1] == " " or _is_wide(text[end - 1]) or _is_wide(text[end])


def _is_wide(character: str) -> bool:
    return ord(character) >= 0x2E80  # the first of the CJK blocks
