"""A car door that is forced open on a run, one that fails to open for several tries, one landing's bridged lock."""

import pytest
from msgspec.structs import replace
from sim_witness import QUIET_HOUSE, Witness

from protocols.lift.vocabulary import ServiceMode
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind

PATIENT = replace(QUIET_HOUSE, door=replace(QUIET_HOUSE.door, open_tries=3, open_try_s=15.0))


def test_a_door_forced_on_a_run_opens_the_chain_and_stops_the_car_between_landings() -> None:
    """F13: the door leaves its close limit at speed, outside the unlocking zone (lift_standards.md)."""
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.DOOR_OPENS_RUNNING)
    fault = witness.until_kind(TruthKind.FAULT)
    assert fault.data == {"fault": "door_opened_running"}
    later = witness.run(0.2)
    assert later.moving and not (later.door_closed or later.door_zone or later.safety_chain or later.car_lock)
    trapped = witness.until_kind(TruthKind.TRAPPED_SINCE)
    assert trapped.data["cause"] == "door_opened_running" and trapped.data["door_zone"] is False
    later = witness.run(60)
    assert (later.faults, later.mode, later.persons) == (("F13",), ServiceMode.OUT_OF_SERVICE, 1)
    assert later.door_fraction == pytest.approx(0.3)


def test_who_is_behind_a_forced_door_is_freed_at_a_landing() -> None:
    witness = Witness(QUIET_HOUSE)
    witness.trap(Stimulus.DOOR_OPENS_RUNNING)
    witness.apply(Stimulus.RELEASE)
    witness.until_kind(TruthKind.FREED)
    assert witness.now.door_zone
    assert witness.run(120).persons == 0
    witness.apply(Stimulus.PERSON_ENTERS)
    witness.run(120)
    assert witness.plant.crowd.served == 2


@pytest.mark.parametrize("stimulus", [Stimulus.ENTRAP_AT_LANDING, Stimulus.DOOR_JAMMED_AJAR])
def test_a_door_is_tried_three_times_before_that_is_a_fault(stimulus: Stimulus) -> None:
    """15 s each (lift_standards.md, F03); people are trapped from standstill all the same."""
    witness = Witness(PATIENT)
    trapped = witness.trap(stimulus)
    assert trapped.t_ns == witness.of(TruthKind.STOPPED)[-1].t_ns
    assert trapped.data["cause"] == witness.of(TruthKind.FAULT)[0].data["fault"]
    assert witness.run(29.9).faults == ()
    assert witness.now.mode is ServiceMode.NORMAL
    assert witness.run(0.2).faults == ("F03",)
    assert len(witness.of(TruthKind.TRAPPED_SINCE)) == 1


def test_a_technician_may_come_before_the_last_try() -> None:
    witness = Witness(PATIENT)
    witness.trap(Stimulus.ENTRAP_AT_LANDING)
    witness.run(5)
    witness.apply(Stimulus.RELEASE)
    witness.until_kind(TruthKind.FREED)
    assert witness.run(60).faults == ()


def test_one_landing_is_bridged_and_no_other() -> None:
    witness = Witness(QUIET_HOUSE)
    assert witness.apply(Stimulus.BRIDGE_THIS_LANDING) is Effect.NOW
    witness.plant.person_comes(0, 5)
    witness.until_kind(TruthKind.DOOR_OPEN)
    assert witness.now.landing_lock and not witness.now.car_lock and not witness.now.landing_made
    witness.until_kind(TruthKind.ARRIVED)
    witness.until_kind(TruthKind.DOOR_OPEN)
    assert witness.now.floor == 5 and not witness.now.landing_lock
    assert witness.apply(Stimulus.UNBRIDGE) is Effect.NOW
