"""Advance opening: the door begins to open in the unlocking zone, before the car stands (EN 81-20 5.12.1.4, C)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sim_witness import QUIET_HOUSE, S, Witness

from sim.building import Building
from sim.stimuli import Stimulus
from sim.truth import TruthKind


def house(advance_s: float | None = None, rated_mps: float = 1.75, **door: float) -> Building:
    its = replace(QUIET_HOUSE.door, advance_opening=True, advance_s=advance_s, **door)
    return replace(QUIET_HOUSE, door=its, drive=replace(QUIET_HOUSE.drive, rated_speed_mps=rated_mps))


def riding(building: Building, floor: int = 5) -> Witness:
    """Somebody is on the way to `floor` from the main floor, and the log begins with the start."""
    witness = Witness(building)
    witness.plant.person_comes(0, floor)
    witness.until_kind(TruthKind.DEPARTED)
    witness.truth.clear()
    return witness


def instant(witness: Witness, kind: TruthKind) -> int:
    return witness.of(kind)[0].t_ns


def test_without_it_the_door_waits_for_the_car_to_stand() -> None:
    witness = riding(QUIET_HOUSE)
    witness.until_kind(TruthKind.DOOR_OPEN)
    assert instant(witness, TruthKind.DOOR_OPENING) == instant(witness, TruthKind.STOPPED)


def test_the_door_is_open_as_much_earlier_as_it_began_before_standstill() -> None:
    """0.8 s of a door that takes 1.96 s to its open limit."""
    witness = riding(house(0.8))
    witness.until_kind(TruthKind.DOOR_OPEN)
    stopped_ns = instant(witness, TruthKind.STOPPED)
    assert stopped_ns - instant(witness, TruthKind.DOOR_OPENING) == pytest.approx(0.8 * S, abs=2)
    assert instant(witness, TruthKind.DOOR_OPEN) - stopped_ns == pytest.approx(1.16 * S, abs=2)
    assert len(witness.of(TruthKind.DOOR_OPENING)) == 1


def test_as_early_as_allowed_is_where_the_zone_begins() -> None:
    """0.20 m before the landing, at 0.47 m/s: slower than 0.8 m/s."""
    witness = riding(house())
    witness.until_kind(TruthKind.DOOR_OPENING)
    now = witness.now
    assert (now.moving, now.door_zone) == (True, True)
    assert now.position_m == pytest.approx(15.0 - 0.20, abs=1e-6)


def test_a_car_that_is_too_fast_in_a_wide_zone_slows_down_first() -> None:
    """With 1.2 m/s2 and 5 m/s3 it enters a zone of 0.35 m at more than 0.8 m/s."""
    wide = house(zone_m=0.35)
    drive = replace(wide.drive, accel_mps2=1.2, jerk_mps3=5.0)
    witness = riding(replace(wide, drive=drive))
    witness.until_kind(TruthKind.DOOR_OPENING)
    assert witness.now.speed_mps == pytest.approx(0.8, abs=1e-6)
    assert 15.0 - witness.now.position_m < 0.35


@pytest.mark.parametrize("advance_s", [None, 0.9])
def test_a_quick_door_is_not_open_before_the_car_stands(advance_s: float | None) -> None:
    """0.49 s to its open limit."""
    witness = riding(house(advance_s, opening_s=0.5))
    witness.until_kind(TruthKind.DOOR_OPEN)
    stopped_ns = instant(witness, TruthKind.STOPPED)
    assert stopped_ns - instant(witness, TruthKind.DOOR_OPENING) == pytest.approx(0.49 * S, abs=2)
    assert instant(witness, TruthKind.DOOR_OPEN) == pytest.approx(stopped_ns, abs=2)


def test_a_car_whose_door_has_begun_to_open_is_sent_no_farther() -> None:
    """A car so slow that it is in the zone long before it slows down."""
    witness = riding(house(rated_mps=0.1))
    witness.until_kind(TruthKind.DOOR_OPENING)
    assert not witness.plant._lift._hoist.retarget_to(8)


def test_on_the_last_stretch_the_door_zone_relay_bridges_the_open_locks() -> None:
    witness = riding(house())
    witness.until_kind(TruthKind.DOOR_OPENING)
    assert witness.now.landing_lock and witness.now.car_lock
    later = witness.run(0.2)
    assert later.moving and later.door_zone and not later.door_closed
    assert not (later.landing_made or later.car_made)
    assert later.zone_bridged and later.landing_lock and later.car_lock and later.safety_chain


def test_the_door_of_a_car_that_passes_a_landing_stays_shut() -> None:
    witness = riding(house())
    witness.until_kind(TruthKind.STOPPED)
    assert len(witness.of(TruthKind.DOOR_OPENING)) == 1


def test_a_car_that_loses_its_power_on_the_last_stretch_traps_with_its_door_ajar() -> None:
    witness = riding(house())
    witness.until_kind(TruthKind.DOOR_OPENING)
    witness.run(0.3)
    witness.apply(Stimulus.POWER_LOSS)
    trapped = witness.until_kind(TruthKind.TRAPPED_SINCE)
    assert trapped.data == {"persons": 1, "floor": 5, "door_zone": True, "cause": "power"}
    ajar = witness.now.door_fraction
    assert 0.1 < ajar < 0.2
    assert witness.run(60).door_fraction == ajar
    witness.apply(Stimulus.POWER_RESTORE)
    witness.until_kind(TruthKind.FREED)
    assert witness.run(30).persons == 0


def test_a_door_that_fails_to_open_does_not_begin_to() -> None:
    witness = riding(house())
    witness.apply(Stimulus.ENTRAP_AT_LANDING)
    trapped = witness.until_kind(TruthKind.TRAPPED_SINCE)
    assert trapped.t_ns == instant(witness, TruthKind.STOPPED)
    assert witness.of(TruthKind.DOOR_OPENING) == []


def test_a_door_that_is_opening_already_does_not_fail() -> None:
    witness = riding(house())
    witness.until_kind(TruthKind.DOOR_OPENING)
    witness.run(0.1)
    witness.apply(Stimulus.ENTRAP_AT_LANDING)
    assert witness.until_kind(TruthKind.ALIGHTED).data["floor"] == 5
    assert witness.of(TruthKind.TRAPPED_SINCE, TruthKind.FAULT) == []


@settings(max_examples=40)
@given(
    floor=st.integers(1, 8),
    rated_mps=st.sampled_from([0.1, 0.5, 1.75, 4.0]),
    advance_s=st.none() | st.floats(0.01, 3.0),
    opening_s=st.floats(0.5, 10.0),
)
def test_it_is_in_the_zone_and_slow_wherever_the_car_comes_from(
    floor: int, rated_mps: float, advance_s: float | None, opening_s: float
) -> None:
    building = house(advance_s, rated_mps, opening_s=opening_s)
    witness = riding(building, floor)
    witness.until_kind(TruthKind.DOOR_OPENING)
    now = witness.now
    assert now.door_zone and now.speed_mps <= 0.8 and now.floor == floor
    witness.until_kind(TruthKind.DOOR_OPEN)
    assert instant(witness, TruthKind.STOPPED) <= instant(witness, TruthKind.DOOR_OPEN) + 2
