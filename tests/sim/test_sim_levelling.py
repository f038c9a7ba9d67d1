"""Where a run ends, what the rope gives, and how a car with its door open is brought back to its landing."""

import pytest
from msgspec.structs import replace
from sim_witness import HOUSE, QUIET_HOUSE, S, Witness

from sim.building import Building
from sim.ride import Levelling
from sim.signals import PlantSignals
from sim.stimuli import Stimulus
from sim.truth import TruthKind


def house(levelling: Levelling, building: Building = QUIET_HOUSE) -> Building:
    return replace(building, levelling=levelling)


def off_mm(record: object) -> float:
    """How far above its landing a car stopped."""
    data = getattr(record, "data")  # noqa: B009  # a truth record's
    return 1000 * (float(data["position_m"]) - QUIET_HOUSE.heights_m[int(data["floor"])])


def stands_mm(now: PlantSignals) -> float:
    return 1000 * (now.position_m - QUIET_HOUSE.heights_m[now.floor])


def step_in(witness: Witness, persons: int) -> None:
    """That many come to stand in the car."""
    for _ in range(persons):
        witness.apply(Stimulus.IDLE_PERSON)
    witness.until(lambda now: now.persons == persons)


def ride_up(witness: Witness) -> float:
    """One floor with whoever is in; how far above the landing it stopped, in mm."""
    witness.apply(Stimulus.RIDE_UP)
    return off_mm(witness.until_kind(TruthKind.STOPPED))


# where a run ends


def test_a_building_that_says_nothing_of_levelling_stops_exactly() -> None:
    witness = Witness(HOUSE)
    witness.run(1800)
    assert {off_mm(record) for record in witness.of(TruthKind.STOPPED)} == {0.0}
    assert witness.of(TruthKind.RELEVELLING) == []


@pytest.mark.parametrize(("persons", "wanted_mm"), [(0, 15.0), (4, -15.0), (2, 0.0), (1, 7.5)])
def test_a_heavier_car_stops_lower(persons: int, wanted_mm: float) -> None:
    """30 mm from empty to rated load, exact at half of it: +15, +7.5, 0, -15 mm with 0, 1, 2, 4 of 4 persons."""
    witness = Witness(replace(house(Levelling(load_error_mm=30.0)), capacity_persons=4))
    step_in(witness, persons)
    assert ride_up(witness) == pytest.approx(wanted_mm)


def test_a_car_is_exact_with_the_load_that_its_counterweight_balances() -> None:
    witness = Witness(replace(house(Levelling(load_error_mm=40.0, balance=0.25)), capacity_persons=4))
    step_in(witness, 1)
    assert ride_up(witness) == pytest.approx(0.0)


def test_what_else_a_run_is_off_stays_within_three_deviations_and_has_its_own_stream() -> None:
    level = Levelling(spread_mm=3.0)
    logs = []
    for seed in (1, 1, 2):
        witness = Witness(house(level, HOUSE), seed)
        witness.run(4 * 3600)
        logs.append([off_mm(record) for record in witness.of(TruthKind.STOPPED)])
    assert logs[0] == logs[1] != logs[2]
    assert max(map(abs, logs[0])) <= 9.0 + 1e-9
    mean_square = sum(off * off for off in logs[0]) / len(logs[0])
    assert mean_square**0.5 == pytest.approx(3.0, rel=0.2)


def test_levelling_takes_nothing_from_the_streams_of_people() -> None:
    came = []
    for building in (HOUSE, house(Levelling(spread_mm=3.0), HOUSE)):
        witness = Witness(building)
        witness.run(3600)
        came.append([record.data for record in witness.of(TruthKind.WAITING)])
    assert came[0] == came[1]


def test_a_run_that_is_sent_to_a_nearer_floor_is_as_far_off_there() -> None:
    witness = Witness(house(Levelling(load_error_mm=30.0)))
    lift = witness.plant._lift
    lift.person_comes(8, 0)
    witness.until_kind(TruthKind.DEPARTED)
    lift.person_comes(3, 8)
    stopped = witness.until_kind(TruthKind.STOPPED)
    assert (stopped.data["floor"], off_mm(stopped)) == (3, pytest.approx(15.0))


# the rope


def test_a_standing_car_sinks_when_people_step_in_and_rises_when_they_leave() -> None:
    """13 persons are rated load: of 26 mm everybody is worth 2 mm."""
    witness = Witness(house(Levelling(stretch_mm=26.0)))
    step_in(witness, 5)
    assert stands_mm(witness.run(1)) == pytest.approx(-10.0)
    witness.apply(Stimulus.PERSON_LEAVES)
    witness.until(lambda now: now.persons == 0)
    assert stands_mm(witness.run(1)) == pytest.approx(0.0)


def test_what_the_rope_gives_is_not_the_drives_motion() -> None:
    witness = Witness(house(Levelling(stretch_mm=26.0)))
    step_in(witness, 1)
    now = witness.run(0.2)
    assert (now.moving, now.speed_mps) == (False, 0.0)
    assert stands_mm(now) == pytest.approx(-1.0)


# re-levelling


def test_a_car_beyond_twenty_millimetres_is_brought_back_with_its_door_open() -> None:
    witness = Witness(house(Levelling(load_error_mm=60.0, relevel_speed_mps=0.05)))
    witness.plant._lift.person_comes(3, 0)
    assert off_mm(witness.until_kind(TruthKind.STOPPED)) == pytest.approx(30.0)
    begun = witness.until_kind(TruthKind.RELEVELLING)
    assert begun.data["off_m"] == pytest.approx(0.030)
    now = witness.run(0.5)
    assert now.moving and not now.door_closed and 0 < now.speed_mps <= 0.05
    ended = witness.until_kind(TruthKind.RELEVELLED)
    assert (witness.now.position_m, witness.now.moving) == (9.0, False)
    # 30 mm under 0.5 m/s3 reach neither speed nor acceleration: T = (32 d / j)^(1/3), Peters 1995
    assert (ended.t_ns - begun.t_ns) / S == pytest.approx((32 * 0.03 / 0.5) ** (1 / 3), abs=1e-6)
    assert witness.now.relevels == 1


def test_a_car_within_twenty_millimetres_is_left_where_it_is() -> None:
    witness = Witness(house(Levelling(load_error_mm=38.0)))
    witness.plant._lift.person_comes(3, 0)
    assert off_mm(witness.until_kind(TruthKind.STOPPED)) == pytest.approx(19.0)
    witness.until_kind(TruthKind.DEPARTED)
    assert witness.of(TruthKind.RELEVELLING) == []


def test_people_who_get_in_sink_the_car_until_it_re_levels() -> None:
    """Of 52 mm for 13 persons everybody is worth 4 mm: the sixth is one too many for 20 mm."""
    witness = Witness(house(Levelling(stretch_mm=52.0)))
    step_in(witness, 5)
    witness.run(3)
    assert witness.of(TruthKind.RELEVELLING) == []
    step_in(witness, 6)
    assert witness.until_kind(TruthKind.RELEVELLING).data["off_m"] == pytest.approx(-0.024)
    witness.until_kind(TruthKind.RELEVELLED)
    assert stands_mm(witness.now) == 0.0


def test_a_lift_that_cannot_re_level_does_not() -> None:
    witness = Witness(house(Levelling(load_error_mm=60.0, relevels=False)))
    witness.plant._lift.person_comes(3, 0)
    witness.run(120)
    assert witness.of(TruthKind.RELEVELLING) == []


def test_no_run_begins_before_re_levelling_has_ended() -> None:
    slow = Levelling(load_error_mm=60.0, relevel_speed_mps=0.002)
    witness = Witness(house(slow))
    witness.plant._lift.person_comes(3, 0)
    ended = witness.until_kind(TruthKind.RELEVELLED)
    assert ended.t_ns == witness.of(TruthKind.DEPARTED)[-1].t_ns
    assert len(witness.of(TruthKind.DEPARTED)) == 2


def test_a_power_cut_stops_a_car_that_re_levels_at_once() -> None:
    witness = Witness(house(Levelling(load_error_mm=60.0)))
    witness.plant._lift.person_comes(3, 0)
    witness.until_kind(TruthKind.RELEVELLING)
    before = witness.run(0.5)
    witness.apply(Stimulus.POWER_LOSS)
    after = witness.run(60)
    assert 0 < before.position_m - after.position_m < 0.05**2 / (2 * 2.0) + 1e-9
    assert not after.moving and witness.of(TruthKind.RELEVELLED) == []


def test_what_was_to_be_re_levelled_is_not_when_a_power_cut_comes_first() -> None:
    witness = Witness(house(Levelling(load_error_mm=60.0)))
    witness.plant._lift.person_comes(3, 0)
    witness.until_kind(TruthKind.STOPPED)
    witness.apply(Stimulus.POWER_LOSS)
    witness.run(60)
    assert witness.of(TruthKind.RELEVELLING) == []


@pytest.mark.parametrize("stuck", [Stimulus.BRAKE_STUCK, Stimulus.CONTACTOR_STUCK])
def test_a_lift_whose_brake_or_contactor_is_stuck_does_not_re_level(stuck: Stimulus) -> None:
    witness = Witness(house(Levelling(load_error_mm=60.0)))
    witness.plant._lift.person_comes(3, 0)
    witness.until_kind(TruthKind.DOOR_OPENING)
    witness.apply(stuck)
    witness.run(60)
    assert witness.of(TruthKind.RELEVELLING) == []


def test_a_lift_out_of_order_does_not_re_level_when_people_leave_it() -> None:
    """Of 104 mm for 13 persons everybody is worth 8 mm: from 8 mm too low, four who leave make it 24 mm too high."""
    patient = replace(QUIET_HOUSE, door=replace(QUIET_HOUSE.door, dwell_car_call_s=30.0))
    witness = Witness(house(Levelling(stretch_mm=104.0), patient))
    step_in(witness, 4)
    witness.run(60)
    assert stands_mm(witness.now) == pytest.approx(-8.0), "24 mm were levelled out, and one more got in"
    witness.apply(Stimulus.SILL_OBSTRUCTED)
    witness.apply(Stimulus.OPEN_BUTTON, 1.0)
    assert witness.until_kind(TruthKind.FAULT).data["fault"] == "door_blocked"
    levelled = len(witness.of(TruthKind.RELEVELLING))
    witness.until(lambda now: now.persons == 0)
    assert stands_mm(witness.run(60)) == pytest.approx(24.0)
    assert len(witness.of(TruthKind.RELEVELLING)) == levelled


# the building


def test_a_car_that_might_stand_outside_its_unlocking_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="not inside the unlocking zone"):
        replace(QUIET_HOUSE, levelling=Levelling(load_error_mm=80.0, spread_mm=20.0, stretch_mm=80.0, balance=0.0))


def test_the_button_of_the_next_landing_above_is_not_that_of_a_landing_a_few_millimetres_above() -> None:
    witness = Witness(replace(house(Levelling(load_error_mm=38.0)), capacity_persons=1))
    step_in(witness, 1)
    assert ride_up(witness) == pytest.approx(-19.0)
    witness.run(60)
    witness.apply(Stimulus.RIDE_UP)
    assert witness.until_kind(TruthKind.ARRIVED).data["floor"] == 2
