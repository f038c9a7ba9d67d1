"""A port for a command that speaks or listens by itself: one that nobody holds, or the agent's.

The agent is asked first what stands on its bus, so that whoever has to say yes can do so before it falls silent.
"""

import getpass
import os
import re
from typing import Annotated, Final

import msgspec
import typer

from edge_agent import AgentError
from edge_agent.cli.place import Place
from edge_agent.link.tcp_address import parse_tcp
from edge_agent.local.client import AgentClient
from edge_agent.local.views import BusDevice
from protocols.profiles.schema import Framing

_UNITS: Final = {"": 1, "s": 1, "m": 60}
_DURATION: Final = re.compile(r"(\d{1,5})\s*(s|m|)", re.ASCII)
_LONGEST_S: Final = 3600
"""The agent lends for an hour at most."""
_SHORTEST_S: Final = 5

TakePortOption = Annotated[
    str | None,
    typer.Option(
        "--take-port", metavar="TIME", help="Borrow the running agent's port for so long, as in 10m. / 借用终端的串口"
    ),
]


class FreePort(msgspec.Struct, frozen=True):
    """A port that can be had. If it is the agent's, what the agent knows of it, and how long `loan.held` borrows it.

    `socket` and `holder`: whom to ask then, and who asks.
    """

    name: str
    line: str | None = None
    devices: tuple[BusDevice, ...] = ()
    for_s: float | None = None
    framing: Framing = Framing.RTU
    socket: str = ""
    holder: str = ""

    @property
    def at_risk(self) -> list[BusDevice]:
        """The devices that trip or lock when it is borrowed."""
        return [device for device in self.devices if device.stops_the_lift]


def free_port(place: Place, port: str | None, take_port: str | None, command: str) -> FreePort:
    """The port named by `--port`, or what the agent tells of its own for `--take-port`. Nothing is borrowed yet.

    Raises AgentError.
    """
    if take_port is None:
        if port is None:
            raise typer.BadParameter("wants --port PATH, or --take-port 10m to borrow the running agent's port")
        return FreePort(port)
    if port is not None:
        raise typer.BadParameter("--take-port takes the agent's own port; leave --port out")
    for_s, socket = _seconds(take_port), place.agent_socket
    bus = AgentClient(socket).bus()
    holder = f"{command} ({_user()}, pid {os.getpid()})"
    return FreePort(bus.port, bus.line, tuple(bus.devices), for_s, bus.framing, socket, holder)


def serial_port(place: Place, port: str | None, take_port: str | None, command: str) -> FreePort:
    """The same for a command that looks at a line's bytes. Raises AgentError for a Modbus/TCP device, too."""
    free = free_port(place, port, take_port, command)
    if parse_tcp(free.name) is not None:
        raise AgentError(f"{free.name}: a Modbus/TCP device has no serial line; {command} needs one, as /dev/ttyUSB0")
    return free


def _seconds(text: str) -> float:
    found = _DURATION.fullmatch(text.strip())
    seconds = 0 if found is None else int(found[1]) * _UNITS[found[2]]
    if not _SHORTEST_S <= seconds <= _LONGEST_S:
        raise typer.BadParameter(f"--take-port {text}: wants a time from {_SHORTEST_S}s to 60m, as in 10m or 90s")
    return float(seconds)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
