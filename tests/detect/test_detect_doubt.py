"""What a hostile reader tried: sensors that die or stick, gaps in the data, latched bits, doors half known."""

import pytest

from edge_agent.clock import NS
from edge_agent.lift_state import decode, encode, restore
from protocols.upstream.messages import Phase, Trapped
from tests.support.core import Ride

NOTHING_KNOWN = dict.fromkeys(["moving", "speed_mps", "door_zone", "floor", "door_open", "person", "car_calls"])


def boarded(**signals: object) -> Ride:
    """A lift with a person sensor, somebody just in, doors closed."""
    return Ride(person=False, **signals).run(20).open_and_board(person=True)


def codes(ride: Ride) -> list[str]:
    return [code for _, code in ride.alarms()]


# somebody is in the car and the sensor does not say so


def test_a_rider_who_was_seen_behind_shut_doors_and_then_stands_still_is_not_gone() -> None:
    ride = boarded().run(14).run(20, person=False)
    assert ride.state.occupancy.level is Trapped.UNKNOWN
    stopped = ride.stop_between()
    stopped_s = stopped.t_ns / NS
    assert stopped.run(120).alarms() == [(pytest.approx(stopped_s + 60), "A01")]


def test_a_car_seen_empty_is_empty() -> None:
    ride = boarded().trip(3).run(5, door_open=True, person=False).run(15, door_open=False)
    assert ride.state.occupancy.level is Trapped.NO


def test_a_sensor_that_never_changes_any_more_proves_nothing() -> None:
    ride = boarded().trip(3).run(5, door_open=True, person=False).run(20, door_open=False)
    for floor in (5, 2, 7, 1, 4, 6, 3, 8, 2, 5, 1):
        ride.trip(floor).run(5, door_open=True).run(3, door_open=False)
    ride.stop_between().run(120)
    assert codes(ride) == ["A01"]


def test_a_door_that_cannot_open_again_at_the_landing_of_boarding_is_a02() -> None:
    ride = Ride(person=False, car_calls=0, faults=()).run(20).open_and_board(person=True).run(1, car_calls=8)
    ride.run(200, door_open_button=True, faults=("door.open_failed",))
    assert codes(ride) == ["A02"]


def test_an_alarm_that_a_broken_door_switch_never_clears_does_not_hide_the_next_one() -> None:
    ride = boarded().stop_between().run(60).run(2, door_zone=True)
    for floor in (3, 6, 2):
        ride.trip(floor).run(10)
    ride.stop_between().run(60)
    assert codes(ride) == ["A01", "A01"]
    assert len({one.event_id for _, one in ride.of("A01", Phase.RAISED)}) == 2


# nobody is trapped and something looks as if


def test_a_latched_code_of_the_controller_raises_once() -> None:
    ride = boarded(faults=()).stop_between().run(5, faults=("controller.trapped",))
    ride.run(4, moving=True, speed_mps=0.2, door_zone=True).run(0, moving=False, speed_mps=0.0)
    ride.run(30, door_open=True).run(60, door_open=False, person=False)
    assert codes(ride) == ["A01"]
    ride.run(10, faults=()).stop_between().run(1, faults=("controller.trapped",))
    assert codes(ride) == ["A01", "A01"]


@pytest.mark.parametrize("reboot", [None, False, True], ids=["link", "agent", "box"])
def test_after_a_long_gap_a_car_parked_elsewhere_is_no_a02(reboot: bool | None) -> None:
    """Nobody saw whether the rider got out on the way."""
    ride = boarded().run(40)
    if reboot is None:
        ride.run(3600, **NOTHING_KNOWN)
    else:
        ride.state = restore(decode(encode(ride.state)), "other" if reboot else "boot")
        ride.t_ns = NS if reboot else ride.t_ns + 3600 * NS
    ride.run(300, moving=False, speed_mps=0.0, door_zone=True, floor=6, door_open=False, person=False)
    assert codes(ride) == []


def test_after_a_short_restart_a_door_that_did_not_open_is_still_a02() -> None:
    ride = boarded().run(30).trip(4).run(45)
    ride.state = restore(decode(encode(ride.state)), "boot")
    ride.t_ns += 5 * NS
    assert codes(ride.run(100)) == ["A02"]


@pytest.mark.parametrize("glitch", [{"door_zone": False}, {"floor": 1}])
def test_one_wrong_look_at_a_parked_car_is_not_a_trip(glitch: dict[str, object]) -> None:
    ride = boarded().run(60)
    right = {name: ride.signals[name] for name in glitch}
    ride.run(0.5, **glitch).run(200, **right)
    assert codes(ride) == []
    assert len(ride.of("F26", Phase.BEGIN)) == 1


def test_a_sensor_edge_while_the_door_is_still_closing_is_no_rider() -> None:
    ride = Ride(person=False, door_closed=True).run(20).run(2, door_closed=False).run(5, door_open=True, person=True)
    ride.run(2, person=False).run(1, door_open=False).run(1, person=True).run(1, person=False).run(60, door_closed=True)
    assert ride.state.occupancy.level is Trapped.NO


@pytest.mark.parametrize("stuck", [{"door_open_button": True}, {"faults": ("sensor.entrapment.between",)}])
def test_a_stuck_button_or_a_latched_bit_is_news_once(stuck: dict[str, object]) -> None:
    ride = Ride(person=False, faults=()).run(20).run(5, **stuck)
    ride.run(5, door_open=True).run(60, door_open=False).trip(4).run(200)
    assert codes(ride) == []


# a door known by its closed end only


def test_a_door_that_is_only_known_not_to_be_closed_ends_no_alarm() -> None:
    ride = Ride(person=False, door_open=None, door_closed=True).run(20).run(8, door_closed=False, person=True)
    ride.run(40, door_closed=True).stop_between().run(60)
    ride.run(4, moving=True, speed_mps=0.2, door_zone=True).run(0, moving=False, speed_mps=0.0)
    ride.run(60, door_closed=False)
    assert ride.of("A01", Phase.CLEARED) == []
    ride.run(5, door_closed=True, person=False).trip(5).run(8, door_closed=False)
    ((_, cleared),) = ride.of("A01", Phase.CLEARED)
    assert "could leave" in cleared.evidence.en
