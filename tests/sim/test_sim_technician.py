"""What a technician does by hand at commissioning, as perfect sensors see it."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sim_hands import BUTTONS, DOOR_HOLDERS, false_of, parked_at
from sim_witness import HOUSE, QUIET_HOUSE, S, Witness

from protocols.lift.vocabulary import Direction, ServiceMode
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind

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


# whatever is done

FIRST, LAST = (list(Stimulus).index(stimulus) for stimulus in (Stimulus.RIDE_UP, Stimulus.BYPASS_OFF))
HANDS = [*list(Stimulus)[FIRST : LAST + 1], Stimulus.POWER_LOSS, Stimulus.POWER_RESTORE, Stimulus.RELEASE]
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
        braking = not (now.mains or now.brake_open)  # without mains no contact is fed
        assert now.safety_chain or braking or not now.moving or now.speed_mps < 0.31, "runs with an open chain"
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
