"""A name under a report: once, only under a finished one, and a later change of it shows."""

from pathlib import Path

import pytest
from cli_agent import Invoke
from commission_desk import Bench, unjudged

from edge_agent.commission.report import load_report
from tests.commission.commission_bench import (
    RIGHT,
    recorded,
)


def test_a_signed_report_names_who_signed_and_shows_later_changes(bench: Bench, invoke: Invoke) -> None:
    bench.judge()
    result = invoke("commission", "sign", bench.report, "--by", "张伟 <QA>", "--role", "inspector")

    assert result.exit_code == 0
    report = load_report(bench.report)
    assert report.signature is not None
    assert (report.signature.by, report.signature.digest) == ("张伟 <QA>", report.digest)
    assert "张伟 &lt;QA&gt;" in bench.page
    assert bench.page.count("<path") == len(RIGHT), "the picture is still there"

    bench.report.write_text(bench.report.read_text().replace('"passed": true', '"passed": false'))
    changed = invoke("commission", "sign", bench.report, "--by", "Li")

    assert "was changed after 张伟 <QA> signed it" in changed.stderr


def test_a_report_is_signed_once(bench: Bench, invoke: Invoke) -> None:
    bench.judge()
    invoke("commission", "sign", bench.report, "--by", "Zhang")
    result = invoke("commission", "sign", bench.report, "--by", "Li")

    assert result.exit_code == 1
    assert "Zhang signed it already" in result.stderr


@pytest.mark.parametrize(("by", "code"), [("Zhang", 1), (" ", 2)])
def test_an_unfinished_report_is_not_signed_nor_any_without_a_name(
    tmp_path: Path, invoke: Invoke, by: str, code: int
) -> None:
    report = unjudged(tmp_path, recorded(1))

    assert invoke("commission", "sign", report, "--by", by).exit_code == code
    assert load_report(report).signature is None


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"schema": 1}'])
def test_what_is_no_report_is_named_in_one_line(tmp_path: Path, invoke: Invoke, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    result = invoke("commission", "sign", path, "--by", "Zhang")

    assert result.exit_code == 1
    assert "no commissioning report" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_signed_report_is_judged_again_under_another_name(bench: Bench, invoke: Invoke) -> None:
    bench.judge()
    invoke("commission", "sign", bench.report, "--by", "Zhang")
    signed = bench.report.read_bytes()

    assert bench.again().exit_code == 0
    assert bench.report.read_bytes() == signed
    (other,) = bench.directory.glob("commission-lift-1-*.json")
    assert load_report(other).signature is None
