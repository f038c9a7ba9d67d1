"""The seam between polling and the wire: ask one slave, get its words or why there are none.

Modbus RTU on a serial line (`RtuMaster`) and Modbus/TCP (`TcpMaster`) are its two sides. Whoever asks above the seam
knows slaves, requests and outcomes, and nothing of bytes.
"""

from typing import Protocol

from edge_agent.link.counters import Counters
from edge_agent.link.outcome import Failure, Reply, SlaveTimes
from protocols.modbus.pdu import ReadRequest


class Transport(Protocol):
    """One bus and the only master on it. `strays` counts frames of slaves that nobody asked."""

    strays: int

    @property
    def name(self) -> str:
        """The port as the configuration names it."""

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent now."""

    @property
    def problem(self) -> str:
        """Why it is not open, in one line."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of how it was opened."""

    async def open(self) -> None:
        """Open the port, again if need be. Raises PortError, one line, also when opening hangs."""

    def close(self) -> None:
        """Close the port, if it is open."""

    async def transact(self, request: ReadRequest, slave_times: SlaveTimes) -> Reply | Failure:
        """Ask and wait for the answer until the request's deadline; never asks what the slave's deny-list names."""

    def counters(self, slave: int) -> Counters:
        """What was counted for a slave so far."""

    def quarantined_until(self, slave: int) -> int:
        """When the slave may be asked again, monotonic ns; an instant in the past if it may be now."""
