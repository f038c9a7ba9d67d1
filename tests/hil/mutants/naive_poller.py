"""A transport as most programs have it: pymodbus frames and decodes, and what arrives is the answer."""

import asyncio
from typing import Final

from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from edge_agent.link.counters import Counters
from edge_agent.link.outcome import Failure, FailureKind, Reply, SlaveTimes
from edge_agent.ports import BusOpener, BusPort, Clock, PortError
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import ReadRequest, encode_request
from protocols.profiles.schema import Framing

_ANSWER_WITHIN_S: Final = 0.2
_BETWEEN_S: Final = 0.02


class NaivePoller:
    """It looks at the slave's address and the CRC, as pymodbus does: not at function or count, nor for late answers."""

    strays = 0
    notes: tuple[str, ...] = ()

    def __init__(self, port: str, line: LineSettings, _framing: Framing, open_bus: BusOpener, clock: Clock) -> None:
        self.name = port
        self.problem = "not open"
        self._line = line
        self._open_bus = open_bus
        self._clock = clock
        self._framer = FramerRTU(DecodePDU(False))
        self._port: BusPort | None = None
        self._buffer = b""
        self._news = asyncio.Event()
        self._counters: dict[int, Counters] = {}

    @property
    def is_open(self) -> bool:
        """Whether there is a port."""
        return self._port is not None

    async def open(self) -> None:
        """Open the port."""
        self._port = await self._open_bus(self.name, self._line, self._received, self._lost)

    def close(self) -> None:
        """Close the port."""
        if self._port is not None:
            self._port.close()
            self._port = None

    def counters(self, slave: int) -> Counters:
        """Nobody counts."""
        return self._counters.setdefault(slave, Counters())

    def quarantined_until(self, _slave: int) -> int:
        """Never."""
        return 0

    async def transact(self, request: ReadRequest, _slave_times: SlaveTimes) -> Reply | Failure:
        """Ask, and take what comes."""
        if self._port is None:
            return Failure(FailureKind.PORT, self.problem)
        self._buffer = b""
        self._port.write(encode_request(request))
        asked_ns = self._clock.now_ns()
        words: tuple[int, ...] | None = None
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                while words is None:
                    self._news.clear()
                    await self._news.wait()
                    words = self._decoded(request)
        except TimeoutError:
            return Failure(FailureKind.TIMEOUT, "no answer")
        await asyncio.sleep(_BETWEEN_S)
        return Reply(words, asked_ns, self._clock.now_ns())

    def _decoded(self, request: ReadRequest) -> tuple[int, ...] | None:
        try:
            _used, pdu = self._framer.handleFrame(self._buffer, request.slave, 0)
        except ModbusException:
            return None
        if pdu is None or pdu.isError():
            return None
        missing = request.count - len(pdu.registers)
        return (*pdu.registers, *[0] * missing)[: request.count]

    def _received(self, data: bytes, _t_ns: int) -> None:
        self._buffer += data
        self._news.set()

    def _lost(self, error: PortError) -> None:
        self.problem = str(error)
        self.close()
