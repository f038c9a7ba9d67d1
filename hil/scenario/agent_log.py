"""What an agent that runs in this process says in its log: kept beside a run for people, and no evidence."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_LOGGER: Final = "edge_agent"


class _Kept(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.INFO)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        try:
            at = f"{asyncio.get_running_loop().time():.6f}"
        except RuntimeError:
            at = "-"
        self._lines.append(f"{at} {record.levelname} {record.getMessage()}")


@contextmanager
def kept_log() -> Iterator[list[str]]:
    """The lines said inside, each with the loop's time in seconds; none of them goes anywhere else."""
    lines: list[str] = []
    logger, handler = logging.getLogger(_LOGGER), _Kept(lines)
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate
