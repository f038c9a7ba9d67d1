"""One run in real time: its world behind a port, a real broker, the device under test, and the hands on all of them.

A run begins when the device is up: it polls a lift at rest, and the installed agent has published. So starting a
process, which takes as long as the machine is busy, is no part of what is measured, as in virtual time.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from edge_agent.app import Request
from hil import BenchError
from hil.agent_config import TERMINAL_ID
from hil.benches.agent_file import agent_config, as_file
from hil.benches.ask import ask
from hil.benches.bench import Did, Does, Settings
from hil.benches.dut import Dut
from hil.benches.evidence import Evidence
from hil.benches.far_end import FarEnd, NamedBroker, OwnBroker
from hil.benches.in_turn import InTurn
from hil.benches.plant_hands import PlantHands
from hil.benches.platform import Platform
from hil.benches.player import Faults, Makers, Player
from hil.benches.real_hands import BrokerHands, PtyHands
from hil.benches.rig import Rig
from hil.bus.faults.injector import MASTER, Injector
from hil.bus.pty import PtyPort
from hil.bus.real_port import FAST, RealPort, is_pty
from hil.bus.segment import Segment, Tapped
from hil.faults.catalogue import HostFault, PortFault, UplinkFault
from hil.faults.happenings import HappeningInjector
from hil.loop import NS_PER_S
from hil.mosquitto import LOOPBACK
from hil.pace import Pace
from hil.processes import Processes
from hil.scenario.families import HOST, PORT, UPLINK, WIRE
from hil.scenario.model import NO_TRAFFIC, Scenario
from hil.scenario.steps import AgentStep, Ask, Step
from hil.setup import BenchSetup
from hil.timeline import RealTimeline
from hil.trace import Lane, Trace
from hil.world import World
from protocols.modbus.line import LineSettings

UP_WITHIN_S: Final = 30.0
"""A device that is not up by then gets its run all the same, and fails by its verdicts."""
_LOOK_NS: Final = 50_000_000
"""How often the harness looks how late it is."""


class RealRun:
    """Built on a running asyncio loop; `start` before the steps, `end` after them."""

    def __init__(
        self, scenario: Scenario, settings: Settings, rig: Rig, trace: Trace, directory: Path, processes: Processes
    ) -> None:
        self._scenario = scenario
        self._settings = settings
        self._rig = rig
        self._trace = trace
        self._evidence = Evidence(trace)
        self._directory = directory
        self._link = directory / "tty"
        self._setup = scenario.world.setup(settings.seed)
        self._world = World(self._setup, self._evidence.truth)
        self._behind = InTurn()
        self._timeline: RealTimeline | None = None
        self._polled, self._heard, self._is_up = False, False, asyncio.Event()
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        named = rig.dut.mqtt
        self._far_end: FarEnd = (
            OwnBroker(directory, self._received) if named is None else NamedBroker(named, self._received)
        )
        self._processes = processes
        self._dut: Dut | None = None
        self._close_port: Callable[[], None] = lambda: None

    @property
    def now_ns(self) -> int:
        """The run's time; 0 before it begins."""
        return 0 if self._timeline is None else self._timeline.now_ns

    async def start(self) -> RealTimeline:
        """Bring everything up, and begin. Raises BenchError for what the bench itself lacks."""
        await self._far_end.start()
        warm_up = World(_at_rest(self._setup)).connect(RealTimeline(), self._warm_tapped, line=self._line)
        port = self._open_port(warm_up)
        self._dut = self._device()
        if self._scenario.agent.started:
            if self._dut is not None:
                await self._dut.start()
            await self._up()
        return self._begin(port)

    def _begin(self, port: PtyPort | RealPort) -> RealTimeline:
        """From here on it is the scenario's world."""
        timeline = self._timeline = RealTimeline()
        self._segment = self._world.connect(timeline, self._evidence.tapped, line=self._line)
        port.join(self._segment)
        self._plant = PlantHands(self._world, timeline)
        self._pace = Pace(self._world, timeline)
        self._pace.step()
        self._platform = Platform(TERMINAL_ID, self._publish, time.time_ns)
        self.faults = Faults(self._trace, timeline, self._makers(port))
        self._does: Does = {
            **self._plant.does,
            **self.faults.does,
            "agent": self._agent,
            "acknowledge": self._acknowledge,
            "technician": self._technician,
        }
        return timeline

    async def until_ns(self, t_ns: int, player: Player) -> None:
        """Let time pass. Raises BenchError when a step failed, something behind one, or the bench's own port."""
        worst_ns = 0
        while (now_ns := self.now_ns) < t_ns:
            due_ns = min(now_ns + _LOOK_NS, t_ns)
            await asyncio.wait([self._broken], timeout=(due_ns - now_ns) / NS_PER_S)
            if self._broken.done():
                self._broken.result()
            late_ns = self.now_ns - due_ns
            if late_ns > worst_ns:
                worst_ns = late_ns
                self._trace.add(self.now_ns, Lane.BENCH, "lag", {"lag_ns": late_ns})
            if self._settings.on_progress is not None:
                self._settings.on_progress(min(1.0, self.now_ns / t_ns))
        self._behind.check()
        if player.failure:
            raise BenchError(player.failure)

    async def end(self) -> None:
        """Tidy up."""
        if self._timeline is not None:
            self._pace.stop()
        await self._behind.ended()
        if self._dut is not None:
            await self._dut.stop()
        self._close_port()
        await self._far_end.end()

    def do(self, step: Step) -> Did:
        """Do a step now, and let the plant tell at once what came of it."""
        did = self._does[step.does](step)
        self._pace.step()
        return did

    # what is on the bench

    @property
    def _line(self) -> LineSettings | None:
        """A real line takes its own time."""
        return None if self._rig.port is None or is_pty(self._rig.port) else FAST

    def _open_port(self, segment: Segment) -> PtyPort | RealPort:
        port: PtyPort | RealPort
        if self._rig.port is None:
            port = PtyPort(segment, self._link, MASTER)
        else:
            port = RealPort(segment, self._rig.port, self._world.line, MASTER, self._lost)
        self._close_port = port.close
        return port

    def _device(self) -> Dut | None:
        asked = self._rig.dut
        if asked.box:
            return None
        own = str(self._link) if asked.port is None else asked.port
        if asked.command is not None:
            host, _, number = self._far_end.url.removeprefix("mqtt://").partition(":")
            told = {
                "LIFTWARDEN_PORT": own,
                "LIFTWARDEN_MQTT_HOST": host or LOOPBACK,
                "LIFTWARDEN_MQTT_PORT": number or "1883",
                "LIFTWARDEN_DIR": str(self._directory),
            }
            return Dut(self._processes, asked.command, told, self._agent_did)
        setup, labels = self._world.setup, self._world.labels
        config = agent_config(self._scenario, setup, labels, self._directory, port=own, broker=self._far_end.url)
        file = self._directory / "agent.yaml"
        file.write_text(as_file(config), encoding="utf-8")
        return Dut(self._processes, (sys.executable, "-m", "edge_agent", "-c", str(file)), {}, self._agent_did)

    async def _up(self) -> None:
        try:
            async with asyncio.timeout(UP_WITHIN_S):
                await self._is_up.wait()
        except TimeoutError:
            pass  # its verdicts will say so

    def _note_up(self) -> None:
        is_installed = self._rig.dut.command is None
        if self._polled and (self._heard or not is_installed):
            self._is_up.set()

    def _lost(self, why: str) -> None:
        if not self._broken.done():
            self._broken.set_exception(BenchError(why))

    # evidence

    def _warm_tapped(self, _one: Tapped) -> None:
        self._polled = True
        self._note_up()

    def _received(self, topic: str, payload: bytes, retain: bool) -> None:
        self._evidence.message(self.now_ns, topic, payload, retain=retain)
        if self._timeline is not None:
            self._platform.hear(topic, payload)
        self._heard = True
        self._note_up()

    def _agent_did(self, did: str, why: str) -> None:
        self._trace.add(self.now_ns, Lane.AGENT, did, {"why": why} if why else None)
        if did == "ended":
            self._is_up.set()

    # steps

    def _makers(self, port: PtyPort | RealPort) -> Makers:
        """Of what the bench says that it can."""
        timeline, seed, predicates = self._timeline, str(self._settings.seed), self._plant.predicates()
        if timeline is None:
            raise BenchError("no faults before the run begins")

        def wire() -> Injector:
            return Injector(self._segment, timeline, seed, predicates=predicates)

        def of_port() -> HappeningInjector[PortFault]:
            if not isinstance(port, PtyPort):
                raise BenchError("a real port is not pulled by itself")
            hands = PtyHands(port, lambda: PtyPort(self._segment, self._link, MASTER))
            self._close_port = hands.close
            return HappeningInjector(hands, timeline, seed, predicates=predicates)

        def uplink() -> HappeningInjector[UplinkFault]:
            return HappeningInjector(BrokerHands(self._far_end, self._behind), timeline, seed, predicates=predicates)

        def host() -> HappeningInjector[HostFault]:
            if self._dut is None:
                raise BenchError("a box that runs anyway is not the bench's to stop")
            return HappeningInjector(self._dut, timeline, seed, predicates=predicates)

        return {WIRE.name: wire, PORT.name: of_port, UPLINK.name: uplink, HOST.name: host}

    def _agent(self, step: Step) -> Did:
        dut = self._dut
        if dut is None or (step.agent is AgentStep.START) is dut.is_running:
            return {"effect": "none"}
        if step.agent is AgentStep.START:
            self._behind.later(dut.start(), "start-agent")
        elif step.agent is AgentStep.KILL:
            dut.kill()
        else:
            self._behind.later(dut.stop(), "stop-agent")
        return {}

    def _acknowledge(self, step: Step) -> Did:
        came = self._platform.acknowledge_code("" if step.acknowledge is None else step.acknowledge)
        return {} if came else {"alarm": "none came"}

    def _publish(self, topic: str, payload: bytes) -> None:
        self._behind.later(self._far_end.subscriber.publish(topic, payload), "platform")

    def _technician(self, step: Step) -> Did:
        if step.technician is not None:
            self._behind.later(self._ask(step.technician), "technician")
        return {}

    async def _ask(self, what: Ask) -> None:
        reply = await ask(str(self._directory / "agent.sock"), Request(what.value))
        self._trace.add(self.now_ns, Lane.AGENT, "answered", {"asked": what.value, "reply": reply})


def _at_rest(setup: BenchSetup) -> BenchSetup:
    """The same house before anybody comes, with sensors that are as they should be."""
    return msgspec.structs.replace(setup, building_set={**setup.building_set, **NO_TRAFFIC}, sensors={})
