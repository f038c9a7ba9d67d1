"""A scenario: a world, an agent, steps in time, and what must come of them. The same from YAML or from Python."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from hil.bus.segment import Delivery
from hil.scenario.capabilities import Capability
from hil.scenario.expectations import Expectation
from hil.scenario.parts import Duration, Name, Section, ns_of
from hil.scenario.signs import LANES
from hil.scenario.steps import Step
from hil.setup import BenchSetup, DeviceSetup, load_bench
from hil.trace import Lane
from protocols.nearest import hint
from protocols.upstream.messages import Text
from sim.sensors.config import Imperfections

NO_TRAFFIC: Final = {"traffic.passengers_per_hour": "0"}


class WorldSetup(Section, frozen=True, kw_only=True):
    """Where it happens: a bench (a shipped name or a file), and what differs from it.

    `building_set`: values laid over the building's by dotted keys. Without `traffic` nobody comes but by a step.
    `devices` are instead of the bench's, `sensors` beside its own.
    """

    bench: Annotated[str, Meta(min_length=1)] = "residential-9-stm32"
    building: Annotated[str, Meta(min_length=1)] | None = None
    building_set: dict[str, str] = msgspec.field(default_factory=dict)
    traffic: bool = False
    devices: tuple[DeviceSetup, ...] = ()
    line: str | None = None
    sensors: dict[str, Imperfections] = msgspec.field(default_factory=dict)
    delivery: Delivery = Delivery.FRAME

    def setup(self, seed: int) -> BenchSetup:
        """The bench that this is. Raises BenchError and the loaders' errors."""
        base = load_bench(self.bench)
        quiet = {} if self.traffic else NO_TRAFFIC
        return msgspec.structs.replace(
            base,
            building=base.building if self.building is None else self.building,
            building_set={**base.building_set, **quiet, **self.building_set},
            seed=seed,
            devices=self.devices if self.devices else base.devices,
            line=base.line if self.line is None and not self.devices else self.line,
            sensors={**base.sensors, **self.sensors},
            plan=(),
        )


class AgentSetup(Section, frozen=True, kw_only=True):
    """How the agent is configured, apart from the world that it knows.

    `poll` is the fast period. `set`: values laid over its configuration by dotted keys, as `--set` does. With
    `started: false` a step starts it.
    """

    poll: Duration = "500 ms"
    set: dict[str, str] = msgspec.field(default_factory=dict)
    started: bool = True


class Scenario(Section, frozen=True, kw_only=True):
    """One scenario. It ends after `duration`; `needs` is what it needs beside what its steps and signs do.

    `long`: it takes minutes even in virtual time, so `make scenarios` runs it, and not every commit.
    """

    name: Name
    title: Text
    needs: tuple[Capability, ...] = ()
    long: bool = False
    world: WorldSetup = WorldSetup()
    agent: AgentSetup = AgentSetup()
    duration: Duration
    steps: tuple[Step, ...] = ()
    expect: Annotated[tuple[Expectation, ...], Meta(min_length=1)]

    @property
    def duration_ns(self) -> int:
        """How long it runs."""
        return ns_of(self.duration)

    @property
    def required(self) -> tuple[Capability, ...]:
        """All that a bench must be able to do for it, in the order of `Capability`."""
        wanted = {*self.needs, *(step.needs for step in self.steps)}
        lanes = {LANES[sign.key] for one in self.expect for sign in one.signs}
        wanted |= {need for lane, need in _LANE_NEEDS.items() if lane in lanes}
        if self.agent.set:
            wanted.add(Capability.AGENT_CONFIG)
        if self.world.sensors:
            wanted.add(Capability.SENSOR_FAULTS)
        if self.world.delivery is not Delivery.FRAME:
            wanted.add(Capability.BYTE_DELIVERY)
        return tuple(one for one in Capability if one in wanted)

    @property
    def fault_ids(self) -> tuple[str, ...]:
        """The faults that it arms."""
        return tuple(one.fault_id for one in self.steps if one.fault is not None)

    def problem(self) -> tuple[str, str] | None:
        """What no single part can see: where, and what is wrong with it."""
        faults = self.fault_ids
        for index, step in enumerate(self.steps):
            if step.at_ns >= self.duration_ns:
                return f"steps[{index}].at", f"{step.at} is not before the end; let duration be longer"
            if step.clear is not None and step.clear not in faults:
                return f"steps[{index}].clear", f"no step arms a fault {step.clear!r}; {hint(step.clear, faults)}"
            if step.fault is not None and faults.count(step.fault_id) > 1:
                return f"steps[{index}].fault", f"two faults are called {step.fault_id}; give one of them an id"
        for index, one in enumerate(self.expect):
            for sign in one.signs:
                if sign.fault is not None and sign.fault not in faults:
                    return (
                        f"expect[{index}].{one.kind}",
                        f"no step arms a fault {sign.fault!r}; {hint(sign.fault, faults)}",
                    )
        return None


_LANE_NEEDS: Final = {Lane.TRUTH: Capability.TRUTH, Lane.WIRE: Capability.WIRE_TAP}
