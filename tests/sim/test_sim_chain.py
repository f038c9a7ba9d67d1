"""The safety chain: contacts in order, taps, bridges, the bypass device, and what a bridged lock allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sim_witness import QUIET_HOUSE, Witness

from protocols.lift.vocabulary import ServiceMode
from sim.building import Chain as ChainConfig
from sim.building import LockInputs
from sim.chain import Chain, Contact, Taps
from sim.hands import Hands
from sim.signals import PlantSignals
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind

FLOOR = 2


def taps(chain: Chain, *, broken: bool = False, landing: bool = True, car: bool = True) -> Taps:
    return chain.taps(0, FLOOR, is_broken=broken, landing=landing, car=car)


def read(signals: PlantSignals) -> tuple[bool, bool, bool]:
    return signals.safety_chain, signals.landing_lock, signals.car_lock


@given(
    st.sets(st.sampled_from(Contact)), st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans(),
    st.booleans(), st.booleans(),
)  # fmt: skip
def test_a_tap_reads_closed_if_everything_before_it_is_closed_or_bridged(
    opened: set[Contact],
    broken: bool,
    landing: bool,
    car: bool,
    stops_bridged: bool,
    landing_bridged: bool,
    car_bridged: bool,
    bypassed: bool,
) -> None:
    chain = Chain(Hands(), in_series=True)
    for contact in opened:
        chain.open(contact)
    for is_so, bridge in (
        (stops_bridged, chain.bridge_stops),
        (landing_bridged, chain.bridge_landings),
        (car_bridged, chain.bridge_car),
    ):
        if is_so:
            bridge()
    chain.bypassed = bypassed
    stretches = [
        stops_bridged or not (opened or broken),
        landing or landing_bridged or bypassed,
        car or car_bridged,
    ]
    seen = taps(chain, broken=broken, landing=landing, car=car)
    assert (seen.stops, seen.landing_lock, seen.car_lock) == tuple(all(stretches[: i + 1]) for i in range(3))
    assert seen.end is seen.car_lock


def test_locks_read_at_their_own_contacts_say_nothing_of_what_is_before_them() -> None:
    chain = Chain(Hands(), in_series=False)
    chain.open(Contact.GOVERNOR)
    seen = taps(chain, landing=False)
    assert (seen.end, seen.landing_lock, seen.car_lock) == (False, False, True)


def test_a_bridge_of_one_landing_bridges_no_other() -> None:
    chain = Chain(Hands(), in_series=True)
    chain.bridge_landings(1 << FLOOR)
    assert taps(chain, landing=False).landing_lock
    assert not chain.taps(0, FLOOR + 1, is_broken=False, landing=False, car=True).landing_lock


def test_a_contact_that_was_opened_is_closed_by_mending() -> None:
    chain = Chain(Hands(), in_series=True)
    chain.open(Contact.GOVERNOR)
    assert not taps(chain).stops
    chain.mend()
    assert taps(chain).end


def test_a_bridge_outlasts_mending_and_is_removed_by_hand() -> None:
    chain = Chain(Hands(), in_series=True)
    chain.bridge_car()
    chain.mend()
    assert taps(chain, car=False).end
    assert chain.unbridge()
    assert not taps(chain, car=False).end
    assert not chain.unbridge()


@pytest.mark.parametrize("lock_inputs", LockInputs)
def test_the_taps_read_alike_in_normal_service(lock_inputs: LockInputs) -> None:
    witness = Witness(replace(QUIET_HOUSE, chain=ChainConfig(lock_inputs)))
    witness.apply(Stimulus.PERSON_ENTERS)
    shut = 0
    for _ in range(300):
        now = witness.run(0.1)
        assert len(set(read(now))) == 1
        assert now.safety_chain or not now.moving
        shut += now.safety_chain
    assert 0 < shut < 300


def test_the_lock_makes_after_the_close_limit_and_breaks_before_it() -> None:
    """The lock makes at 1 % of the door's way, the limit at 2 %: 20 and 30 ms apart for 2 s and 3 s doors."""
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.PERSON_ENTERS)
    at = {}
    before = witness.now
    while "locked" not in at:
        now = witness.run(0.001)
        if before.car_lock and not now.car_lock:
            at["unlocked"] = now.t_ns
        if before.door_closed and not now.door_closed:
            at["left"] = now.t_ns
        if not before.door_closed and now.door_closed:
            at["closed"] = now.t_ns
        if not before.car_lock and now.car_lock:
            at["locked"] = now.t_ns
        before = now
    assert at["left"] - at["unlocked"] == pytest.approx(20e6, abs=2e6)
    assert at["locked"] - at["closed"] == pytest.approx(30e6, abs=2e6)


# bridges on the lift


def test_a_bridged_landing_lock_reads_closed_at_an_open_door() -> None:
    witness = Witness(QUIET_HOUSE)
    assert witness.apply(Stimulus.BRIDGE_LANDING_LOCK) is Effect.NOW
    witness.apply(Stimulus.PERSON_ENTERS)
    now = witness.until(lambda now: now.door_open)
    assert read(now) == (False, True, False)
    assert (now.landing_made, now.car_made) == (False, False)
    assert witness.apply(Stimulus.UNBRIDGE) is Effect.NOW
    assert read(witness.now) == (False, False, False)


def test_with_both_locks_bridged_the_chain_reads_closed_at_an_open_door_and_the_car_waits_for_its_close_limit() -> None:
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.BRIDGE_LANDING_LOCK)
    witness.apply(Stimulus.BRIDGE_CAR_CONTACT)
    witness.apply(Stimulus.PERSON_ENTERS)
    assert read(witness.until(lambda now: now.door_open)) == (True, True, True)
    witness.until_kind(TruthKind.DEPARTED)
    assert witness.now.door_closed


def test_the_bridged_stops_let_a_car_go_that_its_stop_switch_should_hold() -> None:
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.INSPECTION_ON)
    witness.apply(Stimulus.STOP_SWITCH, 60)
    assert witness.apply(Stimulus.INSPECTION_UP) is Effect.NONE
    witness.apply(Stimulus.BRIDGE_CHAIN)
    assert witness.now.safety_chain
    assert witness.apply(Stimulus.INSPECTION_UP, 20) is Effect.NOW
    witness.run(2)
    witness.apply(Stimulus.UNBRIDGE)
    assert not witness.run(0.5).moving


# the bypass device


def test_the_bypass_device_allows_inspection_and_nothing_else() -> None:
    witness = Witness(QUIET_HOUSE)
    assert witness.apply(Stimulus.BYPASS_ON) is Effect.NOW
    assert witness.now.mode is ServiceMode.INSPECTION
    assert witness.apply(Stimulus.INSPECTION_OFF) is Effect.NONE
    assert witness.apply(Stimulus.RIDE_UP) is Effect.NONE
    assert witness.apply(Stimulus.BYPASS_OFF) is Effect.NOW
    assert witness.now.mode is ServiceMode.INSPECTION
    assert witness.apply(Stimulus.INSPECTION_OFF) is Effect.NOW
    assert witness.run(60).mode is ServiceMode.NORMAL


def test_under_bypass_an_open_landing_lock_stops_no_inspection_drive_and_its_end_does() -> None:
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.BYPASS_ON)
    witness.apply(Stimulus.INSPECTION_UP, 60)
    witness.apply(Stimulus.LANDING_LOCK, 60)
    assert witness.run(1).moving
    witness.apply(Stimulus.BYPASS_OFF)
    assert not witness.run(1).moving


def test_nobody_bypasses_the_locks_of_a_lift_in_service() -> None:
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.RIDE_UP)
    assert witness.apply(Stimulus.BYPASS_ON) is Effect.NONE
    assert witness.apply(Stimulus.BYPASS_OFF) is Effect.NONE


def test_a_technicians_release_ends_the_bypass() -> None:
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.BYPASS_ON)
    witness.apply(Stimulus.RELEASE)
    assert witness.run(120).mode is ServiceMode.NORMAL


# the bypass device left on, and not seen


def test_a_bypass_that_the_controller_does_not_see_leaves_the_lift_in_service(quiet: Witness) -> None:
    assert quiet.apply(Stimulus.BYPASS_LEFT_ON) is Effect.NOW
    assert quiet.apply(Stimulus.BYPASS_LEFT_ON) is Effect.NONE
    quiet.plant.person_comes(0, 8)
    opened = quiet.until(lambda now: now.door_open)
    assert (opened.landing_lock, opened.landing_made, opened.car_lock) == (True, False, False)
    quiet.until_kind(TruthKind.DEPARTED)
    moving = quiet.run(4)
    assert (moving.bypass, moving.moving, moving.mode) == (True, True, ServiceMode.NORMAL)


def test_its_visit_ends_with_it_still_on(quiet: Witness) -> None:
    quiet.apply(Stimulus.BYPASS_ON)
    quiet.apply(Stimulus.BYPASS_LEFT_ON)
    assert quiet.apply(Stimulus.INSPECTION_OFF) is Effect.NOW
    now = quiet.run(60)
    assert (now.bypass, now.mode) == (True, ServiceMode.NORMAL)


@pytest.mark.parametrize("end", [Stimulus.BYPASS_OFF, Stimulus.RELEASE])
def test_off_again_the_device_is_seen(quiet: Witness, end: Stimulus) -> None:
    quiet.apply(Stimulus.BYPASS_LEFT_ON)
    quiet.apply(end)
    assert not quiet.now.bypass
    quiet.apply(Stimulus.BYPASS_ON)
    assert quiet.now.bypass
    assert quiet.apply(Stimulus.INSPECTION_OFF) is Effect.NONE
