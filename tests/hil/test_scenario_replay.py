"""A kept run can be run again from its record, and a scenario that fails can be made smaller."""

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from hil import BenchError, UsageError
from hil.benches.bench import Settings
from hil.benches.virtual import VirtualBench
from hil.cli import app
from hil.report.folder import write_folder
from hil.scenario.loader import load_scenario, parse_scenario
from hil.scenario.replay import replay
from hil.scenario.run import run
from hil.scenario.shrink import shrink
from hil.scenario.verdicts import Outcome

SHORT = """\
name: short
title: {en: "short", zh: "短"}
world: {traffic: true}
duration: 5 min
steps:
  - {at: 5 s, person: {from: "1", to: "6"}}
  - {at: 10 s, fault: {fault: crc.wrong, when: {p: 0.5}}, for: 1 min}
  - {at: 60 s, stimulus: person_enters}
  - {at: 61 s, stimulus: entrap_between_floors}
expect:
  - {requirement: R.rides, at_least: {count: 1, event: {truth: departed}}}
  - {requirement: R.quiet, never: {event: {alarm: any}}}
"""


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    done = run(parse_scenario(SHORT, "short"), VirtualBench(), Settings(5, shuffle=True))
    return write_folder(done, tmp_path_factory.mktemp("out"))


def test_a_kept_run_is_the_same_again(folder: Path) -> None:
    again = replay(folder)
    assert again.differences == []
    assert again.now.record.trace_hash == again.before.trace_hash
    assert replay(folder / "run.json").differences == []


def test_a_run_that_differs_says_where_first(folder: Path, tmp_path: Path) -> None:
    record = msgspec.json.decode((folder / "run.json").read_bytes())
    lines = (folder / "trace.jsonl").read_bytes().splitlines()
    lines[7] = lines[7].replace(b'"t_ns":', b'"t_ns":1')
    (tmp_path / "trace.jsonl").write_bytes(b"\n".join(lines))
    record["trace_hash"] = "0" * 64
    record["outcome"] = "pass"
    record["versions"]["pymodbus"] = "1.0"
    (tmp_path / "run.json").write_bytes(msgspec.json.encode(record))
    versions, outcome, trace = replay(tmp_path).differences
    assert versions.startswith("pymodbus was 1.0, and is 3.")
    assert outcome == "the outcome was pass, and is fail"
    assert trace.startswith("the trace differs: was ")


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "cannot read"), (b"{}", "is no record of this version"), (b"nonsense", "is no record of this version")],
)
def test_what_is_no_record_is_one_line(tmp_path: Path, text: bytes | None, said: str) -> None:
    path = tmp_path / "run.json"
    if text is not None:
        path.write_bytes(text)
    with pytest.raises(BenchError, match=rf"run.json: {said}"):
        replay(tmp_path / "run.json")


def test_the_command_tells_by_its_exit_code_whether_it_is_the_same(folder: Path) -> None:
    result = CliRunner().invoke(app, ["replay", str(folder)], env={"LC_ALL": "C"})
    assert (result.exit_code, "the same again" in result.output) == (0, True)


def test_a_failing_scenario_is_made_smaller_and_fails_in_the_same_way() -> None:
    found = shrink(parse_scenario(SHORT, "short"), VirtualBench(), Settings(5))
    smaller = found.scenario
    assert len(smaller.steps) == 1
    assert smaller.steps[0].stimulus is not None
    assert [one.requirement for one in smaller.expect] == ["R.quiet"]
    assert smaller.duration_ns < 300_000_000_000
    assert run(smaller, VirtualBench(), Settings(5)).record.outcome is Outcome.FAIL


def test_what_passes_cannot_be_made_smaller() -> None:
    with pytest.raises(UsageError, match="idle-person does not fail with seed 1: it is pass"):
        shrink(load_scenario("idle-person"), VirtualBench(), Settings(1))


def test_the_command_writes_the_smaller_one_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "short.yaml").write_text(SHORT, encoding="utf-8")
    result = CliRunner().invoke(
        app, ["shrink", str(tmp_path / "short.yaml"), "--seed", "5", "-o", str(tmp_path / "out")]
    )
    path = tmp_path / "out" / "short.small.yaml"
    assert result.stdout.strip() == str(path)
    assert load_scenario(str(path)).name == "short.small"
    assert path.read_text(encoding="utf-8").startswith("# Made smaller from short; it fails with seed 5.")


def test_what_is_made_smaller_goes_on_failing_in_every_way() -> None:
    more = "  - {requirement: R.still, at_most: {count: 0, event: {truth: departed}}}\n"
    found = shrink(parse_scenario(SHORT + more, "short"), VirtualBench(), Settings(5)).scenario
    assert [step.does for step in found.steps] == ["stimulus"]
    assert [one.requirement for one in found.expect] == ["R.quiet", "R.still"]
