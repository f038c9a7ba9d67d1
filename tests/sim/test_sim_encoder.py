"""An encoder that drifts between landings, and a zone switch with hysteresis: as a plant shows them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sim_witness import QUIET_HOUSE, Witness

from sim.encoder import Encoder
from sim.ride import Levelling, Positioning
from sim.stimuli import Stimulus
from sim.truth import TruthKind

HEIGHTS = QUIET_HOUSE.heights_m  # 3 m apart
ZONE_M = 0.20


def encoder(drift: float = 0.0, hysteresis: float = 0.0, at_m: float = 0.0) -> Encoder:
    return Encoder(HEIGHTS, ZONE_M, Positioning(encoder_drift_mm_per_m=drift, zone_hysteresis_mm=hysteresis), at_m)


@given(st.floats(-0.5, 24.5))
def test_an_exact_encoder_reads_the_place(position_m: float) -> None:
    assert encoder().reading_m(position_m) == position_m


@pytest.mark.parametrize(
    ("position_m", "wanted_m"), [(0.0, 0.0), (1.0, 1.002), (2.9, 2.9058), (3.0, 3.0), (3.5, 3.501), (5.5, 5.505)]
)
def test_on_the_way_up_the_error_grows_from_the_landing_below(position_m: float, wanted_m: float) -> None:
    """2 mm for each metre since the last landing."""
    assert encoder(drift=2.0).reading_m(position_m) == pytest.approx(wanted_m, abs=1e-9)


@pytest.mark.parametrize(("position_m", "wanted_m"), [(5.0, 4.998), (3.0, 3.0), (2.0, 1.998), (0.0, 0.0)])
def test_on_the_way_down_the_error_grows_from_the_landing_above(position_m: float, wanted_m: float) -> None:
    assert encoder(drift=2.0, at_m=6.0).reading_m(position_m) == pytest.approx(wanted_m, abs=1e-9)


def test_a_car_that_turns_between_landings_takes_its_error_along() -> None:
    it = encoder(drift=2.0)
    it.stood(2.0)
    assert it.reading_m(2.0) == pytest.approx(2.004)
    assert it.reading_m(1.0) == pytest.approx(1.002)
    assert it.reading_m(0.0) == pytest.approx(0.0)


def test_the_zone_switch_makes_nearer_to_the_landing_than_it_breaks() -> None:
    """0.20 m with 10 mm between: makes at 0.195 m, breaks at 0.205 m."""
    from_below, leaving = encoder(hysteresis=10.0, at_m=1.5), encoder(hysteresis=10.0, at_m=3.0)
    assert [from_below.zone_switch(3 - off_m) for off_m in (0.21, 0.199, 0.196, 0.194)] == [False, False, False, True]
    assert [leaving.zone_switch(3 + off_m) for off_m in (0.194, 0.201, 0.204, 0.206)] == [True, True, True, False]


def test_a_car_that_stops_where_the_switch_may_be_either_keeps_what_it_was() -> None:
    for at_m, made in ((1.5, False), (3.0, True)):
        it = encoder(hysteresis=10.0, at_m=at_m)
        it.stood(2.801)
        assert it.zone_switch(2.801) is made
        assert it.zone_switch(2.7985) is made
        assert it.zone_switch(3.0) is True
        assert it.zone_switch(2.7) is False


@given(st.floats(0, 24), st.floats(0, 24))
def test_outside_its_hysteresis_the_zone_switch_is_where_the_zone_is(at_m: float, position_m: float) -> None:
    off_m = min(abs(position_m - height_m) for height_m in HEIGHTS)
    if abs(off_m - ZONE_M) > 0.0051:
        assert encoder(hysteresis=10.0, at_m=at_m).zone_switch(position_m) is (off_m <= ZONE_M)


def test_a_plant_shows_reading_and_switches_beside_the_truth() -> None:
    witness = Witness(replace(QUIET_HOUSE, positioning=Positioning(encoder_drift_mm_per_m=2.0, zone_hysteresis_mm=10)))
    witness.plant._lift.person_comes(2, 0)
    witness.until_kind(TruthKind.DEPARTED)
    now = witness.run(2.5)
    assert 1.5 < now.position_m < 2.8
    assert now.encoder_m == pytest.approx(1.002 * now.position_m)
    assert not {"encoder_m", "zone_switch", "landing_switch"} & set(now.values())
    witness.until_kind(TruthKind.ARRIVED)
    now = witness.now
    assert (now.encoder_m, now.zone_switch, now.landing_switch) == (6.0, True, True)


def test_a_car_stopped_between_landings_keeps_its_error() -> None:
    witness = Witness(replace(QUIET_HOUSE, positioning=Positioning(encoder_drift_mm_per_m=5.0)))
    witness.trap(Stimulus.ENTRAP_BETWEEN_FLOORS)
    now = witness.run(600)
    off_m = now.position_m - 3.0 * (now.position_m // 3.0)
    assert now.encoder_m - now.position_m == pytest.approx(0.005 * off_m, abs=1e-9)


def test_the_landing_switch_is_not_made_by_a_car_that_stops_too_far_off() -> None:
    witness = Witness(replace(QUIET_HOUSE, levelling=Levelling(load_error_mm=30.0)))
    witness.plant._lift.person_comes(2, 0)
    witness.until_kind(TruthKind.ARRIVED)
    assert (witness.now.landing_switch, witness.now.zone_switch) == (False, True)
