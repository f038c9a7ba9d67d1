"""One run in virtual time: its scene, its agent, and the hands that do a scenario's steps on them."""

import asyncio
from pathlib import Path
from typing import Final

import msgspec

from edge_agent import AgentError
from edge_agent.app import Reply, Request
from hil import BenchError
from hil.benches.agent_file import agent_config
from hil.benches.bench import Did, Does, Settings
from hil.benches.evidence import Evidence
from hil.benches.in_turn import InTurn
from hil.benches.player import Faults, Makers, Player
from hil.benches.scene import MakeScene
from hil.benches.virtual_agent import VirtualAgent
from hil.broker import Received
from hil.bus.faults.injector import Injector
from hil.faults.host_injector import HostInjector
from hil.faults.port_injector import PortInjector
from hil.faults.uplink_injector import UplinkInjector
from hil.host_process import MakeAgent
from hil.loop import NS_PER_S, VirtualLoop, running_loop
from hil.scenario.families import HOST, PORT, UPLINK, WIRE
from hil.scenario.model import Scenario
from hil.scenario.steps import AgentStep, Ask, Step
from hil.trace import Lane, Trace, payload_json

_HOME: Final = b"/agent"


class VirtualRun:
    """One run's scene and agent, and the hands on them."""

    def __init__(
        self,
        scenario: Scenario,
        settings: Settings,
        trace: Trace,
        directory: Path,
        make_agent: MakeAgent,
        make_scene: MakeScene,
    ) -> None:
        self._trace = trace
        self._evidence = Evidence(trace)
        self._home = str(directory).encode()
        self._loop: VirtualLoop = running_loop()
        self._scene = make_scene(scenario, settings.seed, self._loop, self._evidence)
        self._site = self._scene.site
        self._site.broker.subscribe("#", self._received)
        self._fault_seed = str(settings.seed)
        makers: Makers = {
            WIRE.name: self._wire_injector,
            UPLINK.name: self._uplink_injector,
            HOST.name: self._host_injector,
            PORT.name: self._port_injector,
        }
        self.faults = Faults(trace, self._loop, makers)
        config = agent_config(scenario, self._scene.setup, self._scene.labels, directory)
        self.agent = VirtualAgent(self._site, config, self._agent_did, make_agent)
        self._behind = InTurn()
        self._does: Final[Does] = {
            **self._scene.does,
            **self.faults.does,
            "agent": self._agent,
            "acknowledge": self._acknowledge,
            "technician": self._technician,
        }

    async def until_ns(self, t_ns: int, player: Player) -> None:
        """Let time pass. Raises BenchError when a step failed, or something behind one."""
        self._site.start()
        await asyncio.sleep((t_ns - self._loop.now_ns) / NS_PER_S)
        self._behind.check()
        if player.failure:
            raise BenchError(player.failure)

    async def end(self) -> None:
        """Tidy up."""
        await asyncio.gather(self._behind.ended(), self.agent.stop(), return_exceptions=True)

    def do(self, step: Step) -> Did:
        """Do a step now."""
        return self._does[step.does](step)

    # evidence

    def _received(self, one: Received) -> None:
        sent = one.publication
        said = self._homeless(sent.payload)
        self._evidence.message(one.t_ns, sent.topic, said, retain=sent.retain, client=one.client_id)

    def _agent_did(self, did: str, why: str) -> None:
        data = {"why": self._homeless(why.encode()).decode()} if why else None
        self._trace.add(self._loop.now_ns, Lane.AGENT, did, data)

    def _homeless(self, said: bytes) -> bytes:
        """What the agent said, with the same name in every run for the folder that its files are in."""
        return said.replace(self._home, _HOME)

    # steps

    def _wire_injector(self) -> Injector:
        return Injector(self._site.segment, self._loop, self._fault_seed, predicates=self._scene.predicates())

    def _uplink_injector(self) -> UplinkInjector:
        return UplinkInjector(self._site.broker, self._loop, self._fault_seed, predicates=self._scene.predicates())

    def _port_injector(self) -> PortInjector:
        return PortInjector(self._site.bus, self._loop, self._fault_seed, predicates=self._scene.predicates())

    def _host_injector(self) -> HostInjector:
        return HostInjector(self.agent.host, self._loop, self._fault_seed, predicates=self._scene.predicates())

    def _agent(self, step: Step) -> Did:
        is_running = self.agent.is_running
        if step.agent is AgentStep.START:
            if is_running:
                return {"effect": "none"}
            self._behind.later(self._start(), "start-agent")
        elif not is_running:
            return {"effect": "none"}
        elif step.agent is AgentStep.KILL:
            self.agent.kill()
        else:
            self._behind.later(self.agent.stop(), "stop-agent")
        return {}

    async def _start(self) -> None:
        self.agent.start()

    def _acknowledge(self, step: Step) -> Did:
        came = self.agent.acknowledge_code("" if step.acknowledge is None else step.acknowledge)
        return {} if came else {"alarm": "none came"}

    def _technician(self, step: Step) -> Did:
        if step.technician is not None:
            self._behind.later(self._ask(step.technician), "technician")
        return {}

    async def _ask(self, ask: Ask) -> None:
        try:
            reply = await self.agent.answer(Request(ask.value))
        except (BenchError, AgentError) as error:
            reply = Reply(error=str(error))
        said = payload_json(self._homeless(msgspec.json.encode(reply)))
        self._trace.add(self._loop.now_ns, Lane.AGENT, "answered", {"asked": ask.value, "reply": said})
