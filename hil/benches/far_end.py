"""The far end of a real uplink: the broker, and the platform's subscriber that hears everything and acknowledges."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import aiomqtt

from hil import BenchError
from hil.mosquitto import LOOPBACK, Mosquitto
from hil.relay import Relay

_SUBSCRIBED_WITHIN_S: Final = 30.0
_RETRY_S: Final = 0.05
_SAVED_WITHIN_S: Final = 2.0
_LOOK_S: Final = 0.01
_MQTT_PORT: Final = 1883
_TRIES: Final = 3
"""For a port that somebody else took between our looking and the broker's."""

OnMessage = Callable[[str, bytes, bool], None]
"""Topic, payload, retained."""


class Subscriber:
    """Hears what matches `topic`, and publishes; it comes back by itself after the broker went away."""

    def __init__(self, host: str, port: int, topic: str, on_message: OnMessage) -> None:
        self._host = host
        self._port = port
        self._topic = topic
        self._on_message = on_message
        self._client: aiomqtt.Client | None = None
        self._listens = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(aiomqtt.MqttError, OSError):
                async with aiomqtt.Client(self._host, self._port, timeout=_SUBSCRIBED_WITHIN_S) as client:
                    await client.subscribe(self._topic, qos=1)
                    self._client = client
                    self._listens.set()
                    async for message in client.messages:
                        self._on_message(str(message.topic), bytes(message.payload), message.retain)
            self._client = None
            self._listens.clear()
            await asyncio.sleep(_RETRY_S)

    async def listening(self) -> None:
        """Return once it hears. Raises BenchError if that takes too long."""
        try:
            async with asyncio.timeout(_SUBSCRIBED_WITHIN_S):
                await self._listens.wait()
        except TimeoutError as error:
            where = f"mqtt://{self._host}:{self._port}"
            raise BenchError(f"{where}: the bench's subscriber cannot subscribe to {self._topic}") from error

    async def publish(self, topic: str, payload: bytes) -> None:
        """To the broker, or nowhere while it is away."""
        if self._client is not None:
            with contextlib.suppress(aiomqtt.MqttError):
                await self._client.publish(topic, payload, qos=1)


class FarEnd(Protocol):
    """A broker, as the bench and as the device under test reach it."""

    url: str
    subscriber: Subscriber

    async def start(self) -> None:
        """Return once the subscriber hears. Raises BenchError."""

    async def down(self, *, forgets: bool) -> None:
        """Take the broker away; `forgets`: also what it had retained."""

    async def up(self) -> None:
        """It is back, and the subscriber hears before anybody else."""

    async def end(self) -> None:
        """Tidy up."""


class OwnBroker:
    """A Mosquitto of the bench's own; the device under test reaches it through a relay.

    So the subscriber hears before the device is let in again when a broker that died comes back.
    """

    def __init__(self, directory: Path, on_message: OnMessage) -> None:
        self.url = ""
        self._directory = directory
        self._on_message = on_message
        self._saved = directory / "mosquitto.db"
        self._tasks: list[asyncio.Task[None]] = []
        self._prepare()

    def _prepare(self) -> None:
        lines = ("persistence true", f"persistence_location {self._directory}/")
        self._mosquitto = Mosquitto(self._directory, *lines)
        self._relay = Relay(self._mosquitto.port)
        self.subscriber = Subscriber(LOOPBACK, self._mosquitto.port, "#", self._on_message)

    async def start(self) -> None:
        """Start it on a free port."""
        for tried in range(1, _TRIES + 1):
            try:
                await asyncio.to_thread(self._mosquitto.start)
                break
            except BenchError:
                if tried == _TRIES:
                    raise
                self._prepare()
        self._tasks.append(asyncio.create_task(self.subscriber.run(), name="subscriber"))
        await self.subscriber.listening()
        await self._relay.open()
        self.url = f"mqtt://{LOOPBACK}:{self._relay.port}"

    async def down(self, *, forgets: bool) -> None:
        """Kill it, and break the device's connection: no last will is published."""
        if not forgets:
            await self._save()
        self._mosquitto.kill()
        self._relay.shut()
        if forgets:
            self._saved.unlink(missing_ok=True)

    async def _save(self) -> None:
        """Let it write down what it retains; a killed one writes nothing."""
        self._saved.unlink(missing_ok=True)
        self._mosquitto.send(signal.SIGUSR1)
        try:
            async with asyncio.timeout(_SAVED_WITHIN_S):
                while not self._saved.exists():  # noqa: ASYNC110  # a file is no event
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError as error:
            raise BenchError("mosquitto does not save what it retains; look into its log") from error

    async def up(self) -> None:
        """Start it again."""
        await asyncio.to_thread(self._mosquitto.start)
        await self.subscriber.listening()
        await self._relay.open()

    async def end(self) -> None:
        """Everything goes away."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._relay.shut()
        self._mosquitto.kill()


class NamedBroker:
    """A broker that runs anyway, named by an address; the bench hears what is below `liftwarden/`."""

    def __init__(self, url: str, on_message: OnMessage) -> None:
        self.url = url
        parts = urlsplit(url)
        self.subscriber = Subscriber(parts.hostname or LOOPBACK, parts.port or _MQTT_PORT, "liftwarden/#", on_message)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Subscribe."""
        self._tasks.append(asyncio.create_task(self.subscriber.run(), name="subscriber"))
        await self.subscriber.listening()

    async def down(self, *, forgets: bool) -> None:
        """It is not ours."""
        raise BenchError(f"{self.url}: this broker is not the bench's to stop")

    async def up(self) -> None:
        """It never went."""

    async def end(self) -> None:
        """Leave it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
