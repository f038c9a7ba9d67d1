"""What the service modes do to a lift with people."""

import pytest
from msgspec.structs import replace
from sim_hands import parked_at
from sim_witness import QUIET_HOUSE, S, Witness

from protocols.lift.vocabulary import ServiceMode
from sim.building import ServiceFloors
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind

CREEP_MPS = 0.30
"""EN 81-20 5.12.1.6 and 5.12.1.4 (limits.csv, C)."""


def ride(witness: Witness, origin: int, to: int) -> None:
    """Somebody comes to `origin` and wants to `to`."""
    witness.plant._lift.person_comes(origin, to)


def riding_up(witness: Witness, to: int = 8) -> None:
    """Somebody rides from the lowest landing, at full speed between the second and the third."""
    ride(witness, 0, to)
    witness.until_kind(TruthKind.DEPARTED)
    witness.until(lambda now: now.moving)
    witness.run(3.5)
    assert 3.0 < witness.now.position_m < 6.0 and witness.now.speed_mps > 1.5


def stops(witness: Witness) -> list[object]:
    return [record.data["floor"] for record in witness.of(TruthKind.ARRIVED)]


def openings(witness: Witness) -> list[object]:
    return [record.data["floor"] for record in witness.of(TruthKind.DOOR_OPENING)]


def fastest(witness: Witness, seconds: float) -> float:
    return max(witness.run(0.1).speed_mps for _ in range(round(seconds * 10)))


# fire


def test_fire_recall_brings_a_parked_car_home_and_leaves_it_open(quiet: Witness) -> None:
    parked_at(quiet, 3)
    opened = len(openings(quiet))
    assert quiet.apply(Stimulus.FIRE_RECALL) is Effect.NOW
    assert quiet.run(60).mode is ServiceMode.FIRE_RECALL
    assert (stops(quiet)[-1], openings(quiet)[opened:]) == (0, [0])
    assert quiet.run(3600).door_open


def test_a_car_on_its_way_up_turns_at_the_next_landing_without_opening(quiet: Witness) -> None:
    riding_up(quiet)
    opened = len(openings(quiet))
    quiet.apply(Stimulus.FIRE_RECALL)
    quiet.run(120)
    assert stops(quiet)[0] in {2, 3, 4} and stops(quiet)[1:] == [0]
    assert openings(quiet)[opened:] == [0]
    alighted = quiet.of(TruthKind.ALIGHTED)
    assert [record.data["floor"] for record in alighted] == [0]


def test_a_car_on_its_way_home_does_not_stop_for_anybody(quiet: Witness) -> None:
    parked_at(quiet, 6)
    ride(quiet, 6, 0)
    quiet.until_kind(TruthKind.DEPARTED)
    quiet.plant._lift.person_comes(2, 0)
    quiet.apply(Stimulus.FIRE_RECALL)
    assert quiet.now.hall_calls == quiet.now.car_calls == 0
    before = len(stops(quiet))
    quiet.run(60)
    assert stops(quiet)[before:] == [0]


@pytest.fixture
def refuge() -> Witness:
    """On fire the car is called to the landing above the main one."""
    return Witness(replace(QUIET_HOUSE, service=ServiceFloors(fire_floor=1)))


@pytest.mark.parametrize("floor", [0, 3])
def test_a_building_names_its_fire_floor(refuge: Witness, floor: int) -> None:
    parked_at(refuge, floor)
    refuge.apply(Stimulus.FIRE_RECALL)
    now = refuge.run(600)
    assert (now.floor, now.door_open, openings(refuge)[-1]) == (1, True, 1)


def test_a_running_car_turns_to_the_fire_floor_and_everybody_gets_out_there(refuge: Witness) -> None:
    riding_up(refuge)
    refuge.apply(Stimulus.FIRE_RECALL)
    refuge.run(120)
    assert (stops(refuge)[-1], refuge.now.persons, openings(refuge)) == (1, 0, [0, 1])
    assert refuge.apply(Stimulus.FIREFIGHTER) is Effect.NOW


def test_a_running_car_stops_at_the_fire_floor_if_that_lies_ahead() -> None:
    witness = Witness(replace(QUIET_HOUSE, service=ServiceFloors(fire_floor=4)))
    riding_up(witness)
    witness.apply(Stimulus.FIRE_RECALL)
    witness.run(120)
    assert stops(witness) == [4]


def test_no_other_mode_calls_it_there(refuge: Witness) -> None:
    parked_at(refuge, 3)
    refuge.apply(Stimulus.OUT_OF_SERVICE)
    assert refuge.run(120).floor == 0
    assert refuge.apply(Stimulus.FIREFIGHTER) is Effect.NONE


def test_buttons_are_dead_and_nobody_gets_in(quiet: Witness) -> None:
    quiet.apply(Stimulus.FIRE_RECALL)
    quiet.run(20)
    ride(quiet, 0, 4)
    ride(quiet, 5, 0)
    assert quiet.apply(Stimulus.RIDE_UP) is Effect.NONE
    now = quiet.run(60)
    assert (now.car_calls, now.hall_calls, now.floor) == (0, 0, 0)
    assert quiet.of(TruthKind.BOARDED) == []


def test_at_the_end_people_press_again_and_are_served(quiet: Witness) -> None:
    quiet.apply(Stimulus.FIRE_RECALL)
    ride(quiet, 5, 0)
    quiet.run(60)
    assert quiet.apply(Stimulus.FIRE_END) is Effect.NOW
    assert quiet.run(120).mode is ServiceMode.NORMAL
    assert quiet.plant.crowd.served == 1


# firefighter


def fought(witness: Witness) -> None:
    witness.apply(Stimulus.FIRE_RECALL)
    witness.run(20)
    assert witness.apply(Stimulus.FIREFIGHTER) is Effect.NOW


def test_a_firefighter_takes_over_only_at_the_recall_floor(quiet: Witness) -> None:
    assert quiet.apply(Stimulus.FIREFIGHTER) is Effect.NONE
    parked_at(quiet, 4)
    quiet.apply(Stimulus.FIRE_RECALL)
    assert quiet.apply(Stimulus.FIREFIGHTER) is Effect.NONE
    quiet.run(60)
    assert quiet.apply(Stimulus.FIREFIGHTER) is Effect.NOW
    assert quiet.now.mode is ServiceMode.FIREFIGHTER


def test_a_firefighters_door_waits_for_the_car_call_and_opens_only_by_its_button(quiet: Witness) -> None:
    fought(quiet)
    assert quiet.run(600).door_open
    quiet.apply(Stimulus.RIDE_UP)
    there = quiet.run(60)
    assert (there.floor, there.door_closed, there.car_calls) == (1, True, 0)
    quiet.apply(Stimulus.OPEN_BUTTON)
    assert quiet.run(5).door_open
    assert quiet.run(600).door_open
    quiet.apply(Stimulus.RIDE_DOWN)
    assert (quiet.run(60).floor, quiet.now.door_closed) == (0, True)


def test_nobody_at_a_landing_moves_a_firefighters_car(quiet: Witness) -> None:
    fought(quiet)
    ride(quiet, 5, 0)
    now = quiet.run(120)
    assert (now.hall_calls, now.floor) == (0, 0)


# attendant, independent


def test_an_attendant_keeps_the_door_until_the_close_button(quiet: Witness) -> None:
    quiet.apply(Stimulus.ATTENDANT_ON)
    ride(quiet, 0, 3)
    opened = quiet.until_kind(TruthKind.DOOR_OPEN)
    assert quiet.run(15).door_open
    assert quiet.apply(Stimulus.CLOSE_BUTTON) is Effect.NOW
    closing = quiet.until_kind(TruthKind.DOOR_CLOSING)
    assert closing.t_ns - opened.t_ns == 15 * S
    assert quiet.now.mode is ServiceMode.NORMAL


def test_an_attendants_door_closes_by_itself_after_30_s(quiet: Witness) -> None:
    quiet.apply(Stimulus.ATTENDANT_ON)
    ride(quiet, 0, 3)
    opened = quiet.until_kind(TruthKind.DOOR_OPEN)
    assert quiet.until_kind(TruthKind.DOOR_CLOSING).t_ns - opened.t_ns == 30 * S


def test_an_attendant_passes_hall_calls_while_a_car_call_stands(quiet: Witness) -> None:
    quiet.apply(Stimulus.ATTENDANT_ON)
    ride(quiet, 0, 5)
    ride(quiet, 3, 6)
    quiet.run(300)
    assert stops(quiet)[:2] == [5, 3]
    assert quiet.plant.crowd.served == 2


def test_under_independent_service_hall_calls_are_not_taken(quiet: Witness) -> None:
    quiet.apply(Stimulus.INDEPENDENT_ON)
    ride(quiet, 5, 0)
    assert (quiet.run(120).hall_calls, quiet.now.floor) == (0, 0)
    quiet.apply(Stimulus.INDEPENDENT_OFF)
    quiet.run(120)
    assert quiet.plant.crowd.served == 1


def test_under_independent_service_a_car_does_not_go_home_by_itself() -> None:
    witness = Witness(replace(QUIET_HOUSE, homing_after_s=60.0))
    witness.apply(Stimulus.RIDE_UP)
    witness.run(30)
    witness.apply(Stimulus.INDEPENDENT_ON)
    assert witness.run(600).floor == 1
    witness.apply(Stimulus.INDEPENDENT_OFF)
    assert witness.run(600).floor == 0


def test_under_independent_service_the_door_stays_open_at_the_call_until_the_next(quiet: Witness) -> None:
    quiet.apply(Stimulus.INDEPENDENT_ON)
    quiet.apply(Stimulus.RIDE_UP)
    there = quiet.run(600)
    assert (there.floor, there.door_open, there.mode) == (1, True, ServiceMode.NORMAL)
    ride(quiet, 1, 4)
    quiet.run(60)
    assert (quiet.plant.crowd.served, quiet.now.floor) == (1, 4)


# out of service


def test_out_of_service_takes_people_where_they_want_and_then_goes_home(quiet: Witness) -> None:
    riding_up(quiet, 5)
    quiet.apply(Stimulus.OUT_OF_SERVICE)
    ride(quiet, 7, 0)
    now = quiet.run(180)
    assert stops(quiet) == [5, 0]
    assert (now.mode, now.door_closed, now.persons, now.hall_calls) == (ServiceMode.OUT_OF_SERVICE, True, 0, 0)
    quiet.apply(Stimulus.IN_SERVICE)
    quiet.run(120)
    assert quiet.plant.crowd.served == 2


def test_out_of_service_leaves_nobody_shut_in(quiet: Witness) -> None:
    quiet.apply(Stimulus.IDLE_PERSON)
    quiet.run(60)
    assert quiet.now.persons == 1
    quiet.apply(Stimulus.OUT_OF_SERVICE)
    assert quiet.run(60).persons == 0
    assert quiet.now.door_closed


# earthquake


@pytest.mark.parametrize(("origin", "to", "next_m"), [(0, 8, 15.0), (8, 0, 9.0)])
def test_an_earthquake_stops_the_car_which_creeps_on_to_the_next_landing(
    quiet: Witness, origin: int, to: int, next_m: float
) -> None:
    """Just past the landing at 12 m, which is nearer than the next one."""
    ride(quiet, origin, to)
    quiet.until(lambda now: now.persons > 0 and now.moving)
    while not abs(quiet.run(0.05).position_m - 12.0) < 0.1:
        pass
    assert quiet.now.speed_mps == 1.75
    quiet.apply(Stimulus.EARTHQUAKE)
    stood = quiet.until_kind(TruthKind.STOPPED)
    assert (stood.data["floor"], stood.data["door_zone"]) == (4, False)
    assert fastest(quiet, 60) <= CREEP_MPS
    now = quiet.now
    assert (now.position_m, now.mode, now.door_open, now.persons) == (next_m, ServiceMode.EARTHQUAKE, True, 0)
    assert quiet.run(3600).door_open


def test_a_parked_car_opens_in_an_earthquake_and_serves_after_it(quiet: Witness) -> None:
    parked_at(quiet, 2)
    quiet.apply(Stimulus.EARTHQUAKE)
    assert (quiet.run(60).door_open, quiet.now.floor) == (True, 2)
    ride(quiet, 2, 5)
    assert quiet.run(60).persons == 0
    quiet.apply(Stimulus.EARTHQUAKE_END)
    quiet.run(120)
    assert quiet.plant.crowd.served == 1


# emergency electrical operation


def test_the_machine_room_stops_a_running_car_and_drives_it_slowly_with_its_people(quiet: Witness) -> None:
    riding_up(quiet)
    assert quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_ON) is Effect.NOW
    trapped = quiet.until_kind(TruthKind.TRAPPED_SINCE)
    assert (trapped.data["cause"], trapped.data["persons"]) == ("emergency_electrical", 1)
    stood = quiet.run(60)
    assert (stood.mode, stood.moving) == (ServiceMode.INSPECTION, False)
    assert quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_UP, 5.0) is Effect.NOW
    assert 0 < fastest(quiet, 5) <= CREEP_MPS
    assert quiet.run(10).position_m > stood.position_m
    assert quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_OFF) is Effect.NOW
    quiet.until_kind(TruthKind.FREED)
    quiet.run(120)
    assert quiet.plant.crowd.served == 1


def test_it_moves_no_car_with_an_open_door_or_an_open_chain(quiet: Witness) -> None:
    ride(quiet, 0, 3)
    quiet.until_kind(TruthKind.DOOR_OPEN)
    quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_ON)
    assert quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_UP) is Effect.NONE
    quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_OFF)
    quiet.run(60)
    quiet.trap(Stimulus.ENTRAP_BETWEEN_FLOORS)
    assert quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_ON) is Effect.NOW
    assert quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_UP) is Effect.NONE


def test_it_drives_a_car_with_a_dead_door_again_and_again(quiet: Witness) -> None:
    quiet.trap(Stimulus.ENTRAP_AT_LANDING)
    quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_ON)
    for _ in range(2):
        assert quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_DOWN, 3.0) is Effect.NOW
        assert not quiet.run(10).moving


def test_calls_do_not_move_it(quiet: Witness) -> None:
    quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_ON)
    ride(quiet, 5, 0)
    assert quiet.apply(Stimulus.RIDE_UP) is Effect.NONE
    assert (quiet.run(60).floor, quiet.now.hall_calls) == (0, 0)


def test_the_switches_of_the_car_top_and_the_machine_room_do_not_stand_in_for_each_other(quiet: Witness) -> None:
    quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_ON)
    assert quiet.apply(Stimulus.INSPECTION_UP) is Effect.NONE
    assert quiet.apply(Stimulus.INSPECTION_OFF) is Effect.NONE
    quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_OFF)
    quiet.apply(Stimulus.INSPECTION_ON)
    assert quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_ON) is Effect.NONE
    assert quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_UP) is Effect.NONE


# in a group


@pytest.mark.parametrize("mode", [Stimulus.FIRE_RECALL, Stimulus.INDEPENDENT_ON, Stimulus.OUT_OF_SERVICE])
def test_a_car_that_takes_no_hall_calls_leaves_them_to_the_others(mode: Stimulus) -> None:
    pair = Witness(replace(QUIET_HOUSE, cars=2))
    pair.plant.person_comes(5, 0)
    holder = next(car for car in range(2) if pair.plant.signals(car=car).hall_calls)
    pair.plant.apply(mode, car=holder)
    assert pair.plant.signals(car=holder).hall_calls == 0
    assert pair.plant.signals(car=1 - holder).hall_calls == 1 << 5
    pair.plant.person_comes(3, 0)
    pair.run(180)
    assert pair.plant.crowd.served == 2
    assert {record.data.get("car", 0) for record in pair.of(TruthKind.BOARDED)} == {1 - holder}


# modes and what else happens


@pytest.mark.parametrize("mode", [Stimulus.FIRE_RECALL, Stimulus.EARTHQUAKE, Stimulus.OUT_OF_SERVICE])
def test_a_mode_outlasts_a_power_cut_and_a_reboot(quiet: Witness, mode: Stimulus) -> None:
    riding_up(quiet)
    quiet.apply(mode)
    quiet.run(5)
    quiet.apply(Stimulus.POWER_LOSS)
    quiet.run(30)
    quiet.apply(Stimulus.POWER_RESTORE)
    quiet.run(5)
    quiet.apply(Stimulus.CONTROLLER_REBOOT, 30.0)
    now = quiet.run(240)
    assert now.mode is ServiceMode[mode.name]
    assert now.persons == 0
    assert now.door_open is (mode is not Stimulus.OUT_OF_SERVICE)


@pytest.mark.parametrize(
    ("mode", "reads_as"),
    [
        (Stimulus.FIRE_RECALL, ServiceMode.FIRE_RECALL),
        (Stimulus.EARTHQUAKE, ServiceMode.EARTHQUAKE),
        (Stimulus.OUT_OF_SERVICE, ServiceMode.OUT_OF_SERVICE),
        (Stimulus.REPAIR_BEGINS, ServiceMode.OUT_OF_SERVICE),
    ],
    ids=str,
)
def test_a_release_leaves_a_mode_to_those_who_switched_it(
    quiet: Witness, mode: Stimulus, reads_as: ServiceMode
) -> None:
    quiet.apply(mode)
    assert quiet.apply(Stimulus.RELEASE) is Effect.NONE
    assert quiet.now.mode is reads_as


def test_a_release_frees_people_under_a_mode_that_keeps_the_door_open(quiet: Witness) -> None:
    quiet.trap(Stimulus.ENTRAP_BETWEEN_FLOORS)
    quiet.apply(Stimulus.INDEPENDENT_ON)
    quiet.apply(Stimulus.RELEASE)
    quiet.run(120)
    assert (quiet.now.persons, quiet.now.door_open) == (0, True)
    floor = quiet.now.floor
    assert quiet.apply(Stimulus.RIDE_UP) is Effect.NOW
    assert quiet.run(60).floor == floor + 1


def test_the_switch_out_of_service_and_a_repair_end_each_by_their_own(quiet: Witness) -> None:
    quiet.apply(Stimulus.OUT_OF_SERVICE)
    quiet.apply(Stimulus.REPAIR_BEGINS)
    quiet.apply(Stimulus.IN_SERVICE)
    assert quiet.now.mode is ServiceMode.OUT_OF_SERVICE
    quiet.apply(Stimulus.OUT_OF_SERVICE)
    quiet.apply(Stimulus.REPAIR_ENDS)
    assert quiet.now.mode is ServiceMode.OUT_OF_SERVICE
    quiet.apply(Stimulus.IN_SERVICE)
    assert quiet.now.mode is ServiceMode.NORMAL


def test_the_truth_tells_each_change_of_mode(quiet: Witness) -> None:
    for stimulus in (Stimulus.ATTENDANT_ON, Stimulus.FIRE_RECALL, Stimulus.ATTENDANT_OFF, Stimulus.FIRE_END):
        quiet.apply(stimulus)
    assert [record.data["mode"] for record in quiet.of(TruthKind.MODE)] == ["attendant", "fire_recall", "normal"]


# the mode selector


def test_a_car_whose_mode_is_unknown_lets_people_out_where_its_run_ends_and_runs_no_more(quiet: Witness) -> None:
    riding_up(quiet)
    quiet.apply(Stimulus.MODE_SELECTOR_BROKEN)
    assert quiet.now.mode is ServiceMode.UNKNOWN
    quiet.plant.person_comes(2, 0)
    now = quiet.run(600)
    assert (now.floor, now.persons, now.door_closed, now.hall_calls) == (8, 0, True, 0)
    assert (stops(quiet), quiet.of(TruthKind.TRAPPED_SINCE)) == ([8], [])


def test_who_is_about_to_leave_a_landing_in_it_gets_out_there(quiet: Witness) -> None:
    ride(quiet, 0, 8)
    quiet.until_kind(TruthKind.DOOR_CLOSING)
    quiet.apply(Stimulus.MODE_SELECTOR_BROKEN)
    assert quiet.run(60).persons == 0
    assert stops(quiet) == []


@pytest.mark.parametrize("end", [Stimulus.MODE_SELECTOR_MENDED, Stimulus.RELEASE])
def test_with_the_selector_mended_people_press_again_and_are_served(quiet: Witness, end: Stimulus) -> None:
    quiet.apply(Stimulus.MODE_SELECTOR_BROKEN)
    ride(quiet, 5, 0)
    quiet.run(60)
    assert quiet.apply(end) is Effect.NOW
    assert quiet.run(120).mode is ServiceMode.NORMAL
    assert quiet.plant.crowd.served == 1
