"""Every shipped bench as a lift: what its devices give together sees people trapped, or the matrix says it does not."""

from pathlib import Path

import msgspec
import pytest

from edge_agent.codes import load_codes
from edge_agent.sights import Sight, events_of, named_by, values_of
from hil.loop import NS_PER_S, run_virtual
from hil.setup import load_bench
from hil.world import World
from protocols import ProtocolError
from protocols.profiles.layout import compile_layout
from protocols.profiles.loader import load_profile
from protocols.profiles.place import Place
from protocols.resources import config_names
from protocols.upstream.messages import Phase
from sim.stimuli import Stimulus
from sim.truth import TruthKind
from tests.support.virtual_agent import NO_TRAFFIC, virtual_agent

BENCHES = config_names("benches")


def items_of(name: str) -> set[str]:
    """What the devices of a bench give together."""
    given: set[str] = set()
    for device in load_bench(name).devices:
        place = Place(device.door, device.channels)
        profile = load_profile(device.profile)
        given |= compile_layout(profile, device.options, place).items | values_of([profile])
    return given


def named(name: str) -> set[str]:
    """The events that the fault tables of a bench's devices name."""
    return set(named_by(load_profile(device.profile) for device in load_bench(name).devices).values())


def seeing(code: str) -> list[str]:
    sights = {
        name: {one.code: one.sight for one in events_of(items_of(name), load_codes(), named(name))} for name in BENCHES
    }
    return [name for name in BENCHES if sights[name][code] is not Sight.UNSEEN]


@pytest.mark.parametrize("name", seeing("A01"))
def test_people_trapped_between_floors_are_seen_by_every_combination_that_can(tmp_path: Path, name: str) -> None:
    setup = load_bench(name)

    async def main() -> None:
        async with virtual_agent(
            tmp_path, devices=setup.devices, building_set=NO_TRAFFIC, line=setup.line, poll_period_s=None
        ) as bench:
            bench.world.at(5, Stimulus.PERSON_ENTERS)
            bench.world.at(6, Stimulus.ENTRAP_BETWEEN_FLOORS)
            await bench.until_s(90)
            trapped_s = bench.world.truth_of(TruthKind.TRAPPED_SINCE)[0].t_ns / NS_PER_S
            raised_s, alarm = bench.first("A01", Phase.RAISED)
            assert trapped_s + 30 <= raised_s <= trapped_s + 62
            assert {link["state"] for link in bench.health().links.values()} == {"up"}
            assert alarm.snapshot.items["door_zone"].value is False

    run_virtual(main())


def test_a_drive_an_operator_and_inputs_make_one_lift(tmp_path: Path) -> None:
    """Motion from the drive, the closed door from the operator, everything else from the module."""
    setup = load_bench("residential-9-drive-door-inputs")

    async def main() -> None:
        async with virtual_agent(
            tmp_path, devices=setup.devices, building_set=NO_TRAFFIC, line=setup.line, poll_period_s=None
        ) as bench:
            await bench.until_s(10)
            items = bench.state().snapshot.items
            sources = {name: item.source.partition("/")[0] for name, item in items.items()}
            assert sources["moving"] == "device-1"
            assert sources["doors.front.closed"] == "device-2"
            assert {sources[name] for name in ("door_zone", "safety_chain", "mains", "person")} == {"device-3"}
            assert {item.validity for item in items.values()} == {"good"}

    run_virtual(main())


def test_every_event_of_the_lift_can_be_seen_by_a_shipped_combination() -> None:
    """But for those that only a controller's own word can tell, and no shipped profile has it."""
    blind = {code: entry.needs for code, entry in load_codes().items() if entry.needs and not seeing(code)}
    modes = {"E42": ("mode=out_of_service",), "E46": ("mode=emergency_power",), "E47": ("mode=earthquake",)}
    assert blind == dict.fromkeys(("F08", "F09", "F10", "F17", "F23", "F25"), ("faults",)) | modes


def test_a_combination_of_different_lines_is_refused_with_the_reason() -> None:
    setup = msgspec.structs.replace(load_bench("residential-9-drive-door-inputs"), line="9600 8N1")
    with pytest.raises(ProtocolError, match=r"delta-eb3000 allows only 19200 8N2.*set one that all allow"):
        World(setup)
