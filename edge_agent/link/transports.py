"""Which transport a configured port wants: a serial line with its framing, or Modbus/TCP."""

from edge_agent.link.bus import Bus
from edge_agent.link.framed import framed
from edge_agent.link.master import RtuMaster
from edge_agent.link.tcp_address import parse_tcp
from edge_agent.link.transport import Transport
from edge_agent.ports import BusOpener, Clock
from protocols.modbus.line import LineSettings
from protocols.profiles.schema import Framing


def transport_of(port: str, line: LineSettings, framing: Framing, open_bus: BusOpener, clock: Clock) -> Transport:
    """The transport of `link.port`; not open yet. Raises AgentError, one line, for an address that is none."""
    address = parse_tcp(port)
    if address is None:
        return RtuMaster(Bus(framed(open_bus, framing), port, line), line, clock)
    from edge_agent.link.tcp import TcpMaster  # noqa: PLC0415  # a serial agent never loads a network client

    return TcpMaster(*address, clock)
