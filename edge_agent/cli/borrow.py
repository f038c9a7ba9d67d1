"""A port for a command that speaks or listens by itself: one that nobody holds, or the agent's, borrowed.

Borrowed, it is the agent's again when the command ends, crashes or overstays: the agent watches the connection.
"""

import getpass
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import msgspec
import typer

from edge_agent.cli.place import Place
from edge_agent.local.client import AgentClient
from edge_agent.local.views import LentDevice

_UNITS: Final = {"": 1, "s": 1, "m": 60}
_DURATION: Final = re.compile(r"(\d{1,5})\s*(s|m|)", re.ASCII)
_LONGEST_S: Final = 3600
"""The agent lends for an hour at most."""

TakePortOption = Annotated[
    str | None,
    typer.Option(
        "--take-port", metavar="TIME", help="Borrow the running agent's port for so long, as in 10m. / 借用终端的串口"
    ),
]


class FreePort(msgspec.Struct, frozen=True):
    """A port to open. `line` and `devices` are what the agent knows of it, if it is the agent's."""

    name: str
    line: str | None = None
    devices: tuple[LentDevice, ...] = ()
    for_s: float | None = None


@contextmanager
def free_port(place: Place, port: str | None, take_port: str | None, command: str) -> Iterator[FreePort]:
    """The port named by `--port`, or the agent's for the time of `--take-port`. Raises AgentError when it keeps it."""
    if take_port is None:
        if port is None:
            raise typer.BadParameter("wants --port PATH, or --take-port 10m to borrow the running agent's port")
        yield FreePort(port)
        return
    if port is not None:
        raise typer.BadParameter("--take-port takes the agent's own port; leave --port out")
    with AgentClient(place.agent_socket).borrow(
        f"{command} ({_user()}, pid {os.getpid()})", _seconds(take_port)
    ) as lent:
        yield FreePort(lent.port, lent.line, tuple(lent.devices), lent.for_s)


def _seconds(text: str) -> float:
    found = _DURATION.fullmatch(text.strip())
    seconds = 0 if found is None else int(found[1]) * _UNITS[found[2]]
    if not 1 <= seconds <= _LONGEST_S:
        raise typer.BadParameter(f"--take-port {text}: wants a time up to 60m, as in 10m or 90s")
    return float(seconds)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
