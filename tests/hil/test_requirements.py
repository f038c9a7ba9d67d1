"""Nothing that is required goes without a scenario, and docs/requirements.md says which one."""

import msgspec
import pytest
from generate_requirements import TARGET, page
from requirement_map import Wanted, catalogue, raisable, uncovered, wanted

from hil.scenario.model import Scenario

LEAST = 60
"""Issue 6."""


@pytest.fixture(scope="module")
def scenarios() -> tuple[Scenario, ...]:
    return catalogue()


def test_everything_required_has_a_scenario(scenarios: tuple[Scenario, ...]) -> None:
    assert uncovered(scenarios, wanted()) == []


def test_there_are_enough_scenarios(scenarios: tuple[Scenario, ...]) -> None:
    assert len(scenarios) >= LEAST


def test_every_title_is_there_in_both_languages(scenarios: tuple[Scenario, ...]) -> None:
    assert [one.name for one in scenarios if not one.title.zh.strip() or not one.title.en.strip()] == []
    assert [one.name for one in scenarios if one.title.zh.isascii()] == []


def test_the_document_is_what_the_scenarios_say() -> None:
    assert TARGET.read_text(encoding="utf-8") == page(), "run `make schemas`"


@pytest.mark.parametrize("code", raisable())
def test_a_code_that_no_scenario_demands_is_told(scenarios: tuple[Scenario, ...], code: str) -> None:
    rest = [one for one in scenarios if code not in msgspec.yaml.encode(one).decode()]
    assert f"{code} can be raised, and no scenario demands it" in uncovered(rest, wanted())


def test_a_requirement_without_a_scenario_is_told(scenarios: tuple[Scenario, ...]) -> None:
    rest = [one for one in scenarios if all(it.requirement != "F26.long-stay" for it in one.expect)]
    assert "scene 6: F26.long-stay is neither tested nor awaited" in uncovered(rest, wanted())


def test_what_is_awaited_and_tested_is_told(scenarios: tuple[Scenario, ...]) -> None:
    what: Wanted = msgspec.structs.replace(wanted(), awaited={**wanted().awaited, "A01.once": 7})
    problems = uncovered(scenarios, what)
    assert "A01.once is awaited, and tested: take it off" in problems
    assert "A01.once is awaited, and the agent says A01" in problems


def test_a_fault_that_no_scenario_arms_is_told(scenarios: tuple[Scenario, ...]) -> None:
    rest = [one for one in scenarios if "node.alternate" not in str(one.steps)]
    assert "fault node.alternate: no scenario arms it" in uncovered(rest, wanted())
