"""JUnit: what CI systems read of all runs. The form is that of the Jenkins and pytest readers: testsuites, testsuite,
testcase, then failure, error or skipped with `message` and `type`."""

from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from typer.testing import CliRunner

from hil.cli import app
from hil.report.junit import junit
from hil.scenario.loader import parse_scenario
from hil.scenario.record import RunRecord
from hil.scenario.verdicts import Outcome, Verdict

SHORT = """\
name: short
title: {en: "short", zh: "短"}
duration: 20 s
steps: []
expect:
  - {requirement: A01.once, never: {event: {alarm: any}}}
  - {requirement: link.up, never: {event: {event: any}}}
  - {requirement: link.up, exactly: {count: 0, event: {event: any}}}
"""
AGAIN = "liftwarden hil run short --bench virtual --seed 7"
LATE = Verdict(
    requirement="A01.once",
    kind="within",
    outcome=Outcome.FAIL,
    said="came after 35 s",
    observed=35_000_000_000,
    limit=31_000_000_000,
    uncertainty_ns=20_000_000,
)


def record(outcome: Outcome, *verdicts: Verdict, seed: int = 7, **more: object) -> RunRecord:
    scenario = parse_scenario(SHORT, "short.yaml")
    plain = RunRecord(name="short", bench="virtual", seed=seed, outcome=outcome, scenario=scenario, replay=AGAIN)
    return msgspec.structs.replace(plain, verdicts=list(verdicts), real_s=0.5, **more)


def read(*records: RunRecord) -> ET.Element:
    return ET.fromstring(junit(records))  # noqa: S314  # our own


def case_of(one: RunRecord) -> ET.Element:
    (case,) = read(one).iter("testcase")
    return case


def test_every_run_is_a_case_with_a_name_of_its_own_in_its_bench_s_suite() -> None:
    other = msgspec.structs.replace(record(Outcome.PASS), bench="pty")
    root = read(record(Outcome.PASS, seed=1), other, record(Outcome.PASS, seed=2))
    assert [(suite.get("name"), [case.get("name") for case in suite.iter("testcase")]) for suite in root] == [
        ("liftwarden hil pty", ["short[pty-7]"]),
        ("liftwarden hil virtual", ["short[virtual-1]", "short[virtual-2]"]),
    ]


def test_the_requirements_are_properties_each_once() -> None:
    named = [(one.get("name"), one.get("value")) for one in case_of(record(Outcome.PASS)).iter("property")]
    assert [value for name, value in named if name == "requirement"] == ["A01.once", "link.up"]
    assert ("seed", "7") in named


def test_a_pass_has_nothing_but_its_properties() -> None:
    assert [one.tag for one in case_of(record(Outcome.PASS))] == ["properties"]


def test_a_failure_says_what_was_observed_its_limit_the_uncertainty_and_how_to_run_it_again() -> None:
    failure = case_of(record(Outcome.FAIL, LATE)).find("failure")
    assert failure is not None
    said = "FAIL  A01.once  within: came after 35 s (observed 35 s, limit 31 s, uncertainty 20 ms)"
    assert (failure.get("type"), failure.get("message")) == ("fail", said)
    assert (failure.text or "").splitlines() == [said, AGAIN]


@pytest.mark.parametrize(
    ("outcome", "element"),
    [(Outcome.INCONCLUSIVE, "error"), (Outcome.ERROR, "error"), (Outcome.SKIPPED, "skipped")],
)
def test_what_shows_nothing_is_no_pass_and_says_why(outcome: Outcome, element: str) -> None:
    one = case_of(record(outcome, reasons=["the fault noise never fired"])).find(element)
    assert one is not None
    assert (one.get("type"), one.get("message")) == (outcome.value, "the fault noise never fired")
    assert (one.text or "").splitlines()[-1] == AGAIN


def test_the_sums_are_those_of_the_cases() -> None:
    outcomes = (Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.ERROR, Outcome.SKIPPED)
    root = read(*(record(one, seed=seed) for seed, one in enumerate(outcomes)))
    wanted = {"tests": "5", "failures": "1", "errors": "2", "skipped": "1", "time": "2.500"}
    for element in (root, root[0]):
        assert {key: element.get(key) for key in wanted} == wanted


def test_what_xml_cannot_hold_does_not_make_it_unreadable() -> None:
    """XML 1.0, 2.2: control characters are no characters."""
    one = case_of(record(Outcome.ERROR, reasons=["came \x00\x1b[31m <&> \ud800"])).find("error")
    assert one is not None
    assert one.get("message") == "came \ufffd\ufffd[31m <&> \ufffd"


def test_the_command_writes_one_for_all_its_runs(tmp_path: Path) -> None:
    (tmp_path / "short.yaml").write_text(SHORT, encoding="utf-8")
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["run", str(tmp_path / "short.yaml"), "--seeds", "2", "-o", str(out)])
    assert result.exit_code == 0, result.output
    cases = ET.parse(out / "junit.xml").iter("testcase")  # noqa: S314  # our own
    assert [case.get("name") for case in cases] == ["short[virtual-1]", "short[virtual-2]"]
