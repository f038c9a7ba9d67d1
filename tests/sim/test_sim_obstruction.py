"""Rubbish in the sill: the door tries again, then the controller gives up with it open, and nobody is shut in."""

import pytest
from sim_witness import QUIET_HOUSE, Witness

from protocols.lift.vocabulary import ServiceMode
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind


def obstructed() -> Witness:
    witness = Witness(QUIET_HOUSE)
    assert witness.apply(Stimulus.SILL_OBSTRUCTED) is Effect.ARMED
    return witness


def test_a_door_that_meets_something_is_closed_four_times_and_then_stays_open() -> None:
    """Once, and three times again: lift_standards.md 6.4, F02."""
    witness = obstructed()
    witness.apply(Stimulus.OPEN_BUTTON, 1)
    assert witness.until_kind(TruthKind.FAULT).data == {"fault": "door_blocked"}
    assert len(witness.of(TruthKind.DOOR_CLOSING)) == 4
    later = witness.run(120)
    assert (later.door_open, later.mode, later.faults) == (True, ServiceMode.OUT_OF_SERVICE, ("F02",))
    assert len(witness.of(TruthKind.DOOR_CLOSING)) == 4
    assert witness.of(TruthKind.DOOR_CLOSED) == []


def test_the_door_never_comes_to_its_close_limit() -> None:
    witness = obstructed()
    witness.apply(Stimulus.OPEN_BUTTON, 1)
    witness.run(1)
    for _ in range(600):
        now = witness.run(0.1)
        assert not now.door_closed and not now.safety_chain


def test_who_is_in_the_car_gets_out_and_nobody_is_trapped() -> None:
    witness = obstructed()
    witness.apply(Stimulus.PERSON_ENTERS)
    witness.until_kind(TruthKind.FAULT)
    later = witness.run(120)
    assert later.persons == 0
    assert witness.of(TruthKind.TRAPPED_SINCE) == []
    assert witness.of(TruthKind.DEPARTED) == []


def test_a_technician_takes_it_away() -> None:
    witness = obstructed()
    witness.apply(Stimulus.OPEN_BUTTON, 1)
    witness.run(300)
    assert witness.apply(Stimulus.RELEASE) is Effect.NOW
    assert witness.run(60).door_closed
    witness.apply(Stimulus.PERSON_ENTERS)
    witness.run(120)
    assert witness.plant.crowd.served == 1


@pytest.mark.parametrize("wait_s", [0, 60], ids=["at once", "shut meanwhile"])
def test_the_tries_are_counted_anew_after_a_release(wait_s: float) -> None:
    witness = obstructed()
    witness.apply(Stimulus.OPEN_BUTTON, 1)
    while len(witness.of(TruthKind.DOOR_CLOSING)) < 3:
        witness.run(1)
    witness.run(4)
    witness.apply(Stimulus.RELEASE)
    witness.run(wait_s)
    witness.truth.clear()
    witness.apply(Stimulus.SILL_OBSTRUCTED)
    witness.apply(Stimulus.OPEN_BUTTON, 1)
    witness.until_kind(TruthKind.FAULT)
    assert len(witness.of(TruthKind.DOOR_CLOSING)) == 4
