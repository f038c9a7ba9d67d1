"""The whole agent on a bench in virtual time: the plant's truth on one side, what the broker took on the other."""

import asyncio
import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from edge_agent.app import Agent, Ports, Reply, Request
from edge_agent.config_types import AgentConfig
from hil import BenchError
from hil.benches.platform import Platform
from hil.broker import Received
from hil.loop import NS_PER_S
from hil.world import VirtualWorld
from protocols.upstream.messages import EventMessage, HealthMessage, Phase, StateMessage, TombstoneMessage

_numbered: Final = msgspec.json.Decoder(EventMessage | TombstoneMessage)
OnAgent = Callable[[str, str], None]
"""What the agent's process did (started, stopped, killed, ended), and why it ended."""


class VirtualAgent:
    """A world and the agent that watches it. Times are seconds of the virtual loop, from 0."""

    def __init__(self, world: VirtualWorld, config: AgentConfig, on_agent: OnAgent | None = None) -> None:
        self.world = world
        self.config = config
        self._on_agent = on_agent
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._agent: Agent | None = None
        self._journals = itertools.count(1)
        self._platform = Platform(config.terminal_id, self._publish, lambda: world.clock.wall().unix_ns)
        world.broker.subscribe("liftwarden/#", self._heard)

    def start(self) -> None:
        """Start a new agent, as a new process would."""
        self._stop = asyncio.Event()
        ports = Ports(
            open_bus=self.world.open_bus,
            broker=self.world.broker,
            clock=self.world.clock,
            local=False,
            new_journal_id=self._new_journal_id,
        )
        self._agent = Agent(self.config, ports)
        self._task = asyncio.create_task(self._agent.run(self._stop), name="agent")
        self._task.add_done_callback(self._ended)
        self._tell("started")

    @property
    def is_running(self) -> bool:
        """Whether an agent was started and not stopped since."""
        return self._task is not None

    async def stop(self) -> None:
        """Stop it as SIGTERM does, and wait for its end."""
        if self._task is not None:
            self._stop.set()
            await self._task
            self._task = None
            self._tell("stopped")

    async def kill(self) -> None:
        """End it as SIGKILL does: its connections break, and its files stay as they are at this instant."""
        if self._task is None:
            return
        directory = Path(self.config.journal.path).parent
        image = directory.with_name(f"{directory.name}.killed")
        shutil.copytree(directory, image)
        self.world.broker.drop(self.config.terminal_id)
        task, self._task = self._task, None
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        shutil.rmtree(directory)
        image.rename(directory)
        self._tell("killed")

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task is self._task and not self._stop.is_set():
            self._tell("ended", repr(task.exception()))

    def _new_journal_id(self) -> str:
        return f"{self.config.terminal_id}-journal-{next(self._journals)}"

    def _publish(self, topic: str, payload: bytes) -> None:
        self.world.broker.publish(topic, payload)

    def _heard(self, received: Received) -> None:
        self._platform.hear(received.publication.topic, received.publication.payload)

    def _tell(self, did: str, why: str = "") -> None:
        if self._on_agent is not None:
            self._on_agent(did, why)

    async def until_s(self, t_s: float) -> None:
        """Let time pass to `t_s`, and fail at once if the agent ended."""
        if self._task is None:
            raise BenchError("the agent was not started")
        wait_s = t_s - self.world.clock.now_ns() / NS_PER_S
        done, _ = await asyncio.wait([self._task], timeout=wait_s)
        if done:
            self._task.result()
            raise BenchError("the agent ended by itself")

    async def answer(self, request: Request) -> Reply:
        """What a technician's command would be told."""
        if self._agent is None:
            raise BenchError("the agent was not started")
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
        self._platform.acknowledge(event_id)

    def acknowledge_code(self, code: str) -> None:
        """The platform acknowledges the open alarm with this code. Raises BenchError if none came."""
        self._platform.acknowledge_code(code)
