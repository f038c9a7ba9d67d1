"""Cleaners and technicians: scripts of stimuli that wait for the lift and leave it as they found it."""

from itertools import pairwise

import pytest
from sim_witness import HOUSE, S, Witness

from protocols.lift.vocabulary import ServiceMode
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind


def steps(witness: Witness) -> list[tuple[float, object]]:
    return [(record.t_ns / S, record.data["stimulus"]) for record in witness.of(TruthKind.STIMULUS)]


def test_a_cleaners_door_stands_open_with_and_without_the_cleaner(quiet: Witness) -> None:
    assert quiet.apply(Stimulus.CLEANING, 300) is Effect.NOW
    quiet.until_kind(TruthKind.DOOR_OPEN)
    assert (quiet.run(50).persons, quiet.now.door_open) == (0, True)
    assert (quiet.run(100).persons, quiet.now.door_open) == (1, True)
    assert quiet.until_kind(TruthKind.DOOR_CLOSING).t_ns == 300 * S
    quiet.until_kind(TruthKind.ALIGHTED)
    assert quiet.of(TruthKind.TRAPPED_SINCE) == []


def test_cleaning_takes_ten_minutes_if_it_is_not_said(quiet: Witness) -> None:
    quiet.apply(Stimulus.CLEANING)
    assert quiet.until_kind(TruthKind.DOOR_CLOSING).t_ns == 600 * S


def test_a_cleaner_waits_for_a_car_that_is_on_its_way(quiet: Witness) -> None:
    quiet.apply(Stimulus.PERSON_ENTERS)
    quiet.until_kind(TruthKind.DEPARTED)
    assert quiet.apply(Stimulus.CLEANING, 300) is Effect.NOW
    assert Stimulus.DOOR_STOP not in quiet.plant._lift.car.hands.held(quiet.plant.now_ns)
    quiet.run(60)
    assert [name for _, name in steps(quiet)].count("door_stop") == 2
    assert quiet.now.door_open
    assert quiet.run(200).door_open


def test_no_door_stop_holds_the_door_of_a_lift_out_of_order(quiet: Witness) -> None:
    quiet.apply(Stimulus.POWER_LOSS)
    assert quiet.apply(Stimulus.DOOR_STOP) is Effect.NONE
    quiet.apply(Stimulus.POWER_RESTORE)
    assert quiet.run(10).door_closed
    assert quiet.apply(Stimulus.DOOR_STOP, 30) is Effect.NOW
    assert quiet.run(20).door_open
    assert quiet.run(15).door_closed


def test_a_technicians_visit_ends_in_service_with_full_door_cycles(quiet: Witness) -> None:
    assert quiet.apply(Stimulus.TECHNICIAN_VISIT) is Effect.NOW
    assert quiet.now.mode is ServiceMode.INSPECTION
    seen = {"moved": False, "off_zone": False, "chain": False, "cabinet": False}
    for _ in range(120):
        now = quiet.run(1)
        seen["moved"] |= now.moving
        seen["off_zone"] |= not now.door_zone
        seen["chain"] |= not now.safety_chain
        seen["cabinet"] |= now.cabinet_door
    assert all(seen.values())
    now = quiet.run(300)
    assert (now.mode, now.door_closed, now.safety_chain, now.floor) == (ServiceMode.NORMAL, True, True, 0)
    assert now.door_cycles >= 2
    assert quiet.of(TruthKind.TRAPPED_SINCE, TruthKind.FAULT) == []


def test_every_step_of_a_visit_is_in_the_truth(quiet: Witness) -> None:
    quiet.apply(Stimulus.TECHNICIAN_VISIT)
    quiet.run(600)
    names = [name for _, name in steps(quiet)]
    assert names[:2] == ["technician_visit", "inspection_on"]
    assert names[-3:] == ["inspection_off", "ride_up", "ride_down"]


def test_a_technician_waits_until_the_car_is_parked_and_empty(quiet: Witness) -> None:
    quiet.apply(Stimulus.PERSON_ENTERS)
    quiet.apply(Stimulus.TECHNICIAN_VISIT)
    quiet.until(lambda now: now.mode is ServiceMode.INSPECTION)
    assert quiet.now.persons == 0
    tries = [t_s for t_s, name in steps(quiet) if name == "inspection_on"]
    assert len(tries) > 1
    assert all(later - sooner == 30 for sooner, later in pairwise(tries))


def test_a_technician_who_finds_no_occasion_in_ten_minutes_goes_away(quiet: Witness) -> None:
    quiet.apply(Stimulus.IDLE_PERSON)
    quiet.run(60)
    quiet.apply(Stimulus.TECHNICIAN_VISIT)
    quiet.run(3600)
    assert [name for _, name in steps(quiet)].count("inspection_on") == 20
    assert quiet.apply(Stimulus.TECHNICIAN_VISIT) is Effect.NOW


@pytest.mark.parametrize("visit", [Stimulus.CLEANING, Stimulus.TECHNICIAN_VISIT])
def test_there_is_one_visit_at_a_time_and_release_ends_it(quiet: Witness, visit: Stimulus) -> None:
    quiet.apply(visit)
    assert quiet.apply(Stimulus.CLEANING) is Effect.NONE
    assert quiet.apply(Stimulus.TECHNICIAN_VISIT) is Effect.NONE
    quiet.run(30)
    assert quiet.apply(Stimulus.RELEASE) is Effect.NOW
    count = len(quiet.of(TruthKind.STIMULUS))
    now = quiet.run(900)
    assert len(quiet.of(TruthKind.STIMULUS)) == count
    assert (now.mode, now.door_closed, now.persons) == (ServiceMode.NORMAL, True, 0)
    assert quiet.apply(visit) is Effect.NOW


def test_people_ride_again_after_a_visit_among_them() -> None:
    witness = Witness(HOUSE, 3)
    witness.run(600)
    witness.apply(Stimulus.CLEANING, 120)
    witness.run(900)
    witness.apply(Stimulus.TECHNICIAN_VISIT)
    served = witness.plant.crowd.served
    witness.run(3600)
    crowd = witness.plant.crowd
    assert crowd.served > served
    assert crowd.came == crowd.served + crowd.waiting + crowd.riding + crowd.abandoned
    assert witness.of(TruthKind.TRAPPED_SINCE) == []
