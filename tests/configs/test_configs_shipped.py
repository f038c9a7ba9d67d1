"""Every shipped file loads, and means what its comments say."""

from pathlib import Path

import pytest
from msgspec.structs import asdict

from edge_agent.config import load_config
from edge_agent.config_types import AgentConfig, Section
from hil.scenario.loader import load_scenario
from hil.setup import load_bench
from protocols.lift.catalogue import load_catalogue
from protocols.profiles.lineup import common_line
from protocols.profiles.loader import load_profile
from sim.building import load_building
from sim.injector.model import load_faults

CONFIGS = Path(__file__).parents[2] / "configs"
EXAMPLE = CONFIGS / "agent" / "example.yaml"
LOADERS = {
    "profiles": lambda path: load_profile(path.stem),
    "buildings": lambda path: load_building(path.stem),
    "faults": lambda path: load_faults(path.stem),
    "benches": lambda path: load_bench(path.stem),
    "scenarios": lambda path: load_scenario(path.stem),
    "catalogue": lambda _path: load_catalogue(),
    "agent": lambda path: load_config(str(path)),
}
SHIPPED = sorted(path for path in CONFIGS.rglob("*.yaml") if path.is_file())


def test_there_is_something_to_load_of_every_kind() -> None:
    assert {path.parent.name for path in SHIPPED} == LOADERS.keys()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_shipped_file_loads(path: Path) -> None:
    LOADERS[path.parent.name](path)


def example() -> AgentConfig:
    return load_config(str(EXAMPLE))


def test_the_example_is_for_a_real_port_and_the_sensor_box() -> None:
    config = example()
    assert config.link.port == "/dev/ttyUSB0"
    (device,) = config.lifts[0].devices
    profile = load_profile(device.profile)
    assert (device.profile, device.slave) == ("stm32-lift-sensor", profile.slave)
    assert str(common_line([profile], config.link.line)) == "9600 8N1"


def keys_of(section: Section) -> set[str]:
    return set(section.__struct_fields__)


def test_the_example_shows_every_key() -> None:
    text, config = EXAMPLE.read_text(encoding="utf-8"), example()
    sections = [config, config.link, config.lifts[0], config.lifts[0].devices[0], config.detect, config.journal]
    sections += [config.uplink, config.local, config.ui, config.log]
    sections += [config.detect.entrapment, config.detect.occupancy, config.detect.doors]
    missing = {key for section in sections for key in keys_of(section) if f"{key}:" not in text}
    assert not missing


def test_the_example_carries_the_defaults() -> None:
    config = example()
    plain = AgentConfig(
        terminal_id=config.terminal_id,
        link=config.link,
        lifts=config.lifts,
        journal=config.journal,
        uplink=config.uplink,
        local=config.local,
    )
    assert config == plain
    assert config.link == type(config.link)(port=config.link.port, line=config.link.line)
    assert config.uplink == type(config.uplink)(broker=config.uplink.broker)
    assert config.journal == type(config.journal)(path=config.journal.path)
    lift = {"id", "devices", "floors"}
    stated = {key: value for key, value in asdict(config.lifts[0]).items() if key in lift}
    assert config.lifts[0] == type(config.lifts[0])(**stated)


@pytest.mark.parametrize(
    ("bench", "profile"),
    [("residential-9-stm32", "stm32-lift-sensor"), ("residential-9-chv180", "invt-chv180")],
)
def test_a_bench_serves_its_profile_on_its_building(bench: str, profile: str) -> None:
    setup = load_bench(bench)
    assert (setup.building, [device.profile for device in setup.devices]) == ("residential-9", [profile])
