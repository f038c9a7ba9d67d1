"""A lift that stood still: when it may move again, whose calls it remembers, who is trapped in it and who walks out."""

import pytest
from msgspec.structs import replace
from sim_witness import QUIET_HOUSE, S, Witness

from sim.building import RescueDevice
from sim.stimuli import Stimulus
from sim.trouble import GLITCH_S
from sim.truth import TruthKind

SLOW = replace(QUIET_HOUSE, drive=replace(QUIET_HOUSE.drive, rated_speed_mps=0.5, emergency_decel_mps2=3.0))
"""An emergency stop takes a sixth of a second: much less than a glitch of the safety chain."""


def test_nobody_drives_a_car_before_a_glitch_of_the_safety_chain_is_over() -> None:
    witness = Witness(SLOW)
    witness.apply(Stimulus.CHAIN_GLITCH)
    fault = witness.until_kind(TruthKind.FAULT)
    witness.run(0.1)
    witness.apply(Stimulus.RELEASE)
    stopped = witness.until_kind(TruthKind.STOPPED)
    assert stopped.t_ns - fault.t_ns < GLITCH_S * S
    while not witness.now.moving:
        witness.run(0.01)
    assert witness.now.safety_chain
    assert (witness.now.t_ns - fault.t_ns) / S <= GLITCH_S + 0.011
    assert witness.until_kind(TruthKind.FREED).data["persons"] == 1


def test_who_pressed_while_a_broken_car_let_people_out_presses_again_after_its_repair(quiet: Witness) -> None:
    quiet.plant.person_comes(0, 5)
    quiet.until(lambda now: now.persons == 1)
    quiet.apply(Stimulus.BRAKE_STUCK)
    quiet.until_kind(TruthKind.FAULT)
    quiet.plant.person_comes(0, 4)
    quiet.run(60)
    assert quiet.plant.crowd.waiting == 1
    quiet.apply(Stimulus.RELEASE)
    quiet.run(300)
    assert quiet.plant.crowd.waiting == 0
    assert quiet.of(TruthKind.ALIGHTED)[-1].data["floor"] == 4


def test_who_will_only_stand_in_the_car_presses_again_as_everybody_does(quiet: Witness) -> None:
    quiet.plant.person_comes(5, 0)
    quiet.run(120)
    quiet.plant.person_comes(5, 0)
    quiet.until(lambda now: now.moving)
    quiet.apply(Stimulus.IDLE_PERSON)
    floor = quiet.of(TruthKind.WAITING)[-1].data["floor"]
    assert quiet.plant.crowd.ways_wanted(int(str(floor))) != []
    quiet.apply(Stimulus.POWER_LOSS)
    quiet.run(10)
    quiet.apply(Stimulus.POWER_RESTORE)
    quiet.run(300)
    assert quiet.plant.crowd.waiting == 0


# who is trapped, and who walks out


def alighted(witness: Witness) -> list[tuple[float, object]]:
    """When people got out, in seconds, and how many were left each time."""
    return [(record.t_ns / S, record.data["persons"]) for record in witness.of(TruthKind.ALIGHTED)]


@pytest.mark.parametrize(
    "outage", [Stimulus.POWER_LOSS, Stimulus.CONTROLLER_REBOOT, Stimulus.EMERGENCY_ELECTRICAL_ON], ids=str
)
def test_people_walk_out_of_a_dead_car_whose_door_is_open(quiet: Witness, outage: Stimulus) -> None:
    for _ in range(2):
        quiet.plant.person_comes(0, 5)
    quiet.until(lambda now: now.persons == 2)
    quiet.apply(outage, 60.0)
    dark_s = quiet.plant.now_ns / S
    quiet.plant.person_comes(0, 5)
    now = quiet.run(20)
    transfer_s = QUIET_HOUSE.traffic.transfer_s
    assert alighted(quiet) == [(dark_s + transfer_s, 1), (dark_s + 2 * transfer_s, 0)]
    assert (now.persons, now.door_open, quiet.plant.crowd.waiting) == (0, True, 1)
    assert quiet.of(TruthKind.TRAPPED_SINCE) == []


def cut_at(witness: Witness, after_s: float) -> None:
    """Somebody is in the car, and the mains go so long after its door began to close at the landing."""
    witness.plant.person_comes(0, 5)
    witness.until_kind(TruthKind.DOOR_CLOSING)
    witness.run(after_s)
    witness.apply(Stimulus.POWER_LOSS)


def test_who_can_pass_the_door_is_not_trapped(quiet: Witness) -> None:
    """0.4 m of 0.8 m are half of the way."""
    half_s = QUIET_HOUSE.door.closing_s / 2
    cut_at(quiet, half_s - 0.01)
    assert not quiet.now.door_open
    assert quiet.run(60).persons == 0
    assert quiet.of(TruthKind.TRAPPED_SINCE) == []


def test_who_cannot_pass_it_is_trapped(quiet: Witness) -> None:
    cut_at(quiet, QUIET_HOUSE.door.closing_s / 2 + 0.01)
    assert quiet.run(3600).persons == 1
    assert quiet.of(TruthKind.TRAPPED_SINCE)[0].data["cause"] == "power"


def test_the_mains_back_while_people_walk_out_takes_the_others_on(quiet: Witness) -> None:
    for _ in range(2):
        quiet.plant.person_comes(0, 5)
    quiet.until(lambda now: now.persons == 2)
    quiet.apply(Stimulus.POWER_LOSS)
    quiet.run(2)
    assert quiet.now.persons == 1
    quiet.apply(Stimulus.POWER_RESTORE)
    quiet.run(120)
    assert [record.data["floor"] for record in quiet.of(TruthKind.ALIGHTED)] == [0, 5]


def test_a_rescue_device_leaves_a_car_alone_that_people_have_left() -> None:
    witness = Witness(replace(QUIET_HOUSE, rescue_device=RescueDevice()))
    cut_at(witness, 0.3)
    witness.run(600)
    assert (witness.now.persons, witness.of(TruthKind.MODE)) == (0, [])


def test_a_rescue_device_does_not_wait_for_a_glitch_that_is_over() -> None:
    witness = Witness(replace(QUIET_HOUSE, rescue_device=RescueDevice()))
    witness.trap(Stimulus.CHAIN_GLITCH)
    witness.apply(Stimulus.POWER_LOSS)
    assert witness.until_kind(TruthKind.FREED).data["persons"] == 1
    assert witness.run(60).persons == 0


# why


def test_what_stopped_the_car_is_told_though_it_is_mended_before_the_car_stands(quiet: Witness) -> None:
    quiet.apply(Stimulus.ENTRAP_BETWEEN_FLOORS)
    quiet.until_kind(TruthKind.FAULT)
    quiet.apply(Stimulus.RELEASE)
    assert quiet.until_kind(TruthKind.TRAPPED_SINCE).data["cause"] == "chain_open"
