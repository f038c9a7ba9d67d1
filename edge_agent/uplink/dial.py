"""A connected socket, plain or TLS, within a deadline that holds for name lookup and handshake too.

Lookup, connect and handshake block, and a lookup cannot be interrupted; so they run in a daemon thread of their own.
A socket that comes too late is closed.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

import msgspec

from edge_agent.config_types import TlsConfig
from edge_agent.daemon_thread import in_daemon_thread
from edge_agent.ports import BrokerClosedSilently, BrokerError, BrokerVersionRefused

T = TypeVar("T")

_SHORTEST_CONNECT: Final = b"\x10\x0d\x00\x04MQTT\x05\x02\x00\x14\x00\x00\x00"
"""MQTT 5.0, 3.1: clean start, keep alive 20 s, no properties, no client id (the broker makes one up)."""
_DISCONNECT: Final = b"\xe0\x00"
_CONNACK: Final = 0x20
_CONNACK_HEAD: Final = 4
_CONNACK_5_LENGTH: Final = 3
"""Its least remaining length: flags, reason, length of properties (3.2). That of 3.1.1 is always 2."""
UNSUPPORTED_VERSION: Final = 0x84


class Address(msgspec.Struct, frozen=True):
    """Where the broker listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def tls_context(tls: TlsConfig) -> ssl.SSLContext:
    """Verifies the broker's certificate and name. Raises BrokerError naming the file that cannot be used."""
    with _naming(f"uplink.tls.ca {tls.ca}"):
        context = ssl.create_default_context(cafile=tls.ca)
    if tls.cert is not None:
        with _naming(f"uplink.tls.cert {tls.cert}" + ("" if tls.key is None else f", uplink.tls.key {tls.key}")):
            context.load_cert_chain(tls.cert, tls.key, _no_password)
    return context


def _no_password() -> str:
    """OpenSSL would ask on the terminal."""
    raise BrokerError("uplink.tls.key is encrypted; a terminal that starts by itself needs a key without passphrase")


@contextmanager
def _naming(what: str) -> Iterator[None]:
    try:
        yield
    except BrokerError:
        raise
    except ssl.SSLError as error:
        raise BrokerError(f"{what}: not usable PEM: {_plain(error)}") from error
    except OSError as error:
        raise BrokerError(f"{what}: cannot read: {error.strerror}") from error


def _plain(error: ssl.SSLError) -> str:
    return str(error.reason if error.reason else error).replace("_", " ").lower()


def _connected(address: Address, tls: TlsConfig | None, timeout_s: float) -> socket.socket:
    context = None if tls is None else tls_context(tls)
    sock = socket.create_connection((address.host, address.port), timeout_s)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock if context is None else context.wrap_socket(sock, server_hostname=address.host)
    except BaseException:
        sock.close()
        raise


def _explained(error: OSError, address: Address) -> BrokerError:
    match error:
        case BrokerError():
            return error
        case ssl.SSLCertVerificationError():
            what = f"certificate refused: {error.verify_message}; check uplink.tls.ca and the host name"
        case ssl.SSLError():
            what = f"TLS failed: {_plain(error)}; check the port, and uplink.tls.cert and key if the broker wants them"
        case socket.gaierror():
            what = f"no address for this name: {error.strerror}; check uplink.broker and the DNS"
        case ConnectionRefusedError():
            what = "connection refused; is the broker running, and is the port right?"
        case TimeoutError():
            what = "no answer; check the network and the firewall"
        case _:
            what = str(error.strerror if error.strerror else error)
    return BrokerError(f"{address}: {what}")


def _close(result: object) -> None:
    if isinstance(result, socket.socket):
        result.close()


async def _in_thread(work: Callable[[], T], address: Address, timeout_s: float) -> T:
    try:
        async with asyncio.timeout(timeout_s):
            return await in_daemon_thread(work, f"dial-{address}", _close)
    except OSError as error:  # also BrokerError and TimeoutError
        raise _explained(error, address) from error


async def dial(address: Address, tls: TlsConfig | None, timeout_s: float) -> socket.socket:
    """Connect, and shake hands if `tls` is given. Raises BrokerError: one line, what and where and what to do."""
    return await _in_thread(partial(_connected, address, tls, timeout_s), address, timeout_s)


async def speaks_5(address: Address, tls: TlsConfig | None, timeout_s: float) -> None:
    """Ask with the shortest CONNECT there is, on a connection of its own. Raises BrokerVersionRefused if it does not.

    A broker that does not know 5 may stumble over a will or credentials before it sees the version, and fall silent
    (amqtt 0.12 does); over this one it cannot. Any CONNACK in the form of 5 is a yes, also "not authorized".
    """
    await _in_thread(partial(_ask_version, address, tls, timeout_s), address, timeout_s)


def _ask_version(address: Address, tls: TlsConfig | None, timeout_s: float) -> None:
    with _connected(address, tls, timeout_s) as sock:
        sock.sendall(_SHORTEST_CONNECT)
        head = sock.recv(_CONNACK_HEAD, socket.MSG_WAITALL) if tls is None else sock.recv(_CONNACK_HEAD)
        if not head:
            raise BrokerClosedSilently(f"{address}: the broker closed the connection without a word")
        kind, length, _, reason = head.ljust(_CONNACK_HEAD, b"\0")
        if kind != _CONNACK or length < _CONNACK_5_LENGTH or reason == UNSUPPORTED_VERSION:
            raise BrokerVersionRefused(f"{address}: the broker does not speak MQTT 5")
        sock.sendall(_DISCONNECT)
