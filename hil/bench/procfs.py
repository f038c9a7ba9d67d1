"""What a process has used, from /proc."""

import errno
import os
from pathlib import Path
from typing import Final

import msgspec

from hil import BenchError

_KB: Final = 1024


class Usage(msgspec.Struct, frozen=True):
    """CPU and wake-ups so far, and memory now."""

    cpu_ns: int
    wake_ups: int
    rss_anon_bytes: int
    rss_bytes: int


def usage(pid: int) -> Usage:
    """The process's usage. Raises OSError without such a process, BenchError where the kernel counts no ns."""
    status = _status(Path(f"/proc/{pid}"))
    if "RssAnon" not in status:  # ended, and not yet waited for
        raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
    threads = sorted(Path(f"/proc/{pid}/task").iterdir())
    return Usage(
        cpu_ns=sum(map(_cpu_ns, threads)),
        wake_ups=sum(int(_status(thread)["voluntary_ctxt_switches"]) for thread in threads),
        rss_anon_bytes=int(status["RssAnon"].split()[0]) * _KB,
        rss_bytes=int(status["VmRSS"].split()[0]) * _KB,
    )


def _status(directory: Path) -> dict[str, str]:
    lines = (directory / "status").read_text().splitlines()
    return {name: value for name, _, value in (line.partition(":") for line in lines)}


def _cpu_ns(thread: Path) -> int:
    """Time on a CPU: the first field of schedstat, in ns (kernel documentation, sched-stats)."""
    try:
        return int((thread / "schedstat").read_text().split()[0])
    except FileNotFoundError as error:
        raise BenchError(f"{thread}/schedstat: not there; CPU per poll needs a kernel with SCHED_INFO") from error
