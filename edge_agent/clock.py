"""Time: integer nanoseconds from a monotonic clock for decisions, wall time as a stamp."""

import datetime as dt
import time
from pathlib import Path
from typing import Final

from edge_agent.ports import Clock, WallTime
from protocols.upstream.messages import Stamp

NS: Final = 1_000_000_000


def ns(seconds: float) -> int:
    """Seconds as integer nanoseconds."""
    return round(seconds * NS)


class SystemClock:
    """The clock of the box. Wall time counts as synchronised when systemd-timesyncd says so (not yet: chrony)."""

    def __init__(self, synchronised_marker: Path = Path("/run/systemd/timesync/synchronized")) -> None:
        self._marker = synchronised_marker
        self._boot_id = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()

    @property
    def boot_id(self) -> str:
        """The kernel's random id of this boot."""
        return self._boot_id

    def now_ns(self) -> int:
        """CLOCK_MONOTONIC: the same clock asyncio's loop uses, and it goes on across restarts of the agent."""
        return time.monotonic_ns()

    def wall(self) -> WallTime:
        """CLOCK_REALTIME, and whether the time service has written its marker."""
        return WallTime(time.time_ns(), self._marker.exists())


def rfc3339(unix_ns: int) -> str:
    """UTC with milliseconds, as every message carries it."""
    moment = dt.datetime.fromtimestamp(unix_ns // NS, tz=dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{unix_ns % NS // 1_000_000:03d}Z"


def stamp(clock: Clock, at_ns: int | None = None) -> Stamp:
    """A stamp for now, or for a monotonic instant of this boot (wall time reckoned back from now)."""
    now_ns, wall = clock.now_ns(), clock.wall()
    when_ns = now_ns if at_ns is None else at_ns
    return Stamp(rfc3339(wall.unix_ns - (now_ns - when_ns)), wall.synchronised, clock.boot_id, when_ns)
