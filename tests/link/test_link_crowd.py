"""One bad slave of sixteen: what the others lose to it, and how it is asked itself."""

from itertools import pairwise

import pytest
from crowd_bench import BAD, GOES_BAD_NS, SLAVES, Crowd, babbling, flapping, on_crowd, speaks_unasked, time_out_ns
from link_bench import S, good, silent

from hil.bus.segment import Delivery

BAD_NAME = f"device-{BAD}"
BACK_OFF_NS = [round(seconds * S) for seconds in (0.5, 1, 2, 4, 8, 10)]
"""What issue 3 asks for: 0.5 to 10 s, each step twice the one before."""


@pytest.mark.parametrize("registers", [2, 39])
def test_a_dead_slave_costs_the_others_nothing(registers: int) -> None:
    crowd = on_crowd(lambda crowd: crowd.goes(silent), 70, registers)
    assert min(crowd.rates()) >= 0.99
    assert crowd.longest_gap_ns() <= crowd.period_ns + time_out_ns(registers) + crowd.turns_ns
    assert crowd.downs() == {BAD_NAME}


@pytest.mark.parametrize("registers", [2, 39])
@pytest.mark.parametrize(("up_s", "down_s"), [(0.7, 0.5), (1, 1), (3, 3), (5, 20), (20, 5)])
def test_a_flapping_slave_costs_the_others_nothing(up_s: float, down_s: float, registers: int) -> None:
    crowd = on_crowd(lambda crowd: crowd.goes(flapping(crowd, up_s, down_s)), 70, registers)
    assert min(crowd.rates()) >= 0.99
    assert crowd.longest_gap_ns() <= crowd.period_ns + time_out_ns(registers) + crowd.turns_ns
    assert crowd.downs() <= {BAD_NAME}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("for_ms", [100, 300])
def test_a_slave_that_babbles_when_asked_leaves_the_others_their_rate(for_ms: int, seed: int) -> None:
    crowd = on_crowd(lambda crowd: crowd.goes(babbling(for_ms, seed)), 70, delivery=Delivery.BYTE)
    assert min(crowd.rates()) >= 0.95
    assert crowd.downs() == {BAD_NAME}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("for_ms", [1000, 3000])
def test_a_slave_that_holds_the_wire_is_left_alone_for_the_others_sake(for_ms: int, seed: int) -> None:
    """Twice it may; then it is asked ever more seldom."""
    crowd = on_crowd(lambda crowd: crowd.goes(babbling(for_ms, seed)), 610, delivery=Delivery.BYTE)
    assert min(crowd.rates()) >= 0.95
    asked = [t_ns for t_ns in crowd.starts(BAD) if t_ns > GOES_BAD_NS]
    gaps_ns = [later - sooner for sooner, later in pairwise(asked[1:])]
    assert all(gap_ns >= min(40 * for_ms * S // 1000, 10 * S * 4**turn, 120 * S) for turn, gap_ns in enumerate(gaps_ns))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_node_that_babbles_unasked_leaves_the_others_their_rate(seed: int) -> None:
    crowd = on_crowd(lambda crowd: speaks_unasked(crowd, 300, 15, 70, seed), 70, delivery=Delivery.BYTE)
    rates = crowd.rates()
    assert sum(rates) / len(rates) >= 0.95
    assert crowd.downs() == set()


def test_a_dead_slave_is_asked_ever_more_rarely_and_never_again_within_its_cycle() -> None:
    crowd = on_crowd(lambda crowd: crowd.goes(silent), 100)
    asked = [t_ns for t_ns in crowd.starts(BAD) if t_ns > GOES_BAD_NS - crowd.period_ns]
    waits = [later - sooner for sooner, later in pairwise(asked)][1:]
    steps = [*BACK_OFF_NS, *[BACK_OFF_NS[-1]] * len(waits)]
    slack_ns = crowd.period_ns + 2 * time_out_ns(crowd.registers)
    for waited, step in zip(waits, steps, strict=False):
        assert waited >= max(step, crowd.period_ns - slack_ns)
        assert waited <= max(step, 1.2 * S) + slack_ns
    assert len(waits) > len(BACK_OFF_NS)


def test_each_slave_backs_off_on_its_own() -> None:
    """When a second one dies, after the first has long been on the longest back-off, it starts from the shortest."""

    def main(crowd: Crowd) -> None:
        crowd.goes(silent)
        crowd.goes(silent, at_ns=60 * S, slave=3)

    crowd = on_crowd(main, 80)
    first, second, third = [t_ns for t_ns in crowd.starts(3) if t_ns > 60 * S][:3]
    assert second - first <= 1.2 * S + crowd.period_ns + 2 * time_out_ns(2)
    assert third - second <= 1.2 * S + crowd.period_ns + 2 * time_out_ns(2)
    assert crowd.downs() == {BAD_NAME, "device-3"}


@pytest.mark.parametrize("dead_s", [2, 30, 100])
def test_a_slave_that_returns_is_polled_at_its_rate_and_nothing_is_made_up_for(dead_s: int) -> None:
    returns_ns = GOES_BAD_NS + dead_s * S

    def main(crowd: Crowd) -> None:
        crowd.goes(silent)
        crowd.goes(good, at_ns=returns_ns)

    crowd = on_crowd(main, 10 + dead_s + 30)
    back = [t_ns for t_ns in crowd.starts(BAD) if t_ns >= returns_ns]
    assert back[0] <= returns_ns + BACK_OFF_NS[-1] + 2 * crowd.period_ns
    polls = (crowd.loop.now_ns - back[0]) / crowd.period_ns
    assert len(back) == pytest.approx(polls, abs=2)
    assert all(later - sooner >= crowd.period_ns / 2 for sooner, later in pairwise(back))


def test_nothing_is_made_up_for_after_the_wire_was_held_by_noise() -> None:
    def main(crowd: Crowd) -> None:
        crowd.goes(babbling(3000, seed=1))
        crowd.goes(good, at_ns=GOES_BAD_NS + 2 * S)

    crowd = on_crowd(main, 25, delivery=Delivery.BYTE)
    for slave in crowd.others():
        after = [t_ns for t_ns in crowd.starts(slave) if t_ns > GOES_BAD_NS]
        assert all(later - sooner >= crowd.period_ns / 2 for sooner, later in pairwise(after))


def test_the_bus_is_never_asked_more_than_the_plan_says() -> None:
    """While one slave flaps, no period has more requests than there are slaves, and one put off from before."""
    crowd = on_crowd(lambda crowd: crowd.goes(flapping(crowd, 3, 3)), 70)
    starts = [tapped.t_start_ns for tapped in crowd.requests]
    assert all(starts[index + SLAVES + 1] - starts[index] > crowd.period_ns * 0.9 for index in range(len(starts) - 17))


def test_only_the_bad_slave_is_not_up() -> None:
    crowd = on_crowd(lambda crowd: crowd.goes(silent), 40)
    states = {view.slave: view.state for view in crowd.poller.views()}
    assert states == dict.fromkeys(crowd.others(), "up") | {BAD: "down"}
