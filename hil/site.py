"""What an agent in virtual time is plugged into: a wire, a broker and a clock in memory."""

from collections.abc import Callable

from edge_agent.ports import BusPort, OnBytes, OnLost
from hil.broker import MemoryBroker
from hil.bus.memory import MemoryBus
from hil.bus.segment import Segment
from hil.loop import VirtualClock, VirtualLoop, running_loop
from protocols.modbus.line import LineSettings


class VirtualSite:
    """Give `open_bus`, `broker` and `clock` to the agent as its ports.

    It joins the virtual loop when the agent first opens the bus, or at `start()`; `connect` then puts the devices on
    the wire. `broker.published` is what went upstream.
    """

    def __init__(self, connect: Callable[[VirtualLoop], Segment]) -> None:
        self.clock = VirtualClock()
        self.bus = MemoryBus(lambda: self.segment)
        self.broker = MemoryBroker(lambda: running_loop().now_ns)
        self._join = connect
        self._segment: Segment | None = None

    @property
    def segment(self) -> Segment:
        """The wire; joins the running virtual loop if need be."""
        return self.start()

    def start(self) -> Segment:
        """Join the running virtual loop. Raises BenchError on any other loop."""
        if self._segment is None:
            self._segment = self._join(running_loop())
        return self._segment

    async def open_bus(self, port: str, line: LineSettings, on_bytes: OnBytes, on_lost: OnLost) -> BusPort:
        """The agent's BusOpener onto this wire."""
        return await self.bus(port, line, on_bytes, on_lost)
