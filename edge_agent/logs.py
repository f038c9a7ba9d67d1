"""Structured logs on standard error: time, level, event name first, then key=value; secrets are never passed in."""

import logging
import sys
import time
from typing import Final

FORMAT: Final = "%(asctime)s.%(msecs)03dZ %(levelname)s %(message)s"
_TIME: Final = "%Y-%m-%dT%H:%M:%S"


def configure(level: str) -> None:
    """Send everything of `level` and above to standard error, in UTC."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter(FORMAT, _TIME)
    formatter.converter = _utc
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("asyncio", "pymodbus", "mqtt", "paho"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


def _utc(seconds: float | None) -> time.struct_time:
    return time.gmtime(seconds)
