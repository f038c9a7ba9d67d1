"""What docs/mqtt.md tells people to type and to configure does what it says, on Mosquitto."""

import asyncio
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent.config_types import Protocol, UplinkConfig
from edge_agent.ports import Incoming, MqttVersion, Publication
from edge_agent.uplink.mqtt import AiomqttBroker
from hil.loop import run_virtual
from protocols.upstream.messages import Stream
from protocols.upstream.topics import Topics
from tests.support.mosquitto import LOOPBACK, Mosquitto, tool
from tests.support.uplink import TOPICS, message, uplink_bench

pytestmark = [pytest.mark.mosquitto, pytest.mark.process]

Start = Callable[..., Mosquitto]
DOCUMENT = (Path(__file__).parents[2] / "docs" / "mqtt.md").read_text(encoding="utf-8")
WILL = Publication(TOPICS.health, b"offline", retain=True)


def block(start: str) -> str:
    """The code block that begins with a line."""
    (found,) = re.findall(rf"```\w*\n({re.escape(start)}.*?)```", DOCUMENT, re.DOTALL)
    return str(found)


def secured(start_mosquitto: Start, directory: Path) -> tuple[Mosquitto, UplinkConfig]:
    """A broker with the documented ACL and the users box-1 and desk."""
    (directory / "acl").write_text(block("# acl_file"))
    passwords = directory / "passwords"
    passwords.write_text("box-1:secret\ndesk:secret\n")
    subprocess.run([tool("mosquitto_passwd"), "-U", str(passwords)], check=True, timeout=30)
    lines = (f"acl_file {directory / 'acl'}", f"password_file {passwords}")
    broker = start_mosquitto(*lines, anonymous=False)
    (directory / "password").write_text("secret\n")
    return broker, UplinkConfig(
        broker=broker.url, username="box-1", password_file=str(directory / "password"), protocol=Protocol.AUTO
    )


async def test_the_documented_acl_lets_a_terminal_do_its_work_and_nothing_else(
    start_mosquitto: Start, tmp_path: Path
) -> None:
    broker, config = secured(start_mosquitto, tmp_path)
    other = Topics("box-2")
    own = (TOPICS.health, TOPICS.canary, TOPICS.state("l"), *(TOPICS.numbered("l", stream) for stream in Stream))
    foreign = (TOPICS.command, other.health, other.command, other.state("l"))
    async with AiomqttBroker(config).session(MqttVersion.V5, "box-1", WILL, 5) as live:
        for topic in own:
            assert (await live.publish(Publication(topic, b"x"), 5)).accepted, topic
        for topic in foreign:
            assert (await live.publish(Publication(topic, b"x"), 5)).reason == 0x87, topic
        await live.subscribe("liftwarden/#", 5)
        broker.publish(other.command, b"not ours", "-u", "desk", "-P", "secret")
        broker.publish(TOPICS.command, b"ours", "-u", "desk", "-P", "secret")
        incoming = aiter(live.messages())
        async with asyncio.timeout(10):
            assert await anext(incoming) == Incoming(TOPICS.command, b"ours")


async def test_the_documented_acknowledgement_is_obeyed(start_mosquitto: Start, tmp_path: Path) -> None:
    broker = start_mosquitto()
    script = block("now=").replace("mosquitto_pub", f"{tool('mosquitto_pub')} -h {LOOPBACK} -p {broker.port}")
    async with AiomqttBroker(UplinkConfig(broker=broker.url)).session(MqttVersion.V5, "box-1", WILL, 5) as live:
        await live.subscribe(TOPICS.command, 5)
        subprocess.run(["sh", "-euc", script.replace("the alarm's event_id", "a1")], check=True, timeout=10)
        async with asyncio.timeout(10):
            command = await anext(aiter(live.messages()))

    async def obey() -> None:
        async with uplink_bench(tmp_path) as bench:
            bench.clock.synchronised = False  # the virtual clock stands in another year
            await bench.store(message("a1"))
            await asyncio.sleep(1)
            bench.broker.publish(command.topic, command.payload)
            await asyncio.sleep(1)
            assert bench.acknowledged == [("a1", "desk 3")]

    await asyncio.to_thread(run_virtual, obey())
