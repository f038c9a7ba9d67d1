"""Contactor and brake: what is commanded, what is fed back, and a controller that trusts neither blindly."""

import pytest
from msgspec.structs import replace
from sim_witness import QUIET_HOUSE, Witness
from verify import check_apart
from verify.findings import failed

from protocols.lift.vocabulary import ServiceMode
from sim.building import Drive
from sim.machine import Machine
from sim.signals import PlantSignals
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind

MS = 1_000_000
ITEMS = ("contactor_command", "contactor_closed", "brake_command", "brake_open")


def machine(signals: PlantSignals) -> tuple[object, ...]:
    return tuple(signals.values()[item] for item in ITEMS)


def edges(witness: Witness, until_s: float) -> list[tuple[int, str, bool]]:
    """When each of the items, and the car's motion, changed (ns)."""
    told = []
    before = witness.now
    for _ in range(round(until_s * 1000)):
        now = witness.run(0.001)
        for item in (*ITEMS, "moving"):
            if (value := now.values()[item]) != before.values()[item]:
                told.append((now.t_ns, item, bool(value)))
        before = now
    return told


def test_the_contactor_closes_then_the_brake_lifts_and_then_the_car_moves() -> None:
    """200 ms before motion the contactor's command, 50 ms later its feedback and the brake's, at the motion the brake.

    After the standstill 100 ms to the dropped brake, 200 ms more to the contactor's command, 50 ms to its feedback."""
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.RIDE_UP)
    told = edges(witness, 6)
    (start_ns, stop_ns) = (t_ns for t_ns, item, _ in told if item == "moving")
    about = {(item, value): t_ns for t_ns, item, value in told}
    for item, value, after_ms in [
        ("contactor_command", True, -200), ("contactor_closed", True, -150), ("brake_command", True, -150),
        ("brake_open", True, 0),
    ]:  # fmt: skip
        assert about[item, value] - start_ns == pytest.approx(after_ms * MS, abs=MS)
    for item, value, after_ms in [
        ("brake_command", False, 0), ("brake_open", False, 100), ("contactor_command", False, 300),
        ("contactor_closed", False, 350),
    ]:  # fmt: skip
        assert about[item, value] - stop_ns == pytest.approx(after_ms * MS, abs=MS)
    assert len(told) == 10


def test_a_start_that_is_called_off_lets_the_contactor_go() -> None:
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.RIDE_UP)
    witness.run(0.4)
    assert machine(witness.now) == (True, True, True, False)
    witness.apply(Stimulus.OPEN_BUTTON)
    assert machine(witness.now) == (False, False, False, False)


def test_an_emergency_stop_takes_both_commands_at_once_and_the_feedback_follows() -> None:
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.ENTRAP_BETWEEN_FLOORS)
    witness.until_kind(TruthKind.FAULT)
    assert machine(witness.now) == (False, True, False, True)
    assert machine(witness.run(0.1)) == (False, False, False, False)
    assert witness.now.moving


def test_without_mains_only_the_rescuers_hand_lifts_the_brake() -> None:
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.RIDE_UP)
    witness.run(2.5)
    witness.apply(Stimulus.POWER_LOSS)
    assert machine(witness.now) == (False, False, False, False)
    witness.run(5)
    assert not witness.now.moving and not witness.now.door_zone
    witness.apply(Stimulus.RELEASE)
    assert witness.run(1).moving
    assert machine(witness.now) == (False, False, False, True)


# what is stuck


def let_out(witness: Witness) -> None:
    """Somebody in the car of a lift that cannot start gets out where the car stands."""
    floor = witness.now.floor
    alighted = witness.until_kind(TruthKind.ALIGHTED)
    assert alighted.data == {"person": 1, "floor": floor, "persons": 0}
    later = witness.run(60)
    assert (later.mode, later.moving, later.door_closed) == (ServiceMode.OUT_OF_SERVICE, False, True)
    assert witness.of(TruthKind.TRAPPED_SINCE) == []


def test_a_brake_that_does_not_show_itself_lifted_is_not_driven_against() -> None:
    witness = Witness(QUIET_HOUSE)
    assert witness.apply(Stimulus.BRAKE_STUCK) is Effect.NOW
    witness.apply(Stimulus.PERSON_ENTERS)
    assert witness.until_kind(TruthKind.FAULT).data == {"fault": "brake"}
    let_out(witness)
    assert witness.of(TruthKind.DEPARTED) == []


def test_a_brake_that_still_shows_itself_lifted_blocks_the_next_start() -> None:
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.RIDE_UP)
    witness.run(2)
    witness.apply(Stimulus.BRAKE_STUCK)
    parked = witness.run(60)
    assert (parked.moving, parked.brake_command, parked.brake_open) == (False, False, True)
    assert parked.mode is ServiceMode.NORMAL
    witness.apply(Stimulus.PERSON_ENTERS)
    assert witness.until_kind(TruthKind.FAULT).data == {"fault": "brake"}
    let_out(witness)


def test_a_welded_contactor_blocks_the_start_after_the_run_in_which_it_welded() -> None:
    witness = Witness(QUIET_HOUSE)
    assert witness.apply(Stimulus.CONTACTOR_STUCK) is Effect.ARMED
    assert not witness.now.contactor_closed
    witness.apply(Stimulus.PERSON_ENTERS)
    witness.until_kind(TruthKind.ARRIVED)
    stopped = witness.run(60)
    assert (stopped.contactor_command, stopped.contactor_closed) == (False, True)
    assert witness.plant.crowd.served == 1
    witness.apply(Stimulus.RIDE_DOWN)
    assert witness.until_kind(TruthKind.FAULT).data == {"fault": "contactor"}
    assert witness.run(60).floor == stopped.floor


def test_a_contactor_welds_at_once_while_the_car_runs() -> None:
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.RIDE_UP)
    witness.run(2)
    assert witness.apply(Stimulus.CONTACTOR_STUCK) is Effect.NOW


@pytest.mark.parametrize("stimulus", [Stimulus.BRAKE_STUCK, Stimulus.CONTACTOR_STUCK])
def test_a_technician_mends_what_was_stuck(stimulus: Stimulus) -> None:
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.RIDE_UP)
    witness.run(2)
    witness.apply(stimulus)
    witness.run(30)
    witness.apply(Stimulus.RIDE_DOWN)
    witness.run(30)
    assert witness.apply(Stimulus.RELEASE) is Effect.NOW
    witness.run(60)
    assert (witness.now.mode, machine(witness.now)) == (ServiceMode.NORMAL, (False,) * 4)
    witness.apply(Stimulus.PERSON_ENTERS)
    witness.run(120)
    assert witness.plant.crowd.served == 1


def test_a_car_between_floors_does_not_creep_with_a_stuck_brake() -> None:
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.PERSON_ENTERS)
    witness.until_kind(TruthKind.DEPARTED)
    witness.run(3)
    witness.apply(Stimulus.POWER_LOSS)
    witness.run(10)
    witness.apply(Stimulus.BRAKE_STUCK)
    witness.apply(Stimulus.POWER_RESTORE)
    assert not witness.run(10).moving
    assert witness.of(TruthKind.FREED) == []
    witness.apply(Stimulus.RELEASE)
    witness.until_kind(TruthKind.FREED)


# the check of `make verify`


def test_every_edge_of_brake_and_contactor_is_where_it_should_be() -> None:
    assert failed(check_apart.check(3, 1.0).findings) == []


def test_a_brake_that_lags_a_millisecond_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Machine.__init__

    def late(self: Machine, drive: Drive) -> None:
        honest(self, replace(drive, brake_drop_s=drive.brake_drop_s + 0.001))

    monkeypatch.setattr(Machine, "__init__", late)
    (edges,) = failed(check_apart.check(3, 0.5).findings)
    assert edges.what.startswith("contactor before brake")


def test_doors_that_are_one_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.chain.Chain.bridge_landings", lambda self: None)
    assert len(check_apart.doors_together(3)) == 1


@pytest.mark.parametrize(("contactor_s", "brake_s"), [(0.3, 0.3), (0.0, 0.6)])
def test_a_start_too_short_for_contactor_and_brake_is_refused(contactor_s: float, brake_s: float) -> None:
    with pytest.raises(ValueError, match="longer than the start delay"):
        Drive(start_delay_s=0.5, contactor_lag_s=contactor_s, brake_lift_s=brake_s)
