"""Why a serial port cannot be opened, in one line that ends with what to do."""

import errno
import getpass
import grp
import os
import stat
from itertools import pairwise
from pathlib import Path
from typing import Final

from edge_agent.ports import PortError
from protocols.modbus.line import LineSettings

_AGENT: Final = "the liftwarden agent"
_USUAL_GROUP: Final = "dialout"
_NO_DEVICE: Final = frozenset((errno.ENOENT, errno.ENXIO, errno.ENODEV))
_NO_TERMINAL: Final = frozenset((errno.ENOTTY, errno.EISDIR))
_UNKNOWN: Final = "cannot be used as a serial port: {}; name a serial port in link.port"
_OURS: Final = (b"-m", b"edge_agent")
"""In the command line of the service."""


def open_error(
    port: str, number: int | None, reason: str, line: LineSettings | None = None, path: str | None = None
) -> PortError:
    """The error for `port` when opening it, at `path` and with `line`, failed with errno `number` (None: no errno)."""
    path = port if path is None else path
    return PortError(f"{port}: {_told(path, number, line) or _UNKNOWN.format(reason)}")


def _told(path: str, number: int | None, line: LineSettings | None) -> str:
    """What is wrong and what to do, or nothing."""
    told = ""
    if number in _NO_DEVICE:
        told = f"no such port{_others()}; plug the adapter in, or name another in link.port"
    elif number == errno.EIO:
        told = "no adapter answers behind this name; unplug it and plug it in again, or name another in link.port"
    elif number in _NO_TERMINAL:
        told = f"is not a serial port{_others()}; name a serial port in link.port"
    elif number == errno.EINVAL and line is not None:
        told = f"the adapter does not take {line}; set another link.line, or use another adapter"
    elif number in {errno.EACCES, errno.EPERM}:
        user, group = _user(), _group_of(path)
        told = (
            f"user {user} may not open it; add the user to its group: sudo usermod -aG {group} {user}, then start anew"
        )
    elif number in {errno.EBUSY, errno.EAGAIN}:
        holder = holder_of(path)
        who = "another program" if holder is None else holder
        way = "borrow it with --take-port 10m or stop that" if who.startswith(_AGENT) else "end that first"
        told = f"held by {who}; {way}, only one master may be on the bus"
    return told


def _others() -> str:
    """The serial ports that are there, by their lasting names where they have one."""
    there = sorted(Path("/dev/serial/by-id").glob("*")) or sorted(Path("/dev").glob("ttyUSB*"))
    return f" (there is: {', '.join(map(str, there[:4]))})" if there else ""


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _group_of(port: str) -> str:
    """The group that may open the port: its own, if members of it may; else the one distributions use."""
    try:
        status = Path(port).stat()
        if status.st_gid != 0 and status.st_mode & stat.S_IWGRP:
            return grp.getgrgid(status.st_gid).gr_name
    except (OSError, KeyError):
        pass
    return _USUAL_GROUP


def holder_of(port: str) -> str | None:
    """Who has the port open, as "mbpoll (pid 1234)" or by our own name; None if /proc does not tell this user."""
    node = os.path.realpath(port)
    pids = sorted(int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    holders = [pid for pid in pids if _has_open(pid, node)]
    others = [pid for pid in holders if pid != os.getpid()]
    for pid in others or holders:
        return f"{_AGENT if _is_agent(pid) else _command(pid)} (pid {pid})"
    return None


def _has_open(pid: int, node: str) -> bool:
    try:
        return any(_target(link) == node for link in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


def _is_agent(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return _OURS in pairwise(words)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a program"
