from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from msgspec.structs import replace
from sim_witness import HOUSE

from hil.setup import load_bench
from protocols import ProtocolError
from protocols.strictyaml import ConfigError
from sim import SimError
from sim.building import Floor, Traffic, load_building, parse_building
from sim.demand import Thing
from sim.injector.model import load_faults

FLOORS = 'floors: [{label: "G", height_m: 0}, {label: "1", height_m: 4.2}]\n'
HEAD = "name: hut\ntitle: {en: Hut, zh: 小屋}\n"


def test_the_shipped_building_loads() -> None:
    building = load_building("residential-9")
    assert [floor.label for floor in building.floors] == [str(i) for i in range(1, 10)]
    assert building.motion_limits == (1.75, 0.8, 1.2)


def test_a_building_comes_from_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "hut.yaml"
    path.write_text(HEAD + FLOORS, encoding="utf-8")
    assert load_building(str(path)).heights_m == (0, 4.2)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SimError, match=r"cannot read building .*hut\.yaml"):
        load_building(str(tmp_path / "hut.yaml"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEAD + FLOORS + "flors: 3\n", id="unknown-key"),
        pytest.param(HEAD + "floors: []\n", id="no-floors"),
        pytest.param(HEAD + FLOORS + "drive: {rescue_speed_mps: 0.5}\n", id="rescue-faster-than-the-standard"),
        pytest.param(HEAD + FLOORS + "door: {zone_m: 0.4}\n", id="zone-wider-than-the-standard"),
        pytest.param(HEAD + FLOORS + "door: {zone_m: 0.04}\n", id="zone-too-small-to-stop-in"),
        pytest.param(HEAD + FLOORS + "door: {operator: {closing_limit_n: 151}}\n", id="closes-too-hard"),
        pytest.param(HEAD + FLOORS + "door: {operator: {closing_limit_n: 50}}\n", id="too-weak-to-hold-its-door"),
        pytest.param(HEAD + FLOORS + "door: {dwell_car_call_s: 601}\n", id="open-for-ever-at-a-car-call"),
        pytest.param(HEAD + FLOORS + "door: {dwell_hall_call_s: 601}\n", id="open-for-ever-at-a-hall-call"),
        pytest.param(HEAD + FLOORS + "rescue_device: {delay_s: 601}\n", id="rescued-never"),
        pytest.param(HEAD + FLOORS + "rated_load_kg: 1\n", id="rated-for-less-than-a-person"),
        pytest.param(HEAD + FLOORS + "main_floor: 2\n", id="main-floor-does-not-exist"),
        pytest.param(HEAD + FLOORS + "service: {fire_floor: 2}\n", id="fire-floor-does-not-exist"),
    ],
)
def test_an_impossible_building_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        parse_building(text, "hut.yaml")


@pytest.mark.parametrize(
    ("floors", "reason"),
    [
        ((Floor("1", 1.0), Floor("2", 4.0)), "height 0"),
        ((Floor("1", 0.0), Floor("2", 1.0)), "2 m apart"),
        ((Floor("1", 0.0), Floor("2", 6.0), Floor("3", 3.0)), "lowest to the highest"),
    ],
)
def test_floors_are_in_order(floors: tuple[Floor, ...], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        replace(HOUSE, floors=floors, main_floor=0)


def test_shares_of_traffic_are_parts_of_a_whole() -> None:
    with pytest.raises(ValueError, match="more than the whole"):
        replace(HOUSE, traffic=replace(HOUSE.traffic, incoming=0.7, outgoing=0.7))


@pytest.mark.parametrize(
    "traffic",
    [
        "traffic: {passengers_per_hour: 1e9}\n",
        "traffic: {day: [{from_h: 0, passengers_per_hour: 20001, incoming: 0.4, outgoing: 0.4}]}\n",
    ],
)
def test_more_people_than_can_be_computed_are_refused(traffic: str) -> None:
    with pytest.raises(ProtocolError, match="20000"):
        parse_building(HEAD + FLOORS + traffic, "hut.yaml")


def test_a_rate_at_the_bound_is_taken() -> None:
    assert parse_building(HEAD + FLOORS + "traffic: {passengers_per_hour: 20000}\n", "hut.yaml").name == "hut"


@pytest.mark.parametrize("load", [load_building, load_faults, load_bench])
@pytest.mark.parametrize("written", [(HEAD + FLOORS).encode("gbk"), bytes(range(256))], ids=["gbk", "any-bytes"])
def test_a_file_that_is_not_utf8_is_one_line(tmp_path: Path, load: Callable[[str], object], written: bytes) -> None:
    path = tmp_path / "hut.yaml"
    path.write_bytes(written)
    with pytest.raises(ConfigError) as caught:
        load(str(path))
    assert str(caught.value) == f"{path}: is not UTF-8; save it as UTF-8"


def test_a_directory_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(SimError, match="is a directory"):
        load_building(str(tmp_path))


@pytest.mark.parametrize("rated_kg", [394.9, 395])
def test_the_heaviest_usual_person_with_the_heaviest_thing_fits_the_rated_load(rated_kg: float) -> None:
    """75 kg, three times 15 kg more, and a bed of 275 kg: 395 kg."""
    traffic = Traffic(mass_spread_kg=15.0, things=(Thing("bicycle", 15, 0.1), Thing("bed", 275, 0.1)))
    with nullcontext() if rated_kg >= 395 else pytest.raises(ValueError, match="395 kg with what they bring"):
        replace(HOUSE, rated_load_kg=rated_kg, traffic=traffic)
