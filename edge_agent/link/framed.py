"""A serial bus on which frames are not those of Modbus RTU: translated between the master and the port."""

from edge_agent.ports import BusOpener, BusPort, OnBytes, OnLost, PortError, UartErrors
from protocols import ProtocolError
from protocols.modbus.hpmont_cic import AnswerEar
from protocols.modbus.line import LineSettings
from protocols.profiles.schema import Framing


def framed(open_bus: BusOpener, framing: Framing) -> BusOpener:
    """The opener of a bus that speaks this framing, seen from a master that speaks RTU."""
    return open_bus if framing is Framing.RTU else _CicBus(open_bus)


class _CicBus:
    """Opens ports that speak HPMONT's framing."""

    def __init__(self, open_bus: BusOpener) -> None:
        self._open_bus = open_bus

    async def __call__(self, port: str, line: LineSettings, on_bytes: OnBytes, on_lost: OnLost) -> BusPort:
        """Open it as the inner opener does."""
        ear = AnswerEar()

        def heard(data: bytes, t_ns: int) -> None:
            on_bytes(ear.hear(data), t_ns)  # also if it tells nothing yet: the line is not silent

        return _CicPort(await self._open_bus(port, line, heard, on_lost), ear)


class _CicPort:
    """An open port; what is written is translated."""

    def __init__(self, port: BusPort, ear: AnswerEar) -> None:
        self._port = port
        self._ear = ear
        self.drained = port.drained
        self.deliver_input = port.deliver_input
        self.close = port.close

    @property
    def notes(self) -> tuple[str, ...]:
        """The port's, and that its frames are HPMONT's."""
        return (*self._port.notes, "frames as HPMONT's server has them, not Modbus RTU")

    @property
    def grain_ns(self) -> int:
        """The port's."""
        return self._port.grain_ns

    @property
    def takes_time(self) -> bool:
        """The port's: these frames are no shorter than those of Modbus RTU."""
        return self._port.takes_time

    def uart_errors(self) -> UartErrors | None:
        """The port's."""
        return self._port.uart_errors()

    def write(self, data: bytes) -> None:
        """Send a request in this framing. Raises PortError when the line is gone or the request cannot be said."""
        try:
            self._port.write(self._ear.asks(data))
        except ProtocolError as error:
            raise PortError(str(error)) from error
