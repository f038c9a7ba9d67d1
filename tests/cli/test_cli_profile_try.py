"""`liftwarden profile try`: a profile beside the device it describes, and what is said of where they differ."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_agent import FakeAgent, Invoke

from edge_agent.cli.profile_try_lines import summary_lines
from edge_agent.cli.profile_try_tally import Mark, Tally
from edge_agent.link.outcome import Failure, FailureKind
from edge_agent.local.views import BusView, LentPort, RegisterView, Reply
from protocols.profiles.schema import Framing

MS = 1_000_000
DOOR = """\
name: my-door
title: {en: "a door", zh: "门"}
kind: door_operator
tier: manual
hardware_verified: false
sources: {S-MINE: "a manual"}
slave: 24
line: {default: "19200 8N1", allowed: ["19200 8N1"]}
functions: [3]
max_regs: 16
behaviour: {latency_ms: 10}
exceptions: {2: {en: "no such parameter", zh: "无此参数"}}
comm_loss: unknown
comm_loss_effect: {en: "it opens the door", zh: "开门"}
blocks:
  - {name: state, address: 1, count: 2}
rows:
  - {name: opening, address: 1, meanings: {doors.this.open: {0: false, 1: true}}, status: "V:S-MINE"}
  - {name: type_code, address: 2, default: 3205, status: "V:S-MINE"}
"""
"""The device that is served as well: its door is closed, so 0001h is 0."""


def row(value: object, words: tuple[int, ...] = (0,), name: str = "floor", item: str = "floor") -> RegisterView:
    return RegisterView("d", "b", 0x12, list(words), name, item, value, "", 5)


def tally() -> Tally:
    return Tally(stated_ms=10, shown_raw=["counter"])


def test_a_row_that_never_changed_is_marked_until_it_does() -> None:
    seen = tally()
    assert [seen.row(row(value, (value,))) for value in (1, 1, 2, 2)] == [
        Mark.STILL,
        Mark.STILL,
        Mark.MOVED,
        Mark.PLAIN,
    ]


def test_bits_of_a_register_are_still_while_their_neighbours_move() -> None:
    seen = tally()
    assert [seen.row(row(7, (words,))) for words in (0x0700, 0x0701)] == [Mark.STILL, Mark.STILL]


def test_a_raw_value_without_a_meaning_is_marked_and_told() -> None:
    seen = tally()
    assert seen.row(row(None, (9,), "door", "doors.front.open")) is Mark.MEANINGLESS
    assert seen.summary().rows[0].meaningless == [[9]]


def test_a_number_whose_word_order_nobody_knows_is_only_raw() -> None:
    seen = tally()
    assert [seen.row(row(None, words, "counter", "")) for words in ((1, 2), (1, 3))] == [Mark.STILL, Mark.MOVED]


@pytest.mark.parametrize(("item", "value"), [("floor", 255), ("floor", -77), ("speed_mps", 65.5)])
def test_what_no_lift_can_be_is_out_of_range(item: str, value: float) -> None:
    seen = tally()
    assert seen.row(row(value, (255,), item, item)) is Mark.OUT_OF_RANGE
    assert seen.summary().rows[0].out_of_range == [[255]]


@pytest.mark.parametrize(("most_ms", "longer"), [(30, False), (60, True)])
def test_a_latency_beyond_the_stated_one_is_said_but_not_what_an_adapter_adds(most_ms: int, longer: bool) -> None:
    seen = tally()
    for latency_ms in (8, 9, most_ms):
        seen.answer(latency_ms * MS, None)
    latency = seen.summary().latency
    assert latency is not None
    assert (latency.median_ms, latency.most_ms, latency.is_longer) == (9, most_ms, longer)


def test_a_wrong_identity_is_not_forgotten() -> None:
    seen = tally()
    for identity in ("type_code is 7", ""):
        seen.answer(0, identity)
    assert (seen.summary().identity, seen.summary().fits) == ("type_code is 7", False)


def test_refusals_are_counted_by_block_and_reason() -> None:
    seen = tally()
    for detail in ("no answer within 140 ms", "no answer within 141 ms"):
        seen.refused("b", Failure(FailureKind.TIMEOUT, detail), detail)
    seen.refused("b", Failure(FailureKind.EXCEPTION, "exception 02h"), "exception 02h", ["floor"])
    assert [(one.times, one.rows) for one in seen.summary().refusals] == [(2, []), (1, ["floor"])]


def test_the_summary_is_chinese_where_the_place_is() -> None:
    seen = tally()
    seen.look()
    seen.answer(0, "")
    said = [line.plain for line in summary_lines(seen.summary(), "zh")]
    assert said[:2] == ["读取次数 1, 应答 1", "型号: 相符"]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    bench = tmp_path_factory.mktemp("bench")
    (bench / "door.yaml").write_text(DOOR, encoding="utf-8")
    link = bench / "ttyDOOR"
    command = [sys.executable, "-m", "hil", "serve", "--profile", bench / "door.yaml", "--link", link, "--json"]
    with subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            yield link
        finally:
            process.terminate()
            process.stdout.read()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "door.yaml"
    made.write_text(DOOR, encoding="utf-8")
    return made


def changed(file: Path, *changes: tuple[str, str]) -> Path:
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.process
def test_a_profile_that_fits_is_read_and_summed_up(invoke: Invoke, port: Path, file: Path) -> None:
    changed(file, ("blocks:", "identity:\n  - {row: type_code, expect: [3205]}\nblocks:"))
    result = invoke("profile", "try", file, "--port", port, "--seconds", "0.3", "--period", "0.1")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "= 0001: 0000  opening -> doors.front.open = false" in result.stdout
    assert "= 0002: 0C85  type_code = 3205" in result.stdout
    assert "identity: as described" in result.stdout
    assert "never moved (2)" in result.stdout
    assert "every request was answered" in result.stdout


@pytest.mark.process
def test_as_json_the_last_line_is_the_summary(invoke: Invoke, port: Path, file: Path) -> None:
    result = invoke("profile", "try", file, "--port", port, "--seconds", "0.2", "--period", "0.1", "--json")
    *rows, last = map(json.loads, result.stdout.splitlines())
    assert [said["name"] for said in rows] == ["opening", "type_code"]
    assert last["summary"]["fits"] is True
    assert {said["name"]: said["changes"] for said in last["summary"]["rows"]} == {"opening": 0, "type_code": 0}


@pytest.mark.process
def test_another_device_than_described_is_exit_code_3(invoke: Invoke, port: Path, file: Path) -> None:
    changed(file, ("blocks:", "identity:\n  - {row: type_code, within: [7, 9]}\nblocks:"))
    result = invoke("profile", "try", file, "--port", port, "--seconds", "0.1")
    assert result.exit_code == 3
    assert "identity: WRONG: type_code at 0002h is 3205" in result.stdout


@pytest.mark.process
def test_a_refusal_has_the_profiles_name_and_the_rows_that_are_to_blame(invoke: Invoke, port: Path, file: Path) -> None:
    more = '{name: state, address: 1, count: 3}\nrows:\n  - {name: beyond, address: 3, status: "V:S-MINE"}'
    changed(file, ("{name: state, address: 1, count: 2}\nrows:", more))
    result = invoke("profile", "try", file, "--port", port, "--seconds", "0.1")
    assert result.exit_code == 3
    assert "exception 02h: no such parameter" in result.stdout
    assert "refused when asked alone: beyond\n" in result.stdout


@pytest.mark.process
def test_a_raw_value_without_a_meaning_is_told_with_its_address(invoke: Invoke, port: Path, file: Path) -> None:
    changed(file, ("{0: false, 1: true}", "{4: false, 1: true}"))
    result = invoke("profile", "try", file, "--port", port, "--seconds", "0.1")
    assert "? 0001: 0000  opening -> doors.front.open = -" in result.stdout
    assert "raw values without a meaning:\n  0001 opening -> doors.front.open: 0000" in result.stdout


@pytest.mark.process
def test_what_hangs_on_rows_is_shown_beside_them(invoke: Invoke, port: Path, file: Path) -> None:
    derived = 'derived:\n  - {item: doors.this.closed, all: {type_code: 3205}, status: C, note: "n"}\nblocks:'
    changed(file, ("blocks:", derived))
    result = invoke("profile", "try", file, "--port", port, "--seconds", "0.1")
    assert "= derived: doors.front.closed = true" in result.stdout


@pytest.mark.process
def test_nobody_there_is_exit_code_1_with_what_to_look_at(invoke: Invoke, port: Path, file: Path) -> None:
    result = invoke("profile", "try", file, "--port", port, "--slave", "9", "--seconds", "0.1")
    assert result.exit_code == 1
    assert "no answer at all; check power, A/B, address and line" in result.stdout


@pytest.mark.process
def test_ctrl_c_ends_with_the_summary(port: Path, file: Path) -> None:
    command = [sys.executable, "-c", "from edge_agent.cli import main; main()", "profile", "try"]
    with subprocess.Popen(
        [*command, str(file), "--port", str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        while "changed" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        said, wrong = process.communicate(timeout=60)
    assert (process.returncode, wrong) == (0, "")
    assert "never moved (2)" in said


@pytest.mark.process
def test_the_agents_port_can_be_borrowed(ask: Invoke, agent: FakeAgent, port: Path, file: Path) -> None:
    bus = BusView(str(port), "19200 8N1", Framing.RTU, [])
    agent.will_answer("bus", Reply(bus=bus))
    agent.will_answer("take_port", Reply(lent=LentPort(bus, 2.0)))
    result = ask("profile", "try", file, "--take-port", "10m")
    assert result.exit_code == 0
    assert [asked.op for asked in agent.asked] == ["bus", "take_port"]
    assert agent.asked[1].period_s == 600
    assert "looks: 1, answers: 2" in result.stdout


@pytest.mark.process
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("tier: manual", "stub: true\ntier: manual"), "my-door is a stub: its map is not known"),
        (("comm_loss: unknown", "comm_loss: trip"), "nobody asks any more, and: it opens the door"),
    ],
)
def test_what_may_disturb_a_lift_is_asked_first(
    invoke: Invoke, port: Path, file: Path, change: tuple[str, str], said: str
) -> None:
    changed(file, change)
    command = ("profile", "try", file, "--port", port, "--seconds", "0.1")
    assert [invoke(*command, input=answer).exit_code for answer in ("n\n", "", "y\n")] == [1, 1, 0]
    result = invoke(*command, "--yes")
    assert result.exit_code == 0
    assert said in result.stderr


def test_a_bad_profile_is_refused_before_the_port_is_touched(invoke: Invoke, file: Path, tmp_path: Path) -> None:
    changed(file, ("slave: 24", "slave: 300"))
    result = invoke("profile", "try", file, "--port", tmp_path / "ttyNONE")
    (line,) = result.stderr.splitlines()
    assert (result.exit_code, line.startswith(f"{file}:7: slave: must be at most 247")) == (1, True)


@pytest.mark.parametrize(
    ("options", "said"), [((), "wants --port PATH, or --take-port 10m"), (("--option", "x"), "wants K=V")]
)
def test_wrong_usage_is_exit_code_2(invoke: Invoke, file: Path, options: tuple[str, ...], said: str) -> None:
    port = ("--port", "ttyNONE") if options else ()
    result = invoke("profile", "try", file, *port, *options)
    assert result.exit_code == 2
    assert said in result.stderr.replace("\n", " ")
