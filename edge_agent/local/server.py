"""The agent's side of the local socket: answers a few technicians at a time, and never lets one of them hold it up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Final

import msgspec

from edge_agent import AgentError
from edge_agent.local.views import STREAMED, Reply, Request

_log: Final = logging.getLogger(__name__)
Answer = Callable[[Request], Awaitable[Reply]]
"""Answers one request; what is streamed is asked again and again."""
Lend = Callable[[Request], AbstractAsyncContextManager[Reply]]
"""Answers "take_port"; the port is lent as long as the context lasts."""

MAX_CLIENTS: Final = 8
_LINE_BYTES: Final = 4096
_WRITE_WITHIN_S: Final = 5.0
_IDLE_S: Final = 600.0
_SHORTEST_PERIOD_S: Final = 0.1
_MODE: Final = 0o660
"""The agent's user and group may look; nobody else."""


class LocalServer:
    """Serves until cancelled. A socket that cannot be had costs one warning, never the agent."""

    def __init__(self, path: str, answer: Answer, lend: Lend) -> None:
        self.problem = ""
        self._path = Path(path)
        self._answer = answer
        self._lend = lend
        self._clients: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Listen and answer; removes its socket at the end."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # asyncio replaces a stale socket, and nothing else: a slip in the path must not cost a file
            server = await asyncio.start_unix_server(self._accept, self._path, limit=_LINE_BYTES)
            self._path.chmod(_MODE)
        except OSError as error:
            self.problem = f"{self._path}: no local socket: {error.strerror or error}; choose another local.socket"
            _log.warning("local.unavailable problem=%s", self.problem)
            return
        inode = self._path.stat().st_ino
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()
            for task in tuple(self._clients):
                task.cancel()
            with suppress(OSError):
                if self._path.stat().st_ino == inode:
                    self._path.unlink()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._clients.add(task)
        try:
            if len(self._clients) > MAX_CLIENTS:
                await _turn_away(reader, writer)
            else:
                await self._serve(reader, writer)
        except TimeoutError:
            writer.transport.abort()  # to close would wait until it reads what was sent
        except (OSError, asyncio.LimitOverrunError, asyncio.CancelledError, ValueError):
            pass  # a client that is gone or babbles, or the agent stops: in any case there is nobody to tell
        finally:
            self._clients.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            async with asyncio.timeout(_IDLE_S):
                line = await reader.readline()
            if not line:
                return
            try:
                request = msgspec.json.decode(line, type=Request)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                await _send(writer, Reply(error=f"not a request: {error}"))
                continue
            if request.op == "take_port":
                await self._lent(request, reader, writer)
                return
            if request.op in STREAMED:
                await self._watch(request, reader, writer)
                return
            await _send(writer, await self._answered(request))

    async def _answered(self, request: Request) -> Reply:
        try:
            return await self._answer(request)
        except AgentError as error:
            return Reply(error=str(error))

    async def _lent(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the client closes its end, says anything, crashes, or its time is up."""
        try:
            async with self._lend(request) as reply:
                await _send(writer, reply)
                async with asyncio.timeout(request.period_s):
                    await reader.read(1)
        except AgentError as error:
            await _send(writer, Reply(error=str(error)))

    async def _watch(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gone = asyncio.create_task(reader.read(1), name="local-client-gone")
        try:
            while not gone.done():
                await _send(writer, await self._answered(request))
                await asyncio.wait([gone], timeout=max(request.period_s, _SHORTEST_PERIOD_S))
        finally:
            gone.cancel()


async def _turn_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hear the client out first: one that is still writing would not hear why it is turned away."""
    async with asyncio.timeout(_WRITE_WITHIN_S):
        await reader.readline()
    await _send(writer, Reply(error=f"{MAX_CLIENTS} clients are connected already; close one"))


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    writer.write(msgspec.json.encode(reply) + b"\n")
    async with asyncio.timeout(_WRITE_WITHIN_S):
        await writer.drain()
