"""Structured logs on standard error: time, level, event name first, then key=value; secrets are never passed in."""

import logging
import sys
import time
from typing import Final

FORMAT: Final = "%(asctime)s.%(msecs)03dZ %(levelname)s %(message)s"
_TIME: Final = "%Y-%m-%dT%H:%M:%S"
_OURS: Final = "edge_agent"


def configure(level: str) -> None:
    """Send everything of `level` and above to standard error, in UTC."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter(FORMAT, _TIME)
    formatter.converter = _utc
    handler.setFormatter(formatter)
    handler.addFilter(_as_event)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("asyncio", "pymodbus", "mqtt", "paho"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


def _as_event(record: logging.LogRecord) -> bool:
    """A library's line is an event, too. What it calls an error (paho: a broker that restarts) our own events tell,
    so only a crash inside it keeps its level."""
    if record.name.partition(".")[0] != _OURS:
        record.msg, record.args = "library.says name=%s text=%s", (record.name, record.getMessage())
        if not record.exc_info:
            record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
    return record.levelno >= logging.getLogger().level


def _utc(seconds: float | None) -> time.struct_time:
    return time.gmtime(seconds)
