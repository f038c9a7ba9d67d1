"""What the person says while the agent goes on reporting: keys on a terminal, lines from a script."""

import os
import select
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Final

_AT_ONCE: Final = 1024


class Key(Enum):
    """What was said."""

    DONE = "done"
    AGAIN = "again"
    BACK = "back"
    CANNOT = "cannot"
    STOP = "stop"


_KEYS: Final = {"": Key.DONE, "r": Key.AGAIN, "b": Key.BACK, "s": Key.CANNOT, "q": Key.STOP}


class Keys:
    """Never waits. The end of the input is a stop, once everything before it was heard."""

    def __init__(self, fd: int, *, by_key: bool) -> None:
        self.by_key: Final = by_key
        self._fd: Final = fd
        self._typed = b""
        self._at_end = False

    def said(self) -> Key | None:
        """The next thing that was said since, if it has a meaning."""
        if not self._at_end and select.select([self._fd], [], [], 0)[0]:
            more = os.read(self._fd, _AT_ONCE)
            self._typed, self._at_end = self._typed + more, not more
        if self.by_key and self._typed:
            key, self._typed = self._typed[:1], self._typed[1:]
            return _KEYS.get(key.decode(errors="replace").strip().lower())
        line, newline, rest = self._typed.partition(b"\n")
        if newline:
            self._typed = rest
            return _KEYS.get(line.decode(errors="replace").strip().lower())
        return Key.STOP if self._at_end else None

    def forget(self) -> None:
        """Keys that were pressed before the screen asked for one mean nothing; a script's lines wait for their step."""
        if self.by_key:
            termios.tcflush(self._fd, termios.TCIFLUSH)
            self._typed = b""


@contextmanager
def listening() -> Iterator[Keys]:
    """Single keys without Enter if a person sits there, lines otherwise; no input at all is the end of it."""
    fd = os.open(os.devnull, os.O_RDONLY) if sys.stdin is None else sys.stdin.fileno()
    if not os.isatty(fd):
        yield Keys(fd, by_key=False)
        return
    before = termios.tcgetattr(fd)
    tty.setcbreak(fd)
    try:
        yield Keys(fd, by_key=True)
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)  # what was typed for us is not for the shell
