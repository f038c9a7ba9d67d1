"""The demo's scene: broker, lift, terminal and rescue desk, wired together and taken down again."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
import yaml

from hil.demo import lift as lift_process
from hil.demo.board import Board, Column, is_kind
from hil.demo.brokers import BrokerAt, start_broker
from hil.demo.desk import Desk
from hil.demo.lift import Lift
from hil.demo.terminal import Terminal
from hil.mosquitto import LOOPBACK
from hil.processes import Processes
from hil.setup import DeviceSetup

TERMINAL_ID: Final = "demo-terminal"
AGENT: Final = "terminal"
_ACK_AFTER_S: Final = 1.0
_START_WITHIN_S: Final = 20.0
_SENSOR_HOLD_S: Final = 3.0
"""The simulated person sensor does not hold its output, so the car is known to be occupied before the stop."""


class Options(msgspec.Struct, frozen=True):
    """What may be varied: the seed of the lift's traffic, and the embedded broker by force."""

    seed: int
    embedded_broker: bool = False


def agent_config(directory: Path, lift: Lift, broker: BrokerAt) -> str:
    """The terminal's configuration file: the building's landings, the one sensor terminal, the broker."""
    config = {
        "terminal_id": TERMINAL_ID,
        "link": {"port": str(lift.port)},
        "lifts": [
            {
                "id": "lift-1",
                "devices": [
                    {
                        "name": "sensor",
                        "profile": lift_process.PROFILE,
                        "options": {"door_switch": lift_process.DOOR_SWITCH},
                    }
                ],
                "floors": [
                    {"reported": number, "label": label}
                    for number, label in enumerate(
                        lift.labels, start=DeviceSetup(profile=lift_process.PROFILE).first_floor
                    )
                ],
            }
        ],
        "detect": {"occupancy": {"sensor_hold_s": _SENSOR_HOLD_S}},
        "journal": {"path": str(directory / "journal.db")},
        "uplink": {"broker": broker.url},
        "local": {"socket": str(directory / "agent.sock")},
    }
    return yaml.safe_dump(config, sort_keys=False)


class Scene:
    """Everything that runs during the story."""

    def __init__(self, directory: Path, board: Board, processes: Processes, options: Options) -> None:
        self.board = board
        self.processes = processes
        self.lift = Lift(processes, directory, board, options.seed)
        self.terminal = Terminal(str(directory / "agent.sock"), board)
        self._directory = directory
        self._options = options

    async def start_broker(self) -> BrokerAt:
        """The broker, first: the rest connects to it."""
        return await start_broker(self.processes, self._directory, embedded=self._options.embedded_broker)

    @asynccontextmanager
    async def running(self, broker: BrokerAt) -> AsyncIterator[None]:
        """Lift, terminal and rescue desk; whatever of them fails, fails the body."""
        desk = Desk(LOOPBACK, broker.port, self.board, _ACK_AFTER_S)
        await self.lift.start()
        config = self._directory / "agent.yaml"
        config.write_text(agent_config(self._directory, self.lift, broker))
        async with asyncio.TaskGroup() as tasks:
            helpers = [
                tasks.create_task(desk.run(), name="rescue-desk"),
                tasks.create_task(self.lift.follow(), name="truth"),
            ]
            subscribed = is_kind(Column.UPSTREAM, "subscribed")
            await self.board.until(subscribed, _START_WITHIN_S, "the rescue desk could not subscribe")
            await self.processes.start(AGENT, sys.executable, "-m", "edge_agent", "-c", str(config))
            helpers.append(tasks.create_task(self.terminal.run(), name="terminal"))
            helpers.append(tasks.create_task(self.processes.watch(), name="watch"))
            yield
            for helper in helpers:
                helper.cancel()
