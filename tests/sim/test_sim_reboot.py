"""The controller's own life: it starts anew, forgets, finds its landing; and recovers by itself from a glitch."""

import pytest
from msgspec.structs import replace
from sim_witness import QUIET_HOUSE, S, Witness

from sim.stimuli import Effect, Stimulus
from sim.trouble import Fault
from sim.truth import TruthKind

SELF_RECOVERING = replace(QUIET_HOUSE, self_recovery_after_s=10.0)
"""As a KONE LCE (lift_standards.md 3.1)."""


def riding(witness: Witness) -> None:
    """Somebody rides, between floors at full speed."""
    witness.apply(Stimulus.PERSON_ENTERS)
    witness.until_kind(TruthKind.DEPARTED)
    witness.until(lambda now: now.moving)
    witness.run(2.5)
    assert witness.now.moving and not witness.now.door_zone


# reboot


def test_a_controller_is_down_for_as_long_as_said(quiet: Witness) -> None:
    assert quiet.apply(Stimulus.CONTROLLER_REBOOT, 30.0) is Effect.NOW
    assert not quiet.now.controller_up
    assert not quiet.run(29.999).controller_up
    assert quiet.run(0.001).controller_up
    assert [record.data["up"] for record in quiet.of(TruthKind.CONTROLLER)] == [False, True]


@pytest.mark.parametrize("seed", range(1, 21))
def test_if_not_said_it_is_down_for_20_to_60_s_by_its_seed(seed: int) -> None:
    lasted = set()
    for _ in range(2):
        witness = Witness(QUIET_HOUSE, seed)
        witness.apply(Stimulus.CONTROLLER_REBOOT)
        up = witness.until_kind(TruthKind.CONTROLLER)
        assert 20 * S <= up.t_ns <= 60 * S
        lasted.add(up.t_ns)
    assert len(lasted) == 1


def test_a_moving_car_stops_and_its_people_are_trapped_until_it_has_crept_to_a_landing(quiet: Witness) -> None:
    riding(quiet)
    quiet.apply(Stimulus.CONTROLLER_REBOOT, 30.0)
    began_ns = quiet.plant.now_ns
    trapped = quiet.until_kind(TruthKind.TRAPPED_SINCE)
    assert (trapped.data["cause"], trapped.data["persons"]) == ("reboot", 1)
    assert 0 < trapped.t_ns - began_ns <= 1.75 / 2.0 * S  # rated speed over the brake's deceleration
    freed = quiet.until_kind(TruthKind.FREED)
    assert freed.t_ns > began_ns + 30 * S
    assert quiet.now.door_open and quiet.now.door_zone


def test_the_correction_run_is_slow_and_ends_at_the_nearest_landing(quiet: Witness) -> None:
    riding(quiet)
    quiet.apply(Stimulus.CONTROLLER_REBOOT, 30.0)
    stood = quiet.run(29)
    assert not stood.moving
    nearest_m = min(QUIET_HOUSE.heights_m, key=lambda height_m: abs(height_m - stood.position_m))
    fastest = 0.0
    while not quiet.of(TruthKind.FREED):
        fastest = max(fastest, quiet.run(0.1).speed_mps)
    assert 0 < fastest <= 0.30
    assert quiet.now.position_m == nearest_m


def test_the_floor_is_unknown_until_the_landing_is_found(quiet: Witness) -> None:
    riding(quiet)
    quiet.apply(Stimulus.CONTROLLER_REBOOT, 30.0)
    up = quiet.run(30)
    assert (up.controller_up, up.floor_known, up.values()["floor"]) == (True, False, None)
    quiet.until_kind(TruthKind.ARRIVED)
    assert quiet.now.values()["floor"] == quiet.now.floor


def test_at_a_landing_the_floor_is_found_at_once(quiet: Witness) -> None:
    quiet.apply(Stimulus.CONTROLLER_REBOOT, 30.0)
    assert not quiet.run(29).floor_known
    assert quiet.run(1).floor_known


def test_runs_are_counted_from_nothing_again(quiet: Witness) -> None:
    quiet.apply(Stimulus.RIDE_UP)
    quiet.run(60)
    assert quiet.now.values()["run_count"] == 1
    quiet.apply(Stimulus.CONTROLLER_REBOOT, 30.0)
    assert quiet.run(31).values()["run_count"] == 0
    quiet.apply(Stimulus.RIDE_UP)
    assert (quiet.run(60).values()["run_count"], quiet.now.trips) == (1, 2)


def test_calls_are_lost_and_people_press_again(quiet: Witness) -> None:
    riding(quiet)
    quiet.apply(Stimulus.CONTROLLER_REBOOT, 30.0)
    assert (quiet.now.car_calls, quiet.now.hall_calls) == (0, 0)
    quiet.plant._lift.person_comes(4, 0)
    assert quiet.run(29).hall_calls == 0
    assert quiet.run(1).hall_calls == 1 << 4
    quiet.run(300)
    assert quiet.plant.crowd.served == 2


def test_its_door_stays_where_it_is_and_goes_on_afterwards(quiet: Witness) -> None:
    quiet.apply(Stimulus.PERSON_ENTERS)
    quiet.until_kind(TruthKind.DOOR_OPENING)
    half = quiet.run(1.0).door_fraction
    quiet.apply(Stimulus.CONTROLLER_REBOOT, 30.0)
    assert quiet.run(29).door_fraction == half
    quiet.run(120)
    assert quiet.plant.crowd.served == 1


def test_a_controller_that_is_down_or_without_mains_cannot_start_anew(quiet: Witness) -> None:
    quiet.apply(Stimulus.CONTROLLER_REBOOT, 30.0)
    assert quiet.apply(Stimulus.CONTROLLER_REBOOT, 30.0) is Effect.NONE
    quiet.run(60)
    quiet.apply(Stimulus.POWER_LOSS)
    assert quiet.apply(Stimulus.CONTROLLER_REBOOT, 30.0) is Effect.NONE


@pytest.mark.parametrize("power_after_s", [10.0, 50.0])
def test_it_serves_once_it_is_up_and_the_mains_are_back(quiet: Witness, power_after_s: float) -> None:
    riding(quiet)
    quiet.apply(Stimulus.CONTROLLER_REBOOT, 30.0)
    quiet.run(5)
    quiet.apply(Stimulus.POWER_LOSS)
    quiet.run(power_after_s)
    quiet.apply(Stimulus.POWER_RESTORE)
    quiet.run(120)
    assert quiet.plant.crowd.served == 1
    assert len(quiet.of(TruthKind.TRAPPED_SINCE)) == len(quiet.of(TruthKind.FREED)) == 1


def test_people_are_rescued_by_hand_while_the_controller_is_down(quiet: Witness) -> None:
    riding(quiet)
    quiet.apply(Stimulus.CONTROLLER_REBOOT, 600.0)
    quiet.until_kind(TruthKind.TRAPPED_SINCE)
    quiet.apply(Stimulus.RELEASE)
    assert quiet.until_kind(TruthKind.FREED).data["persons"] == 1
    assert not quiet.run(60).controller_up
    quiet.run(600)
    quiet.apply(Stimulus.RIDE_UP)
    assert (quiet.run(60).moving, quiet.now.floor_known) == (False, True)


# glitch of the chain


def test_the_chain_is_open_for_half_a_second_and_the_car_stops_between_floors(quiet: Witness) -> None:
    quiet.apply(Stimulus.CHAIN_GLITCH)
    fault = quiet.until_kind(TruthKind.FAULT)
    assert (fault.data["fault"], quiet.now.safety_chain) == ("chain_glitch", False)
    assert not quiet.run(0.499).safety_chain
    assert quiet.run(0.001).safety_chain
    assert not quiet.run(5).door_zone


def test_without_self_recovery_the_car_stays_until_a_technician_comes(quiet: Witness) -> None:
    quiet.trap(Stimulus.CHAIN_GLITCH)
    quiet.run(3600)
    assert quiet.of(TruthKind.FREED) == []
    quiet.apply(Stimulus.RELEASE)
    assert quiet.until_kind(TruthKind.FREED).data["persons"] == 1


def test_with_self_recovery_it_goes_to_the_nearest_landing_after_10_s() -> None:
    witness = Witness(SELF_RECOVERING)
    trapped = witness.trap(Stimulus.CHAIN_GLITCH)
    assert trapped.data["cause"] == "chain_glitch"
    assert not witness.run(9.999).moving
    assert witness.run(1).moving
    assert witness.now.speed_mps <= 0.30
    witness.until_kind(TruthKind.FREED)
    witness.run(120)
    assert witness.plant.crowd.served == 1
    assert witness.now.faults == ()


@pytest.mark.parametrize("stimulus", [Stimulus.POWER_LOSS, Stimulus.CONTROLLER_REBOOT])
def test_a_glitch_is_forgotten_with_everything_else(quiet: Witness, stimulus: Stimulus) -> None:
    quiet.trap(Stimulus.CHAIN_GLITCH)
    quiet.apply(stimulus, 30.0)
    quiet.run(20)
    quiet.apply(Stimulus.POWER_RESTORE)
    quiet.run(60)
    assert len(quiet.of(TruthKind.FREED)) == 1
    assert quiet.now.faults == ()


# fault codes


@pytest.mark.parametrize(
    ("stimulus", "code"),
    [
        (Stimulus.ENTRAP_BETWEEN_FLOORS, "F01"),  # safety circuit open while running
        (Stimulus.CHAIN_GLITCH, "F01"),
        (Stimulus.ENTRAP_AT_LANDING, "F03"),  # door opening fault
        (Stimulus.DOOR_JAMMED_AJAR, "F03"),
    ],
)
def test_a_standing_fault_has_its_code_in_the_catalogue(quiet: Witness, stimulus: Stimulus, code: str) -> None:
    """GB/T 24476-2017 numbers 01 and 03 (lift_standards.md, section 3)."""
    assert quiet.now.faults == ()
    quiet.trap(stimulus)
    assert quiet.now.values()["faults"] == (code,)
    quiet.apply(Stimulus.RELEASE)
    assert quiet.now.faults == ()


def test_every_fault_has_a_code() -> None:
    assert all(fault.event_code for fault in Fault)
