"""A scenario file that is wrong is one line: file, line, what is wrong, what to do."""

import re
from pathlib import Path

import msgspec
import pytest

from hil.benches.plant_hands import PREDICATES
from hil.benches.rig import Rig
from hil.scenario import ScenarioError
from hil.scenario.capabilities import Capability
from hil.scenario.expectations import KINDS
from hil.scenario.explain import explained
from hil.scenario.families import FAMILIES
from hil.scenario.loader import load_scenario, parse_scenario, scenario_names
from hil.scenario.model import AgentSetup, Scenario
from hil.scenario.signs import LANES
from hil.scenario.steps import DOES, AgentStep, Step
from hil.trace import Lane
from protocols.resources import NoSuchName
from protocols.strictyaml import ConfigError, load_yaml
from protocols.upstream.messages import Text
from sim.stimuli import Stimulus

GOOD = """\
name: x
title: {en: "x", zh: "x"}
duration: 5 min
steps:
  - {at: 5 s, stimulus: person_enters}
  - {at: 6 s, fault: {fault: crc.wrong}, for: 10 s}
expect:
  - requirement: R.x
    never: {event: {alarm: any}}
"""


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("duration: 5 min", "duration: 300", r"x:3: duration: wants a time with its unit, as in 30 s.*, not 300"),
        ("at: 5 s", "at: 5", r"x:5: steps\[0\].at: wants a time with its unit"),
        ("at: 5 s", "at: 5 fortnights", r"x:5: steps\[0\].at: wants a time with its unit"),
        ("at: 5 s", "at: 6 min", r"x:5: steps\[0\].at: 6 min is not before the end; let duration be longer"),
        (
            "stimulus: person_enters",
            "stimuli: person_enters",
            r"steps\[0\].stimuli: unknown key; did you mean stimulus",
        ),
        ("person_enters", "person_entres", r"x:5: steps\[0\].stimulus: person_entres is not a choice; did you mean"),
        ("stimulus: person_enters", "car: 1", r"x:5: steps\[0\]: wants one of stimulus, .*; it has none"),
        ("person_enters", "person_enters, agent: stop", r"x:5: steps\[0\]: wants one of.*it has stimulus, agent"),
        ("crc.wrong}", "crc.rong}", r"x:6: steps\[1\]: fault 'crc.rong' is not known; did you mean crc.wrong"),
        ("crc.wrong}", "crc.wrong, howw: x}", r"x:6: steps\[1\]: fault crc.wrong: unknown key howw; did you mean how"),
        ("for: 10 s", "car: 1", r"x:6: steps\[1\]: car belongs to a stimulus, not to fault"),
        (
            "stimulus: person_enters",
            "clear: crc",
            r"x:5: steps\[0\].clear: no step arms a fault 'crc'; there are: crc.wrong",
        ),
        ("{alarm: any}", "{fault: crc}", r"x:9: expect\[0\].never: no step arms a fault 'crc'; there are: crc.wrong"),
        ("{alarm: any}", "{alarm: any, did: fired}", r"x:9: expect\[0\].*did belongs to fault, not to alarm"),
        ("never:", "nevr:", r"x:9: expect\[0\].nevr: unknown key; did you mean never"),
        ("  - requirement: R.x\n    never", "  - never", r"x:8: expect\[0\]: lacks requirement"),
        (
            "duration",
            "world: {bench: residential-9-stm23}\nduration",
            r"x:3: world: no bench.*did you mean residential-9-",
        ),
        (
            "duration",
            "world: {building_set: {car: '2'}}\nduration",
            r"x:3: world: --set car: unknown key; did you mean",
        ),
        ("name: x", "nme: x", r"x:1: nme: unknown key; did you mean name"),
    ],
)
def test_a_wrong_scenario_is_one_line(old: str, new: str, line: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        parse_scenario(GOOD.replace(old, new), "x")
    assert re.search(line, str(caught.value)), caught.value
    assert str(caught.value).startswith("x:")
    assert "\n" not in str(caught.value)


def test_the_example_of_this_test_is_good() -> None:
    assert parse_scenario(GOOD, "x").name == "x"


def test_two_faults_of_one_name_are_refused() -> None:
    twice = GOOD.replace("expect:", "  - {at: 7 s, fault: {fault: crc.wrong}}\nexpect:")
    with pytest.raises(ConfigError, match=r"x:6: steps\[1\].fault: two faults are called crc.wrong"):
        parse_scenario(twice, "x")


def test_a_file_is_called_as_its_scenario() -> None:
    with pytest.raises(ConfigError, match=r"y.yaml:1: name: x is not the file's name; call it y"):
        parse_scenario(GOOD, "y.yaml")


def test_an_unknown_name_has_a_nearest_one() -> None:
    with pytest.raises(NoSuchName, match=r"no scenario 'normal-servic'; did you mean normal-service\?"):
        load_scenario("normal-servic")


def test_a_file_that_is_not_there_is_one_line() -> None:
    with pytest.raises(ScenarioError, match=r"cannot read scenario absent.yaml: No such file.*; name a readable"):
        load_scenario("absent.yaml")


def test_what_a_scenario_needs_follows_from_its_steps_and_signs() -> None:
    wire = parse_scenario(GOOD.replace("  - {at: 5 s, stimulus: person_enters}\n", ""), "x")
    assert wire.required == (Capability.WIRE_FAULTS,)
    cleared = msgspec.structs.replace(wire, steps=(*wire.steps, Step(at="9 s", clear="crc.wrong")))
    assert cleared.required == (Capability.WIRE_FAULTS,)
    tapped = parse_scenario(GOOD.replace("{alarm: any}", "{wire: reply}"), "x")
    assert tapped.required == (Capability.PLANT, Capability.WIRE_TAP, Capability.WIRE_FAULTS)
    stopped = msgspec.structs.replace(wire, steps=(Step(at="9 s", agent=AgentStep.KILL),))
    assert stopped.required == (Capability.AGENT_KILL,)


def test_the_model_from_python_is_the_one_from_yaml() -> None:
    from_yaml = parse_scenario(GOOD, "x")
    from_python = Scenario(
        name="x",
        title=Text(zh="x", en="x"),
        duration="5 min",
        agent=AgentSetup(),
        steps=(
            Step(at="5 s", stimulus=Stimulus.PERSON_ENTERS),
            Step(at="6 s", fault={"fault": "crc.wrong"}, for_="10 s"),
        ),
        expect=from_yaml.expect,
    )
    assert from_python == from_yaml


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", scenario_names())
def test_every_shipped_scenario_explains_itself(name: str, lang: str) -> None:
    scenario = load_scenario(name)
    lines = list(explained(scenario, lang))
    text = "\n".join(lines)
    assert len(lines) >= 4 + len(scenario.steps) + len(scenario.expect)
    assert all(one.requirement in text for one in scenario.expect)
    assert bool(re.search("[\u4e00-\u9fff]", text)) is (lang == "zh")


def test_a_fault_is_explained_with_its_parameters_and_when_it_fires() -> None:
    text = "\n".join(explained(load_scenario("late-answer-while-the-door-opens"), "en"))
    assert "fault resp.late is armed {ms = 250}, when {while = door_moving, every = 3}" in text


def test_what_differs_in_world_and_agent_is_explained() -> None:
    text = "\n".join(explained(load_scenario("power-loss-rescued"), "en"))
    assert "The building has {rescue_device.delay_s = 15}" in text
    assert "The agent is configured with {detect.entrapment.rescue_device_fitted = true}" in text
    assert "Car 2 has a stm32-lift-sensor" in "\n".join(explained(load_scenario("two-lifts-one-dead"), "en"))
    assert "with people by themselves" in "\n".join(explained(load_scenario("normal-service"), "en"))


def test_every_scenario_says_something_in_both_languages() -> None:
    titles = [load_scenario(name).title for name in scenario_names()]
    assert all(re.search("[\u4e00-\u9fff]", title.zh) and title.en for title in titles)


DOCS = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
FAULT_DOCS = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8").splitlines()
ALL_KINDS = {name: kind for family in FAMILIES for name, kind in family.kinds.items()}


def test_the_documented_examples_are_a_scenario_and_a_bench() -> None:
    scenario, bench = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)
    assert parse_scenario(scenario, "door-jammed-ajar.yaml").expect[0].within is not None
    assert load_yaml(bench, "bench.yaml", Rig).dut.command == ("sh", "agent.sh")


@pytest.mark.parametrize("name", [*DOES, *KINDS, *PREDICATES, *LANES, *(one.name.lower() for one in Lane)])
def test_the_documentation_names_every_key(name: str) -> None:
    assert re.search(rf"\b{name}\b", DOCS)


@pytest.mark.parametrize("name", ALL_KINDS)
def test_every_kind_of_fault_is_documented_with_its_parameters(name: str) -> None:
    (row,) = [line for line in FAULT_DOCS if line.startswith(f"| `{name}` ")]
    assert [key for key in ALL_KINDS[name].__struct_encode_fields__ if f"`{key}`" not in row] == []
