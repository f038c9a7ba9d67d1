"""A TCP relay on loopback, between a device under test and its broker: what is behind it can go away and come back."""

import asyncio
import contextlib
from typing import Final

from hil.mosquitto import LOOPBACK

_CHUNK_BYTES: Final = 65536


class Relay:
    """Hands connections on to `to_port`. Open it before use; `shut` breaks every connection and refuses new ones."""

    def __init__(self, to_port: int) -> None:
        self.port = 0
        self._to_port = to_port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Accept connections: on a free port, and after `shut` on the same one again."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    def shut(self) -> None:
        """Break the connections, and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self._to_port)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self._writers |= both
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_pump(reader, far_writer), name="relay-up")
                tasks.create_task(_pump(far_reader, writer), name="relay-down")
        finally:
            self._writers -= both
            for one in both:
                one.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand on until either side ends; then end the other, too."""
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
    writer.close()
