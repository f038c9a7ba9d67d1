"""The agent's end of a segment in virtual time: opened like a serial port, and failing like one.

Of the catalogue's port faults: `unplug` and `plug` (perhaps as another device node), `fail` (EIO and what else a
driver says), `refuse` (EBUSY, EACCES when opening), `empty_reads`, `block_writes`, `stall`, and `echo` (`turn.echo`).
"""

import asyncio
import os
from collections.abc import Callable
from random import Random
from typing import Final

from edge_agent.ports import BusPort, OnBytes, OnLost, PortError, UartErrors
from hil.bus.faults.echo import Echo
from hil.bus.segment import End, Segment
from hil.loop import NS_PER_S, running_loop
from protocols.modbus.line import LineSettings

MEMORY_PORT = "memory"
"""What a configuration names as `link.port` on a virtual bench; found by it whatever the device node's name."""
_GLUED_WITHIN_NS: Final = 50_000_000
"""An echo that nothing follows is handed over all the same."""


class Troubles:
    """What is wrong with an adapter and its driver; outlives every opening."""

    def __init__(self) -> None:
        self.empty_reads = False
        self.blocks_writes = False
        self.echo: Echo | None = None
        self.stalled_until_ns = 0
        self.stalls_in_adapter = False
        self.rng = Random("echo")


class MemoryPort:
    """An open end. Bytes arrive at the loop's exact time, unless its host or adapter stands still."""

    def __init__(
        self, segment: Segment, line: LineSettings, on_bytes: OnBytes, on_lost: OnLost, troubles: Troubles
    ) -> None:
        self._segment = segment
        self._line = line
        self._on_bytes = on_bytes
        self._on_lost = on_lost
        self._troubles = troubles
        self._held = bytearray()
        self._sent_ns = 0
        self._end: End | None = segment.attach("agent", self._heard, line)

    @property
    def notes(self) -> tuple[str, ...]:
        """Nothing special about this end."""
        return ()

    @property
    def grain_ns(self) -> int:
        """What the segment's delivery adds."""
        return self._segment.grain_ns

    @property
    def takes_time(self) -> bool:
        """The segment's bytes have their wire time."""
        return True

    @property
    def is_open(self) -> bool:
        """Neither closed nor lost."""
        return self._end is not None

    # sending

    def write(self, data: bytes) -> None:
        """Drive a whole frame. Raises PortError when the line is gone."""
        if self._end is None:
            raise PortError(f"{MEMORY_PORT}: the line is gone; open it again")
        if self._troubles.blocks_writes:
            return
        self._sent_ns = self._end.send(data)
        if self._troubles.echo is not None:
            self._hear_back(self._troubles.echo, data)

    def _hear_back(self, echo: Echo, data: bytes) -> None:
        back = echo.of(data, self._troubles.rng)
        if echo.glued:
            self._held += back
            self._at(self._sent_ns + _GLUED_WITHIN_NS, self._hand_over)
        else:
            self._at(self._sent_ns + round(echo.delay_ms * NS_PER_S / 1000), lambda: self._hand_over(back))

    async def drained(self) -> None:
        """Return when the last stop bit has left; never while writing is blocked."""
        if self._troubles.blocks_writes:
            await running_loop().create_future()
        await asyncio.sleep(max(0, self._sent_ns - self._segment.now_ns) / NS_PER_S)

    # receiving

    def _heard(self, data: bytes, _t_ns: int) -> None:
        if self._troubles.empty_reads:
            self.lose("the port was readable and gave nothing; unplug the adapter and plug it in again")
        elif self._segment.now_ns < self._troubles.stalled_until_ns:
            if not self._held:
                self._at(self._troubles.stalled_until_ns, self._hand_over)
            self._held += data
        else:
            self._hand_over(data)

    def _hand_over(self, data: bytes = b"") -> None:
        data = bytes(self._held) + data
        self._held.clear()
        if data and self.is_open:
            self._on_bytes(data, self._segment.now_ns)

    def _at(self, t_ns: int, callback: Callable[[], object]) -> None:
        running_loop().call_at_ns(t_ns, callback)

    def deliver_input(self) -> None:
        """Hand over what a stall has left in the host; nothing else waits there."""
        if self._segment.now_ns < self._troubles.stalled_until_ns and not self._troubles.stalls_in_adapter:
            self._hand_over()

    def uart_errors(self) -> UartErrors | None:
        """None: this end has no UART."""
        return None

    # its end

    def close(self) -> None:
        """Leave the segment."""
        if self._end is not None:
            self._end.detach()
            self._end = None

    def lose(self, why: str = "the adapter was unplugged; plug it in again") -> None:
        """The line is gone, and its user learns why."""
        if self._end is not None:
            self.close()
            self._on_lost(PortError(f"{MEMORY_PORT}: {why}"))


class MemoryBus:
    """Opens the agent's end, one holder at a time; its other methods act as a hand at the adapter would, or a driver.

    `segment` is asked for at every opening, so that a bench may build its segment once its loop runs.
    """

    def __init__(self, segment: Callable[[], Segment]) -> None:
        self._segment = segment
        self._plugged = True
        self._node = ""
        self._refusal = 0
        self._troubles = Troubles()
        self._port: MemoryPort | None = None

    async def __call__(self, port: str, line: LineSettings, on_bytes: OnBytes, on_lost: OnLost) -> BusPort:
        """Open the end exclusively. Raises PortError while unplugged, refused or held."""
        if not self._plugged or (self._node and port not in (self._node, MEMORY_PORT)):
            raise PortError(f"{port}: no such port; plug the adapter in")
        if self._refusal:
            raise PortError(f"{port}: {os.strerror(self._refusal)}; let go of it elsewhere, or ask for access")
        if self._port is not None and self._port.is_open:
            raise PortError(f"{port}: held by another opener; close it there first")
        self._port = MemoryPort(self._segment(), line, on_bytes, on_lost, self._troubles)
        return self._port

    def unplug(self) -> None:
        """Pull the adapter out: the open port is lost and no other opens."""
        self._plugged = False
        if self._port is not None:
            self._port.lose()

    def plug(self, node: str = "") -> None:
        """Put the adapter back, perhaps as another device node: then only that one and MEMORY_PORT are found."""
        self._plugged = True
        self._node = node

    def fail(self, number: int) -> None:
        """The driver fails with an errno while the port is open; it can be opened again."""
        if self._port is not None:
            self._port.lose(f"{os.strerror(number)}; open it again")

    def refuse(self, number: int) -> None:
        """Opening fails with an errno from now on; 0 ends that."""
        self._refusal = number

    def empty_reads(self, on: bool) -> None:
        """Reading gives nothing though bytes are there: the port is lost at the next ones, time and again."""
        self._troubles.empty_reads = on

    def block_writes(self, on: bool) -> None:
        """What is written never leaves."""
        self._troubles.blocks_writes = on

    def stall(self, for_s: float, *, in_adapter: bool = False) -> None:
        """Nothing is handed over for so long, then all of it at once; asked for, bytes come unless `in_adapter`."""
        self._troubles.stalled_until_ns = self._segment().now_ns + round(for_s * NS_PER_S)
        self._troubles.stalls_in_adapter = in_adapter

    def echo(self, echo: Echo | None) -> None:
        """The adapter hears itself from now on, or no more."""
        self._troubles.echo = echo
