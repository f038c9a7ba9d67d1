"""The known-bad master: the plain pymodbus client, as most programs use it, on the same bench under the same faults.

It is pymodbus's own client, framer and transaction manager with their defaults (three retries). Only the serial port
below is the bench's: the client asks for a transport, and gets one that drives the segment.
"""

import asyncio
from typing import Any

from fault_bench import ARM_NS, COUNTS, PERIOD_NS, Reading, Row, Run, Wire, delivery_of, good_habits
from link_bench import LINE, LinkBench, S
from pymodbus.client import AsyncModbusSerialClient
from pymodbus.exceptions import ModbusException

from edge_agent.ports import BusPort, PortError
from hil.bus.memory import MEMORY_PORT, MemoryBus

TIMEOUT_S = 0.3
"""As in the measurements that the design rests on (serial_faults.md, chapter 1)."""


class MemoryTransport(asyncio.Transport):
    """What pymodbus takes for a serial port."""

    def __init__(self, port: BusPort) -> None:
        super().__init__()
        self._port = port

    def write(self, data: bytes | bytearray | memoryview) -> None:
        try:
            self._port.write(bytes(data))
        except PortError:
            pass  # the loss itself is told as connection_lost

    def close(self) -> None:
        self._port.close()


class NaiveBench(LinkBench):
    """Polls as the production poller does, each block once a period, and believes whatever the client returns."""

    def __init__(self, row: Row, seed: str) -> None:
        super().__init__(good_habits())
        self._row = row
        self.wire = Wire(self, seed, delivery_of(row))
        self.readings: list[Reading] = []
        self.client = AsyncModbusSerialClient(MEMORY_PORT, baudrate=LINE.baud, timeout=TIMEOUT_S)
        self.client.ctx.call_create = lambda: opened(self.client, self.memory)

    async def run(self) -> Run:
        """Poll through the row's faults."""
        await self.client.connect()
        polling = asyncio.create_task(self._poll(), name="naive poller")
        await self.wire.trouble(self._row)
        polling.cancel()
        await asyncio.wait([polling])
        assert polling.cancelled(), polling
        self.client.close()
        return Run(tuple(self.readings), tuple(self.wire.injector.firings), ARM_NS, self.wire.over_ns, self.loop.now_ns)

    async def _poll(self) -> None:
        while True:
            for slave, counts in COUNTS.items():
                for index, count in enumerate(counts):
                    await self._read(slave, index, count)
            await asyncio.sleep((PERIOD_NS - self.loop.now_ns % PERIOD_NS) / S)

    async def _read(self, slave: int, index: int, count: int) -> None:
        from_ns = self.loop.now_ns
        try:
            reply: Any = await self.client.read_holding_registers(100 * index, count=count, device_id=slave)
        except ModbusException:
            return
        if reply.isError():
            return
        words = getattr(reply, "registers", None) or reply.bits
        asked = [serial for t_ns, serial in self.wire.serials.items() if t_ns >= from_ns]
        right = len(words) == count and len(set(words)) == 1 and words[0] in asked
        self.readings.append(Reading(self.loop.now_ns, slave, f"b{index}", right))


async def opened(client: AsyncModbusSerialClient, memory: MemoryBus) -> tuple[MemoryTransport, Any]:
    """What pymodbus's own `create_serial_connection` does, on the bench's port."""
    protocol = client.ctx
    port = await memory(
        MEMORY_PORT,
        LINE,
        lambda data, _t_ns: protocol.data_received(data),
        protocol.connection_lost,
    )
    transport = MemoryTransport(port)
    protocol.connection_made(transport)
    return transport, protocol
