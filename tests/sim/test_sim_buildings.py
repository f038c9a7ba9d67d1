"""The shipped buildings: each loads, and what its people make of its lift is in a band."""

from collections import Counter

import pytest
from msgspec.structs import replace

from protocols.resources import config_names
from sim.agenda import NS_PER_S
from sim.building import Building, load_building
from sim.plant import Plant
from sim.truth import TruthKind, TruthRecord

DAY_NS = 24 * 3600 * NS_PER_S
BUILDINGS = ["added-lift-5", "hospital-bed", "office-16", "old-1990s", "residential-18"]


def a_day_of(building: Building) -> float:
    """How many people a day brings by its file."""
    day = building.traffic.day
    ends_h = [*(period.from_h for period in day[1:]), 24.0]
    return sum(period.passengers_per_hour * (end_h - period.from_h) for period, end_h in zip(day, ends_h, strict=True))


def lived(building: Building, days: float, seed: int = 1) -> tuple[Plant, list[TruthRecord]]:
    log: list[TruthRecord] = []
    plant = Plant(building, seed, log.append)
    plant.advance_to(round(days * DAY_NS))
    return plant, log


@pytest.mark.parametrize("name", BUILDINGS)
def test_each_is_shipped_with_a_title_in_both_languages(name: str) -> None:
    assert name in config_names("buildings")
    building = load_building(name)
    assert building.name == name
    assert building.title.en.isascii() and not building.title.zh.isascii()
    assert a_day_of(building) > 0


@pytest.mark.parametrize(
    ("name", "days", "least", "most"),
    [
        ("residential-18", 20, 160, 190),
        ("old-1990s", 10, 150, 250),
        ("added-lift-5", 20, 75, 125),
        ("hospital-bed", 3, 700, 1000),
        ("office-16", 1, 1000, 1479),
    ],
)
def test_a_lift_starts_as_often_as_its_kind_does(name: str, days: float, least: float, most: float) -> None:
    """Bands: simulation.md 2.5, 176 starts of a residential lift and up to 1 479 of a busy one (M); usage categories
    of ISO 25745-2, 75-200, 500-1 000 and 1 000-2 000 a day (limits.csv, B)."""
    building = load_building(name)
    plant, log = lived(building, days)
    kinds = Counter(record.kind for record in log)
    assert least <= kinds[TruthKind.DEPARTED] / days / building.cars <= most
    assert 1.0 <= kinds[TruthKind.DOOR_CLOSED] / kinds[TruthKind.DEPARTED] <= 1.2
    expected = days * a_day_of(building)
    assert abs(plant.crowd.came - expected) < 4 * (expected * (2 * building.traffic.batch_mean - 1)) ** 0.5
    assert not {TruthKind.TRAPPED_SINCE, TruthKind.FAULT} & set(kinds)
    assert plant.crowd.served > 0.98 * (plant.crowd.came - plant.crowd.waiting - plant.crowd.riding)


def test_a_hundred_people_one_by_one_make_as_many_starts_as_another_model_says() -> None:
    """simulation.md 2.5: 100 passengers a day in a residential lift of this height made 176 starts and 199 door cycles
    (M). Within a tenth: the two models' days and doors differ."""
    building = load_building("residential-18")
    traffic, share, days = building.traffic, 100 / a_day_of(building), 40
    day = tuple(replace(period, passengers_per_hour=period.passengers_per_hour * share) for period in traffic.day)
    plant, _ = lived(replace(building, traffic=replace(traffic, batch_mean=1.0, day=day)), days)
    now = plant.signals()
    assert now.trips / days == pytest.approx(176, rel=0.1)
    assert now.door_cycles / days == pytest.approx(199, rel=0.1)


def test_the_added_lift_stops_between_the_storeys() -> None:
    """Storeys of 2.8 m; half landings lie 1.4 m above each."""
    heights_m = load_building("added-lift-5").heights_m
    assert heights_m == pytest.approx((0, 1.5 * 2.8, 2.5 * 2.8, 3.5 * 2.8))


def test_the_old_lift_stops_far_off_its_landings_and_stays_there() -> None:
    """Half of its stops at least are outside the +-10 mm of EN 81-20 5.12.1.1.4, and nothing brings it back."""
    building = load_building("old-1990s")
    _, log = lived(building, 3)
    stops = [record.data for record in log if record.kind is TruthKind.STOPPED]
    off_mm = [1000 * abs(float(str(at["position_m"])) - building.heights_m[int(str(at["floor"]))]) for at in stops]
    assert sum(off > 10 for off in off_mm) > len(off_mm) / 2
    assert not [record for record in log if record.kind is TruthKind.RELEVELLING]


@pytest.mark.parametrize("name", [name for name in BUILDINGS if name != "old-1990s"])
def test_the_others_stop_within_ten_millimetres(name: str) -> None:
    assert load_building(name).levelling.run_error_mm <= 10


def test_beds_ride_in_the_hospital() -> None:
    _, log = lived(load_building("hospital-bed"), 1)
    masses: dict[object, list[object]] = {}
    for record in log:
        if record.kind is TruthKind.WAITING:
            masses.setdefault(record.data.get("thing", ""), []).append(record.data["mass_kg"])
    assert set(masses) == {"", "bed", "wheelchair"}
    assert min(float(str(mass)) for mass in masses["bed"]) > 180
