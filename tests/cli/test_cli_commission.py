"""`liftwarden commission` and what it leaves behind: the report, its page, the lift's file, the agent's word."""

from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from cli_agent import FakeAgent, Invoke
from rich.cells import cell_len
from typer.testing import Result

from edge_agent import AgentError
from edge_agent.acceptance import wiring_of
from edge_agent.commission.record import Record
from edge_agent.commission.report import Report, encoded, load_report, write_whole
from edge_agent.local.views import LiftBlocks, Reply, Request
from protocols.profiles.place import Channel
from protocols.upstream.messages import LiftIds
from tests.commission.commission_bench import (
    LIFT,
    MODULE,
    OPTIONS,
    PROFILES,
    RIGHT,
    dead,
    inverted,
    recorded,
    swapped,
)

WIRING = wiring_of(LIFT, PROFILES)


def lift_file(directory: Path, *ids: str) -> Path:
    """The terminal's file as a person writes it."""
    lines = [
        "# the yard",
        "terminal_id: t-1",
        "link: {port: /dev/ttyUSB9}",
        f"journal: {{path: {directory}/journal.sqlite}}",
        "uplink: {broker: 'mqtt://127.0.0.1:1883'}",
        f"local: {{socket: {directory}/agent.sock}}",
        "lifts:",
    ]
    for number, lift_id in enumerate(ids or ("lift-1",)):
        lines += [
            f"  - id: {lift_id}",
            "    devices:",
            f"      - name: {'io' if not number else f'io-{number}'}",
            f"        profile: {MODULE}",
            f"        slave: {20 + number}",
            f"        options: {{inputs_at: {OPTIONS['inputs_at']}}}",
            "        channels:",
            *(
                f"          {channel}: {{item: {one.item}{', invert: true' if one.invert else ''}}} # wire {channel}"
                for channel, one in RIGHT.items()
            ),
            "    floors:",
            *(f"      - {{reported: {floor.reported}, label: '{floor.label}'}}" for floor in LIFT.floors),
        ]
    path = directory / "agent.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def own(config: Path) -> Any:
    """The lift as that file has it; its address makes another wiring of it than the bench's."""
    from edge_agent.config import load_config

    return load_config(str(config)).lifts[0]


def unjudged(directory: Path, record: Record) -> Path:
    """A report whose record is complete, to be judged."""
    report = Report(
        version="0",
        terminal_id="t-1",
        ids=LiftIds("lift-1"),
        wiring="",
        lift=LIFT,
        at="",
        finished=False,
        passed=False,
        signals=(),
        steps=(),
        missing=(),
        record=record,
    )
    path = directory / "visit.json"
    path.write_text(encoded(report), encoding="utf-8")
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return lift_file(tmp_path)


class Bench:
    """The command with a record that is to be judged, and an agent that takes what is right."""

    def __init__(self, directory: Path, config: Path, agent: FakeAgent, invoke: Invoke) -> None:
        self.directory, self.config, self.agent, self._invoke = directory, config, agent, invoke
        agent.will_answer("accept", Reply())
        agent.will_answer("withdraw", Reply())

    def judge(self, wired: Mapping[int, Channel] = RIGHT, *more: str, stuck: Any = None, **invoked: Any) -> Result:
        self.report = unjudged(self.directory, recorded(1, wired, stuck))
        return self.again(*more, **invoked)

    def again(self, *more: str, **invoked: Any) -> Result:
        return self._invoke("-c", self.config, "commission", "--from", self.report, *more, **invoked)

    @property
    def accepted(self) -> list[Request]:
        return [request for request in self.agent.asked if request.op == "accept"]

    @property
    def withdrawn(self) -> list[Request]:
        return [request for request in self.agent.asked if request.op == "withdraw"]

    @property
    def page(self) -> str:
        return self.report.with_suffix(".html").read_text(encoding="utf-8")


@pytest.fixture
def bench(tmp_path: Path, config: Path, agent: FakeAgent, invoke: Invoke) -> Bench:
    return Bench(tmp_path, config, agent, invoke)


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


# signing


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


def test_a_signed_report_is_judged_again_under_another_name(bench: Bench, invoke: Invoke) -> None:
    bench.judge()
    invoke("commission", "sign", bench.report, "--by", "Zhang")
    signed = bench.report.read_bytes()

    assert bench.again().exit_code == 0
    assert bench.report.read_bytes() == signed
    (other,) = bench.directory.glob("commission-lift-1-*.json")
    assert load_report(other).signature is None


# the lift's file


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_mending_keeps_line_ends_mode_and_every_other_byte(bench: Bench, newline: str) -> None:
    before = bench.config.read_text().replace("\n", newline).encode()
    bench.config.write_bytes(before)
    bench.config.chmod(0o640)

    bench.judge(inverted(1), "--yes")

    after = bench.config.read_bytes()
    assert after == before.replace(b"1: {item: door_zone}", b"1: {item: door_zone, invert: true}")
    assert bench.config.stat().st_mode & 0o777 == 0o640
    kept = bench.config.with_name("agent.yaml.before-commission")
    assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (before, 0o640)


def test_a_link_to_the_file_stays_a_link(bench: Bench) -> None:
    real = bench.config.rename(bench.directory / "real.yaml")
    bench.config.symlink_to(real)

    bench.judge(inverted(1), "--yes")

    assert bench.config.is_symlink()
    assert "1: {item: door_zone, invert: true}" in real.read_text()


def test_mended_twice_the_original_is_still_there(bench: Bench) -> None:
    before = bench.config.read_text()
    bench.judge(inverted(1), "--yes")
    between = bench.config.read_text()
    bench.judge(inverted(1) | {7: inverted(7)[7]}, "--yes")

    assert bench.config.with_name("agent.yaml.before-commission").read_text() == before
    assert bench.config.with_name("agent.yaml.before-commission-2").read_text() == between


def test_what_would_not_read_as_meant_is_not_written(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from edge_agent.cli import commission_files

    before = bench.config.read_bytes()
    monkeypatch.setattr(commission_files, "amended", lambda text, _edits: text.replace("door_zone", "person", 1))
    result = bench.judge(inverted(2), "--yes")

    assert (result.exit_code, "set by hand what is listed above" in result.stderr) == (1, True)
    assert bench.config.read_bytes() == before
    assert not list(bench.directory.glob("*.before-commission*"))


def test_a_file_that_cannot_be_mended_costs_no_report(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from edge_agent.cli import commission_files

    def refuse(path: Path, text: str, like: Path | None = None) -> None:
        if like is not None:
            raise AgentError(f"{path}: cannot write: Permission denied; nothing was changed there")
        write_whole(path, text)

    monkeypatch.setattr(commission_files, "write_whole", refuse)
    result = bench.judge(inverted(1), "--yes")

    assert (result.exit_code, "Permission denied" in result.stderr) == (1, True)
    assert load_report(bench.report).finished
    assert "Not passed" in bench.page


def test_the_file_that_the_bench_writes_is_one_that_the_agent_takes(config: Path) -> None:
    assert yaml.safe_load(config.read_text())["lifts"][0]["devices"][0]["channels"][3] == {
        "item": "car_lock",
        "invert": True,
    }
    assert wiring_of(own(config), PROFILES) != WIRING
