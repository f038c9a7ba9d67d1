"""A broker for the demo: Mosquitto if the machine has it, else the embedded amqtt; loopback only."""

import asyncio
import importlib.util
import sys
from pathlib import Path

import msgspec

from hil.demo.board import DemoError
from hil.mosquitto import LOOPBACK, configuration, find_mosquitto, free_port
from hil.processes import Processes

_READY_WITHIN_S = 15.0
_RETRY_S = 0.05


class BrokerAt(msgspec.Struct, frozen=True):
    """A running broker."""

    name: str
    port: int

    @property
    def url(self) -> str:
        """As the agent's configuration names it."""
        return f"mqtt://{LOOPBACK}:{self.port}"


def _mosquitto_command(binary: str, directory: Path, port: int) -> list[str]:
    config = directory / "mosquitto.conf"
    config.write_text(configuration(port, "persistence false"))
    return [binary, "-c", str(config)]


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True


async def start_broker(processes: Processes, directory: Path, *, embedded: bool = False) -> BrokerAt:
    """Start a broker and return once it accepts connections. Raises DemoError."""
    binary = None if embedded else find_mosquitto()
    if binary is None and importlib.util.find_spec("amqtt") is None:
        raise DemoError("no broker: install Mosquitto (apt-get install mosquitto) or pip install 'liftwarden[demo]'")
    port = free_port()
    name = "amqtt" if binary is None else "Mosquitto"
    command = (
        [sys.executable, "-m", "hil.demo.broker", str(port)]
        if binary is None
        else _mosquitto_command(binary, directory, port)
    )
    process = await processes.start(name, *command)
    try:
        async with asyncio.timeout(_READY_WITHIN_S):
            while not await _accepts(port):
                if process.returncode is not None:
                    raise DemoError(f"{name} did not start: {processes.last_line(name)}")
                await asyncio.sleep(_RETRY_S)
    except TimeoutError as error:
        raise DemoError(f"{name} does not accept connections on {LOOPBACK}:{port}") from error
    return BrokerAt(name, port)
