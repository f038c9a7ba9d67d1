"""Listens to a line and tells what it hears, as it comes. It never sends a byte: it has no way to."""

import asyncio
from collections.abc import Callable
from typing import Final

from edge_agent.clock import NS
from edge_agent.diagnose.conversation import Conversation, Heard
from edge_agent.link.bus import Bus
from edge_agent.ports import Clock, PortError, UartErrors
from protocols.modbus.line import LineSettings

_MOST_CHUNKS: Final = 4096
"""What may wait while the terminal or the disk is slow."""
_TOO_SLOW: Final = "more comes than can be shown; write less: use --json or a pipe, or listen for a shorter time"


class Sniffer:
    """One listening on one bus, which it opens and closes. `tell` may take its time, and may raise.

    `uart_errors`: what the UART counted meanwhile, once it is over; None if it does not count.
    """

    def __init__(self, bus: Bus, line: LineSettings, clock: Clock, tell: Callable[[Heard], None]) -> None:
        self._bus = bus
        self._line = line
        self._clock = clock
        self._tell = tell
        self.uart_errors: UartErrors | None = None
        self._grain_ns = 0
        self._came: asyncio.Queue[tuple[bytes, int] | PortError] = asyncio.Queue(_MOST_CHUNKS)
        self._conversation = Conversation(line)
        bus.listen(self._heard, self._lost)

    async def open(self) -> None:
        """Open the port. Raises PortError, one line."""
        await self._bus.open()
        self._grain_ns = 0 if self._bus.port is None else self._bus.port.grain_ns
        self._conversation = Conversation(self._line, self._grain_ns)

    async def listen(self, for_ns: int | None) -> None:
        """Tell what is heard, for so long or until cancelled; then close the port. `finish` tells the rest.

        Raises PortError when the port is lost, and whatever `tell` raises.
        """
        until_ns = None if for_ns is None else self._clock.now_ns() + for_ns
        try:
            while until_ns is None or self._clock.now_ns() < until_ns:
                await self._next(until_ns)
        finally:
            port = self._bus.port
            self.uart_errors = None if port is None else port.uart_errors()
            self._bus.close()

    def finish(self) -> None:
        """Tell what was heard and is not told yet; that the port was lost, too, is of no use any more."""
        while not self._came.empty():
            came = self._came.get_nowait()
            if not isinstance(came, PortError):
                self._take(came)
        self._tell_all(self._conversation.end())

    async def _next(self, until_ns: int | None) -> None:
        """Wait for bytes, for a silence that says something, or for the end."""
        settles_ns = self._conversation.next_deadline()
        judge_ns = None if settles_ns is None else settles_ns + self._grain_ns
        wake_ns = [at_ns for at_ns in (until_ns, judge_ns) if at_ns is not None]
        timeout_s = max(0, min(wake_ns) - self._clock.now_ns()) / NS if wake_ns else None
        try:
            async with asyncio.timeout(timeout_s):
                came = await self._came.get()
        except TimeoutError:
            # What was on the wire a grain ago may not have come yet.
            self._tell_all(self._conversation.tick(self._clock.now_ns() - self._grain_ns))
        else:
            self._take(came)

    def _take(self, came: tuple[bytes, int] | PortError) -> None:
        if isinstance(came, PortError):
            raise came
        self._tell_all(self._conversation.hear(*came))

    def _tell_all(self, heard: list[Heard]) -> None:
        for one in heard:
            self._tell(one)

    # from the port

    def _heard(self, data: bytes, t_ns: int) -> None:
        self._put((data, t_ns))

    def _lost(self, error: PortError) -> None:
        self._put(error)

    def _put(self, came: tuple[bytes, int] | PortError) -> None:
        if self._came.qsize() >= _MOST_CHUNKS - 1 and not isinstance(came, PortError):
            came = PortError(f"{self._bus.name}: {_TOO_SLOW}")
        if not self._came.full():
            self._came.put_nowait(came)
