"""A run that is sent elsewhere on its way: to a nearer floor, and to a farther one."""

import pytest
from msgspec.structs import replace
from sim_witness import QUIET_HOUSE, Witness

from protocols.lift.vocabulary import Direction
from sim.building import Drive
from sim.stimuli import Stimulus
from sim.truth import TruthKind


def goes_for(witness: Witness, origin: int, destination: int, after_s: float = 1.0) -> None:
    """Somebody calls the parked car, and it has been on its way for so long."""
    witness.plant._lift.person_comes(origin, destination)
    witness.until_kind(TruthKind.DEPARTED)
    witness.run(after_s)


def test_of_two_who_want_down_the_higher_one_is_fetched_first(quiet: Witness) -> None:
    goes_for(quiet, 4, 0)
    quiet.plant._lift.person_comes(7, 0)
    assert quiet.until_kind(TruthKind.ARRIVED).data["floor"] == 7
    assert quiet.until_kind(TruthKind.ARRIVED).data["floor"] == 4
    assert len(quiet.of(TruthKind.DOOR_OPENING)) == 2


def test_who_wants_up_from_above_the_target_is_fetched_before_who_wants_down(quiet: Witness) -> None:
    goes_for(quiet, 4, 0)
    quiet.plant._lift.person_comes(6, 8)
    assert quiet.until_kind(TruthKind.ARRIVED).data["floor"] == 6


def test_a_farther_call_comes_too_late_for_a_car_that_slows_down(quiet: Witness) -> None:
    """12 m take 9.711 s, of which the last 2.854 s are slowing down."""
    goes_for(quiet, 4, 0, after_s=7.0)
    quiet.plant._lift.person_comes(7, 0)
    assert quiet.until_kind(TruthKind.ARRIVED).data["floor"] == 4


def test_a_car_that_has_a_call_on_its_own_way_is_not_drawn_past_it(quiet: Witness) -> None:
    goes_for(quiet, 4, 8)
    quiet.plant._lift.person_comes(7, 8)
    assert quiet.until_kind(TruthKind.ARRIVED).data["floor"] == 4


def test_a_car_that_cannot_stop_at_the_nearest_new_call_stops_at_the_next_one(quiet: Witness) -> None:
    goes_for(quiet, 8, 0, after_s=4.6)
    here_m = quiet.now.position_m
    quiet.plant._lift.person_comes(2, 8)
    assert 5.0 < here_m < 6.0  # floor 2 is 6 m high, and a stop takes 2.5 m
    quiet.plant._lift.person_comes(5, 8)
    assert quiet.until_kind(TruthKind.ARRIVED).data["floor"] == 5


def test_a_car_on_its_way_home_goes_on_to_a_call_beyond() -> None:
    witness = Witness(replace(QUIET_HOUSE, main_floor=2, homing_after_s=20.0))
    goes_for(witness, 7, 8)
    witness.until_kind(TruthKind.ALIGHTED)
    home = witness.until_kind(TruthKind.DEPARTED)
    assert home.data["to"] == 2
    witness.run(2)
    witness.plant._lift.person_comes(0, 8)
    arrived = witness.until_kind(TruthKind.ARRIVED)
    assert arrived.data["floor"] == 0
    assert len(witness.of(TruthKind.DEPARTED)) == 3


def test_a_run_can_be_sent_farther_and_then_nearer_again(quiet: Witness) -> None:
    goes_for(quiet, 4, 0)
    quiet.plant._lift.person_comes(7, 0)
    quiet.plant._lift.person_comes(4, 8)
    assert quiet.until_kind(TruthKind.ARRIVED).data["floor"] == 4


def test_a_call_behind_does_not_turn_a_run(quiet: Witness) -> None:
    goes_for(quiet, 6, 8, after_s=6.0)
    quiet.plant._lift.person_comes(1, 0)
    assert quiet.now.direction is Direction.UP
    assert quiet.until_kind(TruthKind.ARRIVED).data["floor"] == 6


# slow speeds


@pytest.mark.parametrize(("speed_mps", "wanted_mps"), [(0.63, 0.63), (0.2, 0.2)])
def test_inspection_goes_as_fast_as_the_building_says(speed_mps: float, wanted_mps: float) -> None:
    witness = Witness(replace(QUIET_HOUSE, drive=Drive(inspection_speed_mps=speed_mps)))
    witness.apply(Stimulus.INSPECTION_ON)
    witness.apply(Stimulus.INSPECTION_UP, 20)
    assert witness.run(10).speed_mps == pytest.approx(wanted_mps)


def test_inspection_is_never_faster_than_a_slow_lift() -> None:
    witness = Witness(replace(QUIET_HOUSE, drive=Drive(rated_speed_mps=0.4, inspection_speed_mps=0.63)))
    witness.apply(Stimulus.INSPECTION_ON)
    witness.apply(Stimulus.INSPECTION_UP, 20)
    assert witness.run(10).speed_mps == pytest.approx(0.4)
