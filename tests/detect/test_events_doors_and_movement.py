"""F02 to F07, F11 to F13, F18, F20, F21: doors and the car's way, by signals; and what must not be one of them.

Limits by controllers' manuals and EN 81-20 as recalled: reference/lift_standards.md, 3.1 and 6.2 to 6.4.
"""

from typing import Any

import pytest

from edge_agent.config_types import DetectConfig, DoorEventsConfig
from protocols.lift.vocabulary import ServiceMode
from protocols.upstream.messages import Phase
from tests.support.core import Ride


def begun(ride: Ride) -> list[str]:
    """Codes of the F events that began, in order."""
    return [one.code for _, one in ride.happened if one.phase is Phase.BEGIN and one.code[0] == "F"]


def at(ride: Ride, code: str, phase: Phase = Phase.BEGIN) -> list[float]:
    return [t_s for t_s, _ in ride.of(code, phase)]


def lift(**signals: Any) -> Ride:
    """Both door limits, closed at floor 0."""
    return Ride(**{"door_closed": True, "car_calls": 0, **signals}).run(5)


def opened(ride: Ride, seconds: float = 5.0) -> Ride:
    """The door opens and stands open so long."""
    ride.run(1, door_closed=False)
    return ride.run(seconds, door_open=True)


def shut(ride: Ride) -> Ride:
    ride.run(2, door_open=False)
    return ride.run(1, door_closed=True)


# doors


def test_a_normal_ride_is_no_event() -> None:
    ride = lift()
    shut(opened(ride))
    for floor in (5, 2, 8):
        ride.run(0, car_calls=1 << floor).trip(floor)
        shut(opened(ride.run(0.5, car_calls=0)))
    assert ride.happened == []


def test_a_door_that_does_not_reach_its_close_limit() -> None:
    ride = opened(lift()).run(30, door_open=False)
    assert begun(ride) == ["F02"]
    assert at(ride, "F02") == [pytest.approx(11 + 15)]
    ride.run(1, door_closed=True)
    assert at(ride, "F02", Phase.END) == [pytest.approx(41)]
    assert (
        ride.of("F02", Phase.END)[0][1].evidence.en == "a door that was open has not reached its close limit for 30 s"
    )


def test_a_door_that_people_hold_goes_back_and_is_no_door_that_does_not_close() -> None:
    ride = opened(lift())
    for _ in range(5):
        ride.run(10, door_open=False).run(10, door_open=True)
    assert begun(ride) == []


def test_a_door_that_stays_shut_after_a_trip_on_a_car_call() -> None:
    ride = shut(opened(lift())).run(1, car_calls=8)
    ride.trip(3).run(25, car_calls=0)
    assert begun(ride) == ["F03"]
    arrived_s = ride.t_ns / 1e9 - 25
    assert at(ride, "F03") == [pytest.approx(arrived_s + 20, abs=0.6)]
    opened(ride)
    assert len(at(ride, "F03", Phase.END)) == 1


def test_a_car_that_homes_and_stays_shut_is_well() -> None:
    assert begun(lift().trip(4).run(300)) == []


def test_a_door_jammed_ajar_on_arrival_does_not_open() -> None:
    ride = shut(opened(lift())).run(1, car_calls=8).trip(3)
    ride.run(60, car_calls=0, door_closed=False)
    assert begun(ride) == ["F03"]


def test_a_door_that_opens_again_and_again() -> None:
    ride = lift()
    for _ in range(3):
        shut(opened(ride, 1))
    assert begun(ride) == ["F18"]
    ride.trip(2)
    assert len(at(ride, "F18", Phase.END)) == 1


def test_ten_slow_openings_at_one_stop_are_many_and_nine_are_not() -> None:
    ride = lift()
    for _ in range(9):
        shut(opened(ride, 10)).run(5)
    assert begun(ride) == []
    shut(opened(ride, 10))
    assert begun(ride) == ["F18"]


def test_a_lift_that_gives_no_floor_counts_openings_by_stops_too() -> None:
    ride = lift(floor=None)
    for _ in range(12):
        shut(opened(ride, 10))
        ride.run(1, moving=True, speed_mps=1.0).run(3, door_zone=False, speed_mps=1.6)
        ride.run(5, moving=False, speed_mps=0.0, door_zone=True)
    assert begun(ride) == []


def test_a_limit_that_bounces_and_a_door_that_goes_back_are_no_openings() -> None:
    ride = opened(lift())
    for _ in range(6):
        ride.run(0.2, door_open=False).run(1, door_open=True)
    for _ in range(3):
        ride.run(2, door_open=False).run(2, door_open=True)
    assert begun(ride) == []


def test_a_door_held_by_somebody_whom_it_touches_is_held_open() -> None:
    ride = opened(lift())
    for _ in range(10):
        ride.run(10, door_open=True).run(3, door_open=False)
    assert begun(ride) == ["F19"]
    ride.run(1, door_closed=True)
    assert len(at(ride, "F19", Phase.END)) == 1


def test_a_silence_of_ten_minutes_between_two_people_at_the_door_is_not_counted() -> None:
    ride = opened(lift(), 20).run(600, door_open=None, door_closed=None).run(60, door_open=True, door_closed=False)
    assert begun(ride) == []
    assert begun(ride.run(61)) == ["F19"]


def test_openings_at_ten_stops_are_ten_stops() -> None:
    ride = lift()
    for floor in (1, 2, 3, 4, 5, 6, 7, 8, 7, 6, 5):
        shut(opened(ride.trip(floor), 2))
    assert begun(ride) == []


def test_the_times_are_the_lifts_own() -> None:
    config = DetectConfig(doors=DoorEventsConfig(close_s=30))
    ride = Ride(config, door_closed=True).run(5)
    assert begun(opened(ride).run(29, door_open=False)) == []
    assert begun(ride.run(2)) == ["F02"]


# the car's way


def test_a_car_that_stands_outside_the_zone() -> None:
    ride = lift().stop_between()
    stood_s = ride.t_ns / 1e9
    ride.run(20)
    assert at(ride, "F04") == [pytest.approx(stood_s + 15)]
    assert "outside the zone near floor 1" in ride.of("F04", Phase.BEGIN)[0][1].evidence.en


def test_under_inspection_a_car_may_stand_anywhere_and_drive_long() -> None:
    ride = lift(mode=ServiceMode.INSPECTION).stop_between().run(120)
    ride.run(200, moving=True, speed_mps=0.3)
    assert [code for code in begun(ride) if code[0] == "F"] == []


def test_a_car_that_leaves_its_zone_with_the_door_open_is_an_indication() -> None:
    ride = opened(lift()).run(1, moving=True, speed_mps=0.2)
    ride.run(3, door_zone=False)
    (told,) = [one for _, one in ride.of("F05", Phase.BEGIN)]
    assert (told.severity, told.confidence) == (3, 0.5)
    assert begun(ride) == ["F05"]
    ride.run(1, door_zone=True)
    assert len(at(ride, "F05", Phase.END)) == 1


def test_samples_close_enough_make_it_certain() -> None:
    ride = Ride(poll_s=0.1, door_closed=True).run(2)
    opened(ride).run(1, moving=True, speed_mps=0.2).run(2, door_zone=False)
    (told,) = [one for _, one in ride.of("F05", Phase.BEGIN)]
    assert (told.severity, told.confidence) == (None, 0.9)


def test_one_odd_sample_is_no_movement_with_an_open_door() -> None:
    ride = opened(lift()).run(0.2, door_zone=False).run(5, door_zone=True)
    assert begun(ride) == []


def test_a_door_that_opens_in_a_run() -> None:
    ride = lift().run(1, moving=True, speed_mps=1.0).run(2, door_zone=False, speed_mps=1.6)
    ride.run(2, door_closed=False)
    assert begun(ride) == ["F13"]
    ride.run(1, door_closed=True)
    assert len(at(ride, "F13", Phase.END)) == 1


def test_a_door_pried_after_the_stop_is_no_door_that_opened_in_a_run() -> None:
    ride = lift().stop_between().run(5).run(20, door_closed=False)
    assert begun(ride) == ["F04"]


def test_a_door_pried_between_floors_is_none_that_opened_in_the_rescue_either() -> None:
    ride = lift().stop_between().run(5).run(20, door_closed=False)
    ride.run(5, moving=True, speed_mps=0.4)
    assert begun(ride) == ["F04"]


def test_under_inspection_a_car_may_drive_with_a_door_open() -> None:
    ride = opened(lift(mode=ServiceMode.INSPECTION)).run(1, moving=True, speed_mps=0.5).run(5, door_zone=False)
    assert begun(ride) == []


def test_a_contact_that_bounces_in_a_run_is_no_event() -> None:
    ride = lift().run(1, moving=True, speed_mps=1.0).run(2, door_zone=False, speed_mps=1.6)
    for _ in range(4):
        ride.run(0.2, door_closed=False).run(1.3, door_closed=True)
    assert begun(ride) == []


def test_doors_that_open_in_advance_within_the_zone_are_well() -> None:
    ride = lift().run(1, moving=True, speed_mps=1.0).run(2, door_zone=False, speed_mps=1.6)
    ride.run(1, door_zone=True, floor=1, speed_mps=0.6, door_closed=False).run(3, moving=False, speed_mps=0.0)
    assert begun(ride) == []


def test_a_run_without_an_edge_and_a_run_too_long() -> None:
    ride = lift().run(0, moving=True, speed_mps=0.5).run(80, door_zone=False)
    assert begun(ride) == ["F06", "F21"]
    assert at(ride, "F06") == [pytest.approx(5 + 45, abs=1)]
    assert at(ride, "F21") == [pytest.approx(5 + 70, abs=1)]
    ride.run(1, moving=False, speed_mps=0.0, door_zone=True)
    assert len(at(ride, "F06", Phase.END)) == len(at(ride, "F21", Phase.END)) == 1


def test_a_long_way_with_edges_is_not_a_run_without_one() -> None:
    ride = lift().run(0, moving=True, speed_mps=0.5)
    for floor in range(1, 7):
        ride.run(5, door_zone=False).run(5, door_zone=True, floor=floor)
    assert begun(ride) == []


def test_another_floor_without_a_move() -> None:
    ride = lift().run(10, floor=4)
    assert begun(ride) == ["F07"]
    assert "its floor became floor 5" in ride.of("F07", Phase.BEGIN)[0][1].evidence.en
    assert begun(lift().trip(4).run(30)) == []


@pytest.mark.parametrize(("speed", "codes"), [(1.6, []), (1.75, []), (1.9, ["F11"])])
def test_overspeed_is_115_percent_in_three_samples(speed: float, codes: list[str]) -> None:
    ride = Ride(rated_mps=1.6, door_closed=True).run(5)
    ride.run(1.5, moving=True, speed_mps=speed, door_zone=False)
    assert [code for code in begun(ride) if code == "F11"] == codes


def test_two_fast_samples_are_not_enough_and_without_a_rated_speed_none_are() -> None:
    ride = Ride(rated_mps=1.6).run(5).run(0.5, moving=True, speed_mps=2.5, door_zone=False).run(5, speed_mps=1.6)
    assert "F11" not in begun(ride)
    assert begun(Ride().run(5).run(9, moving=True, speed_mps=9.0, door_zone=False)) == []


@pytest.mark.parametrize(("speed", "codes"), [(1.4, ["F12"]), (1.45, []), (1.7, []), (1.75, ["F12"])])
def test_a_steady_run_outside_the_band_is_odd(speed: float, codes: list[str]) -> None:
    ride = Ride(rated_mps=1.6).run(5).run(2, moving=True, speed_mps=speed, door_zone=False).run(2, floor=2).run(6)
    assert [code for code in begun(ride) if code == "F12"] == codes


def test_a_car_that_looks_for_its_place_may_be_slow() -> None:
    ride = Ride(rated_mps=1.6).run(5).run(20, moving=True, speed_mps=0.5, door_zone=False, floor=None)
    assert "F12" not in begun(ride)


def test_speeding_up_and_slowing_down_is_no_steady_run() -> None:
    ride = Ride(rated_mps=1.6).run(5)
    for speed in (0.4, 0.8, 1.2, 1.0, 0.7, 0.4):
        ride.run(1.5, moving=True, speed_mps=speed, door_zone=False)
    assert begun(ride) == []


# re-levelling


def relevelled(ride: Ride, speed: float = 0.05) -> Ride:
    return ride.run(1, moving=True, speed_mps=speed).run(4, moving=False, speed_mps=0.0)


def test_seven_attempts_at_one_stop_are_too_many() -> None:
    ride = opened(lift())
    for _ in range(6):
        relevelled(ride, 0.03)
    assert begun(ride) == []
    relevelled(ride, 0.03)
    assert begun(ride) == ["F20"]
    shut(ride).trip(2)
    assert len(at(ride, "F20", Phase.END)) == 1


def test_re_levelling_faster_than_allowed() -> None:
    assert begun(relevelled(opened(lift()), 0.4)) == ["F20"]
    assert begun(relevelled(opened(lift()), 0.25)) == []
