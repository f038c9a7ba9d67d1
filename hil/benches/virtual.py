"""The `virtual` bench: the production agent as a task in virtual time, with exact stamps.

Real link master, framer, detectors and SQLite journal; only byte transport, clock and broker are in memory.
"""

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

from edge_agent.app import Agent
from hil.benches.bench import Settings
from hil.benches.player import Player
from hil.benches.scene import MakeScene, SimulatedScene
from hil.benches.virtual_run import VirtualRun
from hil.host_process import MakeAgent
from hil.loop import run_virtual, running_loop
from hil.scenario.capabilities import Capability
from hil.scenario.families import Armable
from hil.scenario.model import Scenario
from hil.trace import Lane, Trace


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

    def __init__(self, make_agent: MakeAgent = Agent, make_scene: MakeScene = SimulatedScene) -> None:
        """`make_agent`: what is tested instead of the production agent; `make_scene`: what it is put before."""
        self._make_agent = make_agent
        self._make_scene = make_scene

    def cannot(self, armable: Armable) -> str:
        """Nothing: it can make every fault."""
        return ""

    def play(self, scenario: Scenario, settings: Settings, trace: Trace, directory: Path) -> None:
        """Play it; see `hil.benches.bench.Bench`."""
        shuffle = random.Random(f"{settings.seed}/loop") if settings.shuffle else None
        run = partial(VirtualRun, scenario, settings, trace, directory, self._make_agent, self._make_scene)
        run_virtual(self._play(run, scenario, settings, trace), shuffle)

    async def _play(
        self, make_run: Callable[[], VirtualRun], scenario: Scenario, settings: Settings, trace: Trace
    ) -> None:
        run = make_run()
        trace.add(0, Lane.BENCH, "begin", {"bench": self.name, "seed": settings.seed})
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
