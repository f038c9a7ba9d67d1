"""Benches in real time: `pty`, and those that a file describes. The device under test is a process, or a box.

The wire is a pty paced frame by frame, or a real line; broker and subscriber are real. What cannot be made there is
left out of `capabilities`, or named by `cannot`: such a scenario is skipped with that reason.
"""

import asyncio
import signal
import threading
from pathlib import Path
from typing import Final

from hil.benches.bench import Settings
from hil.benches.player import Player
from hil.benches.real_run import RealRun
from hil.benches.rig import Rig, load_rig
from hil.bus.real_port import is_pty
from hil.faults.catalogue import HostFault
from hil.processes import Processes
from hil.scenario.capabilities import Capability
from hil.scenario.families import HOST, PORT, UPLINK, WIRE, Armable
from hil.scenario.model import Scenario
from hil.scenario.parts import ns_of
from hil.trace import Lane, Trace

_ALWAYS: Final = frozenset(
    {
        Capability.PLANT,
        Capability.TRUTH,
        Capability.WIRE_TAP,
        Capability.WIRE_FAULTS,
        Capability.SENSOR_FAULTS,
        Capability.PLATFORM,
    }
)
_BELOW_A_FRAME: Final = ("gap.",)
"""Wire faults that are nothing but silences within a frame or around it."""
_HAPPENINGS: Final = {
    PORT.name: ("port.unplug", "port.rename"),
    UPLINK.name: ("uplink.broker_down",),
    HOST.name: ("host.pause", "host.crash"),
}
"""What can be done to a pty, a broker and a process from outside."""


class RealBench:
    """Plays scenarios in real time on what `rig` describes."""

    def __init__(self, rig: Rig, name: str) -> None:
        self.name = name
        self.uncertainty_ns = ns_of(rig.uncertainty)
        self.capabilities = _capabilities(rig)
        self._rig = rig

    def cannot(self, armable: Armable) -> str:
        """Why it cannot make this fault; "" if it can."""
        family, fault = armable.family.name, armable.fault
        if family == WIRE.name:
            is_paced = self._rig.port is None or is_pty(self._rig.port)
            if armable.kind.startswith(_BELOW_A_FRAME):
                return "it delivers whole frames"
            return "" if is_paced or not armable.kind.startswith("jitter") else "a real line has its own time"
        if armable.kind not in _HAPPENINGS[family]:
            return "it can be made in memory only"
        if isinstance(fault, HostFault) and fault.when.match.at is not None:
            return f"{fault.when.match.at} is a point inside the agent, which a process does not show"
        return ""

    def play(self, scenario: Scenario, settings: Settings, trace: Trace, directory: Path) -> None:
        """Play it; see `hil.benches.bench.Bench`. SIGTERM ends every process of the bench first, as Ctrl-C does."""
        try:
            asyncio.run(self._play(scenario, settings, trace, directory))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None

    async def _play(self, scenario: Scenario, settings: Settings, trace: Trace, directory: Path) -> None:
        task = asyncio.current_task()
        if task is not None and threading.current_thread() is threading.main_thread():
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        trace.add(0, Lane.BENCH, "begin", {"bench": self.name, "seed": settings.seed})
        async with Processes(directory) as processes:
            run = RealRun(scenario, settings, self._rig, trace, directory, processes)
            try:
                timeline = await run.start()
                player = Player(scenario, run, timeline, trace)
                await run.until_ns(scenario.duration_ns, player)
            finally:
                trace.close(run.now_ns)
                await run.end()
        trace.reopen()
        run.faults.tell()


def _capabilities(rig: Rig) -> frozenset[Capability]:
    found = set(_ALWAYS)
    if not rig.dut.box:
        found |= {Capability.AGENT_STOP, Capability.AGENT_KILL, Capability.HOST_FAULTS}
        if rig.dut.command is None:
            found |= {Capability.AGENT_CONFIG, Capability.TECHNICIAN}
    if rig.dut.mqtt is None:
        found.add(Capability.UPLINK_FAULTS)
    if rig.port is None:
        found.add(Capability.PORT_FAULTS)
    return frozenset(found)


class PtyBench(RealBench):
    """The installed command on a pty, with a Mosquitto of its own."""

    def __init__(self) -> None:
        super().__init__(Rig(), "pty")


def bench_of(path: str) -> RealBench:
    """The bench that a file describes. Raises BenchError or the loader's ConfigError."""
    return RealBench(load_rig(path), path)
