from hypothesis import given
from hypothesis import strategies as st

from sim.doors import DoorTravel

fractions = st.floats(0, 1)
instants = st.integers(0, 10**12)
travels = st.builds(DoorTravel, instants, fractions, fractions, st.integers(5 * 10**8, 10**10))


@given(travels, fractions)
def test_the_door_is_at_a_fraction_when_it_says_so(travel: DoorTravel, share: float) -> None:
    fraction = travel.start + (travel.target - travel.start) * share
    t_ns = travel.reaches_ns(fraction)
    assert abs(travel.fraction(t_ns) - fraction) < 1e-8


@given(travels, instants)
def test_the_door_stays_between_start_and_target(travel: DoorTravel, t_ns: int) -> None:
    low, high = sorted((travel.start, travel.target))
    assert low - 1e-12 <= travel.fraction(t_ns) <= high + 1e-12


@given(travels, instants, fractions)
def test_turning_the_door_does_not_make_it_jump(travel: DoorTravel, t_ns: int, target: float) -> None:
    assert travel.turned(t_ns, target, 2 * 10**9).fraction(t_ns) == travel.fraction(t_ns)


@given(travels, instants, instants)
def test_a_frozen_door_stays(travel: DoorTravel, t_ns: int, later_ns: int) -> None:
    assert travel.frozen(t_ns).fraction(t_ns + later_ns) == travel.fraction(t_ns)


def test_the_limit_contacts_are_no_opposites() -> None:
    ajar = DoorTravel(0, 0.5, 0.5)
    assert not ajar.is_open(0)
    assert not ajar.is_closed(0)


def test_the_contacts_make_at_their_limits() -> None:
    opening = DoorTravel(0, 0.0, 1.0, 2 * 10**9)
    assert opening.reaches_ns(0.98) == 1_960_000_000
    assert opening.is_open(1_960_000_000) and not opening.is_open(1_959_000_000)
    assert opening.is_closed(40_000_000) and not opening.is_closed(41_000_000)
