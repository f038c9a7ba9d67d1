"""The real agent on the virtual bench, with the technician at the plant: what it reports is judged as in bulk."""

import asyncio
from pathlib import Path

import pytest

from edge_agent.commission.judge import Judgement
from edge_agent.commission.session import Session, judged
from edge_agent.equipment import equipment_of
from edge_agent.local.views import Request
from hil.loop import NS_PER_S, run_virtual
from hil.setup import DeviceSetup, load_bench
from hil.technician import Technician
from protocols.profiles.place import Channel
from tests.commission.commission_bench import (
    LIFT,
    MODULE,
    OPTIONS,
    RIGHT,
    inverted,
    judged_as,
    recorded,
    swapped,
    verdicts,
)
from tests.support.virtual_agent import NO_TRAFFIC, VirtualAgent, virtual_agent

PERIOD_S = 0.1
FRESH_WITHIN_S = 5.0
OF_ALL_BENCHES = (
    "residential-9-stm32",
    "residential-9-chv180",
    "residential-9-mont70",
    "residential-9-drive-door-inputs",
)


async def commissioned(bench: VirtualAgent) -> Judgement:
    """Go through the script as the command does, and judge."""
    (lift,), profiles = bench.config.lifts, equipment_of(bench.config).profiles
    session = Session(lift, profiles)
    technician = Technician(bench.world.plant.signals, seed=1)
    under_way = ""
    said_ns: int | None = None
    while (step := session.step) is not None:
        if step.name != under_way:
            under_way, act = step.name, technician.begin(step.name)
            if act is not None:
                bench.world.world.act(bench.world.clock.now_ns(), act.stimulus, act.for_s)
        await asyncio.sleep(PERIOD_S)
        (report,) = (await bench.answer(Request("blocks"))).blocks
        session.take(report)
        if said_ns is None and technician.confirms():
            said_ns = session.now_ns
        if said_ns is not None:
            late = session.now_ns - said_ns > FRESH_WITHIN_S * NS_PER_S
            if session.is_fresh(said_ns) or late:
                session.confirm(said_ns)
                said_ns = None
    return judged(session.record, lift, profiles)


@pytest.mark.parametrize("name", OF_ALL_BENCHES)
def test_every_shipped_bench_passes(tmp_path: Path, name: str) -> None:
    setup = load_bench(name)

    async def main() -> Judgement:
        async with virtual_agent(
            tmp_path, devices=setup.devices, building_set=NO_TRAFFIC, line=setup.line, poll_period_s=None
        ) as bench:
            await bench.until_s(5)
            return await commissioned(bench)

    judgement = run_virtual(main())

    assert verdicts(judgement) == {}
    assert judgement.missing == ()


@pytest.mark.parametrize(
    "wired", [RIGHT, inverted(1), swapped(2, 3), swapped(11, 12)], ids=["right", "inverted", "locks", "directions"]
)
def test_the_agents_record_is_judged_as_the_bulk_record(tmp_path: Path, wired: dict[int, Channel]) -> None:
    devices = (DeviceSetup(profile=MODULE, options=OPTIONS, channels=wired),)

    async def main() -> Judgement:
        house = {**NO_TRAFFIC, "chain.lock_inputs": "contacts"}
        async with virtual_agent(
            tmp_path, devices=devices, building_set=house, poll_period_s=None, lifts=(LIFT,)
        ) as bench:
            await bench.until_s(5)
            return await commissioned(bench)

    assert verdicts(run_virtual(main())) == verdicts(judged_as(recorded(1, wired)))
