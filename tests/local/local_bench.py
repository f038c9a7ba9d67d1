"""The real server on a real Unix socket, the real client in a thread, and clients that misbehave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from edge_agent import AgentError
from edge_agent.local.client import AgentClient
from edge_agent.local.server import Answer, Lend, LocalServer
from edge_agent.local.views import RegisterView, Reply, Request

WITHIN_S = 10.0
"""A deadline that only a hanging test meets."""
_TURNS = 50
"""Of the loop: more than any accepted connection needs to be dealt with."""


def row(address: int) -> RegisterView:
    return RegisterView("box", "all", address, [1], "floor", "floor", 7, "", 250)


async def echo(request: Request) -> Reply:
    """Tells the request's limit in a register's address."""
    return Reply(registers=[row(request.limit)])


@asynccontextmanager
async def no_port(_request: Request) -> AsyncIterator[Reply]:
    """Nothing to lend."""
    raise AgentError("not now")
    yield Reply()


class Served:
    """A running server and the ways to it."""

    def __init__(self, path: Path, server: LocalServer, task: asyncio.Task[None]) -> None:
        self.path = path
        self.server = server
        self.task = task
        self.client = AgentClient(str(path))

    async def ask(self, request: Request) -> Reply:
        """What the client says, from a thread of its own."""
        return await asyncio.wait_for(asyncio.to_thread(self.client.ask, request), WITHIN_S)

    async def stop(self) -> None:
        """Cancel the server, as the agent does at its end."""
        self.task.cancel()
        await asyncio.wait([self.task])


@asynccontextmanager
async def served(path: Path, answer: Answer = echo, lend: Lend = no_port) -> AsyncIterator[Served]:
    """A server that listens at `path`, or has given up."""
    server = LocalServer(str(path), answer, lend)
    task = asyncio.create_task(server.run(), name="local")
    await turns()
    try:
        yield Served(path, server, task)
    finally:
        task.cancel()
        await asyncio.wait([task])
        await turns()


async def turns() -> None:
    """Let everybody on the loop do what they can do now."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


class Raw:
    """A client that sends what it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, line: bytes) -> None:
        self.writer.write(line)
        await self.writer.drain()

    async def hear(self) -> Reply | None:
        """The next reply; None at the end."""
        line = await asyncio.wait_for(self.reader.readline(), WITHIN_S)
        return msgspec.json.decode(line, type=Reply) if line else None


@asynccontextmanager
async def raw(path: Path) -> AsyncIterator[Raw]:
    reader, writer = await asyncio.open_unix_connection(path, limit=2**24)
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()
        await turns()
