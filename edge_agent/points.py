"""Named points on the way from suspicion to PUBACK, where tests kill the process to prove that nothing is lost.

In service `reached` does nothing: the hook is set only by `__main__` when LIFTWARDEN_KILL_AT names a point, and by a
bench that runs the agent in its own process and watches it.
"""

import enum
import os
import signal
from collections.abc import Callable
from contextvars import ContextVar
from typing import Final


class Point(enum.Enum):
    """Where the process may be ended; the names are the values LIFTWARDEN_KILL_AT takes."""

    SUSPECT_DECIDED = "suspect.decided"
    SUSPECT_STORED = "suspect.stored"
    RAISE_DECIDED = "raise.decided"
    JOURNAL_BEFORE_INSERT = "journal.before_insert"
    JOURNAL_BEFORE_COMMIT = "journal.before_commit"
    JOURNAL_AFTER_COMMIT = "journal.after_commit"
    UPLINK_BEFORE_PUBLISH = "uplink.before_publish"
    UPLINK_SENT = "uplink.sent"
    UPLINK_PUBACK = "uplink.puback"
    UPLINK_MARKED = "uplink.marked"


ENVIRONMENT_VARIABLE: Final = "LIFTWARDEN_KILL_AT"
_kill_at: Point | None = None
_watcher: Final[ContextVar[Callable[[Point], None] | None]] = ContextVar("watcher", default=None)


def arm_from_environment() -> None:
    """Arm the point named in the environment, if any. Raises ValueError for an unknown name."""
    global _kill_at  # noqa: PLW0603  # one process-wide switch, set once before the loop starts
    name = os.environ.get(ENVIRONMENT_VARIABLE)
    _kill_at = Point(name) if name else None


def watch(watcher: Callable[[Point], None]) -> None:
    """Tell `watcher` of every point that is reached in this context and in what it starts."""
    _watcher.set(watcher)


def reached(point: Point) -> None:
    """End the process as a power cut would, if this point is armed; tell who watches."""
    if point is _kill_at:
        os.kill(os.getpid(), signal.SIGKILL)
    watcher = _watcher.get()
    if watcher is not None:
        watcher(point)
