"""The adapter against brokers that Mosquitto cannot play: packets written out from the MQTT specifications."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from edge_agent import AgentError
from edge_agent.config_types import Protocol, TlsConfig, UplinkConfig
from edge_agent.ports import (
    BrokerClosedSilently,
    BrokerError,
    BrokerSession,
    BrokerVersionRefused,
    MqttVersion,
    Publication,
)
from edge_agent.uplink.mqtt import AiomqttBroker
from edge_agent.uplink.refusal import SubscriptionRefused
from tests.support.mosquitto import LOOPBACK, free_port, serving

WILL = Publication("t/health", b"offline", retain=True)
BOTH = pytest.mark.parametrize("version", list(MqttVersion))

CONNACK_V5 = bytes.fromhex("20 03 00 00 00")
CONNACK_V311 = bytes.fromhex("20 02 00 00")
CONNACK_V311_UNACCEPTABLE_VERSION = bytes.fromhex("20 02 00 01")
"""MQTT 3.1.1, 3.2.2.3: what a 3.1.1 broker answers to any version that it does not know, 5 included."""
CONNACK_V5_UNSUPPORTED_VERSION = bytes.fromhex("20 03 00 84 00")
CONNACK_V5_NOT_AUTHORIZED = bytes.fromhex("20 03 00 87 00")
CONNACK_V311_NOT_AUTHORIZED = bytes.fromhex("20 02 00 05")
DISCONNECT_V5_TOO_LARGE = bytes.fromhex("e0 02 95 00")
CONNECT, PUBLISH, SUBSCRIBE = 1, 3, 8
"""Packet types, MQTT 5.0, 2.1.2."""
SHORTEST_CONNECT = 13
"""Remaining length: protocol name 6, version, flags, keep alive 2, no properties, no client id 2 (MQTT 5.0, 3.1)."""


def exactly(sock: socket.socket, length: int) -> bytes:
    data = sock.recv(length, socket.MSG_WAITALL)
    if len(data) < length:
        raise ConnectionError
    return data


@contextmanager
def scripted(answers: dict[int, bytes]) -> Iterator[str]:
    """A broker that answers a packet type with given bytes (MM: its packet id), and closes on any other.

    All packets here are shorter than 128 bytes.
    """

    def serve(sock: socket.socket) -> None:
        while True:
            first, length = exactly(sock, 2)
            body = exactly(sock, length)
            if first >> 4 not in answers:
                return
            sock.sendall(answers[first >> 4].replace(b"MM", body[:2]))

    with serving(serve) as port:
        yield f"mqtt://{LOOPBACK}:{port}"


@asynccontextmanager
async def session(
    url: str, version: MqttVersion, timeout_s: float = 5.0, protocol: Protocol = Protocol.V5
) -> AsyncIterator[BrokerSession]:
    config = UplinkConfig(broker=url, protocol=protocol)
    async with AiomqttBroker(config).session(version, "box", WILL, timeout_s) as live:
        yield live


@pytest.mark.parametrize(
    ("version", "connack"),
    [
        (MqttVersion.V5, CONNACK_V311_UNACCEPTABLE_VERSION),
        (MqttVersion.V5, CONNACK_V5_UNSUPPORTED_VERSION),
        (MqttVersion.V5, CONNACK_V311_NOT_AUTHORIZED),
        (MqttVersion.V311, CONNACK_V311_UNACCEPTABLE_VERSION),
    ],
    ids=["5: 3.1.1 says no", "5: 5 says no", "5: 3.1.1 answers in its own words", "3.1.1: no"],
)
async def test_a_broker_without_the_version_is_told_apart(version: MqttVersion, connack: bytes) -> None:
    with (
        scripted({CONNECT: connack}) as url,
        pytest.raises(BrokerVersionRefused, match=f"does not speak MQTT {version.value}"),
    ):
        async with session(url, version):
            pass


@pytest.mark.parametrize("connack", [CONNACK_V311_UNACCEPTABLE_VERSION, CONNACK_V5_UNSUPPORTED_VERSION])
async def test_under_auto_a_broker_that_only_understands_the_shortest_connect_is_asked_with_it(connack: bytes) -> None:
    """amqtt 0.12 takes the properties of 5 for text and waits for more, unless there are neither will nor login."""

    def serve(sock: socket.socket) -> None:
        _, length = exactly(sock, 2)
        exactly(sock, length)
        if length == SHORTEST_CONNECT:
            sock.sendall(connack)
        sock.recv(1)

    with serving(serve) as port, pytest.raises(BrokerVersionRefused, match="does not speak MQTT 5"):
        async with session(f"mqtt://{LOOPBACK}:{port}", MqttVersion.V5, protocol=Protocol.AUTO):
            pass


async def test_under_auto_a_broker_that_refuses_in_the_form_of_5_speaks_5() -> None:
    with (
        scripted({CONNECT: CONNACK_V5_NOT_AUTHORIZED}) as url,
        pytest.raises(BrokerError, match=r"Not authorized; check uplink.username"),
    ):
        async with session(url, MqttVersion.V5, protocol=Protocol.AUTO):
            pass


@pytest.mark.parametrize("protocol", [Protocol.AUTO, Protocol.V5])
@BOTH
async def test_a_close_before_the_connack_is_told_apart(version: MqttVersion, protocol: Protocol) -> None:
    with scripted({}) as url, pytest.raises(BrokerClosedSilently, match="without a word"):
        async with session(url, version, protocol=protocol):
            pass


@pytest.mark.parametrize(
    ("version", "connack", "suback"),
    [(MqttVersion.V5, CONNACK_V5, b"\x90\x04MM\x00\x87"), (MqttVersion.V311, CONNACK_V311, b"\x90\x03MM\x80")],
)
async def test_a_refused_subscription_is_told_from_a_lost_connection(
    version: MqttVersion, connack: bytes, suback: bytes
) -> None:
    with scripted({CONNECT: connack, SUBSCRIBE: suback}) as url:
        async with session(url, version) as live:
            with pytest.raises(SubscriptionRefused, match="t/cmd"):
                await live.subscribe("t/cmd", 5)


async def test_the_brokers_reason_for_throwing_us_out_is_told() -> None:
    with (
        scripted({CONNECT: CONNACK_V5, PUBLISH: DISCONNECT_V5_TOO_LARGE}) as url,
        pytest.raises(BrokerError, match=r"connection lost: .*Packet too large"),
    ):
        async with session(url, MqttVersion.V5) as live:
            await live.publish(Publication("t/alarm", b"A01"), 5)


async def test_bytes_that_are_not_mqtt_end_the_session_in_one_line() -> None:
    with scripted({CONNECT: b"HTTP/1.1 400 Bad Request\r\n\r\n"}) as url, pytest.raises(BrokerError) as error:
        async with session(url, MqttVersion.V5, timeout_s=1):
            pass
    assert "\n" not in str(error.value)


async def test_no_broker_there_says_what_to_look_at() -> None:
    with pytest.raises(BrokerError, match=rf"{LOOPBACK}:\d+: connection refused; is the broker running"):
        async with session(f"mqtt://{LOOPBACK}:{free_port()}", MqttVersion.V5):
            pass


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (UplinkConfig(broker="mqtt://broker.example"), "plain mqtt:// only to this machine"),
        (UplinkConfig(broker="mqtt://192.0.2.1"), "plain mqtt:// only to this machine"),
        (UplinkConfig(broker="mqtts://broker.example"), "needs uplink.tls"),
        (UplinkConfig(broker="tcp://127.0.0.1"), "wants mqtt://"),
    ],
)
def test_an_address_that_must_not_be_used_is_refused(config: UplinkConfig, said: str) -> None:
    with pytest.raises(AgentError, match=said):
        AiomqttBroker(config)


@pytest.mark.parametrize("url", ["mqtt://127.0.0.1", "mqtt://localhost:1884", "mqtt://[::1]:1883"])
def test_plain_mqtt_to_this_machine_is_fine(url: str) -> None:
    AiomqttBroker(UplinkConfig(broker=url))


async def test_a_missing_password_file_is_named() -> None:
    config = UplinkConfig(broker=f"mqtt://{LOOPBACK}:{free_port()}", username="box", password_file="/nowhere/password")
    with pytest.raises(BrokerError, match=r"uplink.password_file /nowhere/password: cannot read: No such file"):
        async with AiomqttBroker(config).session(MqttVersion.V5, "box", WILL, 5):
            pass


async def test_a_missing_ca_file_is_named() -> None:
    config = UplinkConfig(broker=f"mqtts://{LOOPBACK}:{free_port()}", tls=TlsConfig(ca="/nowhere/ca.pem"))
    with pytest.raises(BrokerError, match=r"uplink.tls.ca /nowhere/ca.pem: cannot read: No such file"):
        async with AiomqttBroker(config).session(MqttVersion.V5, "box", WILL, 5):
            pass
