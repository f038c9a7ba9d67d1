"""How old what detection judges is: the age of a profile's fast items, over every instant, in virtual time.

One device of the profile on its default line, the whole agent with the plan that it makes of the profile by itself. An
item may have been sampled as early as its request's end, and is used until the next answer is whole: age is the
distance from there to any instant between, a saw-tooth. It is read off the wire tap. The device answers as late as its
profile says it may. Processors take no virtual time.
"""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from edge_agent.app import Agent, Ports
from edge_agent.config_types import AgentConfig
from edge_agent.equipment import Equipment, equipment_of
from hil import BenchError
from hil.bench.results import Age, ms
from hil.bus.segment import Tapped
from hil.loop import run_virtual
from hil.setup import DeviceSetup
from hil.world import VirtualWorld
from protocols.modbus.hpmont_cic import AnswerEar
from protocols.modbus.pdu import ReadRequest, encode_request
from protocols.profiles.loader import load_profile
from protocols.profiles.place import GOING_DOWN, GOING_UP, Channel, channel_items
from protocols.profiles.schema import Framing, Profile

PROFILES: Final = ("stm32-lift-sensor", "invt-chv180")
SECONDS: Final = 120.0
_SETTLE_NS: Final = 5_000_000_000
_NS_PER_S: Final = 1_000_000_000
_STEP_NS: Final = 1_000

Tooth = tuple[int, int]
"""The least and the greatest age between two answers, in ns."""


def measure_age(profile: str, seconds: float = SECONDS) -> Age:
    """One device of the profile, all inputs of a module wired. Raises BenchError if its fast items were not read."""
    world = VirtualWorld((_setup(load_profile(profile)),))
    with tempfile.TemporaryDirectory(prefix="liftwarden-bench-") as name:
        config = world.agent_config(Path(name))
        config = msgspec.structs.replace(config, link=msgspec.structs.replace(config.link, poll_period_s=None))
        equipment = equipment_of(config)
        run_virtual(_run(world, config, seconds))
    teeth = list(_teeth(world.taps, equipment))
    if not teeth:
        raise BenchError(f"{profile}: the agent read no fast item twice, so they have no age; report it")
    return Age(
        profile=profile,
        line=str(equipment.line),
        fast_period_s=equipment.plan.fast_ns / _NS_PER_S,
        bus_use=equipment.plan.use,
        p50_ms=ms(quantile_ns(teeth, 0.50)),
        p99_ms=ms(quantile_ns(teeth, 0.99)),
        max_ms=ms(max(greatest for _, greatest in teeth)),
    )


def _setup(profile: Profile) -> DeviceSetup:
    """The first answers to all questions, the first items on all inputs."""
    options = {name: next(iter(asks.values)) for name, asks in profile.options.items()}
    numbers = sorted(row.channel for row in profile.rows if row.channel is not None)
    wired = [item for item in channel_items() if item not in (GOING_UP, GOING_DOWN) and ".rear." not in item]
    channels = {number: Channel(item) for number, item in zip(numbers, wired, strict=False)}
    return DeviceSetup(profile=profile.name, options=options, channels=channels)


async def _run(world: VirtualWorld, config: AgentConfig, seconds: float) -> None:
    stop = asyncio.Event()
    ports = Ports(open_bus=world.open_bus, broker=world.broker, clock=world.clock, local=False)
    running = asyncio.create_task(Agent(config, ports).run(stop), name="agent")
    await asyncio.sleep(seconds)
    stop.set()
    await running


def _teeth(taps: Sequence[Tapped], equipment: Equipment) -> Iterator[Tooth]:
    """Those of every read that has the fast rate, once things have settled."""
    for device in equipment.devices:
        for job in device.jobs:
            if job.period_ns == equipment.plan.fast_ns:
                yield from _saw(taps, {_asked(request, equipment.framing) for request, _ in job.ways})


def _asked(request: ReadRequest, framing: Framing) -> bytes:
    """The request as it stands on the wire."""
    frame = encode_request(request)
    return frame if framing is Framing.RTU else AnswerEar().asks(frame)


def _saw(taps: Sequence[Tapped], frames: set[bytes]) -> Iterator[Tooth]:
    """An answer follows its request on the wire at once, or never."""
    known = [
        (answer.t_end_ns, request.t_end_ns)
        for request, answer in pairwise(taps)
        if request.data in frames and answer.source != request.source and request.t_start_ns >= _SETTLE_NS
    ]
    for (known_ns, sampled_ns), (next_ns, _) in pairwise(known):
        yield known_ns - sampled_ns, next_ns - sampled_ns


def quantile_ns(teeth: Sequence[Tooth], share: float) -> int:
    """The age that is not exceeded in that share of all time, to the microsecond."""
    whole_ns = sum(greatest - least for least, greatest in teeth)
    low, high = 0, max(greatest for _, greatest in teeth) // _STEP_NS + 1
    while low < high:
        middle = (low + high) // 2
        below_ns = sum(max(0, min(middle * _STEP_NS, greatest) - least) for least, greatest in teeth)
        low, high = (low, middle) if below_ns >= share * whole_ns else (middle + 1, high)
    return low * _STEP_NS
