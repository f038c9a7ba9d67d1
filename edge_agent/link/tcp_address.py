"""How the configuration names a Modbus/TCP device: `link.port: tcp://HOST[:PORT]`."""

import ipaddress
import re
from typing import Final

from edge_agent import AgentError

DEFAULT_PORT: Final = 502
"""Modbus messaging on TCP/IP V1.0b, 4.3.1.1."""
_SCHEME: Final = "tcp:"
_TEXT: Final = re.compile(
    r"tcp://(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[0-9A-Za-z](?:[0-9A-Za-z._-]{0,252}[0-9A-Za-z])?))"
    r"(?::(?P<port>[0-9]{1,5}))?",
    re.ASCII | re.IGNORECASE,
)


def parse_tcp(text: str) -> tuple[str, int] | None:
    """Host and port of "tcp://HOST[:PORT]"; None for what names no TCP device. Raises AgentError, one line."""
    if not text.lower().startswith(_SCHEME):
        return None
    found = _TEXT.fullmatch(text)
    if found is None:
        raise AgentError(f"{text!r} names no Modbus/TCP device; write tcp://HOST or tcp://HOST:PORT, IPv6 in [ ]")
    port = DEFAULT_PORT if found["port"] is None else int(found["port"])
    if not 1 <= port <= 0xFFFF:
        raise AgentError(f"{text!r}: a TCP port is 1 to 65535, not {port}; leave it out for {DEFAULT_PORT}")
    return (_address(text, found["six"]) if found["host"] is None else found["host"]), port


def _address(text: str, host: str) -> str:
    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError as error:
        raise AgentError(f"{text!r}: {host} is no IPv6 address; write one, as in tcp://[fd00::5]") from error


def tcp_name(host: str, port: int) -> str:
    """What `parse_tcp` reads as this host and port."""
    return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"
