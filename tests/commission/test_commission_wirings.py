"""Every input inverted, dead either way, and swapped with every other one, ten seeds each: all named, nothing else."""

from itertools import combinations

import pytest

from edge_agent.commission.fixes import fix_of
from hil import BenchError
from protocols.profiles.place import Channel
from tests.commission.bulk_visit import visit
from tests.commission.commission_bench import (
    LIFT,
    PROFILES,
    RIGHT,
    dead,
    house,
    inverted,
    judged_as,
    recorded,
    steps_of_lift,
    swapped,
    verdicts,
)

SEEDS = range(1, 11)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lift_that_is_wired_as_its_file_says_passes(seed: int) -> None:
    judgement = judged_as(recorded(seed))

    assert judgement.passed
    assert not verdicts(judgement)
    assert not [one.signal.item for one in judgement.findings if one.alike], "everything was told from everything else"
    assert not judgement.unproven


@pytest.mark.parametrize("seed", SEEDS)
def test_each_inverted_contact_is_named(seed: int) -> None:
    for number, channel in RIGHT.items():
        judgement = judged_as(recorded(seed, inverted(number)))

        assert verdicts(judgement) == {channel.item: ("inverted", "")}, channel.item
        assert not judgement.passed


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("reads", [True, False])
def test_each_dead_contact_is_named(seed: int, reads: bool) -> None:
    for number, channel in RIGHT.items():
        judgement = judged_as(recorded(seed, stuck=dead(number, reads)))

        assert verdicts(judgement) == {channel.item: ("dead", "")}, channel.item
        assert not judgement.passed


@pytest.mark.parametrize("seed", SEEDS)
def test_each_swapped_pair_is_named(seed: int) -> None:
    for first, second in combinations(RIGHT, 2):
        a, b = RIGHT[first].item, RIGHT[second].item
        judgement = judged_as(recorded(seed, swapped(first, second)))

        assert verdicts(judgement) == {a: ("swapped", b), b: ("swapped", a)}, (a, b)
        assert not judgement.passed


def test_with_the_fix_the_same_record_passes_whatever_was_inverted_or_swapped() -> None:
    wirings = [inverted(number) for number in RIGHT] + [swapped(*pair) for pair in combinations(RIGHT, 2)]
    for wired in wirings:
        record = recorded(3, wired)
        fix = fix_of(record, judged_as(record), LIFT, PROFILES, 0)

        assert fix is not None
        assert fix.judgement.passed
        read = {number: Channel(one.item, one.invert) for number, one in fix.lift.devices[0].channels.items()}
        assert read == wired


def test_a_dead_contact_has_no_fix_in_the_file() -> None:
    record = recorded(1, stuck=dead(1, reads=True))

    assert fix_of(record, judged_as(record), LIFT, PROFILES, 0) is None


def test_a_step_that_does_not_come_true_ends_the_bench_with_its_name() -> None:
    impossible = [step for step in steps_of_lift() if step.name in {"rest", "leave"}]

    with pytest.raises(BenchError, match="step leave"):
        visit(house(), impossible, 1, 0.5)
