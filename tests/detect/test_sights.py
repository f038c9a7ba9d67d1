"""Which events can be told from which items, and what each shipped device shows."""

import pytest

from edge_agent.codes import load_codes
from edge_agent.sights import events_of, items_of, sights_of
from protocols.lift.catalogue import parse_catalogue
from protocols.lift.coverage import Sight, sight, with_value
from protocols.lift.vocabulary import ITEMS, ServiceMode
from protocols.profiles.loader import load_profile, profile_names
from protocols.resources import config_text
from protocols.strictyaml import ConfigError

CATALOGUE = load_codes()


@pytest.mark.parametrize(
    ("items", "seen"),
    [
        (set(), Sight.UNSEEN),
        ({"door_zone"}, Sight.UNSEEN),
        ({"door_zone", "moving"}, Sight.INDICATIVE),
        ({"door_zone", "speed_mps"}, Sight.INDICATIVE),
        ({"door_zone", "moving", "car_calls"}, Sight.CERTAIN),
        ({"door_zone", "moving", "person"}, Sight.CERTAIN),
        ({"moving", "person"}, Sight.UNSEEN),
    ],
)
def test_an_entrapment_between_floors_is_told_from_place_and_motion(items: set[str], seen: Sight) -> None:
    assert {one.code: one.sight for one in events_of(items, CATALOGUE)}["A01"] is seen


@pytest.mark.parametrize("door", ["doors.front.open", "doors.rear.open"])
def test_a_star_is_any_door(door: str) -> None:
    assert sight(["doors.*.open"], [], {door}) is Sight.CERTAIN
    assert sight(["doors.*.open"], [], {door.replace("open", "closed")}) is Sight.UNSEEN


def test_what_is_missing_is_named() -> None:
    told = {one.code: one for one in events_of({"door_zone"}, CATALOGUE)}
    assert told["A01"].lacks == ("moving | speed_mps",)


def test_the_terminals_own_events_need_no_lift() -> None:
    assert not {"D01", "D02", "D05", "D07"} & {one.code for one in events_of((), CATALOGUE)}


def test_every_event_of_the_lift_can_be_seen_by_somebody_who_gives_everything() -> None:
    words = {with_value("mode", mode.name.lower()) for mode in ServiceMode}
    named = {code for code, entry in CATALOGUE.items() if "faults" in (*entry.needs, *entry.certain)}
    assert {one.sight for one in events_of({*ITEMS, *words}, CATALOGUE, named)} == {Sight.CERTAIN}


def test_a_mode_is_seen_by_who_has_a_word_for_it() -> None:
    told = {one.code: one.sight for one in sights_of(load_profile("hpmont-mont70"), CATALOGUE).events}
    assert (told["E44"], told["E47"]) == (Sight.CERTAIN, Sight.UNSEEN)


def test_a_fault_that_no_device_of_the_lift_names_is_not_told_by_its_controller() -> None:
    told = {one.code: one for one in events_of(ITEMS, CATALOGUE, {"F15"})}
    assert (told["F15"].sight, told["F22"].sight) == (Sight.CERTAIN, Sight.UNSEEN)
    assert told["F22"].lacks == ("faults",)
    assert told["F05"].sight is Sight.INDICATIVE


def test_what_its_fault_table_names_a_device_shows() -> None:
    told = {one.code: one.sight for one in sights_of(load_profile("hpmont-mont70"), CATALOGUE).events}
    assert told["F22"] is Sight.CERTAIN
    assert told["F09"] is Sight.UNSEEN


def test_a_need_that_is_no_item_is_refused_with_its_line() -> None:
    text, _ = config_text("catalogue", "events")
    with pytest.raises(ConfigError, match=r"^events:\d+: events\.A03\.needs: no item 'alarm_buton'; did you mean"):
        parse_catalogue(text.replace("needs: [alarm_button]", "needs: [alarm_buton]"), "events")


def test_a_drive_alone_sees_no_entrapment() -> None:
    told = {one.code: one.sight for one in sights_of(load_profile("invt-chv180"), CATALOGUE).events}
    assert told["A01"] is told["A02"] is Sight.UNSEEN


def test_the_sensor_terminal_sees_both_kinds_with_either_door_switch() -> None:
    told = {one.code: one.sight for one in sights_of(load_profile("stm32-lift-sensor"), CATALOGUE).events}
    assert told["A01"] is told["A02"] is Sight.CERTAIN


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_gives_only_items_of_the_vocabulary(name: str) -> None:
    assert items_of(load_profile(name)) <= ITEMS.keys()
