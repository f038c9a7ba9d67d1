"""What becomes of a whole run: when it shows nothing, when it is skipped, what is kept of it, what the command says."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from edge_agent.lift_runtime import LiftRuntime
from hil.benches.bench import Settings
from hil.benches.virtual import VirtualBench
from hil.cli import app
from hil.report.folder import write_folder
from hil.scenario.capabilities import Capability
from hil.scenario.loader import load_scenario
from hil.scenario.model import AgentSetup, Scenario, WorldSetup
from hil.scenario.record import RunRecord, outcome_of
from hil.scenario.run import Run, run
from hil.scenario.steps import PersonComes, Step
from hil.scenario.verdicts import Outcome
from hil.trace import Lane, Trace
from sim.stimuli import Stimulus


def scenario(*steps: Step, expect: dict[str, Any] | None = None, **more: Any) -> Scenario:
    wanted = {"requirement": "R.x", "never": {"event": {"alarm": "any"}}} if expect is None else expect
    plain = {"name": "x", "title": {"en": "x", "zh": "x"}, "duration": "1 min", "expect": [wanted]}
    return msgspec.structs.replace(msgspec.convert(plain, Scenario), steps=steps, **more)


def played(one: Scenario, seed: int = 1) -> Run:
    return run(one, VirtualBench(), Settings(seed))


def test_a_run_in_which_nothing_is_wrong_passes() -> None:
    record = played(scenario()).record
    assert (record.outcome, record.reasons) == (Outcome.PASS, [])
    assert record.duration_ns == 60_000_000_000


def test_a_fault_that_never_fired_shows_nothing() -> None:
    silent = Step(at="5 s", fault={"fault": "crc.wrong", "when": {"match": {"slave": 3}}})
    record = played(scenario(silent)).record
    assert (record.outcome, record.reasons) == (Outcome.INCONCLUSIVE, ["the fault crc.wrong never fired"])
    assert [(one.id, one.fired) for one in record.faults] == [("crc.wrong", 0)]
    assert [one.outcome for one in record.verdicts] == [Outcome.PASS]


def test_a_fault_that_fired_is_in_the_record_with_its_first_time() -> None:
    once = Step(at="5 s", fault={"fault": "crc.wrong", "id": "noise", "when": {"once": True}})
    done = played(scenario(once))
    (fault,) = done.record.faults
    assert (done.record.outcome, fault.id, fault.kind, fault.fired) == (Outcome.PASS, "noise", "crc.wrong", 1)
    assert 5_000_000_000 <= (fault.first_fired_ns or 0) <= 6_000_000_000
    assert [one.name for one in done.trace.of(Lane.FAULT)] == ["armed", "fired"]


def test_a_step_without_an_effect_shows_nothing() -> None:
    record = played(scenario(Step(at="5 s", stimulus=Stimulus.PERSON_LEAVES))).record
    assert (record.outcome, record.reasons) == (
        Outcome.INCONCLUSIVE,
        ["stimulus person_leaves at 5 s had no effect"],
    )


def test_a_mishap_whose_occasion_never_came_shows_nothing() -> None:
    waits = Step(at="5 s", stimulus=Stimulus.ENTRAP_BETWEEN_FLOORS)
    record = played(scenario(waits, duration="8 s")).record
    assert (record.outcome, record.reasons) == (
        Outcome.INCONCLUSIVE,
        ["stimulus entrap_between_floors at 5 s waited for an occasion that never came"],
    )
    wanted = {"requirement": "R.x", "at_least": {"count": 1, "event": {"truth": "fault"}}}
    assert played(scenario(waits, expect=wanted)).record.outcome is Outcome.PASS


def test_a_step_that_cannot_be_done_is_an_error_of_the_run() -> None:
    record = played(scenario(Step(at="5 s", person=PersonComes(from_="1", to="10")))).record
    assert (record.outcome, record.reasons) == (
        Outcome.ERROR,
        ["at 5 s: person: there is no landing '10'; did you mean 1?"],
    )


def test_a_platform_that_acknowledges_nothing_leaves_the_verdict_to_what_was_expected() -> None:
    wanted = {"requirement": "R.x", "at_least": {"count": 1, "event": {"alarm": "A01"}}}
    done = played(scenario(Step(at="5 s", acknowledge="A01"), expect=wanted))
    assert done.record.outcome is Outcome.FAIL
    assert [one.fields["alarm"] for one in done.trace.of(Lane.STEP, "acknowledge")] == ["none came"]


def test_a_harness_that_was_late_shows_nothing() -> None:
    class Late(VirtualBench):
        def play(self, scenario: Scenario, settings: Settings, trace: Trace, directory: Path) -> None:
            super().play(scenario, settings, trace, directory)
            trace.add(1, Lane.BENCH, "lag", {"lag_ns": 20_000_000})

    record = run(scenario(), Late(), Settings()).record
    assert (record.outcome, record.lag_ns) == (Outcome.INCONCLUSIVE, 20_000_000)
    assert record.reasons == ["the harness was 20 ms late, which is more than 0 s"]


def test_an_agent_that_ends_by_itself_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: LiftRuntime, *_args: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(LiftRuntime, "on_block", fail)
    record = played(scenario()).record
    assert record.outcome is Outcome.FAIL
    assert record.reasons[0].startswith("the agent ended by itself at ")


def test_what_the_bench_lacks_is_a_skip_with_its_reason() -> None:
    class Poor(VirtualBench):
        capabilities = VirtualBench.capabilities - {Capability.WIRE_FAULTS}

    record = run(scenario(Step(at="5 s", fault={"fault": "crc.wrong"})), Poor(), Settings()).record
    assert (record.outcome, record.reasons) == (
        Outcome.SKIPPED,
        ["the bench virtual lacks wire_faults: faults of the wire"],
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"world": WorldSetup(building_set={"traffic.passengers": "1"})}, "traffic.passengers: unknown key"),
        ({"world": WorldSetup(bench="residential-9-stm23")}, "did you mean residential-9-stm32?"),
        (
            {"agent": AgentSetup(set={"detect.entrapment.between_floors": "40"})},
            "did you mean between_floors_s (seconds)?",
        ),
    ],
)
def test_a_world_or_an_agent_that_cannot_be_is_an_error_that_says_why(changed: dict[str, Any], reason: str) -> None:
    record = played(scenario(**changed)).record
    assert record.outcome is Outcome.ERROR
    assert reason in record.reasons[0]


def test_what_agent_set_lays_over_the_configuration_counts() -> None:
    one = load_scenario("entrapment-between-floors")
    later = msgspec.structs.replace(
        one,
        agent=AgentSetup(
            set={"detect.entrapment.between_floors_s": "40", "detect.entrapment.between_floors_unknown_s": "60"}
        ),
    )
    (within, *_) = played(later).record.verdicts
    assert within.outcome is Outcome.FAIL
    assert 40_000_000_000 <= (within.observed or 0) <= 41_000_000_000


def test_a_doubted_run_is_inconclusive_whatever_its_verdicts() -> None:
    assert outcome_of([], ["the agent ended"], ["a fault never fired"]) is Outcome.INCONCLUSIVE


def test_a_folder_holds_the_record_and_the_trace(tmp_path: Path) -> None:
    done = played(scenario())
    folder = write_folder(done, tmp_path)
    assert folder.name == "x-virtual-1"
    record = msgspec.json.decode((folder / "run.json").read_bytes(), type=RunRecord)
    assert record == done.record
    assert "INFO agent.started terminal=t-1" in (folder / "agent.log").read_text(encoding="utf-8")
    assert Trace.read(folder / "trace.jsonl").hash() == record.trace_hash
    assert record.scenario == scenario()


def test_the_record_says_how_to_run_it_again() -> None:
    record = played(scenario(), seed=7).record
    assert record.replay == "liftwarden hil run x --bench virtual --seed 7"
    assert record.versions.keys() >= {"python", "liftwarden"}
    assert len(record.config_hash) == len(record.trace_hash) == 64


YAML = """\
name: short
title: {en: "short", zh: "短"}
duration: 20 s
steps: []
expect:
  - {requirement: R.x, never: {event: {alarm: any}}}
"""


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("", "", 0, "short  seed 3  pass"),
        (
            "never: {event: {alarm: any}}",
            "at_least: {count: 1, event: {alarm: any}}",
            1,
            "FAIL  R.x  at_least: came 0 times",
        ),
        ("steps: []", "steps: [{at: 1 s, stimulus: person_leaves}]", 3, "had no effect"),
        ("steps: []", "steps: [{at: 1 s, person: {from: A, to: B}}]", 4, "there is no landing 'A'"),
        ("steps: []", "steps: [{at: 1 s, stimulus: x}]", 2, "is not a choice"),
    ],
)
def test_the_command_tells_the_outcome_by_its_exit_code(
    tmp_path: Path, old: str, new: str, code: int, said: str
) -> None:
    path = tmp_path / "short.yaml"
    path.write_text(YAML.replace(old, new), encoding="utf-8")
    result = CliRunner().invoke(app, ["run", str(path), "--seed", "3"], env={"LANG": "C", "LC_ALL": "C"})
    assert (result.exit_code, said in result.output) == (code, True), result.output


def test_the_command_writes_folders_and_one_object_a_run(tmp_path: Path) -> None:
    path = tmp_path / "short.yaml"
    path.write_text(YAML, encoding="utf-8")
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["run", str(path), "--seeds", "2", "--json", "-o", str(out)])
    assert [json.loads(line)["seed"] for line in result.stdout.splitlines()] == [1, 2]
    assert sorted(one.name for one in out.iterdir()) == ["junit.xml", "short-virtual-1", "short-virtual-2"]


def test_a_folder_stands_for_its_scenarios(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(YAML.replace("short", name), encoding="utf-8")
    result = CliRunner().invoke(app, ["run", str(tmp_path)], env={"LC_ALL": "C"})
    assert result.output.splitlines()[-1] == "2: 2 pass"
    (tmp_path / "none").mkdir()
    result = CliRunner().invoke(app, ["run", str(tmp_path / "none")])
    assert (result.exit_code, "no scenario in this folder" in result.output) == (2, True)


def test_an_unknown_bench_is_wrong_usage() -> None:
    result = CliRunner().invoke(app, ["run", "normal-service", "--bench", "virtal"])
    assert (result.exit_code, "did you mean virtual?" in result.output) == (2, True)
