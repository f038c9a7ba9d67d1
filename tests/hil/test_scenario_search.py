"""A search for scenarios that break a rule: people ride over a bad line, and nobody is trapped.

What Hypothesis finds is written as a file, so that it can be run, explained and made smaller like any other.
"""

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil.benches.bench import Settings
from hil.benches.virtual import VirtualBench
from hil.scenario.expectations import Expectation
from hil.scenario.loader import keep, load_scenario
from hil.scenario.model import Scenario
from hil.scenario.run import run
from hil.scenario.steps import PersonComes, Step
from hil.scenario.verdicts import Outcome
from protocols.upstream.messages import Text

KEPT_IN = "LIFTWARDEN_COUNTEREXAMPLES"
"""Where counter-examples are written; else into the test's own folder, which pytest names when it fails."""
FLOORS = [str(number) for number in range(1, 10)]
NOISE: list[dict[str, Any]] = [
    {"fault": "crc.wrong"},
    {"fault": "line.bitflip", "ber": 0.001},
    {"fault": "frame.truncate_tail"},
    {"fault": "resp.late", "ms": 150},
    {"fault": "resp.duplicate"},
    {"fault": "pdu.wrong_slave", "slave": 9},
]
NO_ALARM = msgspec.convert({"requirement": "alarm.none-in-service", "never": {"event": {"alarm": "any"}}}, Expectation)


@st.composite
def rides(draw: st.DrawFn) -> Scenario:
    """Some people who ride, some noise on the wire."""
    steps: list[Step] = []
    for at_s in sorted(draw(st.lists(st.integers(1, 200), min_size=1, max_size=4, unique=True))):
        origin, to = draw(st.permutations(FLOORS))[:2]
        steps.append(Step(at=f"{at_s} s", person=PersonComes(from_=origin, to=to)))
    for fault in draw(st.lists(st.sampled_from(NOISE), max_size=2, unique_by=lambda one: one["fault"])):
        at_s, p = draw(st.integers(1, 100)), draw(st.sampled_from([0.05, 0.2, 0.5]))
        match = {"match": {"dir": "reply"}, "p": p}
        steps.append(Step(at=f"{at_s} s", fault={**fault, "when": match}, for_=f"{draw(st.integers(1, 60))} s"))
    return Scenario(
        name="found", title=Text(zh="找到的反例", en="found"), duration="5 min", steps=tuple(steps), expect=(NO_ALARM,)
    )


def holds(scenario: Scenario, seed: int, kept_in: Path) -> bool:
    """Whether the rule holds; if not, the scenario is kept, over the one before: the last one is the smallest."""
    record = run(scenario, VirtualBench(), Settings(seed)).record
    if record.outcome is Outcome.FAIL:
        keep(scenario, kept_in, f"Found by a search; it fails with seed {seed}.")
    return record.outcome in (Outcome.PASS, Outcome.INCONCLUSIVE)


@settings(max_examples=12, derandomize=True)
@given(scenario=rides(), seed=st.integers(1, 1000))
def test_nobody_is_called_trapped_who_rides_over_a_bad_line(
    tmp_path_factory: pytest.TempPathFactory, scenario: Scenario, seed: int
) -> None:
    kept_in = Path(os.environ.get(KEPT_IN) or tmp_path_factory.getbasetemp() / "found")
    assert holds(scenario, seed, kept_in), f"kept in {kept_in}"


def test_a_counter_example_is_written_back_as_a_file(tmp_path: Path) -> None:
    trap = load_scenario("entrapment-between-floors")
    found = msgspec.structs.replace(trap, name="found", expect=(NO_ALARM,))
    assert not holds(found, 3, tmp_path)
    path = tmp_path / "found.yaml"
    assert load_scenario(str(path)) == found
    assert path.read_text(encoding="utf-8").startswith("# Found by a search; it fails with seed 3.\n")
