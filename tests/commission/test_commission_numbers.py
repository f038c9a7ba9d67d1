"""Floors and counters: what was read where a person confirmed to be, and how it went on with the rides."""

import pytest

from edge_agent.commission.fixes import _is_better
from edge_agent.commission.judge import Finding, Judgement, Verdict
from edge_agent.commission.numbers import Landings
from edge_agent.commission.reading import Signal, Trace
from edge_agent.commission.words import Words
from tests.commission.commission_bench import LIFT, steps_of_lift

STEPS = steps_of_lift()
LANDINGS = Landings(STEPS, LIFT)
RIDES = [step.name for step in STEPS if step.floor is not None]


def at_landings(*numbers: int | None) -> dict[str, Trace]:
    """What was read at the end of each step that ends at a known landing: rest, the rides up, the ride down."""
    return {name: Trace("T", (), number) for name, number in zip(RIDES, numbers, strict=True)}


@pytest.mark.parametrize(
    ("numbers", "verdict"),
    [
        ((1, 2, 3, 4, 5, 6, 7, 8, 9, 1), "good"),
        ((0, 1, 2, 3, 4, 5, 6, 7, 8, 0), "numbering"),
        ((4,) * 10, "dead"),
        ((1, 2, 3, 4, 4, 6, 7, 8, 9, 1), "odd"),
        ((1, 2, 3, None, 5, 6, 7, 8, 9, 1), "odd"),
        ((None, 2, None, None, None, None, None, None, None, None), "odd"),
        ((1, 2, 3, 4, 5, 6, 7, 8, 9, 5), "odd"),
    ],
    ids=["right", "from zero", "stuck", "two alike", "one unknown", "one known", "another on the way back"],
)
def test_floors_are_what_the_file_says_at_every_landing(numbers: tuple[int | None, ...], verdict: str) -> None:
    assert LANDINGS.judged(LANDINGS.numbers(at_landings(*numbers)))[0] == verdict


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        (range(100, 110), "good"),
        ([100, 101, 102, 103, 104, 105, 107, 108, 109, 111], "good"),
        ([100] * 10, "dead"),
        ([100, 101, 102, 103, 104, 105, 3, 4, 5, 6], "odd"),
        ([100, 101, 102, 103, 104, 105, 106, 107, 108, 900], "odd"),
        ([100, 100, 100, 101, 101, 101, 101, 101, 101, 101], "odd"),
    ],
    ids=["one a ride", "others ride too", "stuck", "falls", "jumps", "misses rides"],
)
def test_a_counter_of_runs_goes_up_with_the_rides(counts: list[int], verdict: str) -> None:
    assert LANDINGS.counted(at_landings(*counts))[0] == verdict


@pytest.mark.parametrize(("word", "fits"), [("FTF", True), ("TF", True), ("T", False), ("F", False)])
def test_car_calls_that_are_always_there_prove_nothing(word: str, fits: bool) -> None:
    assert Words({"ride_up_1": Trace(word)}, STEPS).fits("car_calls") is fits


def judgement(**verdicts: Verdict) -> Judgement:
    return Judgement(tuple(Finding(signal=Signal("box", item), verdict=one) for item, one in verdicts.items()), ())


GOOD, DEAD, ODD, OPEN = Verdict.GOOD, Verdict.DEAD, Verdict.ODD, Verdict.UNPROVEN


@pytest.mark.parametrize(
    ("before", "after", "better"),
    [
        ({"a": ODD, "b": GOOD}, {"a": GOOD, "b": GOOD}, True),
        ({"a": ODD, "b": ODD}, {"a": GOOD, "b": ODD}, True),
        ({"a": ODD, "b": GOOD}, {"a": GOOD, "b": OPEN}, False),
        ({"a": ODD, "b": DEAD}, {"a": GOOD, "b": ODD}, False),
        ({"a": ODD, "b": GOOD}, {"b": GOOD}, False),
        ({"a": ODD, "b": GOOD}, {"c": GOOD, "b": GOOD}, True),
        ({"a": ODD, "b": ODD}, {"c": OPEN, "b": GOOD}, False),
        ({"a": GOOD, "b": ODD}, {"c": GOOD, "b": GOOD}, False),
    ],
)
def test_a_fix_leaves_no_signal_less_sure(before: dict[str, Verdict], after: dict[str, Verdict], better: bool) -> None:
    assert _is_better(judgement(**before), judgement(**after)) is better
