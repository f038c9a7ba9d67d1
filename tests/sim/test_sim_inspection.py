"""What a technician does under inspection: drives by hand, opens the chain; and what a power cut does to that."""

import pytest
from msgspec.structs import replace
from sim_hands import BUTTONS, CHAIN, CHAIN_OPENERS, DOOR_HOLDERS, DRIVING, TOP_M, false_of, parked_at
from sim_witness import HOUSE, QUIET_HOUSE, S, Witness

from protocols.lift.vocabulary import Direction, DriveState, ServiceMode
from sim.building import Drive
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind

# inspection


def test_a_parked_empty_car_is_switched_to_inspection_and_back(quiet: Witness) -> None:
    assert quiet.apply(Stimulus.INSPECTION_ON) is Effect.NOW
    now = quiet.run(600)
    assert (now.mode, now.moving, now.door_closed, now.safety_chain) == (ServiceMode.INSPECTION, False, True, True)
    assert quiet.apply(Stimulus.INSPECTION_ON) is Effect.NONE
    assert quiet.apply(Stimulus.INSPECTION_OFF) is Effect.NOW
    assert quiet.now.mode is ServiceMode.NORMAL
    assert quiet.apply(Stimulus.INSPECTION_OFF) is Effect.NONE
    assert quiet.of(TruthKind.DOOR_OPENING, TruthKind.STOPPED) == []


def test_a_car_in_use_is_not_switched_to_inspection(quiet: Witness) -> None:
    quiet.apply(Stimulus.RIDE_UP)
    quiet.run(2)
    assert quiet.apply(Stimulus.INSPECTION_ON) is Effect.NONE
    assert quiet.now.mode is ServiceMode.NORMAL


def test_a_car_with_somebody_in_it_is_not_switched_to_inspection(quiet: Witness) -> None:
    quiet.apply(Stimulus.IDLE_PERSON)
    quiet.run(60)
    assert quiet.apply(Stimulus.INSPECTION_ON) is Effect.NONE


def test_a_car_without_mains_or_with_a_fault_is_not_switched_to_inspection(quiet: Witness) -> None:
    quiet.apply(Stimulus.POWER_LOSS)
    assert quiet.apply(Stimulus.INSPECTION_ON) is Effect.NONE
    quiet.apply(Stimulus.POWER_RESTORE)
    quiet.trap(Stimulus.ENTRAP_AT_LANDING)
    assert quiet.apply(Stimulus.INSPECTION_ON) is Effect.NONE


def test_under_inspection_no_call_is_answered_until_it_ends(inspected: Witness) -> None:
    inspected.apply(Stimulus.PERSON_ENTERS)
    now = inspected.run(300)
    assert (now.hall_calls, now.moving, now.door_closed) == (0, False, True)
    inspected.apply(Stimulus.INSPECTION_OFF)
    inspected.run(120)
    assert inspected.plant.crowd.served == 1


def test_those_who_waited_at_other_landings_press_again_after_inspection(inspected: Witness) -> None:
    inspected.plant._lift.person_comes(6, 0)
    inspected.run(60)
    inspected.apply(Stimulus.INSPECTION_OFF)
    assert inspected.now.hall_calls == 1 << 6
    inspected.run(120)
    assert inspected.plant.crowd.served == 1


@pytest.mark.parametrize("stimulus", DOOR_HOLDERS)
def test_under_inspection_the_door_stays_closed(quiet: Witness, stimulus: Stimulus) -> None:
    quiet.apply(Stimulus.INSPECTION_ON)
    quiet.apply(stimulus, 5)
    quiet.run(60)
    assert quiet.of(TruthKind.DOOR_OPENING) == []


def test_what_is_armed_waits_for_the_end_of_inspection(quiet: Witness) -> None:
    quiet.apply(Stimulus.INSPECTION_ON)
    assert quiet.apply(Stimulus.ENTRAP_AT_LANDING) is Effect.ARMED
    assert quiet.apply(Stimulus.BLOCK_BEAM) is Effect.ARMED
    quiet.run(60)
    assert quiet.of(TruthKind.WAITING) == []
    quiet.apply(Stimulus.INSPECTION_OFF)
    assert quiet.until_kind(TruthKind.TRAPPED_SINCE).data["cause"] == "door_dead"


def test_a_car_that_was_going_home_does_not_leave_under_inspection() -> None:
    witness = Witness(replace(QUIET_HOUSE, homing_after_s=60.0))
    witness.apply(Stimulus.RIDE_UP)
    witness.run(30)
    assert witness.apply(Stimulus.INSPECTION_ON) is Effect.NOW
    assert witness.run(300).floor == 1


@pytest.mark.parametrize(
    ("stimulus", "direction", "drive_state"),
    [
        (Stimulus.INSPECTION_UP, Direction.UP, DriveState.RUNNING_UP),
        (Stimulus.INSPECTION_DOWN, Direction.DOWN, DriveState.RUNNING_DOWN),
    ],
)
def test_under_inspection_the_car_is_driven_slowly_as_long_as_said(
    quiet: Witness, stimulus: Stimulus, direction: Direction, drive_state: DriveState
) -> None:
    parked_at(quiet, 2)
    quiet.apply(Stimulus.INSPECTION_ON)
    assert quiet.apply(stimulus) is Effect.NOW
    now = quiet.run(3.9)
    assert (now.mode, now.direction, now.drive_state) == (ServiceMode.INSPECTION, direction, drive_state)
    assert now.speed_mps == pytest.approx(0.30)
    assert now.door_closed and now.safety_chain
    assert false_of(quiet, DRIVING) == set()
    stopped = quiet.until_kind(TruthKind.STOPPED)
    assert stopped.data["persons"] == 0
    later = quiet.run(60)
    assert later.position_m == stopped.data["position_m"]
    assert 0.8 < abs(later.position_m - 6.0) < 1.2
    assert false_of(quiet, DRIVING) == DRIVING
    assert (later.mode, later.drive_state) == (ServiceMode.INSPECTION, DriveState.STANDBY)


def test_the_brake_ends_an_inspection_drive(quiet: Witness) -> None:
    quiet.apply(Stimulus.INSPECTION_ON)
    quiet.apply(Stimulus.INSPECTION_UP, 4)
    assert quiet.until_kind(TruthKind.STOPPED).t_ns == pytest.approx((4 + 0.30 / HOUSE.drive.emergency_decel_mps2) * S)


def test_an_inspection_drive_ends_at_the_highest_and_the_lowest_landing(quiet: Witness) -> None:
    quiet.apply(Stimulus.INSPECTION_ON)
    assert quiet.apply(Stimulus.INSPECTION_DOWN) is Effect.NONE
    assert quiet.apply(Stimulus.INSPECTION_UP, 600) is Effect.NOW
    assert quiet.until_kind(TruthKind.ARRIVED).data["floor"] == 8
    assert quiet.run(600).position_m == TOP_M
    assert quiet.apply(Stimulus.INSPECTION_UP) is Effect.NONE
    quiet.apply(Stimulus.INSPECTION_DOWN, 600)
    assert quiet.run(600).position_m == 0.0


def test_a_slow_lift_is_inspected_at_its_own_speed() -> None:
    witness = Witness(replace(QUIET_HOUSE, drive=Drive(rated_speed_mps=0.15)))
    witness.apply(Stimulus.INSPECTION_ON)
    witness.apply(Stimulus.INSPECTION_UP)
    assert witness.run(3).speed_mps == pytest.approx(0.15)


def test_a_car_is_not_driven_by_hand_in_service(quiet: Witness) -> None:
    assert quiet.apply(Stimulus.INSPECTION_UP) is Effect.NONE
    assert not quiet.run(1).moving


def test_a_moving_car_takes_no_second_drive(inspected: Witness) -> None:
    inspected.apply(Stimulus.INSPECTION_UP, 6)
    inspected.run(3)
    assert inspected.apply(Stimulus.INSPECTION_DOWN) is Effect.NONE
    assert inspected.now.direction is Direction.UP


def test_after_inspection_the_car_creeps_to_the_nearest_landing_and_serves(inspected: Witness) -> None:
    inspected.apply(Stimulus.INSPECTION_OFF)
    assert inspected.now.mode is ServiceMode.NORMAL
    inspected.until(lambda now: now.moving)
    assert inspected.run(3).speed_mps <= HOUSE.drive.rescue_speed_mps
    inspected.until_kind(TruthKind.ARRIVED)
    later = inspected.run(60)
    assert later.position_m in HOUSE.heights_m
    assert later.door_closed
    inspected.apply(Stimulus.PERSON_ENTERS)
    inspected.run(120)
    assert inspected.plant.crowd.served == 1


def test_inspection_that_ends_during_a_drive_stops_the_car_first(inspected: Witness) -> None:
    inspected.apply(Stimulus.INSPECTION_UP, 60)
    inspected.run(3)
    assert inspected.apply(Stimulus.INSPECTION_OFF) is Effect.NOW
    off_ns = inspected.plant.now_ns
    assert inspected.until_kind(TruthKind.STOPPED).t_ns - off_ns < 0.2 * S
    inspected.until_kind(TruthKind.ARRIVED)
    assert inspected.run(60).mode is ServiceMode.NORMAL


@pytest.mark.parametrize("driving", [False, True])
def test_release_ends_inspection(inspected: Witness, driving: bool) -> None:
    if driving:
        inspected.apply(Stimulus.INSPECTION_UP, 60)
        inspected.run(3)
    assert inspected.apply(Stimulus.RELEASE) is Effect.NOW
    later = inspected.run(120)
    assert (later.mode, later.door_closed) == (ServiceMode.NORMAL, True)
    assert later.position_m in HOUSE.heights_m
    assert inspected.apply(Stimulus.RIDE_UP) is Effect.NOW


# the safety chain


@pytest.mark.parametrize(("stimulus", "opened", "default_s"), CHAIN_OPENERS)
def test_the_chain_is_open_as_long_as_a_hand_opens_it(
    inspected: Witness, stimulus: Stimulus, opened: set[str], default_s: float
) -> None:
    assert inspected.apply(stimulus) is Effect.NOW
    assert false_of(inspected, CHAIN) == opened
    inspected.run(default_s - 0.001)
    assert false_of(inspected, CHAIN) == opened
    inspected.run(0.001)
    assert false_of(inspected, CHAIN) == set()
    assert inspected.now.door_closed


@pytest.mark.parametrize(("stimulus", "opened", "default_s"), CHAIN_OPENERS)
def test_the_chain_is_not_opened_by_hand_in_service(
    quiet: Witness, stimulus: Stimulus, opened: set[str], default_s: float
) -> None:
    assert quiet.apply(stimulus) is Effect.NONE
    assert false_of(quiet, CHAIN) == set()


@pytest.mark.parametrize(("stimulus", "opened", "default_s"), CHAIN_OPENERS)
def test_a_car_with_an_open_chain_is_not_driven(
    inspected: Witness, stimulus: Stimulus, opened: set[str], default_s: float
) -> None:
    inspected.apply(stimulus)
    assert inspected.apply(Stimulus.INSPECTION_UP) is Effect.NONE
    assert inspected.apply(Stimulus.INSPECTION_DOWN) is Effect.NONE
    inspected.run(default_s)
    assert inspected.apply(Stimulus.INSPECTION_UP) is Effect.NOW


def test_the_stop_switch_is_for_a_standing_car(inspected: Witness) -> None:
    inspected.apply(Stimulus.INSPECTION_UP, 10)
    inspected.run(3)
    assert inspected.apply(Stimulus.STOP_SWITCH) is Effect.NONE
    assert inspected.now.moving and inspected.now.safety_chain


@pytest.mark.parametrize("stimulus", [Stimulus.LANDING_LOCK, Stimulus.CAR_CONTACT])
def test_a_contact_opened_during_an_inspection_drive_stops_it(inspected: Witness, stimulus: Stimulus) -> None:
    inspected.apply(Stimulus.INSPECTION_UP, 60)
    inspected.run(3)
    assert inspected.apply(stimulus) is Effect.NOW
    assert not inspected.run(0.2).moving
    later = inspected.run(60)
    assert (later.moving, later.mode, later.safety_chain) == (False, ServiceMode.INSPECTION, True)


@pytest.mark.parametrize("end", [Stimulus.INSPECTION_OFF, Stimulus.RELEASE])
@pytest.mark.parametrize(("stimulus", "opened", "default_s"), CHAIN_OPENERS)
def test_the_chain_is_closed_when_inspection_ends(
    inspected: Witness, stimulus: Stimulus, opened: set[str], default_s: float, end: Stimulus
) -> None:
    inspected.apply(stimulus, 600)
    inspected.apply(end)
    assert false_of(inspected, CHAIN) == set()
    inspected.until_kind(TruthKind.ARRIVED)


# power


def test_power_loss_stops_an_inspection_drive_and_the_switch_stays_on(inspected: Witness) -> None:
    inspected.apply(Stimulus.INSPECTION_UP, 60)
    inspected.run(3)
    inspected.apply(Stimulus.POWER_LOSS)
    dark = inspected.run(60)
    assert (dark.moving, dark.mode, dark.mains) == (False, ServiceMode.INSPECTION, False)
    assert inspected.apply(Stimulus.INSPECTION_UP) is Effect.NONE
    inspected.apply(Stimulus.POWER_RESTORE)
    back = inspected.run(60)
    assert (back.moving, back.position_m) == (False, dark.position_m)
    assert inspected.apply(Stimulus.INSPECTION_DOWN) is Effect.NOW


def test_power_that_comes_back_under_inspection_registers_no_call(inspected: Witness) -> None:
    inspected.apply(Stimulus.PERSON_ENTERS)
    inspected.apply(Stimulus.POWER_LOSS)
    inspected.apply(Stimulus.POWER_RESTORE)
    assert inspected.run(60).hall_calls == 0


def test_inspection_that_ends_without_mains_moves_the_car_when_they_are_back(inspected: Witness) -> None:
    inspected.apply(Stimulus.PERSON_ENTERS)
    inspected.apply(Stimulus.POWER_LOSS)
    assert inspected.apply(Stimulus.INSPECTION_OFF) is Effect.NOW
    dark = inspected.run(60)
    assert (dark.moving, dark.mode, dark.door_zone, dark.hall_calls) == (False, ServiceMode.NORMAL, False, 0)
    inspected.apply(Stimulus.POWER_RESTORE)
    inspected.run(180)
    assert inspected.plant.crowd.served == 1


def test_release_lets_go_of_everything(inspected: Witness) -> None:
    for stimulus, _, _ in (*BUTTONS, *CHAIN_OPENERS):
        inspected.apply(stimulus, 600)
    inspected.apply(Stimulus.RELEASE)
    assert false_of(inspected, CHAIN) == set()
    assert len(false_of(inspected, {item for _, item, _ in BUTTONS})) == len(BUTTONS)
    assert inspected.run(120).door_closed


def test_release_of_a_held_button_is_something(quiet: Witness) -> None:
    quiet.apply(Stimulus.ALARM_BUTTON)
    assert quiet.apply(Stimulus.RELEASE) is Effect.NOW
    assert quiet.apply(Stimulus.RELEASE) is Effect.NONE
