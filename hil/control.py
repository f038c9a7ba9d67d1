"""Acting on a running bench from another process: one JSON line each way on a Unix socket beside the port's link."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from hil import BenchError
from sim import SimError
from sim.stimuli import Effect, Stimulus, parse

_TIMEOUT_S: Final = 5.0


class _Poke(msgspec.Struct, frozen=True):
    stimulus: str
    for_s: float | None = None


class _Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    effect: Effect | None = None
    error: str = ""


Act = Callable[[Stimulus, float | None], Effect]


def control_path(link: Path) -> Path:
    """Where the control socket of the port at `link` is."""
    return link.with_name(f"{link.name}.ctl")


class Control:
    """The bench's side. `act` does what was asked."""

    def __init__(self, link: Path, act: Act) -> None:
        self._path = control_path(link)
        self._act = act
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises BenchError if another bench serves this link; a dead one's socket is replaced."""
        if _is_alive(self._path):
            raise BenchError(f"{self._path}: another bench serves this port; stop it or choose another path")
        try:
            self._path.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._serve, self._path)
        except OSError as error:
            why = error.strerror or error  # a path too long for a socket has no errno
            raise BenchError(
                f"{self._path}: cannot listen: {why}; choose a writable directory with a short path"
            ) from error

    def close(self) -> None:
        """Stop listening and remove the socket."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                line = await reader.readline()
                if line:
                    writer.write(msgspec.json.encode(self._answer(line)) + b"\n")
                    await writer.drain()
        except (TimeoutError, ConnectionError):
            pass  # the other side went away; there is nobody to tell
        finally:
            writer.close()

    def _answer(self, line: bytes) -> _Answer:
        try:
            poke = msgspec.json.decode(line, type=_Poke)
            return _Answer(effect=self._act(parse(poke.stimulus), poke.for_s))
        except (msgspec.MsgspecError, UnicodeDecodeError, SimError) as error:
            return _Answer(error=str(error))


def poke(link: Path, stimulus: Stimulus, for_s: float | None = None) -> Effect:
    """Act on the bench that serves `link`. Raises BenchError: nobody there, or it refused."""
    path = control_path(link)
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_TIMEOUT_S)
            connection.connect(str(path))
            connection.sendall(msgspec.json.encode(_Poke(stimulus.value, for_s)) + b"\n")
            with connection.makefile("rb") as file:
                answer = msgspec.json.decode(file.readline(), type=_Answer)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BenchError(f"{link}: no bench serves this port; start one: liftwarden hil serve --link {link}") from error
    if answer.effect is None:
        raise BenchError(answer.error)
    return answer.effect


def _is_alive(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_TIMEOUT_S)
        try:
            connection.connect(str(path))
        except OSError:
            return False
        return True
