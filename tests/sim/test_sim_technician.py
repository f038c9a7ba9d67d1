"""What a technician does by hand at commissioning, as perfect sensors see it."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sim_witness import HOUSE, QUIET_HOUSE, S, Witness

from protocols.lift.vocabulary import Direction, DriveState, ServiceMode
from sim.building import Drive
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind

TOP_M = HOUSE.heights_m[-1]
BUTTONS = [
    (Stimulus.OPEN_BUTTON, "door_open_button", 3.0),
    (Stimulus.ALARM_BUTTON, "alarm_button", 2.0),
    (Stimulus.CABINET_DOOR, "cabinet_door", 10.0),
    (Stimulus.OVERLOAD, "overload", 10.0),
]
DOOR_HOLDERS = [Stimulus.OPEN_BUTTON, Stimulus.OVERLOAD]
CHAIN_OPENERS = [
    (Stimulus.STOP_SWITCH, {"safety_chain"}, 5.0),
    (Stimulus.LANDING_LOCK, {"safety_chain", "landing_lock"}, 3.0),
    (Stimulus.CAR_CONTACT, {"safety_chain", "car_lock"}, 3.0),
]
CHAIN = {"safety_chain", "landing_lock", "car_lock"}
DRIVING = {"moving", "brake_command", "brake_open", "contactor_command", "contactor_closed"}


@pytest.fixture
def quiet() -> Witness:
    """Nobody comes unless a stimulus sends them."""
    return Witness(QUIET_HOUSE)


@pytest.fixture
def inspected(quiet: Witness) -> Witness:
    """A car under inspection, driven to the middle between the lowest landings."""
    assert quiet.apply(Stimulus.INSPECTION_ON) is Effect.NOW
    assert quiet.apply(Stimulus.INSPECTION_UP, 6) is Effect.NOW
    assert not quiet.run(10).door_zone
    return quiet


def parked_at(witness: Witness, floor: int) -> None:
    """Ride there."""
    while witness.now.floor < floor:
        witness.apply(Stimulus.RIDE_UP)
        witness.run(60)


def false_of(witness: Witness, items: set[str]) -> set[str]:
    """Those of `items` that are false now."""
    values = witness.now.values()
    return {item for item in items if values[item] is False}


# car calls


def test_the_button_of_the_next_landing_takes_an_empty_car_there(quiet: Witness) -> None:
    assert quiet.apply(Stimulus.RIDE_UP) is Effect.NOW
    assert quiet.now.car_calls == 0b10
    departed = quiet.until_kind(TruthKind.DEPARTED)
    assert (departed.data["to"], departed.data["car_call"], departed.data["persons"]) == (1, True, 0)
    opened = quiet.until_kind(TruthKind.DOOR_OPEN)
    closing = quiet.until_kind(TruthKind.DOOR_CLOSING)
    assert closing.t_ns - opened.t_ns == 3 * S
    parked = quiet.run(60)
    assert (parked.floor, parked.moving, parked.door_closed, parked.car_calls) == (1, False, True, 0)
    assert parked.trips == 1


def test_the_button_of_the_lowest_landing_takes_the_car_down(quiet: Witness) -> None:
    parked_at(quiet, 2)
    assert quiet.apply(Stimulus.RIDE_DOWN) is Effect.NOW
    assert quiet.until_kind(TruthKind.DEPARTED).data["to"] == 0


def test_at_the_last_landing_there_is_no_button_beyond() -> None:
    witness = Witness(replace(QUIET_HOUSE, floors=QUIET_HOUSE.floors[:2]))
    assert witness.apply(Stimulus.RIDE_DOWN) is Effect.NONE
    parked_at(witness, 1)
    assert witness.apply(Stimulus.RIDE_UP) is Effect.NONE
    assert witness.now.car_calls == 0


def test_a_button_pressed_inside_stops_a_car_that_can_still_stop(quiet: Witness) -> None:
    parked_at(quiet, 3)
    quiet.apply(Stimulus.RIDE_DOWN)
    quiet.run(60)
    lift = quiet.plant._lift
    lift.person_comes(0, 8)
    quiet.until_kind(TruthKind.DEPARTED)
    assert quiet.apply(Stimulus.RIDE_UP) is Effect.NOW
    assert quiet.until_kind(TruthKind.ARRIVED).data["floor"] == 1
    quiet.run(120)
    assert quiet.plant.crowd.served == 1


def test_a_button_pressed_while_the_door_moves_is_served_after_it(quiet: Witness) -> None:
    quiet.apply(Stimulus.RIDE_UP)
    quiet.until_kind(TruthKind.DOOR_CLOSING)
    assert quiet.apply(Stimulus.RIDE_UP) is Effect.NOW
    assert quiet.until_kind(TruthKind.DEPARTED).data["to"] == 2


def test_a_car_that_is_level_within_its_accuracy_is_at_its_landing(quiet: Witness) -> None:
    parked_at(quiet, 1)
    quiet.apply(Stimulus.INSPECTION_ON)
    quiet.apply(Stimulus.INSPECTION_DOWN, 0.3)
    assert 2.990 < quiet.run(5).position_m < 3.0
    quiet.apply(Stimulus.INSPECTION_OFF)
    quiet.apply(Stimulus.RIDE_UP)
    assert quiet.until_kind(TruthKind.ARRIVED).data["floor"] == 2


def test_no_car_call_is_taken_without_mains(quiet: Witness) -> None:
    quiet.apply(Stimulus.POWER_LOSS)
    assert quiet.apply(Stimulus.RIDE_UP) is Effect.NONE
    quiet.apply(Stimulus.POWER_RESTORE)
    assert (quiet.run(60).floor, quiet.now.car_calls) == (0, 0)


def test_no_car_call_is_taken_with_a_fault_or_by_a_rescuer(quiet: Witness) -> None:
    quiet.trap(Stimulus.ENTRAP_BETWEEN_FLOORS)
    assert quiet.apply(Stimulus.RIDE_UP) is Effect.NONE
    quiet.apply(Stimulus.RELEASE)
    assert quiet.now.mode is ServiceMode.INSPECTION
    assert quiet.apply(Stimulus.RIDE_UP) is Effect.NONE


def test_no_car_call_is_taken_under_inspection(inspected: Witness) -> None:
    assert inspected.apply(Stimulus.RIDE_UP) is Effect.NONE
    assert inspected.apply(Stimulus.RIDE_DOWN) is Effect.NONE
    assert inspected.now.car_calls == 0


# buttons, the cabinet and the load


@pytest.mark.parametrize(("stimulus", "item", "default_s"), BUTTONS)
@pytest.mark.parametrize("for_s", [None, 4.5])
def test_an_item_is_true_as_long_as_a_hand_is_on_it(
    quiet: Witness, stimulus: Stimulus, item: str, default_s: float, for_s: float | None
) -> None:
    lasts_s = default_s if for_s is None else for_s
    assert quiet.now.values()[item] is False
    assert quiet.apply(stimulus, for_s) is Effect.NOW
    others = {other for _, other, _ in BUTTONS if other != item}
    assert quiet.now.values()[item] is True
    assert false_of(quiet, others) == others
    assert quiet.run(lasts_s - 0.001).values()[item] is True
    assert quiet.run(0.001).values()[item] is False


def test_a_second_press_that_ends_earlier_shortens_nothing(quiet: Witness) -> None:
    quiet.apply(Stimulus.ALARM_BUTTON, 5)
    quiet.apply(Stimulus.ALARM_BUTTON, 1)
    assert quiet.run(4).alarm_button


def test_buttons_are_pressed_without_mains_and_the_door_stays(quiet: Witness) -> None:
    quiet.apply(Stimulus.POWER_LOSS)
    assert quiet.apply(Stimulus.ALARM_BUTTON) is Effect.NOW
    assert quiet.apply(Stimulus.OPEN_BUTTON) is Effect.NOW
    now = quiet.run(1)
    assert (now.alarm_button, now.door_open_button, now.door_closed) == (True, True, True)
    assert not quiet.run(2).door_open_button


def test_a_hand_costs_no_event(quiet: Witness) -> None:
    for stimulus in (Stimulus.ALARM_BUTTON, Stimulus.CABINET_DOOR):
        quiet.apply(stimulus)
    assert quiet.plant.next_event_ns() is None


@pytest.mark.parametrize("stimulus", DOOR_HOLDERS)
def test_a_parked_car_opens_and_stays_open_while_the_door_is_held(quiet: Witness, stimulus: Stimulus) -> None:
    quiet.apply(stimulus, 20)
    assert quiet.until_kind(TruthKind.DOOR_OPEN).t_ns == pytest.approx(1.96 * S)
    assert quiet.until_kind(TruthKind.DOOR_CLOSING).t_ns == 20 * S
    assert quiet.run(60).door_closed
    assert quiet.of(TruthKind.WAITING, TruthKind.DEPARTED) == []


@pytest.mark.parametrize("stimulus", DOOR_HOLDERS)
def test_a_closing_door_opens_again_while_the_door_is_held(quiet: Witness, stimulus: Stimulus) -> None:
    quiet.apply(Stimulus.PERSON_ENTERS)
    quiet.until_kind(TruthKind.DOOR_CLOSING)
    quiet.run(1)
    quiet.apply(stimulus, 20)
    until_ns = quiet.plant.now_ns + 20 * S
    assert quiet.truth[-1].kind is TruthKind.DOOR_OPENING
    assert quiet.until_kind(TruthKind.DOOR_CLOSING).t_ns == until_ns


@pytest.mark.parametrize("stimulus", DOOR_HOLDERS)
def test_an_open_door_stays_open_while_it_is_held(quiet: Witness, stimulus: Stimulus) -> None:
    quiet.apply(Stimulus.RIDE_UP)
    quiet.until_kind(TruthKind.DOOR_OPEN)
    quiet.run(1)
    quiet.apply(stimulus, 20)
    until_ns = quiet.plant.now_ns + 20 * S
    assert quiet.until_kind(TruthKind.DOOR_CLOSING).t_ns == until_ns


@pytest.mark.parametrize("stimulus", DOOR_HOLDERS)
def test_a_car_about_to_start_does_not_while_the_door_is_held(quiet: Witness, stimulus: Stimulus) -> None:
    quiet.apply(Stimulus.RIDE_UP)
    quiet.run(0.2)
    quiet.apply(stimulus, 20)
    assert not quiet.run(19).moving and quiet.now.door_open
    assert quiet.run(60).floor == 1


@pytest.mark.parametrize("stimulus", DOOR_HOLDERS)
def test_a_door_held_on_the_way_stays_open_on_arrival(quiet: Witness, stimulus: Stimulus) -> None:
    quiet.apply(Stimulus.RIDE_UP)
    quiet.until_kind(TruthKind.DEPARTED)
    quiet.run(1)
    quiet.apply(stimulus, 60)
    until_ns = quiet.plant.now_ns + 60 * S
    assert quiet.now.moving
    assert quiet.until_kind(TruthKind.DOOR_CLOSING).t_ns == until_ns


def test_a_car_that_comes_home_opens_if_its_door_is_held() -> None:
    witness = Witness(replace(QUIET_HOUSE, homing_after_s=60.0))
    witness.apply(Stimulus.RIDE_UP)
    witness.until(lambda now: now.moving and now.direction is Direction.DOWN)
    witness.apply(Stimulus.OVERLOAD, 60)
    witness.until_kind(TruthKind.ARRIVED)
    assert witness.run(3).door_open


def test_a_car_whose_power_comes_back_does_not_start_with_an_overload(quiet: Witness) -> None:
    lift = quiet.plant._lift
    quiet.apply(Stimulus.POWER_LOSS)
    quiet.apply(Stimulus.OVERLOAD, 60)
    lift.person_comes(4, 0)
    quiet.apply(Stimulus.POWER_RESTORE)
    now = quiet.run(50)
    assert (now.moving, now.floor, now.door_open) == (False, 0, True)
    assert quiet.run(30).floor == 4


# the light curtain


def test_the_blocked_curtain_waits_for_a_half_shut_door(quiet: Witness) -> None:
    assert quiet.apply(Stimulus.BLOCK_BEAM) is Effect.ARMED
    quiet.apply(Stimulus.RIDE_UP)
    closing = quiet.until_kind(TruthKind.DOOR_CLOSING)
    opening = quiet.until_kind(TruthKind.DOOR_OPENING)
    assert opening.t_ns - closing.t_ns == 1.5 * S
    assert quiet.now.door_fraction == pytest.approx(0.5)
    opened = quiet.until_kind(TruthKind.DOOR_OPEN)
    assert quiet.until_kind(TruthKind.DOOR_CLOSING).t_ns - opened.t_ns == 5 * S
    quiet.until_kind(TruthKind.DOOR_CLOSED)
    assert len(quiet.of(TruthKind.DOOR_OPEN)) == 2


def test_the_blocked_curtain_opens_a_closing_door_at_once(quiet: Witness) -> None:
    quiet.apply(Stimulus.RIDE_UP)
    quiet.until_kind(TruthKind.DOOR_CLOSING)
    quiet.run(2.5)
    assert quiet.apply(Stimulus.BLOCK_BEAM, 12) is Effect.NOW
    assert quiet.truth[-1].kind is TruthKind.DOOR_OPENING
    opened = quiet.until_kind(TruthKind.DOOR_OPEN)
    assert quiet.until_kind(TruthKind.DOOR_CLOSING).t_ns - opened.t_ns == 12 * S


def test_the_curtain_is_blocked_once(quiet: Witness) -> None:
    quiet.apply(Stimulus.BLOCK_BEAM, 60)
    quiet.apply(Stimulus.RIDE_UP)
    quiet.run(120)
    quiet.apply(Stimulus.RIDE_UP)
    opened = quiet.until_kind(TruthKind.DOOR_OPEN)
    assert quiet.until_kind(TruthKind.DOOR_CLOSING).t_ns - opened.t_ns == 3 * S
    quiet.until_kind(TruthKind.DOOR_CLOSED)
    assert len(quiet.of(TruthKind.DOOR_OPEN)) == 3


def test_release_calls_off_a_curtain_about_to_be_blocked(quiet: Witness) -> None:
    quiet.apply(Stimulus.BLOCK_BEAM)
    quiet.apply(Stimulus.RIDE_UP)
    quiet.until_kind(TruthKind.DOOR_CLOSING)
    quiet.run(1)
    assert quiet.apply(Stimulus.RELEASE) is Effect.NOW
    quiet.run(60)
    assert len(quiet.of(TruthKind.DOOR_OPEN)) == 1


def test_release_lets_a_door_close_whose_curtain_is_blocked(quiet: Witness) -> None:
    quiet.apply(Stimulus.RIDE_UP)
    quiet.until_kind(TruthKind.DOOR_CLOSING)
    quiet.apply(Stimulus.BLOCK_BEAM, 300)
    quiet.until_kind(TruthKind.DOOR_OPEN)
    quiet.run(5)
    quiet.apply(Stimulus.RELEASE)
    assert quiet.run(5).door_closed


def test_the_curtain_of_a_lift_out_of_order_cannot_be_blocked(quiet: Witness) -> None:
    quiet.apply(Stimulus.POWER_LOSS)
    assert quiet.apply(Stimulus.BLOCK_BEAM) is Effect.NONE
    quiet.apply(Stimulus.POWER_RESTORE)
    quiet.apply(Stimulus.RIDE_UP)
    quiet.run(60)
    assert len(quiet.of(TruthKind.DOOR_OPEN)) == 1


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


# whatever is done

FIRST = list(Stimulus).index(Stimulus.RIDE_UP)
HANDS = [*list(Stimulus)[FIRST:], Stimulus.POWER_LOSS, Stimulus.POWER_RESTORE, Stimulus.RELEASE]
deeds = st.lists(st.tuples(st.floats(0.1, 20), st.sampled_from(HANDS), st.floats(0.1, 30)), max_size=15)


@settings(max_examples=1500)
@given(deeds)
def test_whatever_hands_do_nothing_is_left_behind_after_power_and_release(
    done: list[tuple[float, Stimulus, float]],
) -> None:
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.INSPECTION_ON)
    for after_s, stimulus, for_s in done:
        witness.run(after_s)
        witness.apply(stimulus, for_s)
        now = witness.now
        assert now.safety_chain or not now.moving or now.speed_mps < 0.31, "runs with an open chain"
        inspecting = witness.plant._lift.car.trouble.inspecting  # a rescue shows the same mode
        assert now.door_closed or not inspecting, "opens under inspection"
        assert not (inspecting and (now.car_calls or now.hall_calls)), "takes calls under inspection"
    for stimulus in (Stimulus.POWER_RESTORE, Stimulus.RELEASE):
        witness.apply(stimulus)
    now = witness.run(120)
    assert (now.mode, now.moving, now.door_closed, now.safety_chain) == (ServiceMode.NORMAL, False, True, True)
    assert any(abs(now.position_m - height) <= 0.010 for height in HOUSE.heights_m)
    assert witness.of(TruthKind.TRAPPED_SINCE, TruthKind.FAULT) == []
    assert witness.apply(Stimulus.INSPECTION_ON) is Effect.NOW


def commissioned(step_s: float) -> bytes:
    """The truth of a morning's work among passengers, looked at every `step_s`."""
    witness = Witness(HOUSE, 3)
    for index, stimulus in enumerate(HANDS * 3):
        while witness.plant.now_ns < 40 * S * (index + 1):
            witness.run(step_s)
        witness.apply(stimulus)
    return msgspec.json.encode(witness.truth)


def test_looking_more_often_changes_nothing_of_what_hands_do() -> None:
    assert commissioned(0.5) == commissioned(40)
