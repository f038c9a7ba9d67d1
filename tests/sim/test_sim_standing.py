"""A lift that stood still: when it may move again, whose calls it remembers, who is trapped in it and who walks out."""

from msgspec.structs import replace
from sim_witness import QUIET_HOUSE, S, Witness

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
