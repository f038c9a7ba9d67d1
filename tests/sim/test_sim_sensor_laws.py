"""The law of each imperfection, on signals written down by hand."""

import math
from itertools import pairwise

import pytest
from sim_sensing import edges, trace
from sim_witness import S

from sim.sensors.chance import Bounce, LostAtRest, Spells
from sim.sensors.steady import Hot, Inverted, Late, Still, Stuck, Switched
from sim.sensors.trace import START, Source, Trace

MS = S // 1000
SEEDS = range(40)
ALWAYS = Trace(True)


def told(source: Source, *seconds: float) -> list[object]:
    return [source.at(round(one * S)) for one in seconds]


# what is recorded


def test_a_value_holds_from_its_change_to_the_next() -> None:
    floor = trace(0, (10, 1), (20, 2))
    assert told(floor, -5, 0, 9.999, 10, 19.999, 20, 1000) == [0, 0, 0, 1, 1, 2, 2]
    assert [floor.since(t * S) for t in (-5, 9, 10, 15, 30)] == [START, START, 10 * S, 10 * S, 20 * S]


def test_the_last_word_for_an_instant_counts_and_no_change_is_none() -> None:
    floor = trace(0, (10, 1), (10, 0), (20, 0), (30, 1))
    assert floor.nth_after(START, 1) == 30 * S
    assert floor.nth_after(START, 2) is None


# bounce


@pytest.mark.parametrize("seed", SEEDS)
def test_a_contact_bounces_within_its_time_and_ends_where_it_belongs(seed: int) -> None:
    bounce = Bounce(trace(False, (10, True)), f"{seed}/x", 300 * MS, 4)
    changes = edges(bounce, range(9 * S, 11 * S, MS // 10))
    assert changes[0] == 10 * S
    assert changes[-1] <= 10 * S + 300 * MS
    assert len(changes) % 2 == 1
    assert len(changes) <= 1 + 2 * 4
    assert told(bounce, 9.9, 10, 10.3, 11) == [False, True, True, True]


def test_chatters_are_one_to_as_many_as_said() -> None:
    bounces = [Bounce(trace(False, (10, True)), f"{seed}/x", 300 * MS, 4) for seed in SEEDS]
    counts = []
    for bounce in bounces:
        t_ns, turns = 11 * S, 0
        while (t_ns := bounce.since(t_ns)) > 10 * S:
            t_ns, turns = t_ns - 1, turns + 1
        counts.append(turns // 2)
    assert set(counts) == {1, 2, 3, 4}


def test_each_edge_bounces_in_its_own_way() -> None:
    bounce = Bounce(trace(False, (10, True), (20, False)), "1/x", 300 * MS, 4)
    on, off = (edges(bounce, range(at * S - MS, at * S + 301 * MS, MS // 10)) for at in (10, 20))
    assert [t_ns - 10 * S for t_ns in on] != [t_ns - 20 * S for t_ns in off]


def test_what_has_not_changed_yet_does_not_bounce() -> None:
    assert edges(Bounce(Trace(True), "1/x", 300 * MS, 4), range(0, S, MS)) == []


# steady ones


def test_late_is_the_same_later() -> None:
    late = Late(trace(False, (10, True), (12, False)), 3 * S)
    assert told(late, 0, 10, 12.999, 13, 14.999, 15) == [False, False, False, True, True, False]
    assert late.since(14 * S) == 13 * S
    assert late.since(2 * S) == START


def test_inverted_is_the_opposite() -> None:
    assert told(Inverted(trace(False, (10, True))), 9, 10) == [True, False]


def test_stuck_at_what_it_told_from_its_time_on() -> None:
    truth, on = trace(False, (10, True), (30, False)), trace(False, (20, True))
    stuck = Switched(truth, Stuck(truth, on, None), on)
    assert told(stuck, 5, 15, 25, 35, 1000) == [False, True, True, True, True]


def test_stuck_at_a_value_and_free_again() -> None:
    truth, on = trace(False, (10, True)), trace(False, (20, True), (40, False))
    stuck = Switched(truth, Stuck(truth, on, False), on)
    assert told(stuck, 15, 20, 39.999, 40) == [True, False, False, True]


def test_stuck_after_a_number_of_changes() -> None:
    truth, on = trace(False, (10, True), (20, False), (30, True), (40, False)), trace(False, (5, True))
    stuck = Switched(truth, Stuck(truth, on, None, truth, 3), on)
    assert told(stuck, 15, 25, 30, 45) == [True, False, True, True]


def test_a_switch_counts_from_its_own_instant() -> None:
    switched = Switched(Trace(False), Trace(True), trace(False, (10, True), (20, False)))
    assert told(switched, 9.999, 10, 19.999, 20) == [False, True, True, False]
    assert [switched.since(t * S) for t in (9, 15, 25)] == [START, 10 * S, 20 * S]


# persons


def test_a_pir_loses_who_stands_still_and_finds_them_when_a_door_or_the_car_moves() -> None:
    person, moving = trace(False, (10, True)), trace(False, (100, True), (120, False))
    door = trace(True, (9, False), (12, True), (200, False))
    still = Still(person, moving, (door,), 30 * S)
    assert told(still, 9, 10, 41.999, 42, 99) == [False, True, True, False, False]
    assert told(still, 100, 119, 149.999, 150, 199, 200, 229.999, 230) == [True] * 3 + [False] * 2 + [True] * 2 + [
        False
    ]
    assert [still.since(t * S) for t in (41, 60, 110, 160)] == [12 * S, 42 * S, 100 * S, 150 * S]


def test_a_pir_sees_whoever_rides_for_longer_than_it_remembers() -> None:
    still = Still(trace(False, (10, True)), trace(False, (20, True), (90, False)), (), 30 * S)
    assert told(still, 20, 89.9, 90, 119.9, 120) == [True] * 4 + [False]


def test_a_pir_sees_nobody_where_nobody_is() -> None:
    assert told(Still(Trace(False), ALWAYS, (), 30 * S), 1, 100) == [False, False]


def test_a_pir_is_hot_for_its_time_after_the_mains_come_back() -> None:
    hot = Hot(Trace(False), trace(True, (100, False), (130, True)), 60 * S)
    assert told(hot, 0, 10, 110, 129, 130, 189.999, 190) == [False] * 4 + [True] * 2 + [False]
    assert [hot.since(t * S) for t in (10, 150, 200)] == [START, 130 * S, 190 * S]


# spells


def begins(spells: Source, seconds: int) -> list[int]:
    return [t_ns for t_ns in edges(spells, range(0, seconds * S, 100 * MS)) if spells.at(t_ns)]


def within_poisson(count: int, expected: float) -> bool:
    """Four standard deviations."""
    return abs(count - expected) <= 4 * math.sqrt(expected)


def test_false_alarms_come_at_their_rate() -> None:
    spells = Spells(Trace(False), "1/x", True, 0.02, 2 * S)
    assert within_poisson(len(begins(spells, 20_000)), 400 * 0.95)  # some fall between two looks or into another


def test_false_alarms_last_up_to_their_time_and_half_of_it_on_average() -> None:
    spells = Spells(Trace(False), "1/x", True, 0.01, 4 * S)
    changes = edges(spells, range(0, 20_000 * S, 100 * MS))
    lasted = [(after - before) / S for before, after in pairwise(changes) if spells.at(before)]
    assert max(lasted) < 6  # two that overlap may take longer than one
    assert 1.7 < sum(lasted) / len(lasted) < 2.3


def test_dropouts_come_at_their_rate_per_second_of_travel_and_only_then() -> None:
    moving = Trace(False)
    for number in range(400):  # 5 s of every 10 s
        moving.set(number * 10 * S, True)
        moving.set((number * 10 + 5) * S, False)
    drops = Spells(Trace(True), "1/x", False, 0.1, 100 * MS, moving)
    changes = edges(drops, range(0, 4000 * S, 20 * MS))
    fallen = [t_ns for t_ns in changes if not drops.at(t_ns)]
    assert within_poisson(len(fallen), 0.1 * 2000 * 0.9)  # one in ten falls between two looks
    assert all(t_ns // S % 10 <= 5 for t_ns in fallen)
    assert all(
        after - before <= 220 * MS for before, after in pairwise(changes) if not drops.at(before)
    )  # two may overlap


def test_a_spell_that_is_longer_than_a_minute_is_whole() -> None:
    spells = Spells(Trace(False), "5/x", True, 1 / 1800, 300 * S)
    changes = edges(spells, range(0, 86_400 * S, S))
    lasted = [(after - before) // S for before, after in pairwise(changes) if spells.at(before)]
    assert max(lasted) > 120
    assert spells.since(changes[0]) > changes[0] - S
    assert all(t_ns % (300 * S) for t_ns in changes)  # none is cut where a page of draws ends


# a limit contact


def test_a_limit_is_lost_at_its_share_of_the_closings_within_its_time_until_the_door_moves() -> None:
    closed = Trace(False)
    for number in range(400):
        closed.set((number * 100 + 10) * S, True)
        closed.set((number * 100 + 90) * S, False)
    lost = LostAtRest(closed, "1/x", 0.25, 60 * S)
    changes = edges(lost, range(0, 40_000 * S, 100 * MS))
    early = [t_ns for t_ns in changes if not lost.at(t_ns) and t_ns // S % 100 != 90]
    assert within_poisson(len(early), 100)
    assert all(10 <= t_ns // S % 100 <= 70 for t_ns in early)
    assert all(t_ns // S % 100 == 10 for t_ns in changes if lost.at(t_ns))
    assert {t_ns // S % 100 // 20 for t_ns in early} == {0, 1, 2, 3}


def test_a_door_that_has_stood_closed_since_ever_keeps_its_limit() -> None:
    assert told(LostAtRest(Trace(True), "1/x", 1.0, S), 0, 1000) == [True, True]
