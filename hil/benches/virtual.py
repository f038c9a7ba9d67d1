"""The `virtual` bench: the production agent as a task in virtual time, with exact stamps.

Real link master, framer, detectors and SQLite journal; only byte transport, clock and broker are in memory.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from edge_agent import AgentError
from edge_agent.app import Agent, Reply, Request
from edge_agent.config_types import AgentConfig
from hil import BenchError
from hil.benches.bench import Settings
from hil.benches.player import Faults, Makers, Player
from hil.benches.virtual_agent import VirtualAgent
from hil.broker import Received
from hil.bus.faults.injector import Injector
from hil.bus.segment import Tapped
from hil.faults.host_injector import HostInjector
from hil.faults.port_injector import PortInjector
from hil.faults.uplink_injector import UplinkInjector
from hil.host_process import MakeAgent
from hil.loop import NS_PER_S, VirtualLoop, run_virtual, running_loop
from hil.scenario.capabilities import Capability
from hil.scenario.families import HOST, PORT, UPLINK, WIRE
from hil.scenario.model import Scenario
from hil.scenario.parts import ns_of
from hil.scenario.steps import AgentStep, Ask, PersonComes, Step
from hil.trace import Lane, Trace, payload_json
from hil.world import VirtualWorld
from protocols.nearest import hint
from protocols.strictyaml import load_yaml
from sim.signals import PlantSignals
from sim.truth import TruthRecord


class VirtualBench:
    """Plays scenarios in virtual time, as fast as the processor lets it."""

    name = "virtual"
    uncertainty_ns = 0
    capabilities = frozenset(
        {
            Capability.PLANT,
            Capability.TRUTH,
            Capability.WIRE_TAP,
            Capability.WIRE_FAULTS,
            Capability.UPLINK_FAULTS,
            Capability.HOST_FAULTS,
            Capability.PORT_FAULTS,
            Capability.SENSOR_FAULTS,
            Capability.AGENT_CONFIG,
            Capability.AGENT_STOP,
            Capability.AGENT_KILL,
            Capability.PLATFORM,
            Capability.TECHNICIAN,
            Capability.BYTE_DELIVERY,
            Capability.VIRTUAL_TIME,
        }
    )

    def __init__(self, make_agent: MakeAgent = Agent) -> None:
        """`make_agent`: what is tested instead of the production agent."""
        self._make_agent = make_agent

    def play(self, scenario: Scenario, settings: Settings, trace: Trace, directory: Path) -> None:
        """Play it; see `hil.benches.bench.Bench`."""
        shuffle = random.Random(f"{settings.seed}/loop") if settings.shuffle else None
        run = partial(_Run, scenario, settings, trace, directory, self._make_agent)
        run_virtual(_play(run, scenario, settings, trace), shuffle)


async def _play(make_run: "Callable[[], _Run]", scenario: Scenario, settings: Settings, trace: Trace) -> None:
    run = make_run()
    trace.add(0, Lane.BENCH, "begin", {"bench": VirtualBench.name, "seed": settings.seed})
    player = Player(scenario, run, running_loop(), trace)
    if settings.on_progress is not None:
        running_loop().add_time_source(_Progress(scenario.duration_ns, settings.on_progress).advance_to)
    if scenario.agent.started:
        run.agent.start()
    try:
        await run.until_ns(scenario.duration_ns, player)
    finally:
        trace.close(running_loop().now_ns)
        await run.end()
    trace.reopen()
    run.faults.tell()


class _Progress:
    """Tells how far a run is, a hundred times; it looks at the loop's jumps and puts nothing into it."""

    def __init__(self, duration_ns: int, tell: Callable[[float], None]) -> None:
        self._duration_ns = duration_ns
        self._tell = tell
        self._next_ns = 0

    def advance_to(self, t_ns: int) -> None:
        """Time is now `t_ns`."""
        if t_ns >= self._next_ns:
            self._next_ns = t_ns + self._duration_ns // 100
            self._tell(min(1.0, t_ns / self._duration_ns))


class _Run:
    """One run's world and agent, and the hands on them."""

    def __init__(
        self, scenario: Scenario, settings: Settings, trace: Trace, directory: Path, make_agent: MakeAgent
    ) -> None:
        setup = scenario.world.setup(settings.seed)
        self._trace = trace
        self._loop: VirtualLoop = running_loop()
        self._world = VirtualWorld(
            setup.devices,
            building=setup.building,
            building_set=setup.building_set,
            seed=setup.seed,
            line=setup.line,
            delivery=scenario.world.delivery,
            sensors=setup.sensors,
            on_truth=self._truth,
            on_tap=self._tapped,
        )
        self._world.broker.subscribe("#", self._received)
        self._fault_seed = str(settings.seed)
        makers: Makers = {
            WIRE.name: self._wire_injector,
            UPLINK.name: self._uplink_injector,
            HOST.name: self._host_injector,
            PORT.name: self._port_injector,
        }
        self.faults = Faults(trace, self._loop, makers)
        config = agent_config(scenario, self._world, directory)
        self.agent = VirtualAgent(self._world, config, self._agent_did, make_agent)
        self._behind: list[asyncio.Task[None]] = []
        self._does: Final[dict[str, Callable[[Step], dict[str, object]]]] = {
            "stimulus": self._stimulus,
            "person": self._person,
            "fault": self.faults.arm,
            "clear": lambda step: self.faults.clear(step.fault_id),
            "sensor": self._sensor,
            "agent": self._agent,
            "acknowledge": self._acknowledge,
            "technician": self._technician,
        }

    async def until_ns(self, t_ns: int, player: Player) -> None:
        """Let time pass. Raises BenchError when a step failed, or something behind one."""
        self._world.start()
        await asyncio.sleep((t_ns - self._loop.now_ns) / NS_PER_S)
        for task in self._behind:
            if task.done():
                task.result()
        if player.failure:
            raise BenchError(player.failure)

    async def end(self) -> None:
        """Tidy up."""
        await asyncio.gather(*self._behind, self.agent.stop(), return_exceptions=True)

    def do(self, step: Step) -> dict[str, object]:
        """Do a step now."""
        return self._does[step.does](step)

    # evidence

    def _truth(self, record: TruthRecord) -> None:
        self._trace.add(record.t_ns, Lane.TRUTH, record.kind.value, record.data)

    def _tapped(self, one: Tapped) -> None:
        self._trace.add(one.t_end_ns, Lane.WIRE, one.source, {"start_ns": one.t_start_ns, "hex": one.data.hex()})

    def _received(self, one: Received) -> None:
        topic = one.publication.topic
        data = {
            "topic": topic,
            "client": one.client_id,
            "retain": one.publication.retain,
            "payload": payload_json(one.publication.payload),
        }
        self._trace.add(one.t_ns, Lane.MQTT, topic.rpartition("/")[2], data)

    def _agent_did(self, did: str, why: str) -> None:
        self._trace.add(self._loop.now_ns, Lane.AGENT, did, {"why": why} if why else None)

    # steps

    def _stimulus(self, step: Step) -> dict[str, object]:
        plant = self._world.plant
        if step.stimulus is None:
            raise BenchError("a stimulus without a name")
        plant.advance_to(self._loop.now_ns)
        for_s = None if step.for_ns is None else step.for_ns / NS_PER_S
        effect = plant.apply(step.stimulus, for_s, None if step.car is None else step.car - 1)
        return {"effect": effect.value}

    def _person(self, step: Step) -> dict[str, object]:
        if step.person is not None:
            origin, destination = self._floors(step.person)
            self._world.plant.advance_to(self._loop.now_ns)
            self._world.plant.person_comes(origin, destination)
        return {}

    def _floors(self, person: PersonComes) -> tuple[int, int]:
        labels = [floor.label for floor in self._world.world.building.floors]
        for label in (person.from_, person.to):
            if label not in labels:
                raise BenchError(f"person: there is no landing {label!r}; {hint(label, labels)}")
        return labels.index(person.from_), labels.index(person.to)

    def _wire_injector(self) -> Injector:
        return Injector(self._world.segment, self._loop, self._fault_seed, predicates=self._predicates())

    def _uplink_injector(self) -> UplinkInjector:
        return UplinkInjector(self._world.broker, self._loop, self._fault_seed, predicates=self._predicates())

    def _port_injector(self) -> PortInjector:
        return PortInjector(self._world.bus, self._loop, self._fault_seed, predicates=self._predicates())

    def _host_injector(self) -> HostInjector:
        return HostInjector(self.agent.host, self._loop, self._fault_seed, predicates=self._predicates())

    def _predicates(self) -> dict[str, Callable[[], bool]]:
        def about(is_so: Callable[[PlantSignals], bool]) -> Callable[[], bool]:
            return lambda: is_so(self._world.plant.signals(self._loop.now_ns))

        return {name: about(is_so) for name, is_so in PREDICATES.items()}

    def _sensor(self, step: Step) -> dict[str, object]:
        if step.sensor is not None:
            one = step.sensor
            self._world.world.switch_sensor(self._loop.now_ns, one.item, one.imperfection, one.on)
        return {}

    def _agent(self, step: Step) -> dict[str, object]:
        is_running = self.agent.is_running
        if step.agent is AgentStep.START:
            if is_running:
                return {"effect": "none"}
            self._later(self._start(), "start-agent")
        elif not is_running:
            return {"effect": "none"}
        elif step.agent is AgentStep.KILL:
            self.agent.kill()
        else:
            self._later(self.agent.stop(), "stop-agent")
        return {}

    async def _start(self) -> None:
        self.agent.start()

    def _acknowledge(self, step: Step) -> dict[str, object]:
        came = self.agent.acknowledge_code("" if step.acknowledge is None else step.acknowledge)
        return {} if came else {"alarm": "none came"}

    def _technician(self, step: Step) -> dict[str, object]:
        if step.technician is not None:
            self._later(self._ask(step.technician), "technician")
        return {}

    async def _ask(self, ask: Ask) -> None:
        try:
            reply = await self.agent.answer(Request(ask.value))
        except (BenchError, AgentError) as error:
            reply = Reply(error=str(error))
        self._trace.add(self._loop.now_ns, Lane.AGENT, "answered", {"asked": ask.value, "reply": reply})

    def _later(self, coroutine: Coroutine[Any, Any, None], name: str) -> None:
        """After whatever is still going on behind, so that an agent starts only when the one before has ended."""

        async def in_turn(before: asyncio.Task[None] | None) -> None:
            if before is not None:
                await asyncio.wait([before])
            await coroutine

        before = self._behind[-1] if self._behind else None
        self._behind.append(asyncio.create_task(in_turn(before), name=name))


PREDICATES: Final[dict[str, Callable[[PlantSignals], bool]]] = {
    "moving": lambda now: now.moving,
    "standing": lambda now: not now.moving,
    "door_open": lambda now: now.door_open,
    "door_closed": lambda now: now.door_closed,
    "door_moving": lambda now: not now.door_open and not now.door_closed,
    "in_door_zone": lambda now: now.door_zone,
    "between_floors": lambda now: not now.door_zone,
    "occupied": lambda now: now.persons > 0,
    "mains": lambda now: now.mains,
}
"""What the `while` of a wire fault may name, of the first car."""


def agent_config(scenario: Scenario, world: VirtualWorld, directory: Path) -> AgentConfig:
    """The agent's configuration for a scenario: it knows the world, and what `agent.set` lays over that.

    Raises ConfigError for a key or value that does not fit.
    """
    base = world.agent_config(directory, poll_period_s=ns_of(scenario.agent.poll) / NS_PER_S)
    text = msgspec.yaml.encode(base).decode()
    return load_yaml(text, f"{scenario.name}: agent", AgentConfig, scenario.agent.set)
