"""How fast one lift lives in virtual time: the plant alone, with a bare master on its bus, and with the whole agent.

All three are the same lift with the same seed over the same span, one after the other in this process. The plant alone
is only advanced. The other two have its device model on the in-memory segment and poll it at the same rates; the agent
has its journal on disk and publishes to a broker in memory. Building them is not counted.
"""

import asyncio
import gc
import tempfile
import time
from pathlib import Path
from typing import Final

from edge_agent.app import Agent, Ports
from hil.bench.asks import asks_of
from hil.bench.bare import BareMaster
from hil.bench.results import Pace, Speed
from hil.bus.memory import MEMORY_PORT
from hil.loop import NS_PER_S, run_virtual
from hil.setup import BenchSetup, load_bench
from hil.world import VirtualWorld, World

VIRTUAL_S: Final = 3_600.0
PERIOD_S: Final = 0.5
"""The agent's default."""
BENCH: Final = "residential-9-stm32"
_PLANTS: Final = 20


def measure_speed(virtual_s: float = VIRTUAL_S, seed: int = 1) -> Speed:
    """One after the other."""
    setup = load_bench(BENCH)
    plant = _plant(setup, virtual_s, seed)
    bare = run_virtual(_bare(setup, virtual_s, seed))
    agent, published = run_virtual(_agent(setup, virtual_s, seed))
    return Speed(
        virtual_s=virtual_s,
        period_s=PERIOD_S,
        seed=seed,
        published=published,
        plant=plant,
        bare=bare,
        agent=agent,
    )


def _pace(virtual_s: float, began_ns: int, polls: int) -> Pace:
    real_s = (time.perf_counter_ns() - began_ns) / NS_PER_S
    return Pace(real_s=real_s, times_real=virtual_s / real_s, polls=polls)


def _now_ns() -> int:
    """The start of a measurement, with nothing left over from the one before."""
    gc.collect()
    return time.perf_counter_ns()


def _plant(setup: BenchSetup, virtual_s: float, seed: int) -> Pace:
    """Several of them, since one takes so little time; `real_s` is that of one."""
    seeded = BenchSetup(building=setup.building, seed=seed, devices=setup.devices)
    worlds = [World(seeded) for _ in range(_PLANTS)]
    began_ns = _now_ns()
    for world in worlds:
        world.plant.advance_to(round(virtual_s * NS_PER_S))
    whole = _pace(virtual_s * _PLANTS, began_ns, 0)
    return Pace(real_s=whole.real_s / _PLANTS, times_real=whole.times_real, polls=0)


async def _bare(setup: BenchSetup, virtual_s: float, seed: int) -> Pace:
    world = VirtualWorld(setup.devices, building=setup.building, seed=seed)
    asks = asks_of(world.agent_config(Path(), poll_period_s=PERIOD_S))
    master = BareMaster(lambda data: port.write(data))  # noqa: PLW0108  # the port comes later
    port = await world.open_bus(MEMORY_PORT, world.world.line, master.received, lambda _error: None)
    began_ns = _now_ns()
    polling = asyncio.create_task(master.poll(asks, world.world.line.t35_ns / NS_PER_S), name="bare-master")
    await asyncio.sleep(virtual_s)
    pace = _pace(virtual_s, began_ns, len(world.samples))
    polling.cancel()
    return pace


async def _agent(setup: BenchSetup, virtual_s: float, seed: int) -> tuple[Pace, int]:
    world = VirtualWorld(setup.devices, building=setup.building, seed=seed)
    with tempfile.TemporaryDirectory(prefix="liftwarden-bench-") as name:
        stop = asyncio.Event()
        ports = Ports(open_bus=world.open_bus, broker=world.broker, clock=world.clock, local=False)
        agent = Agent(world.agent_config(Path(name), poll_period_s=PERIOD_S), ports)
        began_ns = _now_ns()
        running = asyncio.create_task(agent.run(stop), name="agent")
        await asyncio.sleep(virtual_s)
        pace = _pace(virtual_s, began_ns, len(world.samples))
        stop.set()
        await running
    return pace, len(world.broker.published)
