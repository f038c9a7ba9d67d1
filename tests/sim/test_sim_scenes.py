"""What each stimulus does, as truth and as perfect sensors see it."""

import pytest
from msgspec.structs import replace
from sim_witness import HOUSE, QUIET_HOUSE, S, Witness

from protocols.lift.vocabulary import Direction, DriveState, ServiceMode
from sim import SimError
from sim.stimuli import Effect, Stimulus, parse
from sim.truth import TruthKind

TRAPPING = [Stimulus.ENTRAP_BETWEEN_FLOORS, Stimulus.ENTRAP_AT_LANDING, Stimulus.DOOR_JAMMED_AJAR]


@pytest.fixture
def quiet() -> Witness:
    """Nobody comes unless a stimulus sends them."""
    return Witness(QUIET_HOUSE)


def test_between_floors_the_car_stands_outside_the_zone_with_its_door_closed(quiet: Witness) -> None:
    trapped = quiet.trap(Stimulus.ENTRAP_BETWEEN_FLOORS)
    stopped = quiet.of(TruthKind.STOPPED)[-1]
    assert (stopped.t_ns, stopped.data["door_zone"], stopped.data["persons"]) == (trapped.t_ns, False, 1)
    later = quiet.run(3600)
    assert (later.moving, later.door_zone, later.door_closed, later.person) == (False, False, True, True)
    assert not later.safety_chain
    assert later.drive_state is DriveState.STANDBY
    assert later.mode is ServiceMode.OUT_OF_SERVICE


def test_an_occupied_run_is_stopped_at_once(quiet: Witness) -> None:
    quiet.apply(Stimulus.PERSON_ENTERS)
    quiet.until_kind(TruthKind.DEPARTED)
    assert quiet.apply(Stimulus.ENTRAP_BETWEEN_FLOORS) is Effect.NOW
    quiet.run(5)
    assert not quiet.now.moving and not quiet.now.door_zone


def test_a_run_to_fetch_somebody_is_not_the_occasion() -> None:
    witness = Witness(HOUSE)
    witness.until(lambda now: now.moving and not now.person)
    assert witness.apply(Stimulus.ENTRAP_BETWEEN_FLOORS) is Effect.ARMED
    trapped = witness.until_kind(TruthKind.TRAPPED_SINCE)
    assert trapped.data["persons"] == 1


def test_at_a_landing_the_door_does_not_open(quiet: Witness) -> None:
    trapped = quiet.trap(Stimulus.ENTRAP_AT_LANDING)
    assert quiet.of(TruthKind.ARRIVED)[-1].t_ns == trapped.t_ns
    later = quiet.run(600)
    assert (later.moving, later.door_zone, later.door_closed, later.persons) == (False, True, True, 1)


def test_a_jammed_door_stays_fifteen_centimetres_open(quiet: Witness) -> None:
    quiet.trap(Stimulus.DOOR_JAMMED_AJAR)
    later = quiet.run(600)
    assert later.door_fraction * QUIET_HOUSE.door.width_m == pytest.approx(0.15)
    assert (later.door_open, later.door_closed, later.safety_chain, later.person) == (False, False, False, True)


@pytest.mark.parametrize("stimulus", TRAPPING)
def test_release_frees_people_and_the_lift_serves_again(quiet: Witness, stimulus: Stimulus) -> None:
    quiet.trap(stimulus)
    quiet.run(100)
    assert quiet.apply(Stimulus.RELEASE) is Effect.NOW
    freed = quiet.until_kind(TruthKind.FREED)
    assert quiet.now.door_open and quiet.now.door_zone
    assert quiet.now.mode is ServiceMode.INSPECTION
    assert freed.data["persons"] == 1
    assert quiet.run(60).persons == 0
    assert quiet.now.mode is ServiceMode.NORMAL
    quiet.apply(Stimulus.PERSON_ENTERS)
    quiet.until_kind(TruthKind.ARRIVED)
    assert quiet.until_kind(TruthKind.ALIGHTED).data["persons"] == 0


def test_rescue_creeps_to_the_nearest_landing(quiet: Witness) -> None:
    quiet.trap(Stimulus.ENTRAP_BETWEEN_FLOORS)
    nearest = quiet.now.floor
    quiet.apply(Stimulus.RELEASE)
    fastest = 0.0
    while not quiet.now.door_open:
        fastest = max(fastest, quiet.run(0.1).speed_mps)
        assert quiet.now.door_closed or not quiet.now.moving
    assert 0.1 < fastest <= 0.3
    assert quiet.now.position_m == QUIET_HOUSE.heights_m[nearest]


def test_a_second_release_during_the_rescue_changes_nothing(quiet: Witness) -> None:
    quiet.trap(Stimulus.ENTRAP_BETWEEN_FLOORS)
    quiet.apply(Stimulus.RELEASE)
    quiet.run(1)
    assert quiet.apply(Stimulus.RELEASE) is Effect.NONE
    quiet.until_kind(TruthKind.FREED)
    assert quiet.run(20).persons == 0


def test_release_calls_off_what_is_armed(quiet: Witness) -> None:
    quiet.apply(Stimulus.ENTRAP_AT_LANDING)
    quiet.apply(Stimulus.RELEASE)
    quiet.run(120)
    assert quiet.of(TruthKind.FAULT, TruthKind.TRAPPED_SINCE) == []
    assert quiet.of(TruthKind.ALIGHTED)


def test_release_calls_off_a_stop_that_is_already_planned(quiet: Witness) -> None:
    quiet.apply(Stimulus.PERSON_ENTERS)
    quiet.until_kind(TruthKind.DEPARTED)
    assert quiet.apply(Stimulus.ENTRAP_BETWEEN_FLOORS) is Effect.NOW
    quiet.apply(Stimulus.RELEASE)
    quiet.until_kind(TruthKind.ARRIVED)
    assert quiet.of(TruthKind.FAULT) == []


def test_release_of_a_sound_lift_does_nothing(quiet: Witness) -> None:
    assert quiet.apply(Stimulus.RELEASE) is Effect.NONE
    assert quiet.run(10).mode is ServiceMode.NORMAL


def test_a_second_mishap_finds_no_occasion(quiet: Witness) -> None:
    quiet.trap(Stimulus.ENTRAP_BETWEEN_FLOORS)
    assert quiet.apply(Stimulus.DOOR_JAMMED_AJAR) is Effect.NONE


def test_power_loss_stops_the_car_where_it_is(quiet: Witness) -> None:
    quiet.apply(Stimulus.PERSON_ENTERS)
    quiet.until_kind(TruthKind.DEPARTED)
    quiet.run(2)
    assert quiet.apply(Stimulus.POWER_LOSS) is Effect.NOW
    trapped = quiet.until_kind(TruthKind.TRAPPED_SINCE)
    assert trapped.data["cause"] == "power"
    later = quiet.run(600)
    assert (later.mains, later.moving, later.person, later.car_calls) == (False, False, True, 0)


def test_power_loss_freezes_the_door(quiet: Witness) -> None:
    quiet.apply(Stimulus.PERSON_ENTERS)
    quiet.until_kind(TruthKind.DOOR_CLOSING)
    before = quiet.run(1).door_fraction
    quiet.apply(Stimulus.POWER_LOSS)
    assert quiet.run(60).door_fraction == before
    assert 0.5 < before < 0.7


def test_when_power_comes_back_people_get_out_and_the_lift_serves(quiet: Witness) -> None:
    quiet.apply(Stimulus.PERSON_ENTERS)
    quiet.until_kind(TruthKind.DEPARTED)
    quiet.run(2)
    quiet.apply(Stimulus.POWER_LOSS)
    quiet.run(60)
    assert quiet.apply(Stimulus.POWER_RESTORE) is Effect.NOW
    quiet.until_kind(TruthKind.FREED)
    quiet.until_kind(TruthKind.ALIGHTED)
    assert quiet.run(60).persons == 0


def test_power_does_not_mend_a_fault(quiet: Witness) -> None:
    quiet.trap(Stimulus.ENTRAP_BETWEEN_FLOORS)
    quiet.apply(Stimulus.POWER_LOSS)
    quiet.apply(Stimulus.POWER_RESTORE)
    assert not quiet.run(600).door_zone
    assert len(quiet.of(TruthKind.TRAPPED_SINCE)) == 1


def test_people_are_rescued_by_hand_without_power(quiet: Witness) -> None:
    quiet.apply(Stimulus.PERSON_ENTERS)
    quiet.until_kind(TruthKind.DEPARTED)
    quiet.run(2)
    quiet.apply(Stimulus.POWER_LOSS)
    quiet.until_kind(TruthKind.TRAPPED_SINCE)
    quiet.apply(Stimulus.RELEASE)
    quiet.until_kind(TruthKind.FREED)
    later = quiet.run(600)
    assert (later.mains, later.persons, later.door_open) == (False, 0, True)
    quiet.apply(Stimulus.POWER_RESTORE)
    later = quiet.run(60)
    assert (later.door_closed, later.mode) == (True, ServiceMode.NORMAL)


def test_power_off_at_a_landing_with_the_door_open_traps_nobody(quiet: Witness) -> None:
    quiet.apply(Stimulus.PERSON_ENTERS)
    quiet.until_kind(TruthKind.BOARDED)
    quiet.apply(Stimulus.POWER_LOSS)
    quiet.run(60)
    assert quiet.of(TruthKind.TRAPPED_SINCE) == []


def test_a_held_door_stays_open_as_long_as_said(quiet: Witness) -> None:
    assert quiet.apply(Stimulus.HOLD_DOOR, 300) is Effect.NOW
    opened = quiet.until_kind(TruthKind.DOOR_OPEN)
    closing = quiet.until_kind(TruthKind.DOOR_CLOSING)
    assert 300 * S <= closing.t_ns - opened.t_ns < 310 * S
    assert quiet.of(TruthKind.TRAPPED_SINCE) == []


def test_somebody_pries_the_door_between_floors_and_is_still_trapped(quiet: Witness) -> None:
    assert quiet.apply(Stimulus.FORCE_DOOR) is Effect.NONE
    quiet.trap(Stimulus.ENTRAP_BETWEEN_FLOORS)
    assert quiet.apply(Stimulus.FORCE_DOOR) is Effect.NOW
    later = quiet.run(60)
    assert later.door_fraction == pytest.approx(0.3)
    assert (later.door_zone, later.door_closed, later.persons) == (False, False, 1)
    assert quiet.of(TruthKind.FREED) == []
    quiet.apply(Stimulus.RELEASE)
    quiet.until_kind(TruthKind.FREED)


def test_an_idle_person_stands_in_the_car_without_a_call(quiet: Witness) -> None:
    quiet.apply(Stimulus.IDLE_PERSON)
    later = quiet.run(180)
    assert (later.persons, later.car_calls, later.moving, later.door_closed) == (1, 0, False, True)
    assert quiet.of(TruthKind.TRAPPED_SINCE) == []
    assert quiet.apply(Stimulus.PERSON_LEAVES) is Effect.NOW
    assert quiet.run(60).persons == 0


def test_a_car_full_of_idle_people_passes_hall_calls_by() -> None:
    witness = Witness(replace(QUIET_HOUSE, capacity_persons=1))
    witness.apply(Stimulus.IDLE_PERSON)
    witness.run(60)
    assert witness.apply(Stimulus.ENTRAP_AT_LANDING) is Effect.ARMED
    witness.run(60)
    assert witness.apply(Stimulus.PERSON_LEAVES) is Effect.NOW
    assert witness.until_kind(TruthKind.TRAPPED_SINCE).data["persons"] == 1


def test_nobody_leaves_an_empty_car(quiet: Witness) -> None:
    assert quiet.apply(Stimulus.PERSON_LEAVES) is Effect.NONE


def test_a_person_rides_on_a_car_call(quiet: Witness) -> None:
    quiet.apply(Stimulus.PERSON_ENTERS)
    departed = quiet.until_kind(TruthKind.DEPARTED)
    assert departed.data["car_call"] is True
    now = quiet.run(1)
    assert (now.moving, now.direction, now.car_calls) == (True, Direction.UP, 1 << int(departed.data["to"]))
    assert now.drive_state is DriveState.RUNNING_UP


def test_stimuli_go_by_their_names() -> None:
    assert all(parse(stimulus.value) is stimulus for stimulus in Stimulus)
    assert all(stimulus.en and stimulus.zh for stimulus in Stimulus)


def test_an_unknown_stimulus_names_the_nearest() -> None:
    with pytest.raises(SimError, match="did you mean power_loss"):
        parse("powerloss")
    with pytest.raises(SimError, match="there are: entrap_between_floors"):
        parse("zzz")
