"""The bus as the master holds it: an open port, or none. It may be lost at any time, and opened again."""

import asyncio
from typing import Final

from edge_agent.ports import BusOpener, BusPort, OnBytes, OnLost, PortError
from protocols.modbus.line import LineSettings

OPEN_WITHIN_S: Final = 10.0
"""An adapter's driver that hangs must not hang us."""


class Bus:
    """Opens `port` with `line` whenever asked to, and hands what comes to whoever listens.

    `problem` says why the port is not open, when it is not.
    """

    def __init__(self, open_bus: BusOpener, port: str, line: LineSettings) -> None:
        self.name = port
        self.problem = f"{port}: not open"
        self._open_bus = open_bus
        self._line = line
        self._port: BusPort | None = None
        self._on_bytes: OnBytes = _nobody_hears
        self._on_lost: OnLost = _nobody_minds

    def listen(self, on_bytes: OnBytes, on_lost: OnLost) -> None:
        """Say who hears bytes, and who learns that the port is gone."""
        self._on_bytes, self._on_lost = on_bytes, on_lost

    @property
    def port(self) -> BusPort | None:
        """The open port, or None."""
        return self._port

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of how the port was opened."""
        return () if self._port is None else self._port.notes

    async def open(self) -> None:
        """Open the port. Raises PortError, one line, also when opening hangs."""
        self.close()
        try:
            async with asyncio.timeout(OPEN_WITHIN_S):
                self._port = await self._open_bus(self.name, self._line, self._on_bytes, self._lost)
        except PortError as error:
            self.problem = str(error)
            raise
        except TimeoutError as error:
            self.problem = (
                f"{self.name}: opening it took more than {OPEN_WITHIN_S:g} s; unplug the adapter and plug it in again"
            )
            raise PortError(self.problem) from error

    def _lost(self, error: PortError) -> None:
        self.problem = str(error)
        self.close()
        self._on_lost(error)

    def close(self) -> None:
        """Close the port, if it is open."""
        port, self._port = self._port, None
        if port is not None:
            port.close()


def _nobody_hears(_data: bytes, _t_ns: int) -> None:
    return


def _nobody_minds(_error: PortError) -> None:
    return
