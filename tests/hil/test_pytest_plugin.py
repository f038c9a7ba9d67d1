"""The pytest plugin, as somebody else's project uses it: outside this repository, in a pytest of its own."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.mosquitto import tool

pytest_plugins = ["pytester"]
WITHIN_S = 150

SCENARIO = """
name: {name}
title: {{en: {name}, zh: {name}}}
duration: {duration}
steps: [{{at: 1 s, stimulus: person_enters}}]
expect:
  - requirement: R.nothing
    never: {{event: {{alarm: any}}}}
  - requirement: R.moved
    within: {{after: {{truth: boarded}}, event: {{truth: {truth}}}, limit: 30 s}}
"""
INI = """
[pytest]
hil_scenarios = scenarios
"""


def write(pytester: pytest.Pytester, name: str, truth: str = "departed", duration: str = "1 min") -> Path:
    folder = pytester.path / "scenarios"
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(SCENARIO.format(name=name, truth=truth, duration=duration), encoding="utf-8")
    return path


def test_scenarios_in_the_folders_of_the_ini_file_are_tests(pytester: pytest.Pytester) -> None:
    pytester.makefile(".ini", pytest=INI)
    write(pytester, "rides")
    write(pytester, "is-trapped", truth="trapped_since")
    result = pytester.runpytest_subprocess("--hil-seed", "3", "--junitxml", "junit.xml", timeout=WITHIN_S)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "is-trapped on virtual, seed 3: fail",
            "*fail  R.moved  within: never came",
            "*again: liftwarden hil run *is-trapped.yaml --bench virtual --seed 3",
        ]
    )
    cases = ElementTree.parse(pytester.path / "junit.xml").iter("testcase")  # noqa: S314  # our own
    found = {
        str(case.get("name")): [(one.get("name"), one.get("value")) for one in case.iter("property")] for case in cases
    }
    assert ("requirement", "R.nothing") in found["rides"]
    assert ("seed", "3") in found["rides"]


def test_a_wrong_scenario_is_one_line_with_its_place(pytester: pytest.Pytester) -> None:
    path = write(pytester, "rides")
    path.write_text(path.read_text().replace("duration", "durration"))
    result = pytester.runpytest_subprocess("--hil-scenarios", "scenarios", timeout=WITHIN_S)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*rides.yaml:4: durration: unknown key*duration*"])


def test_other_yaml_files_are_no_scenarios(pytester: pytest.Pytester) -> None:
    write(pytester, "rides")
    pytester.makefile(".yaml", other="a: 1")
    pytester.runpytest_subprocess(timeout=WITHIN_S).assert_outcomes()


def test_a_scenario_from_python_is_played_by_a_fixture(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_nothing_of_the_bench_is_loaded_before_a_scenario_is():
            assert not [name for name in sys.modules if name.split(".")[0] in ("simpy", "edge_agent", "sim")]

        def test_rides(hil_play, hil_run):
            from hil.scenario.expectations import Expectation, Never
            from hil.scenario.model import Scenario
            from hil.scenario.signs import Sign
            from protocols.upstream.messages import Text

            never = Expectation(requirement="R.nothing", never=Never(event=Sign(alarm="any")))
            scenario = Scenario(name="rides", title=Text("x", "x"), duration="20 s", expect=(never,))
            assert hil_play(scenario).record.seed == 1
            assert hil_run(scenario, seed=5).record.seed == 5
        """
    )
    pytester.runpytest_subprocess(timeout=WITHIN_S).assert_outcomes(passed=2)


def test_when_the_budget_is_used_up_the_rest_is_skipped(pytester: pytest.Pytester) -> None:
    for name in ("rides-1", "rides-2"):
        write(pytester, name)
    result = pytester.runpytest_subprocess(
        "-rs", "--hil-scenarios", "scenarios", "--hil-budget", "1ms", timeout=WITHIN_S
    )
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*--hil-budget 1ms: 0 s are left*"])


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--bench", "vitrual"), "*--bench: no bench 'vitrual'; did you mean virtual?*"),
        (("--hil-budget", "soon"), "*--hil-budget soon: wants a time with ms, s, min, h or d*"),
    ],
)
def test_a_wrong_option_is_one_line(pytester: pytest.Pytester, options: tuple[str, ...], line: str) -> None:
    write(pytester, "rides")
    result = pytester.runpytest_subprocess("--hil-scenarios", "scenarios", *options, timeout=WITHIN_S)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines([line])


def test_a_folder_that_is_not_there_is_one_line(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("--hil-scenarios", "nowhere", timeout=WITHIN_S)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*nowhere: no such folder of scenarios"])


def test_without_the_simulator_one_line_says_what_to_install(pytester: pytest.Pytester) -> None:
    write(pytester, "rides")
    pytester.makeconftest("import sys; sys.modules['simpy'] = None")
    result = pytester.runpytest_subprocess("--hil-scenarios", "scenarios", timeout=WITHIN_S)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["*install it with: pip install 'liftwarden?hil?'*"])


@pytest.mark.mosquitto
@pytest.mark.process
def test_two_workers_of_xdist_play_on_ptys_at_the_same_time(pytester: pytest.Pytester) -> None:
    """Each has a pty, a broker and a state of its own. A late harness is no failure of theirs."""
    tool("mosquitto")
    for name in ("rides", "rides-too"):
        write(pytester, name, truth="door_closed", duration="12 s")
    (pytester.path / "slow.yaml").write_text("uncertainty: 2 s\n", encoding="utf-8")
    bench = ("--hil-scenarios", "scenarios", "--bench", "slow.yaml")
    result = pytester.runpytest_subprocess("-v", "-n", "2", *bench, timeout=WITHIN_S)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines_random(["*gw0* PASSED *", "*gw1* PASSED *"])
