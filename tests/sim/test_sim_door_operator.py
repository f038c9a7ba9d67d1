"""How hard the door's operator pulls while it moves, holds and pushes against what stops it."""

import pytest
from msgspec.structs import replace
from sim_witness import QUIET_HOUSE, S, Witness

from protocols.lift.vocabulary import DoorSide
from sim.building import Operator, RearDoor
from sim.stimuli import Stimulus
from sim.truth import TruthKind

MOVING_NM, HOLD_NM = 1.2, 1.8
CLOSING_LIMIT_NM, OPENING_LIMIT_NM = 4.5, 6.0
"""At 30 mm: 40 N, 60 N, 150 N (EN 81-20 5.3.6.2.2.1, C), 200 N."""


def torques(witness: Witness, seconds: float, step_s: float = 0.05) -> list[tuple[float, float, float]]:
    """Second, fraction, torque, from now on."""
    begin_ns = witness.plant.now_ns
    looks = [witness.run(step_s) for _ in range(round(seconds / step_s))]
    return [((look.t_ns - begin_ns) / S, look.door_fraction, look.door_torque_nm) for look in looks]


def test_it_moves_a_door_and_holds_it_open(quiet: Witness) -> None:
    assert quiet.run(1).door_torque_nm == 0
    quiet.apply(Stimulus.OPEN_BUTTON, 3)
    for _, fraction, torque_nm in torques(quiet, 4):
        assert torque_nm == pytest.approx(HOLD_NM if fraction == 1 else MOVING_NM)
    quiet.until_kind(TruthKind.DOOR_CLOSING)
    for _, fraction, torque_nm in torques(quiet, 4):
        assert torque_nm == pytest.approx(0 if fraction == 0 else -MOVING_NM)


def test_what_lies_in_the_sill_raises_it_to_its_limit_until_the_door_opens_again(quiet: Witness) -> None:
    quiet.apply(Stimulus.SILL_OBSTRUCTED)
    quiet.apply(Stimulus.OPEN_BUTTON, 1)
    quiet.until_kind(TruthKind.DOOR_CLOSING)
    seen = torques(quiet, 3.5, 0.01)
    pushes = [(second, fraction) for second, fraction, torque_nm in seen if torque_nm == pytest.approx(-4.5)]
    assert min(torque_nm for _, _, torque_nm in seen) == pytest.approx(-CLOSING_LIMIT_NM)
    assert {fraction for _, fraction in pushes} == {0.1}
    assert pushes[0][0] == pytest.approx(3.0 * 0.9, abs=0.02)
    assert pushes[-1][0] - pushes[0][0] == pytest.approx(0.3, abs=0.02)
    after = [torque_nm for second, _, torque_nm in seen if second > pushes[-1][0]]
    assert after and all(torque_nm == pytest.approx(MOVING_NM) for torque_nm in after)


def test_the_last_time_it_opens_and_holds(quiet: Witness) -> None:
    quiet.apply(Stimulus.SILL_OBSTRUCTED)
    quiet.apply(Stimulus.OPEN_BUTTON, 1)
    quiet.until_kind(TruthKind.FAULT)
    assert quiet.run(60).door_torque_nm == pytest.approx(HOLD_NM)


def test_a_jammed_door_is_pushed_until_its_operator_switches_itself_off(quiet: Witness) -> None:
    quiet.trap(Stimulus.DOOR_JAMMED_AJAR)
    seen = torques(quiet, 10)
    pushes = [second for second, _, torque_nm in seen if torque_nm == pytest.approx(OPENING_LIMIT_NM)]
    assert pushes[-1] - pushes[0] == pytest.approx(5.0, abs=0.06)
    assert all(fraction == pytest.approx(0.15 / 0.8) for second, fraction, _ in seen if second >= pushes[0])
    assert seen[-1][2] == 0


def test_a_dead_one_pulls_nothing(quiet: Witness) -> None:
    quiet.trap(Stimulus.ENTRAP_AT_LANDING)
    assert quiet.run(5).door_torque_nm == 0
    quiet.apply(Stimulus.RELEASE)
    quiet.until(lambda now: now.door_open)
    assert quiet.run(0.5).door_torque_nm == pytest.approx(HOLD_NM)


@pytest.mark.parametrize("cut", [Stimulus.POWER_LOSS, Stimulus.CONTROLLER_REBOOT])
@pytest.mark.parametrize("after_s", [0.0, 1.0, 2.5], ids=["shut", "opening", "open"])
def test_without_power_it_pulls_nothing(quiet: Witness, cut: Stimulus, after_s: float) -> None:
    if after_s:
        quiet.apply(Stimulus.OPEN_BUTTON, 3)
        quiet.run(after_s)
    quiet.apply(cut)
    assert all(torque_nm == 0 for _, _, torque_nm in torques(quiet, 10))


def test_whoever_forces_the_door_does_so_without_it(quiet: Witness) -> None:
    quiet.trap(Stimulus.ENTRAP_BETWEEN_FLOORS)
    quiet.apply(Stimulus.FORCE_DOOR)
    seen = torques(quiet, 3)
    assert max(fraction for _, fraction, _ in seen) == pytest.approx(0.3)
    assert all(torque_nm == 0 for _, _, torque_nm in seen)


def test_each_building_says_its_own() -> None:
    weak = replace(QUIET_HOUSE.door, operator=Operator(moving_n=10, hold_n=20, closing_limit_n=100, pulley_m=0.05))
    witness = Witness(replace(QUIET_HOUSE, door=weak))
    witness.apply(Stimulus.SILL_OBSTRUCTED)
    witness.apply(Stimulus.OPEN_BUTTON, 1)
    seen = [torque_nm for _, _, torque_nm in torques(witness, 10, 0.02)]
    assert (min(seen), max(seen)) == (pytest.approx(-5.0), pytest.approx(1.0))


def test_what_stands_where_a_shut_door_once_passed_does_not_move_it() -> None:
    """At the landing behind only the rear door opens, and jams; the front one, which has closed before, stays shut."""
    floors = tuple(replace(floor, sides=(DoorSide.REAR,)) if i else floor for i, floor in enumerate(QUIET_HOUSE.floors))
    through = Witness(replace(QUIET_HOUSE, floors=floors, rear_door=RearDoor()))
    through.trap(Stimulus.DOOR_JAMMED_AJAR)
    now = through.run(10)
    assert (now.rear_closed, now.rear_open, now.door_fraction) == (False, False, 0.0)
