"""The whole uplink in real time against Mosquitto: what a subscriber that is not ours received."""

import asyncio
import json
import logging
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge_agent.clock import SystemClock
from edge_agent.config_types import JournalConfig, Protocol, UplinkConfig
from edge_agent.journal.entries import Batch, Entry
from edge_agent.journal.journal import Journal
from edge_agent.uplink.mqtt import AiomqttBroker
from edge_agent.uplink.uplink import Uplink
from protocols.upstream.messages import EventMessage, HealthMessage, Phase, Stream
from tests.support.mosquitto import LOOPBACK, Hole, Mosquitto, tool
from tests.support.uplink import ALARM_TOPIC, EVENT_TOPIC, TERMINAL, TOPICS, message

pytestmark = [pytest.mark.mosquitto, pytest.mark.process]

Start = Callable[..., Mosquitto]
WITHIN_S = 20.0


class Subscriber:
    """`mosquitto_sub` on everything; reconnects by itself, as a persistent session."""

    def __init__(self, port: int, log: Path) -> None:
        self._log = log
        command = [tool("mosquitto_sub"), "-h", LOOPBACK, "-p", str(port), "-q", "1", "-t", "liftwarden/#"]
        with log.open("wb") as output:
            self.process = subprocess.Popen([*command, "-F", "%t %r %p"], stdout=output, stderr=subprocess.DEVNULL)

    def messages(self, topic: str) -> list[dict[str, Any]]:
        """The payloads received on a topic."""
        lines = self._log.read_text(encoding="utf-8").splitlines()
        return [json.loads(line.split(" ", 2)[2]) for line in lines if line.startswith(topic + " ")]


@contextmanager
def subscriber(broker: Mosquitto, directory: Path) -> Iterator[Subscriber]:
    one = Subscriber(broker.port, directory / "received")
    try:
        yield one
    finally:
        one.process.kill()
        one.process.wait()


class Box:
    """Journal and uplink of one terminal."""

    def __init__(self, journal: Journal, uplink: Uplink) -> None:
        self.journal = journal
        self.uplink = uplink

    async def store(self, *messages: EventMessage) -> None:
        await self.journal.append(Batch(entries=tuple(Entry(one.stream, one) for one in messages), sync=True))
        self.uplink.wake()


@asynccontextmanager
async def box(directory: Path, url: str, **settings: Any) -> AsyncIterator[Box]:
    path = str(directory / "journal.db")
    clock = SystemClock()
    journal = await Journal.open(path, clock, JournalConfig(path=path))
    config = UplinkConfig(broker=url, **settings)

    def health() -> HealthMessage:
        status = uplink.status()
        return HealthMessage(terminal_id=TERMINAL, online=True, delivery_unverified=status.delivery_unverified)

    broker = AiomqttBroker(config)
    uplink = Uplink(config, TERMINAL, clock, broker, journal, lambda *_: None, health, list)
    running = asyncio.create_task(uplink.run(), name="uplink")
    try:
        yield Box(journal, uplink)
    finally:
        running.cancel()
        await asyncio.wait([running])
        await journal.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not holds():
            await asyncio.sleep(0.02)


async def all_delivered(one: Box) -> None:
    async with asyncio.timeout(WITHIN_S):
        while await one.journal.undelivered(1):
            await asyncio.sleep(0.02)


def event(number: int) -> EventMessage:
    return message(f"e{number}", Phase.BEGIN, Stream.EVENT)


def seqs(received: list[dict[str, Any]]) -> list[int]:
    """Numbers in order of first arrival: what is left after de-duplication by identity."""
    return list(dict.fromkeys(one["seq"] for one in received))


def acl(directory: Path, *lines: str) -> str:
    path = directory / "acl"
    path.write_text("\n".join([*lines, ""]))
    return f"acl_file {path}"


async def test_an_alarm_reaches_an_independent_subscriber_and_its_acknowledgement_ends_the_repetition(
    start_mosquitto: Start, tmp_path: Path
) -> None:
    broker = start_mosquitto()
    with subscriber(broker, tmp_path) as desk:
        async with box(tmp_path, broker.url) as one:
            await until(lambda: bool(desk.messages(TOPICS.health)))
            await one.store(message("a1"))
            await until(lambda: bool(desk.messages(ALARM_TOPIC)))
            command = (
                '{"kind": "ack", "id": "1", "issued": "2026-01-01T00:00:00Z", "expires": "2999-01-01T00:00:00Z",'
                ' "counter": 1, "event_id": "a1", "operator": "desk"}'
            )
            broker.publish(TOPICS.command, command.encode())
            async with asyncio.timeout(WITHIN_S):
                while await one.journal.unacknowledged_alarms():
                    await asyncio.sleep(0.02)
        await until(lambda: desk.messages(TOPICS.health)[-1]["online"] is False)
    (alarm,) = desk.messages(ALARM_TOPIC)
    assert (alarm["event_id"], alarm["seq"], alarm["attempt"], alarm["durable"]) == ("a1", 1, 1, True)


async def test_under_mqtt_5_a_denying_acl_leaves_the_message_undelivered_and_one_line(
    start_mosquitto: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broker = start_mosquitto(acl(tmp_path, "topic readwrite liftwarden/#", f"topic deny {ALARM_TOPIC}"))
    async with box(tmp_path, broker.url) as one:
        await one.store(message("a1"), event(1))
        async with asyncio.timeout(WITHIN_S):
            while [row.stream for row in await one.journal.undelivered(10)] != [Stream.ALARM]:
                await asyncio.sleep(0.02)
        await until(lambda: bool(one.uplink.status().notes))
        assert one.uplink.status().notes == (f"the broker denies {ALARM_TOPIC}: 0x87 not authorized",)
    denied = [one for one in caplog.records if "uplink.denied" in one.getMessage() and one.levelno == logging.WARNING]
    assert len(denied) == 1


async def test_under_3_1_1_a_denying_acl_leaves_the_alarm_open_and_health_says_unverified(
    start_mosquitto: Start, tmp_path: Path
) -> None:
    broker = start_mosquitto(acl(tmp_path, "topic readwrite liftwarden/#", f"topic deny {ALARM_TOPIC}"))
    with subscriber(broker, tmp_path) as desk:
        async with box(tmp_path, broker.url, protocol=Protocol.V311) as one:
            await one.store(message("a1"))
            await all_delivered(one)
            await until(lambda: bool(desk.messages(TOPICS.health)))
            assert desk.messages(TOPICS.health)[-1]["delivery_unverified"] is True
            assert len(await one.journal.unacknowledged_alarms()) == 1
        assert desk.messages(ALARM_TOPIC) == []


async def test_a_broker_killed_and_restarted_midway_loses_nothing_and_keeps_the_order(
    start_mosquitto: Start, tmp_path: Path
) -> None:
    broker = start_mosquitto()
    gate = Hole(broker.port)
    with gate.running() as url:
        async with box(tmp_path, url, timeout_s=1.0) as one:
            with subscriber(broker, tmp_path) as desk:
                await until(lambda: bool(desk.messages(TOPICS.health)))
                for number in range(30):
                    await one.store(event(number))
                    if number == 10:
                        await until(lambda: len(seqs(desk.messages(EVENT_TOPIC))) == 11)
                        gate.open_ = False
                        broker.kill()
                before = seqs(desk.messages(EVENT_TOPIC))
            broker.start()
            with subscriber(broker, tmp_path) as desk:
                while not desk.messages("liftwarden/ready"):
                    broker.publish("liftwarden/ready", b"{}")
                gate.open_ = True  # only now may the box reach it: nobody keeps messages for the subscriber
                await all_delivered(one)
                await until(lambda: len(seqs(desk.messages(EVENT_TOPIC))) >= 19)
                after = seqs(desk.messages(EVENT_TOPIC))
    assert before + [seq for seq in after if seq not in before] == list(range(1, 31))


async def test_a_hole_and_then_a_power_cut_lose_nothing(start_mosquitto: Start, tmp_path: Path) -> None:
    """The same hole, gateway killed at its end and restarted (reference/peers.md, where every peer loses records)."""
    broker = start_mosquitto()
    hole = Hole(broker.port)
    with subscriber(broker, tmp_path) as desk, hole.running() as url:
        async with box(tmp_path, url, timeout_s=1.0) as one:
            await one.store(*(event(number) for number in range(5)))
            await until(lambda: len(seqs(desk.messages(EVENT_TOPIC))) == 5)
            hole.open_ = False
            await one.store(*(event(number) for number in range(5, 25)))
            await until(lambda: not one.uplink.status().connected)
        hole.open_ = True
        async with box(tmp_path, url, timeout_s=1.0) as one:
            await all_delivered(one)
        await until(lambda: len(seqs(desk.messages(EVENT_TOPIC))) == 25)
        assert seqs(desk.messages(EVENT_TOPIC)) == list(range(1, 26))
