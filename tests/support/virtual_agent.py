"""A running agent on the running virtual loop, for tests."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from hil.benches.virtual_agent import OnAgent, VirtualAgent
from hil.scenario.model import NO_TRAFFIC
from hil.setup import DeviceSetup
from hil.world import VirtualWorld
from sim.sensors.config import Imperfections

__all__ = ["NO_TRAFFIC", "STM32", "VirtualAgent", "virtual_agent"]
STM32: Final = DeviceSetup(profile="stm32-lift-sensor", options={"door_switch": "open_end"})


@asynccontextmanager
async def virtual_agent(
    directory: Path,
    *,
    seed: int = 1,
    devices: Sequence[DeviceSetup] = (STM32,),
    building_set: Mapping[str, str] | None = None,
    line: str | None = None,
    poll_period_s: float | None = 0.5,
    sensors: Mapping[str, Imperfections] | None = None,
    on_agent: OnAgent | None = None,
    restart_s: float | None = None,
    **changes: Any,
) -> AsyncIterator[VirtualAgent]:
    """The agent in the shipped house; `changes` replace sections of its configuration."""
    world = VirtualWorld(devices, seed=seed, building_set=building_set, line=line, sensors=sensors)
    config = msgspec.structs.replace(world.agent_config(directory, poll_period_s=poll_period_s), **changes)
    bench = VirtualAgent(world, config, on_agent, restart_s=restart_s)
    bench.start()
    try:
        yield bench
    finally:
        await bench.stop()
