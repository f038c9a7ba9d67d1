"""The agent behind sensors that are not perfect: what must not become an alarm."""

from pathlib import Path

import pytest

from hil.loop import run_virtual
from sim.sensors import config as wrong
from sim.sensors.config import Imperfections
from tests.support.virtual_agent import virtual_agent

BOUNCY = {
    item: Imperfections(bounce=wrong.Bounce())
    for item in ("doors.front.open", "doors.front.closed", "door_zone", "person", "mains")
}


@pytest.mark.parametrize("seed", [1, 2])
def test_contacts_that_bounce_in_half_an_hour_of_service_are_no_alarm(seed: int, tmp_path: Path) -> None:
    async def scene() -> None:
        async with virtual_agent(tmp_path, seed=seed, sensors=BOUNCY) as bench:
            await bench.until_s(1800)
            assert bench.world.plant.signals().trips > 10
            assert bench.steps() == []

    run_virtual(scene())
