"""The adapter against Mosquitto: what aiomqtt and paho hide, and what the uplink relies on."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest

from edge_agent.config_types import Protocol, UplinkConfig
from edge_agent.ports import BrokerError, BrokerSession, Incoming, MqttVersion, Publication
from edge_agent.uplink.mqtt import AiomqttBroker
from tests.support.mosquitto import LOOPBACK, Hole, Mosquitto

pytestmark = [pytest.mark.mosquitto, pytest.mark.process]

Start = Callable[..., Mosquitto]
BOTH = pytest.mark.parametrize("version", list(MqttVersion))
WILL = Publication("t/health", b"offline", retain=True)
ALARM = Publication("t/alarm", b"A01")
SUCCESS = 0x00
NO_MATCHING_SUBSCRIBERS = 0x10
NOT_AUTHORIZED = 0x87
"""PUBACK reason codes of MQTT 5.0, 3.4.2.1."""


def adapter(url: str) -> AiomqttBroker:
    return AiomqttBroker(UplinkConfig(broker=url, protocol=Protocol.V5))


@asynccontextmanager
async def session(
    url: str, version: MqttVersion = MqttVersion.V5, timeout_s: float = 5.0
) -> AsyncIterator[BrokerSession]:
    async with adapter(url).session(version, "box", WILL, timeout_s) as live:
        yield live


@asynccontextmanager
async def listener(broker: Mosquitto, topic: str = "#") -> AsyncIterator[aiomqtt.Client]:
    async with aiomqtt.Client(LOOPBACK, broker.port) as client:
        await client.subscribe(topic, qos=1)
        yield client


async def heard(client: aiomqtt.Client) -> tuple[str, bytes, bool]:
    async with asyncio.timeout(10):
        message = await anext(aiter(client.messages))
    assert isinstance(message.payload, bytes)
    return str(message.topic), message.payload, bool(message.retain)


def acl(directory: Path, *lines: str) -> str:
    path = directory / "acl"
    path.write_text("\n".join([*lines, ""]))
    return f"acl_file {path}"


async def test_mqtt_5_shows_the_pubacks_reason(start_mosquitto: Start) -> None:
    broker = start_mosquitto()
    async with session(broker.url) as live:
        assert (await live.publish(ALARM, 5)).reason == NO_MATCHING_SUBSCRIBERS
        async with listener(broker) as client:
            assert (await live.publish(ALARM, 5)).reason == SUCCESS
            assert await heard(client) == ("t/alarm", b"A01", False)


@pytest.mark.parametrize(
    ("version", "reason", "verified"), [(MqttVersion.V5, NOT_AUTHORIZED, True), (MqttVersion.V311, SUCCESS, False)]
)
async def test_a_publish_that_the_acl_denies_shows_only_under_mqtt_5(
    start_mosquitto: Start, tmp_path: Path, version: MqttVersion, reason: int, verified: bool
) -> None:
    broker = start_mosquitto(acl(tmp_path, "topic write t/health"))
    async with session(broker.url, version) as live:
        ack = await live.publish(ALARM, 5)
        assert (ack.reason, ack.verified) == (reason, verified)
        assert (await live.publish(Publication("t/health", b"up"), 5)).accepted


@BOTH
async def test_what_is_subscribed_to_arrives(start_mosquitto: Start, version: MqttVersion) -> None:
    broker = start_mosquitto()
    broker.publish("t/cmd", b"old", "-r")
    async with session(broker.url, version) as live:
        await live.subscribe("t/cmd", 5)
        messages = aiter(live.messages())
        assert await anext(messages) == Incoming("t/cmd", b"old", retained=True)
        broker.publish("t/cmd", b"ack")
        assert await anext(messages) == Incoming("t/cmd", b"ack")


@BOTH
async def test_a_session_is_clean_what_came_while_away_is_gone(start_mosquitto: Start, version: MqttVersion) -> None:
    broker = start_mosquitto()
    async with session(broker.url, version) as live:
        await live.subscribe("t/cmd", 5)
    broker.publish("t/cmd", b"while away")
    async with session(broker.url, version) as live:
        await live.subscribe("t/other", 5)
        broker.publish("t/other", b"now")
        assert (await anext(aiter(live.messages()))).topic == "t/other"


async def test_under_mqtt_5_a_retained_message_expires(start_mosquitto: Start) -> None:
    broker = start_mosquitto()
    async with session(broker.url) as live:
        await live.publish(Publication("t/state", b"s", retain=True, expiry_s=300), 5)
    async with aiomqtt.Client(LOOPBACK, broker.port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.subscribe("t/state")
        message = await anext(aiter(client.messages))
    assert message.properties is not None
    assert 299 <= message.properties.MessageExpiryInterval <= 300


@BOTH
async def test_the_will_speaks_when_the_session_is_given_up_and_not_when_it_is_left(
    start_mosquitto: Start, version: MqttVersion
) -> None:
    broker = start_mosquitto()
    async with listener(broker, "t/+") as client:
        async with session(broker.url, version):
            pass
        with pytest.raises(BrokerError, match="given up"):
            async with session(broker.url, version) as live:
                await live.publish(ALARM, 5)
                raise BrokerError("given up")
        assert await heard(client) == ("t/alarm", b"A01", False)
        assert await heard(client) == ("t/health", b"offline", False)


@BOTH
async def test_a_killed_broker_ends_publishing_and_listening_at_once(
    start_mosquitto: Start, version: MqttVersion
) -> None:
    broker = start_mosquitto()
    with pytest.raises(BrokerError, match="connection lost"):
        async with session(broker.url, version) as live:
            broker.kill()
            with pytest.raises(BrokerError, match="connection lost"):
                await live.publish(ALARM, 60)
            await anext(aiter(live.messages()))


async def test_in_a_network_hole_every_wait_ends_at_its_deadline(start_mosquitto: Start) -> None:
    broker = start_mosquitto()
    hole = Hole(broker.port)
    with hole.running() as url:
        with pytest.raises(BrokerError, match=r"no PUBACK within 0.2 s"):
            async with session(url) as live:
                hole.open_ = False
                with pytest.raises(BrokerError, match=r"no SUBACK within 0.2 s"):
                    await live.subscribe("t/cmd", 0.2)
                await live.publish(ALARM, 0.2)
        with pytest.raises(BrokerError, match=r"no CONNACK within 0\.\d+ s"):
            async with session(url, timeout_s=0.2):
                pass


async def test_wrong_credentials_are_one_clear_line_without_the_password(
    start_mosquitto: Start, tmp_path: Path
) -> None:
    broker = start_mosquitto(anonymous=False)
    secret = tmp_path / "password"
    secret.write_text("hunter2\n")
    config = UplinkConfig(broker=broker.url, username="box", password_file=str(secret))
    with pytest.raises(BrokerError, match=r"check uplink.username") as refused:
        async with AiomqttBroker(config).session(MqttVersion.V5, "box", WILL, 5):
            pass
    assert "hunter2" not in str(refused.value)


@BOTH
async def test_the_same_client_id_takes_the_session_over(start_mosquitto: Start, version: MqttVersion) -> None:
    broker = start_mosquitto()
    with pytest.raises(BrokerError):
        async with session(broker.url, version) as old, session(broker.url, version) as new:
            assert (await new.publish(ALARM, 5)).accepted
            await anext(aiter(old.messages()))


async def test_leaving_takes_no_time_although_the_network_swallows_the_farewell(start_mosquitto: Start) -> None:
    broker = start_mosquitto()
    hole = Hole(broker.port)
    with hole.running() as url:
        async with session(url):
            hole.open_ = False
            began_s = time.monotonic()
        assert time.monotonic() - began_s < 1.0


async def test_no_task_and_no_reader_outlives_a_session(start_mosquitto: Start) -> None:
    broker = start_mosquitto()
    before = asyncio.all_tasks()
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        async with session(broker.url) as live:
            await live.publish(ALARM, 5)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors
