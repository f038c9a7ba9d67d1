"""The contactor hangs on the safety chain: doors wait for it, and the relay of the door zone holds it."""

import pytest
from msgspec.structs import replace
from sim_witness import QUIET_HOUSE, S, Witness
from verify.findings import PlantWrong
from verify.watch import Watch

from protocols.lift.vocabulary import DriveState
from sim.building import Chain, LockInputs, RescueDevice
from sim.car import Car
from sim.ride import Levelling
from sim.signals import PlantSignals
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind

SOFT_ROPE = replace(QUIET_HOUSE, levelling=Levelling(stretch_mm=60.0))


@pytest.fixture
def quiet() -> Witness:
    return Witness(QUIET_HOUSE)


def levelling() -> Witness:
    """A car that somebody has stepped into, and that is about to be brought back to its landing."""
    witness = Witness(SOFT_ROPE)
    for _ in range(8):
        witness.plant.person_comes(0, 5)
    witness.until_kind(TruthKind.RELEVELLING)
    return witness


def hangs(now: PlantSignals) -> bool:
    """Whether a closed contactor has a closed chain."""
    return now.safety_chain or not now.contactor_closed


# a stop at a landing


def test_a_door_begins_to_open_when_brake_and_contactor_have_dropped(quiet: Witness) -> None:
    """0.10 s to the dropped brake, 0.20 s to the contactor's command, 0.05 s to its feedback (Drive)."""
    quiet.apply(Stimulus.PERSON_ENTERS)
    stopped_ns = quiet.until_kind(TruthKind.STOPPED).t_ns
    while quiet.run(0.001).door_fraction == 0:
        assert hangs(quiet.now)
    assert not quiet.now.contactor_closed
    assert quiet.now.t_ns - stopped_ns == pytest.approx(0.35 * S, abs=1e6)


def test_the_chain_is_closed_as_long_as_the_contactor_is(quiet: Witness) -> None:
    quiet.apply(Stimulus.PERSON_ENTERS)
    closed = 0
    for _ in range(3000):
        now = quiet.run(0.01)
        assert hangs(now)
        closed += now.contactor_closed
    assert closed > 0 and quiet.plant.crowd.served == 1


def test_whoever_opens_the_chain_takes_the_contactor_that_still_holds(quiet: Witness) -> None:
    quiet.apply(Stimulus.INSPECTION_ON)
    quiet.apply(Stimulus.INSPECTION_UP, 600)
    quiet.until_kind(TruthKind.ARRIVED)
    assert quiet.run(0.1).contactor_closed
    quiet.apply(Stimulus.LANDING_LOCK, 60)
    assert hangs(quiet.run(0.06))


def test_a_car_whose_start_is_short_waits_for_the_lock_of_its_slow_door() -> None:
    """1 % of 10 s to the lock after the 2 % limit is 0.1 s; then 0.05 s and 0.15 s."""
    drive = replace(QUIET_HOUSE.drive, start_delay_s=0.25)
    witness = Witness(replace(QUIET_HOUSE, drive=drive, door=replace(QUIET_HOUSE.door, closing_s=10.0)))
    witness.apply(Stimulus.PERSON_ENTERS)
    closed_ns = witness.until_kind(TruthKind.DOOR_CLOSED).t_ns
    while not witness.run(0.001).moving:
        assert hangs(witness.now)
    assert witness.now.t_ns - closed_ns == pytest.approx(0.30 * S, abs=2e6)


# re-levelling


def test_a_car_is_levelled_through_the_door_zone_relay() -> None:
    """The taps behind the bridge read closed at the open door, the contacts do not (lift_standards.md 6.3, R1)."""
    witness = levelling()
    now = witness.run(0.1)
    assert now.moving and not now.door_closed
    assert now.zone_bridged and now.safety_chain and now.landing_lock and now.car_lock
    assert (now.landing_made, now.car_made) == (False, False)


def test_contactor_and_brake_come_before_a_levelled_car_moves_and_fall_before_the_chain() -> None:
    """0.05 s from the contactor's command to its feedback, 0.15 s more to the lifted brake (Drive)."""
    witness = Witness(SOFT_ROPE)
    for _ in range(8):
        witness.plant.person_comes(0, 5)
    at: dict[str, int] = {}
    before = witness.until(lambda now: now.door_open)
    while "open" not in at:
        now = witness.run(0.001)
        assert hangs(now)
        for name, item in (("told", "contactor_command"), ("closed", "contactor_closed"), ("moving", "moving")):
            if getattr(now, item) and not getattr(before, item):
                at[name] = now.t_ns
        if before.moving and not now.moving:
            at["stands"] = now.t_ns
        if before.safety_chain and not now.safety_chain:
            at["open"] = now.t_ns
        before = now
    assert at["closed"] - at["told"] == pytest.approx(0.05 * S, abs=2e6)
    assert at["moving"] - at["told"] == pytest.approx(0.20 * S, abs=2e6)
    assert at["open"] - at["stands"] == pytest.approx(0.35 * S, abs=2e6)


def test_the_relay_falls_with_the_power() -> None:
    witness = levelling()
    witness.run(0.1)
    witness.apply(Stimulus.POWER_LOSS)
    assert not (witness.now.zone_bridged or witness.now.safety_chain or witness.now.contactor_closed)
    witness.apply(Stimulus.POWER_RESTORE)
    assert not witness.now.zone_bridged


# auxiliary contacts


def test_locks_read_at_auxiliary_contacts_show_no_bridge() -> None:
    witness = Witness(replace(QUIET_HOUSE, chain=Chain(LockInputs.CONTACTS)))
    witness.apply(Stimulus.BRIDGE_LANDING_LOCK)
    witness.apply(Stimulus.BRIDGE_CAR_CONTACT)
    witness.apply(Stimulus.PERSON_ENTERS)
    now = witness.until(lambda now: now.door_open)
    assert (now.safety_chain, now.landing_lock, now.car_lock) == (True, False, False)


# a weld


def test_a_contactor_welds_in_the_run_that_stalls(quiet: Witness) -> None:
    quiet.apply(Stimulus.CONTACTOR_STUCK)
    quiet.apply(Stimulus.NO_MOTION)
    quiet.until_kind(TruthKind.TRIPPED)
    now = quiet.run(2)
    assert (now.contactor_command, now.contactor_closed) == (False, True)


# the final limits and emergency electrical operation


def overrun(witness: Witness, floor: int) -> PlantSignals:
    """Beyond the last landing on the way to `floor`, standing."""
    witness.apply(Stimulus.RIDE_UP if floor else Stimulus.RIDE_DOWN)
    if not floor:
        witness.run(40)
    witness.plant.person_comes(8 - floor, floor)
    witness.apply(Stimulus.OVERTRAVEL)
    witness.until_kind(TruthKind.TRIPPED)
    return witness.run(5)


def test_a_final_limit_is_open_as_long_as_the_car_is_beyond_it(quiet: Witness) -> None:
    limit_m = QUIET_HOUSE.heights_m[-1] + QUIET_HOUSE.protection.final_limit_m
    stands = overrun(quiet, 8)
    assert stands.position_m > limit_m and not stands.safety_chain
    assert quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_ON) is Effect.NOW
    assert quiet.run(1).safety_chain
    assert quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_UP, 20) is Effect.NONE
    assert quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_DOWN, 20) is Effect.NOW
    quiet.until(lambda now: not now.moving)
    assert quiet.now.position_m < QUIET_HOUSE.heights_m[-1]
    assert quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_OFF) is Effect.NOW
    assert quiet.now.safety_chain


def test_a_limit_still_stops_a_car_that_emergency_electrical_operation_gives_back(quiet: Witness) -> None:
    overrun(quiet, 8)
    quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_ON)
    quiet.run(1)
    quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_OFF)
    assert not quiet.now.safety_chain


def test_a_car_that_leaves_the_top_landing_with_bridged_locks_opens_its_final_limit(quiet: Witness) -> None:
    quiet.apply(Stimulus.BRIDGE_LANDING_LOCK)
    quiet.apply(Stimulus.BRIDGE_CAR_CONTACT)
    quiet.plant.person_comes(0, 8)
    quiet.until(lambda now: now.floor == 8 and now.door_open)
    assert quiet.now.safety_chain
    quiet.apply(Stimulus.UCM)
    quiet.until_kind(TruthKind.TRAPPED_SINCE)
    assert quiet.now.position_m > QUIET_HOUSE.heights_m[-1] + QUIET_HOUSE.protection.final_limit_m
    assert not quiet.now.safety_chain


def test_emergency_electrical_operation_moves_a_car_that_the_governor_has_stopped(quiet: Witness) -> None:
    """It makes safety gear and governor contacts ineffective (EN 81-20 5.12.1.6, C)."""
    quiet.trap(Stimulus.OVERSPEED)
    quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_ON)
    quiet.run(1)
    assert quiet.apply(Stimulus.EMERGENCY_ELECTRICAL_UP, 20) is Effect.NOW
    assert quiet.run(1).moving


# no mains


def test_without_mains_the_taps_and_the_controller_are_dead(quiet: Witness) -> None:
    quiet.apply(Stimulus.POWER_LOSS)
    now = quiet.now
    assert not (now.safety_chain or now.landing_lock or now.car_lock or now.controller_up)
    assert (now.landing_made, now.car_made) == (True, True)
    quiet.apply(Stimulus.POWER_RESTORE)
    assert quiet.now.safety_chain and quiet.now.controller_up


def test_auxiliary_contacts_have_the_supply_of_who_reads_them() -> None:
    witness = Witness(replace(QUIET_HOUSE, chain=Chain(LockInputs.CONTACTS)))
    witness.apply(Stimulus.POWER_LOSS)
    assert (witness.now.safety_chain, witness.now.landing_lock, witness.now.car_lock) == (False, True, True)


def test_the_drive_reads_standby_while_the_brake_stops_a_car_without_mains(quiet: Witness) -> None:
    quiet.apply(Stimulus.RIDE_UP)
    quiet.run(3)
    quiet.apply(Stimulus.POWER_LOSS)
    assert quiet.now.moving and quiet.now.drive_state is DriveState.STANDBY


def test_a_battery_feeds_the_chain() -> None:
    witness = Witness(replace(QUIET_HOUSE, rescue_device=RescueDevice()))
    witness.plant.person_comes(0, 5)
    witness.until_kind(TruthKind.DEPARTED)
    witness.run(3)
    witness.apply(Stimulus.POWER_LOSS)
    assert not witness.run(10).safety_chain
    now = witness.until(lambda now: now.moving)
    assert now.safety_chain and now.controller_up


# the watch of `make verify`


@pytest.mark.parametrize("broken", ["door_may_open_ns", "bridge_in_zone"])
def test_a_contactor_that_outlives_its_chain_is_noticed(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = property(lambda car: car.now_ns)
    monkeypatch.setattr(Car, broken, at_once if broken == "door_may_open_ns" else lambda car: None)
    watch = Watch(SOFT_ROPE, 1)
    for _ in range(8):
        watch.plant.person_comes(0, 5)
    with pytest.raises(PlantWrong, match="chain"):
        watch.advance(60 * S)
