"""`liftwarden commission` and what it leaves behind: the report, its page, the lift's file, the agent's word."""

from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from cli_agent import FakeAgent, Invoke
from commission_desk import Bench, lift_file, own, unjudged
from rich.cells import cell_len

from edge_agent.acceptance import wiring_of
from edge_agent.commission.report import load_report
from edge_agent.local.views import LiftBlocks, Reply, Request
from tests.commission.commission_bench import (
    PROFILES,
    RIGHT,
    dead,
    inverted,
    recorded,
    swapped,
)


def test_a_right_lift_passes_and_the_agent_is_told_what_proves_it(bench: Bench) -> None:
    result = bench.judge()

    assert (result.exit_code, result.exception) == (0, None)
    assert "passed: the signals may be believed" in result.stdout
    report = load_report(bench.report)
    assert (report.finished, report.passed, report.accepted) == (True, True, True)
    wiring = wiring_of(own(bench.config), PROFILES)
    assert bench.accepted == [Request("accept", lift_id="lift-1", wiring=wiring, report=report.digest)]


def test_a_fault_is_named_and_nothing_is_accepted(bench: Bench) -> None:
    result = bench.judge(stuck=dead(1, reads=True))

    assert result.exit_code == 3
    assert "io channel 1, car in the unlocking" in result.stdout
    assert "not passed" in result.stdout
    report = load_report(bench.report)
    assert not report.passed
    assert not bench.accepted
    assert bench.withdrawn == [Request("withdraw", lift_id="lift-1", report=report.digest)], "what held before"


def test_a_visit_that_left_a_step_out_takes_nothing_back(bench: Bench) -> None:
    bench.report = unjudged(bench.directory, recorded(1, skipped=frozenset({"inspection_on"})))
    result = bench.again()

    assert result.exit_code == 3
    assert "not done, and wanted: step" in " ".join(result.stdout.split())
    assert f"--from {bench.report} --again" in result.stdout
    assert not bench.accepted
    assert not bench.withdrawn


def test_without_a_yes_the_lifts_file_stays_as_it_is(bench: Bench) -> None:
    before = bench.config.read_text()
    result = bench.judge(inverted(1), input="n\n")

    assert result.exit_code == 3
    assert "lifts[0].devices[0].channels.1.invert:" in result.stdout
    assert bench.config.read_text() == before


def test_with_a_yes_it_is_mended_and_the_same_record_then_passes(bench: Bench) -> None:
    before = bench.config.read_text()
    result = bench.judge(swapped(1, 9), "--yes")

    assert result.exit_code == 1, "the running agent does not know the file yet"
    assert "restart the agent with the mended" in result.stdout
    after = bench.config.read_text()
    assert (
        after.replace("1: {item: doors.front.open, invert: true}", "1: {item: door_zone}").replace(
            "9: {item: door_zone, invert: false}", "9: {item: doors.front.open, invert: true}"
        )
        == before
    )
    assert bench.config.with_name("agent.yaml.before-commission").read_text() == before
    assert not bench.accepted
    assert len(bench.withdrawn) == 1, "it reads wrong until it is restarted"
    assert [one.where for one in load_report(bench.report).fixes] == [
        "lifts[0].devices[0].channels.1.item",
        "lifts[0].devices[0].channels.1.invert",
        "lifts[0].devices[0].channels.9.item",
        "lifts[0].devices[0].channels.9.invert",
    ]

    again = bench.again()

    assert again.exit_code == 0
    assert [request.wiring for request in bench.accepted] == [wiring_of(own(bench.config), PROFILES)]
    assert len(load_report(bench.report).fixes) == 4, "what was mended on the way stays in the report"


def test_an_agent_that_reads_it_otherwise_has_the_last_word(bench: Bench, agent: FakeAgent) -> None:
    agent.will_answer("accept", Reply(error="lift-1: the running agent reads it otherwise than the report"))
    result = bench.judge()

    assert (result.exit_code, result.stderr) == (1, "lift-1: the running agent reads it otherwise than the report\n")
    assert str(bench.report.with_suffix(".html")) in result.stdout, "where the report is all the same"
    report = load_report(bench.report)
    assert (report.passed, report.accepted) == (True, False)


def test_an_agent_that_is_away_keeps_nobody_from_mending_the_file(bench: Bench, agent: FakeAgent) -> None:
    agent.will_answer("withdraw", Reply(error="no agent listens there"))

    assert bench.judge(stuck=dead(1, reads=True)).stderr == "no agent listens there\n"
    result = bench.judge(inverted(1), "--yes")
    assert (result.exit_code, "restart the agent" in result.stdout) == (1, True)
    assert str(bench.report.with_suffix(".html")) in result.stdout


def test_json_tells_the_findings_without_the_record(bench: Bench) -> None:
    told = msgspec.json.decode(bench.judge(inverted(4), "--json").stdout)

    (wrong,) = [one for one in told["signals"] if one["verdict"] != "good"]
    assert (wrong["item"], wrong["channel"], wrong["verdict"]) == ("safety_chain", 4, "inverted")
    assert "record" not in told


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_said_fits_a_phone(bench: Bench, monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    monkeypatch.setenv("LANG", f"{lang}_CN.UTF-8")
    result = bench.judge(swapped(2, 3) | {1: inverted(1)[1]}, input="n\n")

    assert ("接线互换" if lang == "zh" else "swapped") in result.stdout
    lines = result.stdout.splitlines()
    paths = [line for line in lines if str(bench.directory) in line]
    assert {line.split()[-1] for line in paths} == {str(bench.config), str(bench.report.with_suffix(".html"))}, "whole"
    assert max(cell_len(line) for line in lines if line not in paths) <= 40


def test_the_page_is_whole_and_shows_every_signal(bench: Bench) -> None:
    class Shape(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.seen: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.seen.append(tag)
            if tag not in {"meta", "br", "line", "path"}:
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if tag not in {"meta", "br", "line", "path"}:
                assert self.open.pop() == tag

    bench.judge(inverted(1), input="n\n")
    shape = Shape()
    shape.feed(bench.page)
    shape.close()

    assert shape.open == []
    assert shape.seen.count("path") == len(RIGHT)
    names = [one.name.en for one in load_report(bench.report).signals]
    assert len(names) == len(RIGHT)
    assert all(f"<small>{name}</small>" in bench.page for name in names)
    assert "Not passed" in bench.page
    assert "http" not in bench.page.replace("http://www.w3.org/2000/svg", ""), "it opens without a network"


# before anything is done


def test_the_steps_can_be_read_before_the_visit(config: Path, invoke: Invoke) -> None:
    result = invoke("-c", config, "commission", "--steps")

    assert result.exit_code == 0
    assert "Ride to floor 9;" in result.stdout
    assert "If it is allowed: switch" in result.stdout
    assert max(cell_len(line) for line in result.stdout.splitlines()) <= 40
    lines = invoke("-c", config, "commission", "--steps", "--json").stdout.splitlines()
    assert [msgspec.json.decode(line)["name"] for line in lines][:3] == ["rest", "step_in", "ride_up_1"]


def test_of_several_lifts_one_has_to_be_named(tmp_path: Path, invoke: Invoke) -> None:
    config = lift_file(tmp_path, "lift-1", "lift-2")

    result = invoke("-c", config, "commission", "--steps")
    assert (result.exit_code, result.stderr) == (1, "several lifts; say which with --lift: lift-1, lift-2\n")
    result = invoke("-c", config, "commission", "--steps", "--lift", "lift-3")
    assert (result.exit_code, result.stderr) == (1, "no lift lift-3; there are: lift-1, lift-2\n")
    assert invoke("-c", config, "commission", "--steps", "--lift", "lift-2").exit_code == 0


def test_an_agent_with_another_file_is_told_before_the_first_step(
    config: Path, agent: FakeAgent, invoke: Invoke
) -> None:
    agent.will_answer("blocks", Reply(blocks=[LiftBlocks("lift-1", "other", False, 1, [])]))
    result = invoke("-c", config, "commission", input="\n" * 99)

    assert result.exit_code == 1
    assert "restart it with this file" in result.stderr


def test_a_report_of_another_lift_is_refused(tmp_path: Path, invoke: Invoke) -> None:
    config = lift_file(tmp_path, "lift-1", "lift-2")
    report = unjudged(tmp_path, recorded(1))

    result = invoke("-c", config, "commission", "--lift", "lift-2", "--from", report)

    assert (result.exit_code, "is a report of lift t-1/lift-1" in result.stderr) == (1, True)


def test_a_report_of_another_terminal_is_refused(bench: Bench) -> None:
    bench.config.write_text(bench.config.read_text().replace("terminal_id: t-1", "terminal_id: t-2"))

    result = bench.judge()

    assert (result.exit_code, "is a report of lift t-1/lift-1" in result.stderr) == (1, True)
    assert not bench.accepted
