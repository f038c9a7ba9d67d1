"""Nudging, and the safety edge: what the closing door does with people in its way."""

import pytest
from msgspec.structs import replace
from sim_witness import QUIET_HOUSE, S, Witness

from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind

NUDGING_HOUSE = replace(QUIET_HOUSE, door=replace(QUIET_HOUSE.door, nudge_after_s=20.0))
CLOSES_NS = round((1.96 + 3.0) * S)
"""After the door-open button: 1.96 s to the open limit, 3 s of dwell."""


def opened(witness: Witness) -> Witness:
    witness.apply(Stimulus.OPEN_BUTTON, 1)
    witness.until_kind(TruthKind.DOOR_OPEN)
    return witness


def held() -> Witness:
    """Somebody stands in the door for five minutes, and it is about to nudge."""
    witness = opened(Witness(NUDGING_HOUSE))
    witness.apply(Stimulus.HOLD_DOOR, 300)
    witness.until_kind(TruthKind.NUDGING)
    return witness


def test_without_it_a_held_door_stays_open() -> None:
    witness = opened(Witness(QUIET_HOUSE))
    witness.apply(Stimulus.HOLD_DOOR, 300)
    assert witness.run(299).door_open
    assert witness.of(TruthKind.NUDGING) == []


def test_a_door_held_for_so_long_closes_slowly_with_a_buzzer() -> None:
    """4 J instead of 10 J: 2.94 s to the close limit become 4.65 s."""
    witness = held()
    nudges_ns = witness.of(TruthKind.NUDGING)[0].t_ns
    assert nudges_ns == CLOSES_NS + 20 * S
    assert witness.of(TruthKind.NUDGING)[0].data == {"floor": 0, "persons": 0}
    assert witness.run(4.6).nudging
    assert not witness.now.door_closed
    closed = witness.until_kind(TruthKind.DOOR_CLOSED)
    assert closed.t_ns - nudges_ns == pytest.approx(2.94 * (10 / 4) ** 0.5 * S, rel=2e-3)
    assert not witness.now.nudging


def test_the_buzzer_is_not_in_the_vocabulary() -> None:
    assert not any("nudg" in item for item in held().now.values())


def test_a_light_curtain_blocked_again_and_again_is_not_heeded_any_more() -> None:
    witness = opened(Witness(NUDGING_HOUSE))
    for _ in range(30):
        if not witness.of(TruthKind.NUDGING):
            witness.apply(Stimulus.BLOCK_BEAM, 3)
            witness.run(1)
    first, nudges = witness.of(TruthKind.DOOR_CLOSING)[0], witness.of(TruthKind.NUDGING)[0]
    assert first.t_ns == CLOSES_NS
    assert nudges.t_ns >= witness.of(TruthKind.DOOR_OPENING)[1].t_ns + 20 * S
    assert witness.apply(Stimulus.BLOCK_BEAM, 3) is Effect.ARMED
    seen = len(witness.of(TruthKind.DOOR_OPENING))
    witness.until_kind(TruthKind.DOOR_CLOSED)
    assert len(witness.of(TruthKind.DOOR_OPENING)) == seen


def test_the_safety_edge_opens_a_nudging_door_and_it_nudges_again() -> None:
    witness = held()
    witness.run(1)
    assert witness.apply(Stimulus.SAFETY_EDGE) is Effect.NOW
    assert not witness.now.nudging
    witness.until_kind(TruthKind.DOOR_OPEN)
    witness.until_kind(TruthKind.NUDGING)
    witness.until_kind(TruthKind.DOOR_CLOSED)


def test_a_hall_button_does_not_open_a_nudging_door() -> None:
    witness = held()
    witness.run(1)
    witness.plant.person_comes(0, 5)
    closed = witness.until_kind(TruthKind.DOOR_CLOSED)
    assert witness.until_kind(TruthKind.DOOR_OPEN).t_ns > closed.t_ns
    assert witness.of(TruthKind.DOOR_OPENING)[1].t_ns == closed.t_ns
    witness.run(120)
    assert witness.plant.crowd.served == 1


@pytest.mark.parametrize("thing", [Stimulus.OPEN_BUTTON, Stimulus.DOOR_STOP])
def test_the_button_and_a_stop_under_the_door_hold_it_as_ever(thing: Stimulus) -> None:
    witness = opened(Witness(NUDGING_HOUSE))
    witness.apply(thing, 200)
    assert witness.run(190).door_open


def test_the_next_stop_begins_anew() -> None:
    witness = held()
    witness.until_kind(TruthKind.DOOR_CLOSED)
    witness.plant.person_comes(0, 5)
    witness.run(120)
    assert witness.plant.crowd.served == 1
    assert len(witness.of(TruthKind.NUDGING)) == 1


def test_the_safety_edge_touches_who_is_in_the_way_once() -> None:
    witness = opened(Witness(QUIET_HOUSE))
    assert witness.apply(Stimulus.SAFETY_EDGE) is Effect.ARMED
    seen = len(witness.of(TruthKind.DOOR_OPENING))
    touched = witness.until_kind(TruthKind.DOOR_OPENING)
    assert touched.t_ns == CLOSES_NS + 1.5 * S
    witness.until_kind(TruthKind.DOOR_CLOSED)
    assert len(witness.of(TruthKind.DOOR_OPENING)) == seen + 1


def test_a_door_that_touches_somebody_four_times_gives_up() -> None:
    """Like one that meets rubbish: once, and three times again (lift_standards.md 6.4, F02)."""
    witness = opened(Witness(QUIET_HOUSE))
    for _ in range(4):
        witness.apply(Stimulus.SAFETY_EDGE)
        witness.until_kind(TruthKind.DOOR_OPENING)
    assert witness.of(TruthKind.FAULT)[0].data == {"fault": "door_blocked"}


def test_a_release_takes_who_is_in_the_way_away() -> None:
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.SAFETY_EDGE)
    witness.apply(Stimulus.RELEASE)
    opened(witness)
    witness.until_kind(TruthKind.DOOR_CLOSED)
    assert len(witness.of(TruthKind.DOOR_OPENING)) == 1
