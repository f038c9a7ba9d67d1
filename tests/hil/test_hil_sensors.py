"""A bench whose lift has imperfect sensors: what its devices' registers hear."""

import re
from pathlib import Path

from hil.setup import BenchSetup, DeviceSetup
from hil.world import World
from protocols.strictyaml import load_yaml
from sim.sensors import config as wrong
from sim.sensors.config import Imperfections

S = 1_000_000_000
PAGE = Path(__file__).parents[2] / "docs" / "sensors.md"
STM32 = DeviceSetup(profile="stm32-lift-sensor", options={"door_switch": "open_end"})


def test_devices_read_the_sensors_and_not_the_truth() -> None:
    setup = BenchSetup(devices=(STM32,), sensors={"mains": Imperfections(stuck=wrong.Stuck(value=False, from_s=5))})
    world = World(setup)
    heard = [world.values(STM32, world.profiles[0], t_s * S)["mains"] for t_s in (4, 6)]
    assert heard == [True, False]
    assert world.plant.signals().mains


def test_a_sensor_fails_in_the_middle_of_a_run() -> None:
    setup = BenchSetup(devices=(STM32,), sensors={"person": Imperfections(inverted=wrong.Inverted(on=False))})
    world = World(setup)
    before = world.values(STM32, world.profiles[0], 10 * S)["person"]
    world.switch_sensor(20 * S, "person", "inverted", on=True)
    assert world.plant.now_ns == 20 * S
    assert world.values(STM32, world.profiles[0], 20 * S)["person"] is not before


def test_the_example_of_the_page_is_a_bench() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    world = World(load_yaml(example, "docs/sensors.md", BenchSetup))
    assert world.values(STM32, world.profiles[0], 3600 * S)


def test_the_page_names_every_kind_its_keys_and_defaults() -> None:
    rows = [[cell.strip() for cell in line.split("|")] for line in PAGE.read_text(encoding="utf-8").splitlines()]
    table = [row for row in rows if len(row) == 9 and row[3] not in {"what it does", "---"}]
    said: dict[str, dict[str, str]] = {}
    kind = ""
    for row in table:
        kind = row[1].strip("`") or kind
        said.setdefault(kind, {})[row[4].strip("`")] = row[5]
    assert list(said) == list(Imperfections.__struct_fields__)
    for name, keys in said.items():
        struct = getattr(wrong, "".join(part.capitalize() for part in name.split("_")))
        own = tuple(field for field in struct.__struct_fields__ if field not in wrong.Imperfection.__struct_fields__)
        assert set(keys) - {"-"} == set(own)
        for field, default in keys.items():
            if default not in {"-", "", "none"}:
                assert float(default) == getattr(struct(), field)
