"""Whole runs: determinism, safety invariants, conservation of people, liveness, cost."""

import hashlib

import msgspec
import pytest
from hash_seeds import printed
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sim_witness import HOUSE, MODES_END, QUIET_HOUSE, S, Witness

from protocols.lift.vocabulary import ITEMS
from sim.building import Building, Traffic
from sim.plant import Plant
from sim.stimuli import Stimulus
from sim.truth import TruthKind

BUSY_HOUSE = replace(HOUSE, traffic=Traffic(passengers_per_hour=400.0), capacity_persons=4)
seeds = st.integers(0, 2**32)
stimuli = st.lists(st.tuples(st.floats(0.1, 60), st.sampled_from(Stimulus)), max_size=12)
ASTRAY = {Stimulus.OVERSPEED, Stimulus.UCM, Stimulus.OVERTRAVEL, Stimulus.NOT_SLOWED, Stimulus.DOOR_OPENS_RUNNING}
"""With these a car does what only a device stops, or moves with its door open; `verify.rules` has their rules."""


def log_of(building: Building, seed: int, step_s: float) -> bytes:
    witness = Witness(building, seed)
    while witness.plant.now_ns < 1800 * S:
        witness.run(step_s)
    return msgspec.json.encode([record for record in witness.truth if record.t_ns <= 1800 * S])


def test_the_same_seed_gives_the_same_truth_byte_by_byte() -> None:
    assert log_of(HOUSE, 3, 60) == log_of(HOUSE, 3, 60)
    assert log_of(HOUSE, 3, 60) != log_of(HOUSE, 4, 60)


def test_looking_more_often_changes_nothing() -> None:
    assert log_of(HOUSE, 3, 0.1) == log_of(HOUSE, 3, 1800)


def test_the_hash_seed_of_the_process_changes_nothing() -> None:
    script = "import test_sim_plant as t, hashlib; print(hashlib.sha256(t.log_of(t.HOUSE, 3, 60)).hexdigest())"
    digests = printed(script, ("0", "1"))
    assert digests == {hashlib.sha256(log_of(HOUSE, 3, 60)).hexdigest()}


def watch(witness: Witness, seconds: float, step_s: float = 0.5) -> None:
    """Advance with every invariant checked at every step."""
    before = witness.now
    for _ in range(max(1, round(seconds / step_s))):
        now = witness.run(step_s)
        assert now.door_closed or not now.moving, "moves with its door open"
        assert not (now.door_open and not now.door_zone), "door fully open outside the zone"
        assert -1e-9 <= now.position_m <= HOUSE.heights_m[-1] + 1e-9, "outside the shaft"
        assert 0 <= now.speed_mps <= HOUSE.drive.rated_speed_mps + 1e-9
        assert abs(now.position_m - before.position_m) <= HOUSE.drive.rated_speed_mps * step_s + 1e-9, "jumps"
        crowd = witness.plant.crowd
        assert crowd.came == crowd.waiting + now.persons + crowd.served + crowd.abandoned, "somebody is lost"
        before = now


@settings(max_examples=3000)
@given(seeds, st.sampled_from([HOUSE, BUSY_HOUSE, QUIET_HOUSE]), stimuli)
def test_invariants_hold_whatever_is_done_to_the_lift(
    seed: int, building: Building, done: list[tuple[float, Stimulus]]
) -> None:
    witness = Witness(building, seed)
    for after_s, stimulus in done:
        watch(witness, after_s)
        if stimulus not in ASTRAY:
            witness.apply(stimulus, 30.0)
    watch(witness, 60)


@settings(max_examples=3000)
@given(seeds, st.sampled_from([HOUSE, BUSY_HOUSE]), stimuli)
def test_after_modes_power_and_release_the_lift_serves_whatever_was_done(
    seed: int, building: Building, done: list[tuple[float, Stimulus]]
) -> None:
    witness = Witness(building, seed)
    for after_s, stimulus in done:
        witness.run(after_s)
        if stimulus is not Stimulus.IDLE_PERSON:  # a car full of people who ride nowhere serves nobody
            witness.apply(stimulus, 30.0)
    for stimulus in (*MODES_END, Stimulus.POWER_RESTORE, Stimulus.RELEASE):
        witness.apply(stimulus)
    witness.run(120)
    trapped, freed = witness.of(TruthKind.TRAPPED_SINCE), witness.of(TruthKind.FREED)
    assert len(trapped) == len(freed)
    served = witness.plant.crowd.served
    witness.apply(Stimulus.PERSON_ENTERS)  # at 60 people an hour, nobody comes for 600 s in one run of 22 000
    witness.run(600)
    assert witness.plant.crowd.served > served


@settings(max_examples=3000)
@given(seeds)
def test_ten_minutes_of_normal_riding_trap_nobody(seed: int) -> None:
    witness = Witness(HOUSE, seed)
    witness.run(600)
    assert witness.of(TruthKind.TRAPPED_SINCE, TruthKind.FAULT) == []
    assert all(record.data["door_zone"] for record in witness.of(TruthKind.STOPPED))


@pytest.mark.parametrize("building", [HOUSE, BUSY_HOUSE], ids=["house", "busy"])
def test_days_of_service_stay_in_their_band(building: Building) -> None:
    """A controller that opens at its own floor for ever would show as door cycles without starts."""
    plant = Plant(building, 11)
    now = plant.signals(10 * 86400 * S)
    assert plant.crowd.served + plant.crowd.abandoned > 0.99 * plant.crowd.came
    assert 0.99 < now.door_cycles / now.trips < 1.3


def test_a_start_costs_few_events() -> None:
    plant = Plant(HOUSE, 1)
    events, end_ns = 0, 86400 * S
    while (due := plant.next_event_ns()) is not None and due <= end_ns:
        plant.advance_to(due)
        events += 1
    assert events < 15 * plant.signals().trips


def test_an_idle_car_goes_home_if_it_should() -> None:
    witness = Witness(replace(QUIET_HOUSE, homing_after_s=60.0))
    witness.apply(Stimulus.PERSON_ENTERS)
    witness.until_kind(TruthKind.ALIGHTED)
    homing = witness.until_kind(TruthKind.DEPARTED)
    assert (homing.data["to"], homing.data["car_call"], homing.data["persons"]) == (0, False, 0)
    cycles = witness.now.door_cycles
    arrived = witness.run(60)
    assert (arrived.position_m, arrived.door_cycles, arrived.door_closed) == (0.0, cycles, True)


def test_signals_speak_the_vocabulary() -> None:
    values = Plant(HOUSE, 1).signals().values()
    assert set(values) <= set(ITEMS)
    assert values["doors.front.closed"] is True
    assert values["floor"] == 0


def test_a_second_passenger_on_the_way_is_picked_up() -> None:
    witness = Witness(QUIET_HOUSE)
    lift = witness.plant._lift
    lift.person_comes(0, 8)
    witness.until_kind(TruthKind.DEPARTED)
    witness.run(1)
    lift.person_comes(4, 8)
    assert witness.until_kind(TruthKind.ARRIVED).data["floor"] == 4


def test_a_late_comer_opens_the_closing_door() -> None:
    witness = Witness(QUIET_HOUSE)
    lift = witness.plant._lift
    lift.person_comes(0, 8)
    witness.until_kind(TruthKind.DOOR_CLOSING)
    witness.run(1)
    lift.person_comes(0, 5)
    assert witness.truth[-1].kind is TruthKind.DOOR_OPENING
    witness.until_kind(TruthKind.DEPARTED)
    assert witness.now.persons == 2
