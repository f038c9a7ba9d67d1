"""Several lifts on one bus: each device is one car's, and so is what is done."""

import pytest

from hil import BenchError
from hil.setup import BenchSetup, DeviceSetup, parse_planned
from hil.world import World
from sim.stimuli import Stimulus

BOX = {"profile": "stm32-lift-sensor", "options": {"door_switch": "open_end"}}
TWO = {"cars": "2", "traffic.passengers_per_hour": "0"}


def test_each_device_reads_the_car_that_it_belongs_to() -> None:
    devices = (DeviceSetup(**BOX, car=1, slave=1), DeviceSetup(**BOX, car=2, slave=2))
    world = World(BenchSetup(devices=devices, building_set=TWO))
    world.act(1_000_000_000, Stimulus.ALARM_BUTTON, 5, car=1)
    pressed = [world.values(one, world.profiles[0], 2_000_000_000)["alarm_button"] for one in devices]
    assert pressed == [False, True]


def test_a_car_that_is_not_there_is_one_line() -> None:
    with pytest.raises(BenchError, match=r"^there is no car 2: residential-9 has 1$"):
        World(BenchSetup(devices=(DeviceSetup(**BOX, car=2),)))


@pytest.mark.parametrize(("text", "car", "index"), [("20s=release", None, None), ("20s=release@2", 2, 1)])
def test_what_is_planned_may_name_its_car(text: str, car: int | None, index: int | None) -> None:
    planned = parse_planned(text)
    assert (planned.car, planned.car_index) == (car, index)
