"""The master's end of a copper segment in virtual time: an adapter that is opened with the settings asked for.

What belongs to the adapter and its cable outlives a closing and opening: `Adapter.wiring`, whether it echoes, how it
hands bytes over, whether its driver counts errors.
"""

import asyncio
from collections.abc import Callable

import msgspec

from edge_agent.ports import BusPort, OnBytes, OnLost, PortError, UartErrors
from hil.bus.copper import Copper
from hil.bus.copper_end import CopperEnd
from hil.bus.copper_wiring import Wiring
from hil.bus.segment import Delivery
from hil.loop import NS_PER_S
from protocols.modbus.line import LineSettings

COPPER_PORT = "copper"
"""What to name as port on a copper bench; any other name opens the same end."""


class Adapter(msgspec.Struct):
    """The box between the master and the pair. Mutable; `delivery` and `counts_errors` count from the next opening."""

    wiring: Wiring = msgspec.field(default_factory=Wiring)
    delivery: Delivery = Delivery.FRAME
    counts_errors: bool = True


class CopperPort:
    """An open end, closed with `close`."""

    def __init__(self, copper: Copper, adapter: Adapter, line: LineSettings, on_bytes: OnBytes) -> None:
        self._copper = copper
        self._counts_errors = adapter.counts_errors
        self._grain_ns = copper.usb_latency_ns if adapter.delivery is Delivery.USB else 0
        self._sent_ns = 0
        self._end: CopperEnd | None = copper.attach("agent", on_bytes, line, adapter.delivery, adapter.wiring)

    @property
    def notes(self) -> tuple[str, ...]:
        """Nothing special about this end."""
        return ()

    @property
    def grain_ns(self) -> int:
        """How much later than on the wire bytes may be seen."""
        return self._grain_ns

    @property
    def takes_time(self) -> bool:
        """Every bit has its time."""
        return True

    @property
    def is_open(self) -> bool:
        """Not closed."""
        return self._end is not None

    def write(self, data: bytes) -> None:
        """Drive a whole frame. Raises PortError when the port is closed."""
        if self._end is None:
            raise PortError(f"{COPPER_PORT}: the port is closed; open it again")
        self._sent_ns = self._end.send(data)

    async def drained(self) -> None:
        """Return when the last stop bit has left."""
        await asyncio.sleep(max(0, self._sent_ns - self._copper.now_ns) / NS_PER_S)

    def deliver_input(self) -> None:
        """Nothing: the host gets what the adapter hands over at once."""

    def uart_errors(self) -> UartErrors | None:
        """What the UART counted since it was opened; None if this adapter's driver does not count."""
        return None if self._end is None or not self._counts_errors else self._end.errors

    def close(self) -> None:
        """Leave the segment."""
        if self._end is not None:
            self._end.detach()
            self._end = None


class CopperBus:
    """Opens the master's end, one holder at a time. `copper` is asked for at every opening."""

    def __init__(self, copper: Callable[[], Copper], adapter: Adapter) -> None:
        self._copper = copper
        self._adapter = adapter
        self._port: CopperPort | None = None

    async def __call__(self, port: str, line: LineSettings, on_bytes: OnBytes, on_lost: OnLost) -> BusPort:
        """Open the end exclusively with `line`. Raises PortError while it is held."""
        if self._port is not None and self._port.is_open:
            raise PortError(f"{port}: held by another opener; close it there first")
        self._port = CopperPort(self._copper(), self._adapter, line, on_bytes)
        return self._port
