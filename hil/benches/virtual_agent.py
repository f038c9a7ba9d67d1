"""The whole agent on a bench in virtual time: the plant's truth on one side, what the broker took on the other."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Final

import msgspec

from edge_agent.app import Agent, Ports, Reply, Request
from edge_agent.config_types import AgentConfig
from hil import BenchError
from hil.benches.platform import Platform
from hil.broker import Received
from hil.host import Host
from hil.host_process import MakeAgent
from hil.loop import NS_PER_S, running_loop
from hil.site import VirtualSite
from protocols.upstream.messages import EventMessage, HealthMessage, Phase, StateMessage, TombstoneMessage

_numbered: Final = msgspec.json.Decoder(EventMessage | TombstoneMessage)
OnAgent = Callable[[str, str], None]
"""What the agent's process did (started, stopped, killed, ended), and why it ended."""


class VirtualAgent:
    """A world and the agent that watches it. Times are seconds of the virtual loop, from 0."""

    def __init__(
        self,
        world: VirtualSite,
        config: AgentConfig,
        on_agent: OnAgent | None = None,
        make_agent: MakeAgent = Agent,
        restart_s: float | None = None,
    ) -> None:
        """`restart_s`: so long after it ended by itself an agent is started anew, as systemd does."""
        self.world = world
        self._on_agent = on_agent
        self._is_restarted = restart_s is not None
        self._failed = asyncio.Event()
        self._journals = itertools.count(1)
        ports = Ports(
            open_bus=world.open_bus,
            broker=world.broker,
            clock=world.clock,
            local=False,
            new_journal_id=self._new_journal_id,
        )
        self.host = Host(
            config,
            ports,
            world.broker,
            world.clock,
            running_loop(),
            restart_s=restart_s,
            on_life=self._heard_of,
            make_agent=make_agent,
        )
        self._platform = Platform(config.terminal_id, self._publish, world.clock.true_unix_ns)
        world.broker.subscribe("liftwarden/#", self._heard)

    @property
    def config(self) -> AgentConfig:
        """What the next agent is started with."""
        return self.host.config

    @config.setter
    def config(self, config: AgentConfig) -> None:
        self.host.config = config

    def start(self) -> None:
        """Start a new agent, as a new process would."""
        self.host.start()

    @property
    def is_running(self) -> bool:
        """Whether there is a process of the agent now."""
        return self.host.is_running

    async def stop(self) -> None:
        """Stop it as SIGTERM does, and wait for its end. Raises what it failed of, unless somebody heard of that."""
        await self.host.stop()
        self._check()

    def kill(self) -> None:
        """End it as SIGKILL does: its connections break, and its files stay as they are at this instant."""
        self.host.kill()

    def _heard_of(self, did: str, why: str) -> None:
        if did == "ended" and not self._is_restarted:
            self._failed.set()
        if self._on_agent is not None:
            self._on_agent(did, why)

    def _check(self) -> None:
        if self._failed.is_set():
            self._failed.clear()
            raise BenchError("the agent ended by itself") from self.host.ended[-1]

    def _new_journal_id(self) -> str:
        return f"{self.config.terminal_id}-journal-{next(self._journals)}"

    def _publish(self, topic: str, payload: bytes) -> None:
        self.world.broker.publish(topic, payload)

    def _heard(self, received: Received) -> None:
        self._platform.hear(received.publication.topic, received.publication.payload)

    async def until_s(self, t_s: float) -> None:
        """Let time pass to `t_s`, and raise at once what the agent failed of."""
        try:
            async with asyncio.timeout(t_s - running_loop().time()):
                await self._failed.wait()
        except TimeoutError:
            return
        error = self.host.ended[-1]
        if error is not None:
            self._failed.clear()
            raise error
        self._check()

    async def answer(self, request: Request) -> Reply:
        """What a technician's command would be told."""
        agent = self.host.agent
        if agent is None:
            raise BenchError("the agent does not run")
        return await agent.answer(request)

    # what went upstream

    def received(self) -> list[tuple[float, EventMessage]]:
        """Numbered messages that the broker took, with when; repetitions included."""
        return [
            (one.t_ns / NS_PER_S, message)
            for one in self.world.broker.published
            if one.publication.topic.endswith(("/alarm", "/event"))
            and isinstance(message := _numbered.decode(one.publication.payload), EventMessage)
        ]

    def steps(self, letters: str = "AFED") -> list[tuple[str, Phase]]:
        """(code, phase) of what went upstream, repetitions left out; `letters` of the codes that are looked at."""
        seen: dict[tuple[str, int], tuple[str, Phase]] = {}
        for _, one in self.received():
            if one.code[0] in letters:
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

    def acknowledge_code(self, code: str) -> bool:
        """The platform acknowledges the open alarm with this code; False if none came."""
        return self._platform.acknowledge_code(code)
