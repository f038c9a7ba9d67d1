"""The whole agent on a bench in virtual time: the plant's truth on one side, what the broker took on the other."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from edge_agent.app import Agent, Ports
from edge_agent.clock import rfc3339
from edge_agent.config_types import AgentConfig
from edge_agent.local.views import Reply, Request
from hil.loop import NS_PER_S
from hil.setup import DeviceSetup
from hil.world import VirtualWorld
from protocols.resources import config_text
from protocols.upstream.messages import (
    Command,
    CommandKind,
    EventMessage,
    HealthMessage,
    Phase,
    StateMessage,
    TombstoneMessage,
)
from protocols.upstream.topics import Topics
from sim.sensors.config import Imperfections

STM32: Final = DeviceSetup(profile="stm32-lift-sensor", options={"door_switch": "open_end"})
_numbered: Final = msgspec.json.Decoder(EventMessage | TombstoneMessage)


class VirtualAgent:
    """A world and the agent that watches it. Times are seconds of the virtual loop, from 0."""

    def __init__(self, world: VirtualWorld, config: AgentConfig) -> None:
        self.world = world
        self.config = config
        self._topics = Topics(config.terminal_id)
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._agent: Agent | None = None
        self._commands = 0

    def start(self) -> None:
        """Start a new agent, as a new process would."""
        self._stop = asyncio.Event()
        ports = Ports(open_bus=self.world.open_bus, broker=self.world.broker, clock=self.world.clock, local=False)
        self._agent = Agent(self.config, ports)
        self._task = asyncio.create_task(self._agent.run(self._stop), name="agent")

    async def stop(self) -> None:
        """Stop it as SIGTERM does, and wait for its end."""
        if self._task is not None:
            self._stop.set()
            await self._task
            self._task = None

    async def until_s(self, t_s: float) -> None:
        """Let time pass to `t_s`, and fail at once if the agent ended."""
        assert self._task is not None
        wait_s = t_s - self.world.clock.now_ns() / NS_PER_S
        done, _ = await asyncio.wait([self._task], timeout=wait_s)
        if done:
            self._task.result()
            raise AssertionError("the agent ended by itself")

    async def answer(self, request: Request) -> Reply:
        """What a technician's command would be told."""
        assert self._agent is not None
        return await self._agent.answer(request)

    # what went upstream

    def received(self) -> list[tuple[float, EventMessage]]:
        """Numbered messages that the broker took, with when; repetitions included."""
        return [
            (one.t_ns / NS_PER_S, message)
            for one in self.world.broker.published
            if one.publication.topic.endswith(("/alarm", "/event"))
            and isinstance(message := _numbered.decode(one.publication.payload), EventMessage)
        ]

    def steps(self) -> list[tuple[str, Phase]]:
        """(code, phase) of what went upstream, repetitions left out."""
        seen: dict[tuple[str, int], tuple[str, Phase]] = {}
        for _, one in self.received():
            seen.setdefault((one.stream.value, one.seq), (one.code, one.phase))
        return list(seen.values())

    def first(self, code: str, phase: Phase) -> tuple[float, EventMessage]:
        """The first message of that step, and when the broker took it."""
        return next((t_s, one) for t_s, one in self.received() if one.code == code and one.phase is phase)

    def health(self) -> HealthMessage:
        """The latest health message."""
        return msgspec.json.decode(self._latest("/health"), type=HealthMessage)

    def state(self) -> StateMessage:
        """The latest state message."""
        return msgspec.json.decode(self._latest("/state"), type=StateMessage)

    def _latest(self, ending: str) -> bytes:
        return next(
            one.publication.payload
            for one in reversed(self.world.broker.published)
            if one.publication.topic.endswith(ending)
        )

    # what comes down

    def acknowledge(self, event_id: str) -> None:
        """The platform acknowledges an alarm."""
        self._commands += 1
        now_ns = self.world.clock.wall().unix_ns
        command = Command(
            kind=CommandKind.ACK,
            id=f"desk-{self._commands}",
            issued=rfc3339(now_ns),
            expires=rfc3339(now_ns + 60 * NS_PER_S),
            counter=self._commands,
            event_id=event_id,
            operator="desk",
        )
        self.world.broker.publish(self._topics.command, msgspec.json.encode(command))


def quiet_house(directory: Path, more: str = "") -> str:
    """The shipped house and `more`, as a file, without traffic of its own: nobody comes but by a stimulus."""
    text, _ = config_text("buildings", "residential-9")
    path = directory / "quiet.yaml"
    path.write_text(text.replace("passengers_per_hour: 30", "passengers_per_hour: 0") + more, encoding="utf-8")
    return str(path)


@asynccontextmanager
async def virtual_agent(
    directory: Path,
    *,
    seed: int = 1,
    devices: Sequence[DeviceSetup] = (STM32,),
    building: str = "residential-9",
    line: str | None = None,
    poll_period_s: float | None = 0.5,
    sensors: Mapping[str, Imperfections] | None = None,
    **changes: Any,
) -> AsyncIterator[VirtualAgent]:
    """A running agent on the running virtual loop; `changes` replace sections of its configuration."""
    world = VirtualWorld(devices, seed=seed, building=building, line=line, sensors=sensors)
    config = msgspec.structs.replace(world.agent_config(directory, poll_period_s=poll_period_s), **changes)
    bench = VirtualAgent(world, config)
    bench.start()
    try:
        yield bench
    finally:
        await bench.stop()
