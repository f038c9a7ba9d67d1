"""Imperfect sensors on a lift: what registers would hear of what happens."""

from msgspec.structs import replace
from sim_sensing import Sensed
from sim_witness import HOUSE, QUIET_HOUSE, S

from sim.plant import Plant
from sim.sensors import config as wrong
from sim.sensors.config import Imperfections
from sim.sensors.layer import Sensors
from sim.stimuli import Stimulus


def test_what_has_no_imperfection_is_told_as_it_is() -> None:
    lift, perfect = Sensed(HOUSE, 3, person=Imperfections(inverted=wrong.Inverted())), Sensed(HOUSE, 3)
    for seconds in range(0, 300, 7):
        told, truth = lift.at(seconds), perfect.at(seconds)
        assert told.pop("person") is not truth.pop("person")
        assert told == truth


def test_the_closed_limit_bounces_when_the_door_has_closed_and_comes_to_rest() -> None:
    """The door opens for 2 s, stands open, closes in 3 s; the limits make 2 % before the ends."""
    lift = Sensed(QUIET_HOUSE, doors__front__closed=Imperfections(bounce=wrong.Bounce(longest_ms=300, chatters=6)))
    lift.apply(Stimulus.OPEN_BUTTON, 5.0)
    changes = [at_s for at_s, _ in lift.changes("doors.front.closed", 20, 0.001)][1:]
    opening, closing = [at for at in changes if at < 1], [at for at in changes if at > 1]
    assert 0.03 < opening[0] < 0.05
    assert opening[-1] - opening[0] <= 0.3
    assert 0 < closing[-1] - closing[0] <= 0.3
    assert len(opening) % 2 == len(closing) % 2 == 1
    assert len(changes) > 2


def test_a_shifted_vane_shifts_where_the_zone_begins_and_ends() -> None:
    """Half a zone is 200 mm. Shifted by 150 mm upwards it goes from 50 mm below to 350 mm above the landing."""
    lift = Sensed(HOUSE, 1, door_zone=Imperfections(vane=wrong.Vane(shift_mm=150)))
    perfect = Sensed(HOUSE, 1)
    differences = 0
    for look in range(6000):
        told, truth = lift.at(look / 20), perfect.plant.signals(look * S // 20)
        off_m = min((truth.position_m - height_m for height_m in HOUSE.heights_m), key=abs)
        assert told["door_zone"] is (-0.05 <= off_m <= 0.35)
        differences += told["door_zone"] is not truth.door_zone
    assert differences > 20


def test_a_vane_that_is_too_low_hides_a_level_car() -> None:
    lift = Sensed(QUIET_HOUSE, door_zone=Imperfections(vane=wrong.Vane(shift_mm=-150, narrower_mm=100)))
    assert lift.at(1)["door_zone"] is False


def test_a_narrow_vane_is_seen_at_full_speed_too() -> None:
    """20 mm at 1.75 m/s is 11 ms. Nobody looks for 40 s, and what is told then is what was 40 s ago."""
    lift = Sensed(QUIET_HOUSE, door_zone=Imperfections(vane=wrong.Vane(narrower_mm=190), late=wrong.Late(by_s=40)))
    lift.apply(Stimulus.PERSON_ENTERS)
    lift.at(40)
    passed = lift.plant.signals().floor
    assert passed > 1
    changes = lift.changes("door_zone", 80, 0.002)
    assert len([value for _, value in changes if value]) == passed + 1


def test_a_pir_forgets_a_still_person_behind_a_closed_door() -> None:
    lift = Sensed(QUIET_HOUSE, person=Imperfections(still=wrong.Still(after_s=20)))
    lift.apply(Stimulus.IDLE_PERSON)
    changes = lift.changes("person", 120, 0.1)
    assert [value for _, value in changes] == [False, True, False]
    closed_s = lift.plant.signals().t_ns / S
    assert lift.plant.signals().persons == 1
    assert changes[2][0] < closed_s


def test_a_pir_sees_a_still_person_again_when_another_steps_in() -> None:
    lift = Sensed(QUIET_HOUSE, person=Imperfections(still=wrong.Still(after_s=20)))
    lift.apply(Stimulus.OPEN_BUTTON, 300.0)
    lift.apply(Stimulus.IDLE_PERSON)
    alone = lift.changes("person", 60, 0.5)
    lift.apply(Stimulus.IDLE_PERSON)
    both = lift.changes("person", 120, 0.5)
    assert [value for _, value in alone] == [False, True, False]
    assert [value for _, value in both] == [False, True, False]
    assert lift.plant.signals().persons == 2


def test_a_pir_is_hot_after_power_up_in_an_empty_car() -> None:
    lift = Sensed(QUIET_HOUSE, person=Imperfections(hot=wrong.Hot()))
    lift.at(10)
    lift.apply(Stimulus.POWER_LOSS)
    lift.at(40)
    lift.apply(Stimulus.POWER_RESTORE)
    assert lift.changes("person", 120, 0.5)[-2:] == [(40.0, True), (100.0, False)]


def test_a_weighing_that_drifts_reports_an_overload_of_an_empty_car_some_day() -> None:
    """13 persons of 75 kg are 975 kg; overload is a tenth more, 1072.5 kg: at 500 kg a day, 51.48 h from zero."""
    lift = Sensed(QUIET_HOUSE, overload=Imperfections(drift=wrong.Drift(per_day_kg=500)))
    assert [lift.at(hours * 3600)["overload"] for hours in (51.47, 51.49)] == [False, True]


def test_a_weighing_that_reads_too_little_still_hears_of_an_overload_by_hand() -> None:
    lift = Sensed(QUIET_HOUSE, overload=Imperfections(drift=wrong.Drift(offset_kg=-500)))
    lift.apply(Stimulus.OVERLOAD, 10.0)
    assert [lift.at(seconds)["overload"] for seconds in (5, 15)] == [True, False]


def test_each_car_of_a_group_has_sensors_of_its_own() -> None:
    plant = Plant(replace(QUIET_HOUSE, cars=2), 1)
    faulty = {"mains": Imperfections(stuck=wrong.Stuck(value=False))}
    cars = [Sensors(faulty if car else {}, plant, car=car) for car in (0, 1)]
    plant.apply(Stimulus.IDLE_PERSON, car=1)
    assert [[car.values(20 * S)[item] for item in ("person", "mains")] for car in cars] == [
        [False, True],
        [True, False],
    ]


def test_sensors_of_two_cars_fail_at_different_times() -> None:
    plant = Plant(replace(QUIET_HOUSE, cars=2), 1)
    fan = {"person": Imperfections(false_on=wrong.FalseOn(per_hour=120))}
    cars = [Sensors(fan, plant, car=car) for car in (0, 1)]
    seen = [[car.values(t_s * S)["person"] for car in cars] for t_s in range(300)]
    assert any(first for first, _ in seen)
    assert any(first is not second for first, second in seen)


def test_swapped_wires_tell_of_each_other() -> None:
    lift = Sensed(
        QUIET_HOUSE,
        doors__front__open=Imperfections(swapped=wrong.Swapped(item="doors.front.closed")),
        doors__front__closed=Imperfections(swapped=wrong.Swapped(item="doors.front.open")),
    )
    told = lift.at(1)
    assert (told["doors.front.open"], told["doors.front.closed"]) == (True, False)


def test_a_measured_value_is_stuck_while_it_is_said_to_be() -> None:
    lift = Sensed(HOUSE, speed_mps=Imperfections(stuck=wrong.Stuck(value=0.5, from_s=10, for_s=5)))
    assert [lift.at(seconds)["speed_mps"] for seconds in (9, 10, 14.9)] == [0.0, 0.5, 0.5]
    assert lift.at(15)["speed_mps"] == lift.plant.signals().speed_mps


def test_an_imperfection_is_switched_on_and_off_in_the_run() -> None:
    lift = Sensed(QUIET_HOUSE, mains=Imperfections(stuck=wrong.Stuck(value=False, on=False)))
    told = [lift.at(10)["mains"]]
    lift.sensors.switch("mains", "stuck", on=True)
    told.append(lift.at(20)["mains"])
    lift.sensors.switch("mains", "stuck", on=False)
    told.append(lift.at(30)["mains"])
    assert told == [True, False, True]


def test_a_hand_on_the_switch_overrules_what_was_said_of_later() -> None:
    lift = Sensed(QUIET_HOUSE, mains=Imperfections(stuck=wrong.Stuck(value=False, from_s=50)))
    lift.at(10)
    lift.sensors.switch("mains", "stuck", on=False)
    assert lift.at(60)["mains"] is True
