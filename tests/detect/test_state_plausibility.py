"""Which signals are doubted: only on what is certain, and until they are seen to be right."""

from collections.abc import Callable

import msgspec
import pytest

from edge_agent.clock import NS, ns
from edge_agent.config_types import PlausibilityConfig
from edge_agent.lift_state import LiftState, decode, encode, restore
from edge_agent.state import plausibility
from edge_agent.state.plausibility import KINDS
from edge_agent.state.words import Words
from tests.support.signals import DRIVE, INPUTS, Told

N = PlausibilityConfig().still_trips
EVERY = [*(f"io/{item}" for item in INPUTS), *(f"drive/{item}" for item in DRIVE)]
WRONG = [(key, value) for key in EVERY for value in (True, False) if (key, value) != ("io/safety_chain", True)]


def stuck(key: str, value: bool, **lift: bool) -> Told:
    told = Told(**lift).trips(2)
    told.says[key] = value
    return told


# still through trips


@pytest.mark.parametrize("floors", [True, False], ids=["floors", "no floors"])
@pytest.mark.parametrize(("key", "value"), WRONG)
def test_a_signal_that_trips_do_not_change_is_doubted(key: str, value: bool, floors: bool) -> None:
    told = stuck(key, value, floors=floors)
    if key == "io/door_zone":
        told.limits = msgspec.structs.replace(told.limits, openings_outside_zone=1000)
        told.unknown.add("in_zone")
    told.trips(N - 3)
    assert told.doubts == {}
    told.trips(5)
    doubt = told.doubts[key]
    assert (doubt.value, doubt.openings, f"{doubt.device}/{doubt.item}") == (value, 0, key)
    assert list(told.doubts) == [key]


@pytest.mark.parametrize("floors", [True, False])
@pytest.mark.parametrize("poll_s", [0.1, 0.5, 1.0])
def test_a_right_lift_is_never_doubted(floors: bool, poll_s: float) -> None:
    told = Told(floors=floors, poll_s=poll_s)
    told.limits = PlausibilityConfig(still_trips=5, openings_outside_zone=2)
    for _ in range(60):
        told.trips(1)
        assert told.doubts == {}
    assert {signal.openings for signal in told.state.signals.values()} == {0}


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_a_signal_that_changes_again_is_believed_again_at_once(key: str, value: bool) -> None:
    told = stuck(key, value)
    told.unknown.add("in_zone")
    told.limits = msgspec.structs.replace(told.limits, openings_outside_zone=1000)
    told.trips(N + 1).says[key] = not value
    assert told.doubts.keys() == {key}
    assert told.run(0.5).doubts == {}
    assert told.trips(N - 2).doubts == {}


def test_a_chain_that_is_closed_through_every_trip_may_be_tapped_before_the_doors() -> None:
    assert stuck("io/safety_chain", True).trips(3 * N).doubts == {}


@pytest.mark.parametrize("item", ["doors.front.open", "doors.front.closed", "landing_lock", "car_lock"])
@pytest.mark.parametrize("value", [True, False])
def test_of_two_doors_one_may_rest_but_none_lets_the_lift_run_open(item: str, value: bool) -> None:
    told = stuck(f"io/{item}", value, doors=2).trips(2 * N)
    rests = value is (item != "doors.front.open")
    assert (told.doubts == {}) is rests


@pytest.mark.parametrize("item", ["person", "alarm_button", "mains", "overload", "cabinet_door", "door_open_button"])
def test_what_no_trip_has_to_change_is_not_judged(item: str) -> None:
    assert item not in KINDS


# what is no trip


def test_runs_on_the_spot_are_no_trips() -> None:
    told = Told()
    for _ in range(3 * N):
        told.run(3, moving=True).run(3, moving=False)
    assert told.doubts == {}


def test_openings_at_one_landing_are_no_trips() -> None:
    told = Told()
    for _ in range(3 * N):
        told.cycle()
    assert told.doubts == {}


def test_jogs_of_an_inspection_without_a_mode_spare_the_doors() -> None:
    told = Told().trips(1)
    for _ in range(3 * N):
        told.run(6, moving=True, zone=False).run(4, moving=False).run(6, moving=True).run(4, moving=False, zone=True)
    assert told.doubts == {}


def test_a_floor_that_changes_under_a_standing_car_is_no_trip() -> None:
    told = Told().trips(1)
    for floor in (3, 6) * (2 * N):
        told.run(3, floor=floor)
    assert told.doubts == {}


def back_and_forth(told: Told, seconds: float) -> None:
    """Runs that end where they began, within the zone."""
    told.run(seconds, moving=True).run(1, moving=False)


def out_and_back(told: Told) -> None:
    """Out of the zone, and in it again within three seconds."""
    told.run(0.5, moving=True).run(2, zone=False).run(0.5, zone=True).run(1, moving=False)


def past_a_landing(told: Told) -> None:
    """Rest between floors, after a landing was passed."""
    told.run(2, moving=True, zone=False).run(2, zone=True).run(2, zone=False).run(3, moving=False)


@pytest.mark.parametrize("run", [lambda told: back_and_forth(told, 6), out_and_back, past_a_landing])
def test_without_a_floor_doors_are_judged_at_landings_only(run: Callable[[Told], None]) -> None:
    told = Told(floors=False, speed=False).trips(1)
    for _ in range(3 * N):
        run(told)
    assert told.doubts == {}


def test_without_a_floor_a_short_run_between_openings_is_no_trip() -> None:
    told = stuck("io/door_zone", True, floors=False, speed=False)
    for _ in range(3 * N):
        back_and_forth(told, 2)
        told.cycle()
    assert told.doubts == {}


def test_without_a_floor_chatter_of_the_zone_between_openings_is_no_trip() -> None:
    told = Told(floors=False).trips(1)
    for _ in range(3 * N):
        told.run(0.5, zone=False).run(2, zone=True).cycle()
    assert told.doubts == {}


def test_a_zone_is_judged_at_rest_where_the_doors_are_not_known() -> None:
    told = stuck("io/door_zone", True)
    told.unknown.add("is_open")
    assert told.trips(N + 2).doubts.keys() == {"io/door_zone"}


@pytest.mark.parametrize("creeping", [True, False])
def test_without_a_floor_creeping_is_no_trip(creeping: bool) -> None:
    told = stuck("io/door_zone", True, floors=False)
    for _ in range(N + 3):
        told.ride(2 if told.truth["floor"] != 2 else 5, creeping=creeping).cycle()
    assert (told.doubts == {}) is creeping


def test_trips_out_of_the_normal_mode_do_not_count() -> None:
    told = stuck("io/landing_lock", True)
    told.off_duty = True
    assert told.trips(3 * N).doubts == {}
    told.off_duty = False
    assert told.trips(N - 1).doubts == {}
    assert told.trips(3).doubts.keys() == {"io/landing_lock"}


# what is not known


@pytest.mark.parametrize(
    ("key", "unknown"),
    [
        ("io/door_zone", {"is_open", "floor"}),
        ("io/door_zone", {"is_open", "stationary"}),
        ("io/landing_lock", {"stationary"}),
        ("io/landing_lock", {"floor", "in_zone"}),
        ("drive/moving", {"is_open"}),
        ("drive/moving", {"floor", "in_zone"}),
    ],
)
def test_without_its_evidence_nothing_is_judged(key: str, unknown: set[str]) -> None:
    told = stuck(key, True)
    told.unknown |= unknown
    assert told.trips(3 * N).doubts == {}


@pytest.mark.parametrize("key", ["io/door_zone", "io/landing_lock", "drive/moving"])
def test_a_device_that_was_away_during_each_trip_was_not_still(key: str) -> None:
    told = Told().trips(2)
    for _ in range(3 * N):
        told.says[key] = True
        told.run(3)
        told.says[key] = None
        told.trips(1)
    assert told.doubts == {}


def test_a_trip_whose_end_was_not_heard_does_not_count() -> None:
    told = Told().trips(2)
    for _ in range(2 * N):
        told.says["io/landing_lock"] = True
        told.ride(2).run(3).run(1, moving=True)
        told.says["io/landing_lock"] = None
        told.ride(5)
    assert "io/landing_lock" not in told.doubts


def test_a_forgotten_device_counts_from_its_next_word() -> None:
    told = Told().trips(2)
    told.says["io/landing_lock"] = True
    for _ in range(3 * N):
        told.ride(2 if told.truth["floor"] != 2 else 5)
        told.words.forget("io")
        told.cycle()
    assert "io/landing_lock" not in told.doubts


def test_a_signal_sampled_too_seldom_is_not_judged() -> None:
    assert Told(poll_s=4).trips(3 * N).doubts == {}


def test_a_silence_does_not_take_back_what_was_counted() -> None:
    told = stuck("io/landing_lock", True).trips(N - 2)
    told.says["io/landing_lock"] = None
    told.trips(5).says["io/landing_lock"] = True
    assert told.trips(5).doubts.keys() == {"io/landing_lock"}


# a door that opens where the zone says no


def contradicted() -> Told:
    told = Told().trips(2)
    told.inverted.add("io/door_zone")
    return told


@pytest.mark.parametrize("floors", [True, False])
def test_a_zone_that_says_no_at_every_opening_is_doubted_after_three(floors: bool) -> None:
    told = contradicted()
    told.unknown |= set() if floors else {"floor"}
    told.unknown.add("in_zone")
    assert told.trips(2).doubts == {}
    doubt = told.trips(1).doubts["io/door_zone"]
    assert doubt.openings == 3


def test_only_an_opening_inside_the_zone_ends_that_doubt() -> None:
    told = contradicted().trips(3)
    told.inverted.clear()
    told.ride(7)
    assert told.doubts.keys() == {"io/door_zone"}
    assert told.cycle().doubts == {}


def test_an_opening_inside_the_zone_starts_the_count_anew() -> None:
    told = contradicted().trips(2)
    told.inverted.clear()
    told.trips(1).inverted.add("io/door_zone")
    assert told.trips(2).doubts == {}


def test_a_door_pried_between_floors_again_and_again_is_one_opening() -> None:
    told = Told().trips(2).run(2, moving=True).run(3, zone=False, floor=4).run(5, moving=False)
    for _ in range(10):
        told.cycle()
    assert told.doubts == {}
    assert told.state.signals["io/door_zone"].openings == 1


def test_re_levelling_between_two_openings_is_no_trip() -> None:
    told = contradicted().trips(1)
    for _ in range(10):
        told.run(2, moving=True).run(2, moving=False).cycle()
    assert told.state.signals["io/door_zone"].openings == 1


@pytest.mark.parametrize("unknown", ["stationary", "is_open"])
def test_an_opening_counts_only_of_a_car_that_is_known_to_stand(unknown: str) -> None:
    told = contradicted()
    told.unknown.add(unknown)
    told.trips(10)
    assert told.state.signals["io/door_zone"].openings == 0


def test_a_door_that_opens_while_the_car_still_comes_in_is_no_contradiction() -> None:
    """What the zone said before the door was open is of before."""
    told = Told(poll_s=1.0)
    for floor in (3, 6) * 5:
        told.run(3, moving=True, zone=False).run(1, closed=False, floor=floor).run(
            1, moving=False, open=True, zone=True
        )
        told.run(4).run(2, open=False).run(1, closed=True)
    assert {signal.openings for signal in told.state.signals.values()} == {0}


def test_a_car_that_sinks_out_of_the_zone_with_open_doors_was_in_it() -> None:
    told = Told().trips(1)
    for floor in (2, 5) * 5:
        told.ride(floor).run(1, closed=False).run(4, open=True).run(4, zone=False)
        told.run(2, open=False).run(1, closed=True, zone=True)
    assert told.state.signals["io/door_zone"].openings == 0


def test_a_door_that_is_open_while_the_car_moves_contradicts_nothing() -> None:
    told = contradicted()
    for floor in (2, 5) * 5:
        told.ride(floor).run(1, moving=True, closed=False).run(4, open=True).run(2, open=False, moving=False)
        told.run(1, closed=True).ride(floor + 2).run(1, closed=False).run(4, open=True)
        told.run(2, open=False, moving=True).run(1, closed=True, moving=False)
    assert told.state.signals["io/door_zone"].openings == 0


def test_a_short_opening_says_nothing() -> None:
    told = contradicted()
    for floor in (2, 5) * 5:
        told.ride(floor).run(1, closed=False).run(1, open=True).run(2, open=False).run(1, closed=True)
    assert told.state.signals["io/door_zone"].openings == 0


# through a restart


@pytest.mark.parametrize("floors", [True, False])
def test_a_doubt_stands_through_a_restart_until_the_signal_changes(floors: bool) -> None:
    told = stuck("io/landing_lock", True, floors=floors).trips(N + 2)
    told.restart()
    assert told.trips(2).doubts.keys() == {"io/landing_lock"}
    told.says.clear()
    assert told.cycle().doubts == {}


def test_a_change_while_nobody_ran_ends_the_doubt() -> None:
    told = stuck("drive/moving", True).trips(N + 2)
    told.restart()
    told.says.clear()
    assert told.run(0.5).doubts == {}


def test_the_trip_over_a_restart_does_not_count() -> None:
    told = stuck("io/landing_lock", True)
    told.trips(3)
    before = told.state.signals["io/landing_lock"].still
    told.run(2, moving=True)
    told.restart()
    told.t_ns = NS  # of another boot
    told.ride(8)
    assert told.state.signals["io/landing_lock"].still == before


def test_a_signal_that_the_configuration_does_not_have_any_more_is_dropped() -> None:
    told = stuck("io/landing_lock", True).trips(N + 2)
    told.words = Words([("moving", "drive")])
    assert told.run(1).trips(1).doubts == {}


def test_a_state_stored_before_signals_were_judged_still_counts() -> None:
    stored = msgspec.json.decode(encode(LiftState(boot_id="boot", next_event=7)))
    del stored["plausibility"]
    state = restore(decode(msgspec.json.encode(stored)), "boot")
    assert (state.next_event, plausibility.doubts(state.plausibility, PlausibilityConfig())) == (7, {})


def test_words_are_new_when_they_change_or_after_a_silence() -> None:
    words = Words([("moving", "drive")])
    words.take("drive", {"moving": True, "speed_mps": 1.0}, 0)
    assert (words.news(), words.news()) == (True, False)
    words.take("drive", {"moving": True}, ns(1))
    assert not words.news()
    words.take("drive", {"moving": True}, ns(3.5))
    assert words.news()
    assert words.said["drive/moving"].since_ns == ns(3.5)
    words.take("drive", {"moving": False}, ns(4))
    assert words.news()
