"""The technician's side of the local socket, for commands that run beside the agent."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedRWPair
from typing import Final

import msgspec

from edge_agent import AgentError
from edge_agent.local.views import BusView, LentPort, Reply, Request

_ANSWER_WITHIN_S: Final = 5.0
_LENT_WITHIN_S: Final = 20.0
"""The agent ends its request, or the opening of a port that hangs, before it lets go."""


class Loan(msgspec.Struct, frozen=True):
    """A lent port, and the connection's file descriptor: it becomes readable when the agent ends the loan."""

    port: LentPort
    connection: int


class AgentClient:
    """Asks the agent that listens at `socket_path`. Every method raises AgentError, one line, when it cannot."""

    def __init__(self, socket_path: str) -> None:
        self._path = socket_path

    def ask(self, request: Request) -> Reply:
        """One request, one reply."""
        with self._connected(_ANSWER_WITHIN_S) as (file, _):
            return self._exchange(file, request)

    def stream(self, request: Request) -> Iterator[Reply]:
        """One request, replies until the agent ends or the caller stops."""
        with self._connected(_ANSWER_WITHIN_S + request.period_s) as (file, _):
            yield self._exchange(file, request)
            while True:
                yield self._checked(file.readline())

    def bus(self) -> BusView:
        """What stands on the agent's bus; nothing is lent by asking."""
        bus = self.ask(Request("bus")).bus
        if bus is None:
            raise AgentError(f"{self._path}: the agent does not tell its bus; same version at both ends?")
        return bus

    @contextmanager
    def borrow(self, holder: str, for_s: float, *, loss_accepted: bool = False) -> Iterator[Loan]:
        """The agent's port, which it takes back when the context ends, this process does, or the time is up."""
        with self._connected(_LENT_WITHIN_S) as (file, connection):
            request = Request("take_port", holder=holder, period_s=for_s, loss_accepted=loss_accepted)
            reply = self._exchange(file, request)
            if reply.lent is None:
                raise AgentError(f"{self._path}: the agent does not lend its port; same version at both ends?")
            yield Loan(reply.lent, connection)

    @contextmanager
    def _connected(self, timeout_s: float) -> Iterator[tuple[BufferedRWPair, int]]:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout_s)
            try:
                connection.connect(self._path)
            except OSError as error:
                raise AgentError(_no_agent(self._path, error)) from error
            with connection.makefile("rwb") as file:
                try:
                    yield file, connection.fileno()
                except OSError as error:
                    raise AgentError(f"{self._path}: the agent does not answer: {error}; try again") from error

    def _exchange(self, file: BufferedRWPair, request: Request) -> Reply:
        file.write(msgspec.json.encode(request) + b"\n")
        file.flush()
        return self._checked(file.readline())

    def _checked(self, line: bytes) -> Reply:
        if not line:
            raise AgentError(f"{self._path}: the agent closed the connection; is it stopping?")
        try:
            reply = msgspec.json.decode(line, type=Reply)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise AgentError(
                f"{self._path}: the agent's answer is not understood; same version at both ends?"
            ) from error
        if reply.error:
            raise AgentError(reply.error)
        return reply


def _no_agent(path: str, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"{path}: no permission to talk to the agent; run as its user or as root"
    return f"{path}: no agent listens there; start it: liftwarden run -c FILE, or name its socket: --socket PATH"
