"""The agent's end of a segment in virtual time: opened like a serial port, lost like an unplugged adapter."""

import asyncio
from collections.abc import Callable

from edge_agent.ports import BusPort, OnBytes, OnLost, PortError, UartErrors
from hil.bus.segment import End, Segment
from hil.loop import NS_PER_S
from protocols.modbus.line import LineSettings

MEMORY_PORT = "memory"
"""What a configuration names as `link.port` on a virtual bench."""


class MemoryPort:
    """An open end. Bytes arrive at the loop's exact time; nothing is ever waiting to be read."""

    def __init__(self, segment: Segment, line: LineSettings, on_bytes: OnBytes, on_lost: OnLost) -> None:
        self._segment = segment
        self._on_lost = on_lost
        self._sent_ns = 0
        self._end: End | None = segment.attach("agent", on_bytes, line)

    @property
    def notes(self) -> tuple[str, ...]:
        """Nothing special about this end."""
        return ()

    @property
    def grain_ns(self) -> int:
        """0: bytes are seen at their very instant."""
        return 0

    @property
    def is_open(self) -> bool:
        """Neither closed nor lost."""
        return self._end is not None

    def write(self, data: bytes) -> None:
        """Drive a whole frame. Raises PortError when the line is gone."""
        if self._end is None:
            raise PortError(f"{MEMORY_PORT}: the line is gone; open it again")
        self._sent_ns = self._end.send(data)

    async def drained(self) -> None:
        """Return when the last stop bit has left."""
        await asyncio.sleep(max(0, self._sent_ns - self._segment.now_ns) / NS_PER_S)

    def flush_input(self) -> None:
        """Everything received was delivered at its instant already."""

    def uart_errors(self) -> UartErrors | None:
        """None: this end has no UART."""
        return None

    def close(self) -> None:
        """Leave the segment."""
        if self._end is not None:
            self._end.detach()
            self._end = None

    def lose(self) -> None:
        """The adapter was pulled out."""
        if self._end is not None:
            self.close()
            self._on_lost(PortError(f"{MEMORY_PORT}: the adapter was unplugged; plug it in again"))


class MemoryBus:
    """Opens the agent's end, one holder at a time; `unplug` and `plug` act as a hand at the adapter.

    `segment` is asked for at every opening, so that a bench may build its segment once its loop runs.
    """

    def __init__(self, segment: Callable[[], Segment]) -> None:
        self._segment = segment
        self._plugged = True
        self._port: MemoryPort | None = None

    async def __call__(self, port: str, line: LineSettings, on_bytes: OnBytes, on_lost: OnLost) -> BusPort:
        """Open the end exclusively. Raises PortError while unplugged or held."""
        if not self._plugged:
            raise PortError(f"{port}: no such port; plug the adapter in")
        if self._port is not None and self._port.is_open:
            raise PortError(f"{port}: held by another opener; close it there first")
        self._port = MemoryPort(self._segment(), line, on_bytes, on_lost)
        return self._port

    def unplug(self) -> None:
        """Pull the adapter out: the open port is lost and no other opens."""
        self._plugged = False
        if self._port is not None:
            self._port.lose()

    def plug(self) -> None:
        """Put the adapter back."""
        self._plugged = True
