"""The seams to the world outside the process: serial bus, broker, clocks.

`app.py` wires the real ones; a bench wires its own. Everything between these seams is the production agent.
"""

import enum
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec

from edge_agent import AgentError
from protocols.modbus.line import LineSettings


class PortError(AgentError, OSError):
    """A serial port cannot be opened or was lost."""


class BrokerError(AgentError, ConnectionError):
    """The broker refused, closed or did not answer; the next attempt may do better."""


class BrokerVersionRefused(BrokerError):
    """The broker does not speak the MQTT version it was offered."""


class BrokerClosedSilently(BrokerError):
    """The broker closed the connection without a CONNACK: perhaps it does not know the version."""


class WallTime(msgspec.Struct, frozen=True):
    """Wall time, used only as a stamp: ns since 1970 UTC, and whether anybody vouches for it."""

    unix_ns: int
    synchronised: bool


class Clock(Protocol):
    """Monotonic integer nanoseconds for every decision; wall time only for stamps."""

    @property
    def boot_id(self) -> str:
        """Identifies the run of the monotonic clock: stamps compare only within one boot."""

    def now_ns(self) -> int:
        """Monotonic ns. On a virtual loop this is the loop's own integer time."""

    def wall(self) -> WallTime:
        """The wall clock now."""


class UartErrors(msgspec.Struct, frozen=True):
    """What a UART counted since it was opened: bad stop bits, bad parity, bytes lost to overrun, breaks."""

    framing: int
    parity: int
    overrun: int
    breaks: int


class BusPort(Protocol):
    """An open half-duplex serial line."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of how it was opened ("parity ignored: pty"), for health."""

    @property
    def grain_ns(self) -> int:
        """How much later than they were on the wire bytes may be seen: an adapter's tick and a busy host."""

    @property
    def takes_time(self) -> bool:
        """Whether bytes take their time on the wire, as far as is known; a pty hands them over at once."""

    def write(self, data: bytes) -> None:
        """Hand over a whole frame without waiting. Raises PortError when the line is gone."""

    async def drained(self) -> None:
        """Return when the kernel says the frame left (a pty says so at once)."""

    def deliver_input(self) -> None:
        """Hand over now what the host has received; what an adapter still holds comes by itself, later."""

    def uart_errors(self) -> UartErrors | None:
        """The UART's own error counters; None where the kernel keeps none (ptys, some adapters)."""

    def close(self) -> None:
        """Close the line; safe to call twice."""


OnBytes = Callable[[bytes, int], None]
"""Called with received bytes and the monotonic ns at which the last of them was seen."""
OnLost = Callable[[PortError], None]
"""Called once when an open line goes away."""


class BusOpener(Protocol):
    """Opens the line named in the configuration. Raises PortError (one line: what, where, what to do)."""

    async def __call__(self, port: str, line: LineSettings, on_bytes: OnBytes, on_lost: OnLost) -> BusPort:
        """Open `port` exclusively with `line`."""


class Disk(Protocol):
    """The disk below the journal as a bench models it. The service's own is real, and nothing is told to it."""

    def wrote(self, size: int, synced: bool) -> float:
        """So many bytes were written, and the kernel was asked to sync or not; seconds until that is done."""


class MqttVersion(enum.Enum):
    """The MQTT versions we speak."""

    V5 = "5"
    V311 = "3.1.1"


class Publication(msgspec.Struct, frozen=True):
    """One message to publish. `expiry_s` is sent under MQTT 5 only."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    expiry_s: int | None = None


class Incoming(msgspec.Struct, frozen=True):
    """One message received."""

    topic: str
    payload: bytes
    retained: bool = False


class PubAck(msgspec.Struct, frozen=True):
    """A broker's PUBACK. Under 3.1.1 there is no reason code: `reason` is 0 and `verified` False."""

    reason: int
    verified: bool

    @property
    def accepted(self) -> bool:
        """MQTT 5: a reason below 0x80 means that the broker took the message."""
        return self.reason < 0x80


class BrokerSession(Protocol):
    """A live connection. Every method raises BrokerError when the connection is gone or a deadline passes."""

    @property
    def version(self) -> MqttVersion:
        """The version in use."""

    async def publish(self, publication: Publication, timeout_s: float) -> PubAck:
        """Publish and wait for the PUBACK (QoS 1), at most `timeout_s`."""

    async def subscribe(self, topic: str, timeout_s: float) -> None:
        """Subscribe at QoS 1."""

    def messages(self) -> AsyncIterator[Incoming]:
        """What arrives, until the connection ends (then BrokerError)."""


class BrokerPort(Protocol):
    """Where the uplink gets its sessions from."""

    def session(
        self, version: MqttVersion, client_id: str, will: Publication, timeout_s: float
    ) -> AbstractAsyncContextManager[BrokerSession]:
        """Connect within `timeout_s`; disconnects cleanly on exit. Raises BrokerError and its leaves."""
