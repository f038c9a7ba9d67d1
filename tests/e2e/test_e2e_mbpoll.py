"""`hil serve` read by mbpoll, a Modbus master that is not ours; its answers against the plant's truth.

The truth file tells what was done to the lift and when each device sampled. A plant of the same seed to which the same
is done knows what the registers had to say at that instant.
"""

import re
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from hil.setup import BenchSetup, DeviceSetup
from hil.world import World
from protocols.profiles.layout import Block
from sim.stimuli import Stimulus
from tests.support.mosquitto import tool
from tests.support.processes import Site, until

pytestmark = [pytest.mark.mbpoll, pytest.mark.process]

NOWHERE = "mqtt://127.0.0.1:1"
PLAN = ("--at", "0.3s=entrap_between_floors", "--at", "0.4s=person_enters")
REGISTER = re.compile(r"^\[(\d+)\]:\s+0x([0-9A-F]{4})$", re.MULTILINE)


class Device(msgspec.Struct, frozen=True):
    """A profile as mbpoll must be told of it, and its bench as the command line makes it."""

    profile: str
    options: tuple[str, ...]
    answers: dict[str, str]


STM32 = Device("stm32-lift-sensor", ("-a", "247", "-b", "9600", "-P", "none"), {"door_switch": "open_end"})
CHV180 = Device("invt-chv180", ("-a", "1", "-b", "19200", "-P", "even"), {})


class Reading(msgspec.Struct, frozen=True):
    """What mbpoll printed for one block, and when it ran (wall, ns)."""

    block: Block
    words: tuple[int, ...]
    began_ns: int
    ended_ns: int


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(NOWHERE) as one:
        yield one


def mbpoll(
    site: Site, device: Device, *arguments: str, values: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    command = [tool("mbpoll", "apt-get install mbpoll"), "-m", "rtu", *device.options, *arguments, str(site.link)]
    return subprocess.run([*command, *values], capture_output=True, text=True, timeout=20, check=False)


def read(site: Site, device: Device, block: Block) -> Reading:
    began_ns = time.time_ns()
    done = mbpoll(site, device, "-t", "4:hex", "-r", str(block.address + 1), "-c", str(block.count), "-1")
    assert done.returncode == 0, done.stderr
    found = {int(number) - 1: int(word, 16) for number, word in REGISTER.findall(done.stdout)}
    assert sorted(found) == list(range(block.address, block.address + block.count))
    return Reading(block, tuple(found[address] for address in sorted(found)), began_ns, time.time_ns())


def world_of(site: Site, device: Device) -> World:
    setup = DeviceSetup(profile=device.profile, options=device.answers)
    return World(BenchSetup(building=str(site.building), devices=(setup,)))


def truth_at_samples(site: Site, device: Device) -> Iterator[tuple[dict[str, Any], tuple[int, ...]]]:
    """Each sample of the truth file, and what the same plant would have had to say at that instant."""
    world = world_of(site, device)
    (setup,), (profile,), (served,) = world.setup.devices, world.profiles, world.devices
    for record in site.records():
        if record.get("kind") == "stimulus":
            world.act(record["t_ns"], Stimulus(record["data"]["stimulus"]))
        elif "words" in record:
            world.plant.advance_to(record["t_ns"])
            (block,) = [one for one in served.layout.blocks if one.address == record["address"]]
            yield record, served.layout.encode(block, world.values(setup, profile, record["t_ns"]))


def readings_of_a_trip(site: Site, device: Device) -> list[Reading]:
    """Every block again and again, from before anybody comes until they are trapped."""
    blocks = world_of(site, device).devices[0].layout.blocks
    readings: list[Reading] = []
    deadline_s = time.monotonic() + 60
    while not site.happened("trapped_since") and time.monotonic() < deadline_s:
        readings += [read(site, device, block) for block in blocks]
    return readings + [read(site, device, block) for block in blocks]


@pytest.mark.parametrize("device", [STM32, CHV180], ids=lambda device: device.profile)
def test_every_register_that_mbpoll_reads_is_the_plants_truth_between_request_and_reply(
    site: Site, device: Device
) -> None:
    site.start_bench("--truth", str(site.truth), *PLAN, profile=device.profile)
    readings = readings_of_a_trip(site, device)
    assert site.happened("trapped_since")
    truths = list(truth_at_samples(site, device))
    assert len(truths) == len(readings)  # one request, one sample, one answer: nothing was asked twice
    for reading, (sample, truth) in zip(readings, truths, strict=True):
        assert sample["address"] == reading.block.address
        assert reading.began_ns <= sample["wall_unix_ns"] <= reading.ended_ns
        assert reading.words == truth
    assert len({(one.block.name, one.words) for one in readings}) > len({one.block.name for one in readings})


def test_the_sensor_box_says_in_its_own_bits_that_somebody_is_between_floors(site: Site) -> None:
    """The bits as the public firmware source has them: 11h bit 8 up, 9 down, 10 level, 12 person; 12h floor, speed."""
    site.start_bench("--truth", str(site.truth), *PLAN)
    until(lambda: site.happened("trapped_since"), "somebody is trapped")
    (block,) = world_of(site, STM32).devices[0].layout.blocks
    _, sensors, place = read(site, STM32, block).words[:3]
    assert (sensors >> 8) & 0b11 == 0
    assert (sensors >> 10) & 1 == 0
    assert (sensors >> 12) & 1 == 1
    assert (place >> 8, place & 0xFF) == (1, 0)


def test_the_drive_says_in_its_own_code_that_it_stands_runs_upwards_and_runs_no_more(site: Site) -> None:
    """1001h: 1 and 2 running, 3 stopped, 4 fault (manual of the CHV series)."""
    site.start_bench("--truth", str(site.truth), *PLAN, profile=CHV180.profile)
    seen = [reading.words for reading in readings_of_a_trip(site, CHV180) if reading.block.address == 0x1001]
    assert seen[0] == (3,)
    assert (1,) in seen
    assert seen[-1] in {(3,), (4,)}


@pytest.mark.parametrize("device", [STM32, CHV180], ids=lambda device: device.profile)
@pytest.mark.parametrize("values", [("1",), ("1", "2")], ids=["06", "16"])
def test_a_write_is_refused_with_illegal_function(site: Site, device: Device, values: tuple[str, ...]) -> None:
    site.start_bench("--truth", str(site.truth), profile=device.profile)
    address = world_of(site, device).devices[0].layout.blocks[0].address
    done = mbpoll(site, device, "-t", "4", "-r", str(address + 1), values=values)
    assert done.returncode == 1
    assert "Write output (holding) register failed: Illegal function" in done.stderr
    assert site.happened("sample") == []
