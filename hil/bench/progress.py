"""What the bench is doing, on standard error: one line that changes on a terminal, a line a step elsewhere."""

from typing import TextIO

_CLEAR = "\r\x1b[K"


class Progress:
    """Say what goes on; a step's countdown is shown on a terminal only."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._is_terminal = out.isatty()
        self._step = ""

    def __call__(self, line: str) -> None:
        """`line` is "step" or "step: how far"."""
        step = line.partition(":")[0]
        if self._is_terminal:
            self._write(f"{_CLEAR}{line} ...")
        elif step != self._step:
            self._write(f"{line} ...\n")
        self._step = step

    def done(self) -> None:
        """Leave a clean line behind."""
        if self._is_terminal:
            self._write(_CLEAR)

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
