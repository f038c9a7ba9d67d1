"""The rules of docs/detection.md, each as the scene that a lift person tries first."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge_agent import AgentError
from edge_agent.lift_state import decode, durable_part, encode, must_sync, restore
from protocols.upstream.messages import Phase, Trapped
from tests.support.core import Ride, with_entrapment


def boarded(**signals: object) -> Ride:
    """A lift with a person sensor, somebody just in, doors closed."""
    return Ride(person=False, **signals).run(20).open_and_board(person=True)


def test_a01_is_raised_30_s_after_an_occupied_car_stops_between_floors() -> None:
    ride = boarded().stop_between()
    stopped_s = ride.t_ns / 1e9
    ride.run(120)
    assert ride.alarms() == [(pytest.approx(stopped_s + 30.0), "A01")]


def test_a01_takes_60_s_when_occupancy_is_unknown() -> None:
    ride = Ride().run(20).open_and_board(person=None).stop_between()
    stopped_s = ride.t_ns / 1e9
    ride.run(120)
    ((raised_s, code),) = ride.alarms()
    assert (raised_s, code) == (pytest.approx(stopped_s + 60.0), "A01")
    assert ride.of("A01", Phase.RAISED)[0][1].trapped is Trapped.UNKNOWN


def test_an_empty_car_between_floors_is_no_entrapment() -> None:
    ride = boarded().trip(3).run(5, door_open=True, person=False).run(15, door_open=False).stop_between()
    assert ride.run(300).alarms() == []


def test_a_car_that_stops_and_moves_on_after_10_s_is_self_recovery_and_silent() -> None:
    ride = boarded().stop_between().run(10).trip(2).run(5, door_open=True)
    assert ride.run(60, door_open=False, person=False).alarms() == []


def test_a_recovery_twitch_pauses_the_window_and_does_not_restart_it() -> None:
    ride = boarded().stop_between().run(20)
    ride.run(2, moving=True, speed_mps=0.2).run(0, moving=False, speed_mps=0.0)
    second_stop_s = ride.t_ns / 1e9
    ride.run(60)
    assert ride.alarms() == [(pytest.approx(second_stop_s + 10.0), "A01")]


def test_a_door_pried_between_floors_neither_delays_nor_clears_a01() -> None:
    ride = boarded().stop_between()
    stopped_s = ride.t_ns / 1e9
    ride.run(10).run(60, door_open=True)
    assert ride.alarms() == [(pytest.approx(stopped_s + 30.0), "A01")]
    assert ride.of("A01", Phase.CLEARED) == []


def test_a02_is_raised_90_s_after_arrival_with_the_door_jammed_ajar() -> None:
    ride = boarded(door_closed=True).trip(4)
    arrived_s = ride.t_ns / 1e9 - 0.5
    ride.run(200, door_closed=False)
    assert ride.alarms() == [(pytest.approx(arrived_s + 90.0), "A02")]


def test_a02_with_unknown_occupancy_needs_a_sign_that_somebody_wants_out() -> None:
    silent = Ride().run(20).open_and_board(person=None).trip(4).run(300)
    calling = Ride(car_calls=0).run(20).open_and_board(person=None).trip(4).run(300, door_open_button=True)
    assert silent.alarms() == []
    assert [code for _, code in calling.alarms()] == ["A02"]


def test_a_person_standing_still_in_an_idle_car_is_f26_and_not_a02() -> None:
    ride = boarded().run(180)
    assert ride.alarms() == []
    assert len(ride.of("F26", Phase.BEGIN)) == 1


def test_a_door_held_open_for_5_minutes_is_f19_only() -> None:
    ride = boarded().trip(2).run(300, door_open=True)
    assert [(at, one.code) for at, one in ride.happened if one.phase is Phase.BEGIN] == [
        (pytest.approx(ride.of("F19", Phase.BEGIN)[0][0]), "F19")
    ]
    assert ride.alarms() == []


def test_a_closed_door_ends_f19() -> None:
    ride = boarded().run(200, door_open=True).run(5, door_open=False)
    assert len(ride.of("F19", Phase.END)) == 1


def test_an_alarm_is_cleared_by_3_s_of_open_door_in_the_zone() -> None:
    ride = boarded().stop_between().run(60)
    ride.run(4, moving=True, speed_mps=0.2, door_zone=True).run(0, moving=False, speed_mps=0.0)
    ride.run(0, door_open=True)
    opened_s = ride.t_ns / 1e9
    ride.run(10)
    ((cleared_s, one),) = ride.of("A01", Phase.CLEARED)
    assert cleared_s == pytest.approx(opened_s + 3.0)
    assert one.trapped is Trapped.NO


def test_a_car_that_looks_empty_does_not_clear_an_alarm() -> None:
    ride = boarded().stop_between().run(60).run(600, person=False)
    assert len(ride.alarms()) == 1
    assert ride.of("A01", Phase.CLEARED) == []


def test_an_alarm_ends_when_it_is_cleared_and_acknowledged_in_either_order() -> None:
    for acknowledge_first in (True, False):
        ride = boarded().stop_between().run(60)
        event_id = ride.of("A01", Phase.RAISED)[0][1].event_id
        if acknowledge_first:
            ride.acknowledge(event_id)
        ride.run(1, door_zone=True).run(5, door_open=True)
        if not acknowledge_first:
            assert ride.of("A01", Phase.ENDED) == []
            ride.acknowledge(event_id)
        assert {one.event_id for _, one in ride.happened if one.code == "A01"} == {event_id}
        assert len(ride.of("A01", Phase.ENDED)) == 1
        assert ride.state.alarms == ()


def test_only_one_entrapment_is_open_at_a_time() -> None:
    ride = boarded().stop_between().run(60)
    ride.run(3, moving=True, speed_mps=0.2, door_zone=True).run(300, moving=False, speed_mps=0.0)
    assert [code for _, code in ride.alarms()] == ["A01"]


def test_the_backstop_raises_when_a_car_call_trip_never_opens_its_doors() -> None:
    ride = Ride(car_calls=0).run(20).open_and_board(person=None).run(1, car_calls=8)
    begun_s = ride.t_ns / 1e9
    for floor in (3, 6, 3, 6) * 20:
        ride.trip(floor).run(5)
    (raised_s, _), *others = ride.alarms()
    assert others == []
    assert raised_s == pytest.approx(begun_s + 300.0, abs=1.0)


def test_the_controllers_own_trapped_code_raises_at_once() -> None:
    ride = boarded(faults=()).stop_between().run(2).run(1, faults=("controller.trapped",))
    assert [code for _, code in ride.alarms()] == ["A01"]
    assert ride.of("A01", Phase.RAISED)[0][0] == pytest.approx(ride.t_ns / 1e9 - 1.0)


def test_a_rescue_device_gets_120_s_of_grace_after_a_power_cut() -> None:
    config = with_entrapment(rescue_device_fitted=True)
    ride = Ride(config, person=False, mains=True).run(20).open_and_board().stop_between().run(0, mains=False)
    cut_s = ride.t_ns / 1e9
    ride.run(200)
    assert ride.alarms() == [(pytest.approx(cut_s + 120.0), "A01")]


def test_inspection_downgrades_an_entrapment_and_does_not_drop_it() -> None:
    from protocols.lift.vocabulary import ServiceMode

    ride = boarded(mode=ServiceMode.NORMAL).run(1, mode=ServiceMode.INSPECTION).stop_between().run(60)
    ((_, one),) = ride.of("A01", Phase.RAISED)
    assert one.severity == 3
    assert "maintenance" in one.evidence.en


def test_a_stuck_person_sensor_is_reported_and_counts_for_nothing() -> None:
    ride = Ride(person=False).run(20).run(1, person=True)
    for floor in (3, 0, 3, 0):
        ride.open_and_board(person=True).trip(floor).run(5, door_open=True).run(160, door_open=False)
    assert len(ride.of("D04", Phase.BEGIN)) == 1
    ride.trip(5).run(3600)
    assert ride.alarms() == []


@pytest.mark.parametrize("unknown", ["moving_and_speed", "door_zone"])
def test_an_unknown_input_pauses_a01_and_it_goes_on_when_known_again(unknown: str) -> None:
    names = ["moving", "speed_mps"] if unknown == "moving_and_speed" else ["door_zone"]
    ride = boarded().stop_between().run(20)
    known = {name: ride.signals[name] for name in names}
    ride.run(100, **dict.fromkeys(names)).run(0, **known)
    back_s = ride.t_ns / 1e9
    ride.run(60)
    assert ride.alarms() == [(pytest.approx(back_s + 10.0), "A01")]


def test_the_occupancy_latch_survives_a_restart_without_new_evidence() -> None:
    ride = boarded().run(30).stop_between().run(20)
    ride.state = restore(decode(encode(ride.state)), "boot")
    ride.signals["person"] = None
    restarted_s = ride.t_ns / 1e9
    ride.run(60)
    ((raised_s, one),) = ride.of("A01", Phase.RAISED)
    assert one.trapped is Trapped.YES
    assert raised_s == pytest.approx(restarted_s + 10.0)


def test_after_a_reboot_the_window_starts_anew_and_the_latch_is_marked_restored() -> None:
    ride = boarded().run(30).stop_between().run(20)
    ride.state = restore(decode(encode(ride.state)), "another boot")
    ride.signals["person"] = None
    ride.t_ns = 0
    ride.run(60)
    ((raised_s, one),) = ride.of("A01", Phase.RAISED)
    assert raised_s == pytest.approx(30.0)
    assert one.restored


def test_an_alarm_open_at_a_kill_is_not_raised_a_second_time() -> None:
    ride = boarded().stop_between().run(60)
    ride.state = restore(decode(encode(ride.state)), "another boot")
    ride.t_ns = 0
    ride.run(300)
    assert len(ride.alarms()) == 1


def test_suspicion_and_the_occupied_latch_are_synced_to_disk() -> None:
    ride = boarded().run(10)
    before = durable_part(ride.state)
    ride.run(30)
    occupied = durable_part(ride.state)
    assert must_sync(before, occupied)
    ride.stop_between().run(16)
    assert must_sync(occupied, durable_part(ride.state))


signal_changes = st.fixed_dictionaries(
    {},
    optional={
        "moving": st.sampled_from([True, False, None]),
        "door_zone": st.sampled_from([True, False, None]),
        "door_open": st.sampled_from([True, False, None]),
        "person": st.sampled_from([True, False, None]),
        "floor": st.integers(0, 8) | st.none(),
        "speed_mps": st.sampled_from([0.0, 0.2, 1.6, None]),
        "car_calls": st.integers(0, 511) | st.none(),
        "mains": st.sampled_from([True, False, None]),
    },
)


@given(st.lists(st.tuples(st.floats(0.0, 50.0), signal_changes), max_size=12))
@settings(max_examples=100)
@example(
    [
        (30.0, {"moving": False, "car_calls": None, "door_zone": False, "speed_mps": 0.0, "person": True}),
        (0.0, {"moving": True, "door_zone": True}),
        (0.0, {"moving": True, "speed_mps": 1.6, "floor": 0}),
        (30.0, {"moving": False, "door_open": True, "speed_mps": 0.0, "floor": 1, "door_zone": False}),
    ]
)
def test_any_signals_keep_one_open_entrapment_a_stop_and_paired_events(
    script: list[tuple[float, dict[str, object]]],
) -> None:
    ride = Ride(poll_s=5.0)
    for seconds, signals in script:
        ride.run(seconds, **signals)
        stops = [alarm.significant_moves for alarm in ride.state.alarms if alarm.cleared is None]
        assert len(set(stops)) == len(stops)
        assert decode(encode(ride.state)) == ride.state
    begun = [one.event_id for _, one in ride.happened if one.phase is Phase.BEGIN]
    ended = [one.event_id for _, one in ride.happened if one.phase is Phase.END]
    assert len(set(begun)) == len(begun)
    assert set(ended) <= set(begun)


@given(st.lists(st.integers(0, 8), min_size=2, max_size=12), st.booleans())
@settings(max_examples=40)
def test_normal_service_never_raises(floors: list[int], sensor: bool) -> None:
    ride = Ride(person=False if sensor else None).run(20)
    for floor in floors:
        if floor == ride.signals["floor"]:
            continue
        ride.open_and_board(person=True if sensor else None).trip(floor)
        ride.run(2).run(5, door_open=True, person=False if sensor else None).run(60, door_open=False)
    assert ride.alarms() == []


@pytest.mark.parametrize("blob", [b"", b"{}x", b'{"boot_id": "\xff"}', b'{"version": 99}', b'{"version": "1"}'])
def test_a_stored_state_that_is_not_ours_to_read_is_one_line(blob: bytes) -> None:
    with pytest.raises(AgentError, match=r"^stored lift state .*starting without it$"):
        decode(blob)
