"""The real broker: aiomqtt (which wraps paho), and what the uplink must know that aiomqtt keeps to itself.

One subclass adds what is missing: the reason code of a PUBACK, a connection closed before its CONNACK, and a socket
already connected by `dial.py`, so that nothing blocks and no second thread touches the loop. It reaches into
aiomqtt 2.5 and paho 2.x; `tests/uplink/test_mqtt_contract.py` holds it against Mosquitto.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiomqtt
import paho.mqtt.client as paho
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_agent import AgentError
from edge_agent.config_types import Protocol, UplinkConfig
from edge_agent.loopback import is_loopback
from edge_agent.ports import (
    BrokerClosedSilently,
    BrokerError,
    BrokerVersionRefused,
    Incoming,
    MqttVersion,
    PubAck,
    Publication,
)
from edge_agent.uplink.dial import UNSUPPORTED_VERSION, Address, dial, speaks_5
from edge_agent.uplink.refusal import SubscriptionRefused

KEEPALIVE_S: Final = 20
"""A broker publishes the last will after one and a half times this (MQTT 5.0, 3.1.2.10)."""
MOST_INCOMING: Final = 1000
"""Unread messages; beyond that the newest is dropped. Acknowledgements are small and rare."""
_GOODBYE_S: Final = 0.5
_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_VERSIONS: Final = {MqttVersion.V5: aiomqtt.ProtocolVersion.V5, MqttVersion.V311: aiomqtt.ProtocolVersion.V311}
_PROTOCOL_ERROR: Final = 0x82
_BAD_CREDENTIALS: Final = (0x86, 0x87)
"""Reason codes of MQTT 5.0, 2.4; paho gives 3.1.1's return codes as these too."""


def _properties(packet: int, publication: Publication, version: MqttVersion) -> Properties | None:
    if version is not MqttVersion.V5 or publication.expiry_s is None:
        return None
    properties = Properties(packet)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = publication.expiry_s
    return properties


def _until(ends_s: float) -> float:
    return max(0.0, ends_s - asyncio.get_running_loop().time())


class _Client(aiomqtt.Client):
    """One connection on a socket that is already there. Every wait ends at its deadline or with the connection."""

    def __init__(self, sock: socket.socket, address: Address, version: MqttVersion, **options: Any) -> None:
        super().__init__(
            address.host,
            address.port,
            protocol=_VERSIONS[version],
            clean_session=True if version is MqttVersion.V311 else None,
            keepalive=KEEPALIVE_S,
            max_queued_incoming_messages=MOST_INCOMING,
            **options,
        )
        self._address = address
        self._version = version
        self._acks: dict[int, asyncio.Future[int]] = {}
        self._client._create_socket = lambda: sock  # type: ignore[method-assign]

    async def open(self, timeout_s: float) -> None:
        """Send CONNECT and wait for the CONNACK."""
        clean_start = True if self._version is MqttVersion.V5 else paho.MQTT_CLEAN_START_FIRST_ONLY
        self._client.connect(self._address.host, self._address.port, KEEPALIVE_S, clean_start=clean_start)
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.wait((self._connected, self._disconnected), return_when=asyncio.FIRST_COMPLETED)
            if not self._connected.done():
                raise self.gone()
            self._connected.result()
        except TimeoutError as error:
            raise BrokerError(f"{self._address}: connected, but no CONNACK within {timeout_s:.1f} s") from error
        except MqttConnectError as error:
            raise self._refused(error) from error

    def _refused(self, error: MqttConnectError) -> BrokerError:
        reason = error.rc.value if isinstance(error.rc, ReasonCode) else error.rc
        if reason == UNSUPPORTED_VERSION:
            return self._no_version()
        hint = "; check uplink.username and uplink.password_file" if reason in _BAD_CREDENTIALS else ""
        return BrokerError(f"{self._address}: the broker refused the connection: {error.rc}{hint}")

    def _no_version(self) -> BrokerVersionRefused:
        return BrokerVersionRefused(f"{self._address}: the broker does not speak MQTT {self._version.value}")

    async def publish_acknowledged(self, publication: Publication, timeout_s: float) -> int:
        """Publish at QoS 1; the PUBACK's reason code (0 under 3.1.1)."""
        properties = _properties(PacketTypes.PUBLISH, publication, self._version)
        info = self._client.publish(
            publication.topic, publication.payload, publication.qos, publication.retain, properties
        )
        ack = self._acks[info.mid] = self._loop.create_future()
        try:
            if info.rc == paho.MQTT_ERR_SUCCESS:
                self._client.loop_write()  # into the kernel's buffer now, not at the loop's next turn
            await asyncio.wait((ack, self._disconnected), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._acks.pop(info.mid, None)
        if ack.done():
            reason: int = ack.result()
            return reason
        raise self.gone() if self._disconnected.done() or info.rc else self._late("PUBACK", timeout_s)

    def gone(self) -> BrokerError:
        """Why the connection ended, as far as anybody said."""
        ended = self._disconnected
        cause = ended.exception() if ended.done() and not ended.cancelled() else None
        return BrokerError(f"{self._address}: connection lost{'' if cause is None else f': {cause}'}")

    def _late(self, what: str, timeout_s: float) -> BrokerError:
        return BrokerError(f"{self._address}: no {what} within {timeout_s:g} s")

    async def subscribe_acknowledged(self, topic: str, timeout_s: float) -> None:
        """Subscribe at QoS 1. Raises SubscriptionRefused."""
        try:
            reasons = await self.subscribe(topic, qos=1, timeout=timeout_s)
        except aiomqtt.MqttError as error:
            raise (self.gone() if self._disconnected.done() else self._late("SUBACK", timeout_s)) from error
        codes = [reason.value if isinstance(reason, ReasonCode) else reason for reason in reasons]
        if any(code >= 0x80 for code in codes):
            raise SubscriptionRefused(f"{self._address}: the broker refuses subscriptions to {topic} (broker ACL)")

    async def close(self, *, farewell: bool) -> None:
        """Leave: with a DISCONNECT the broker forgets the last will, without one it publishes it."""
        try:
            if farewell and not self._disconnected.done():
                async with asyncio.timeout(_GOODBYE_S):
                    self._client.disconnect()
                    await asyncio.wait((self._disconnected,))
        except TimeoutError:
            pass
        finally:
            self._let_go()

    def _let_go(self) -> None:
        self._client._sock_close()
        if self._misc_task is not None:
            self._misc_task.cancel()
        for future in (self._connected, self._disconnected):
            if not future.done():
                future.cancel()
            elif not future.cancelled():
                future.exception()  # seen, so that asyncio does not report it as never retrieved

    # what paho tells; aiomqtt's own versions are made for a connect in another thread

    def _on_socket_open(self, client: paho.Client, userdata: Any, sock: Any) -> None:
        self._loop.add_reader(sock.fileno(), self._read, client)
        self._misc_task = self._loop.create_task(self._misc_loop(), name="mqtt-keepalive")

    def _on_socket_register_write(self, client: paho.Client, userdata: Any, sock: Any) -> None:
        self._loop.add_writer(sock.fileno(), self._transfer, client.loop_write)

    def _read(self, client: paho.Client) -> None:
        self._transfer(client.loop_read)
        sock = client.socket()
        while isinstance(sock, ssl.SSLSocket) and sock.pending():  # decoded bytes that no selector reports
            self._transfer(client.loop_read)
            sock = client.socket()

    def _transfer(self, transfer: Callable[[], object]) -> None:
        try:
            transfer()
        except Exception as error:  # noqa: BLE001  # whatever paho meets in a packet or a socket ends this session
            if not self._disconnected.done():
                self._disconnected.set_exception(aiomqtt.MqttError(f"{type(error).__name__}: {error}"))

    def _on_publish(
        self, client: paho.Client, userdata: Any, mid: int, reason_code: ReasonCode, properties: Properties
    ) -> None:
        ack = self._acks.get(mid)
        if ack is not None and not ack.done():
            ack.set_result(reason_code.value)

    def _on_disconnect(
        self,
        client: paho.Client,
        userdata: Any,
        flags: paho.DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        if self._connected.done():
            super()._on_disconnect(client, userdata, flags, reason_code, properties)
        elif reason_code.value == _PROTOCOL_ERROR:  # paho: a CONNACK that this version does not know
            self._connected.set_exception(self._no_version())
        else:
            self._connected.set_exception(
                BrokerClosedSilently(f"{self._address}: the broker closed the connection without a word")
            )


class AiomqttSession:
    """A live connection; see `ports.BrokerSession`."""

    def __init__(self, client: _Client, version: MqttVersion) -> None:
        self._client = client
        self._version = version

    @property
    def version(self) -> MqttVersion:
        """The version in use."""
        return self._version

    async def publish(self, publication: Publication, timeout_s: float) -> PubAck:
        """Publish and wait for the PUBACK."""
        reason = await self._client.publish_acknowledged(publication, timeout_s)
        return PubAck(reason, verified=True) if self._version is MqttVersion.V5 else PubAck(0, verified=False)

    async def subscribe(self, topic: str, timeout_s: float) -> None:
        """Subscribe at QoS 1. Raises SubscriptionRefused when the broker says no."""
        await self._client.subscribe_acknowledged(topic, timeout_s)

    async def messages(self) -> AsyncIterator[Incoming]:
        """What arrives, until the connection ends (then BrokerError)."""
        try:
            async for message in self._client.messages:
                payload = message.payload
                yield Incoming(str(message.topic), payload if isinstance(payload, bytes) else b"", bool(message.retain))
        except aiomqtt.MqttError as error:
            raise self._client.gone() from error


class AiomqttBroker:
    """The broker named in the configuration; see `ports.BrokerPort`."""

    def __init__(self, config: UplinkConfig) -> None:
        """Raises AgentError for an address that must not be used."""
        url = urlsplit(config.broker)
        if url.scheme not in _PORTS or url.hostname is None:
            raise AgentError(f"uplink.broker {config.broker}: wants mqtt://HOST[:PORT] or mqtts://HOST[:PORT]")
        if url.scheme == "mqtt" and not is_loopback(url.hostname):
            raise AgentError(f"uplink.broker {config.broker}: plain mqtt:// only to this machine; use mqtts://")
        if url.scheme == "mqtts" and config.tls is None:
            raise AgentError(f"uplink.broker {config.broker}: mqtts:// needs uplink.tls")
        self._address = Address(url.hostname, _PORTS[url.scheme] if url.port is None else url.port)
        self._tls = config.tls if url.scheme == "mqtts" else None
        self._username = config.username
        self._password_file = config.password_file
        self._ask_version = config.protocol is Protocol.AUTO

    @asynccontextmanager
    async def session(
        self, version: MqttVersion, client_id: str, will: Publication, timeout_s: float
    ) -> AsyncIterator[AiomqttSession]:
        """Connect; leaving in peace disconnects cleanly, leaving on a BrokerError lets the last will speak."""
        client = await self._connected(version, client_id, will, timeout_s)
        farewell = True
        try:
            yield AiomqttSession(client, version)
        except BrokerError:
            farewell = False
            raise
        finally:
            await client.close(farewell=farewell)

    async def _connected(self, version: MqttVersion, client_id: str, will: Publication, timeout_s: float) -> _Client:
        password = self._password()
        ends_s = asyncio.get_running_loop().time() + timeout_s
        if version is MqttVersion.V5 and self._ask_version:
            await speaks_5(self._address, self._tls, timeout_s)
            self._ask_version = False
        client = _Client(
            await dial(self._address, self._tls, _until(ends_s)),
            self._address,
            version,
            identifier=client_id,
            username=self._username,
            password=password,
            will=aiomqtt.Will(
                will.topic, will.payload, will.qos, will.retain, _properties(PacketTypes.WILLMESSAGE, will, version)
            ),
        )
        try:
            await client.open(_until(ends_s))
        except BaseException:
            await client.close(farewell=False)
            raise
        return client

    def _password(self) -> str | None:
        if self._password_file is None:
            return None
        try:
            return Path(self._password_file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a text file in UTF-8"
            raise BrokerError(f"uplink.password_file {self._password_file}: cannot read: {reason}") from error
