"""`liftwarden profile new`: a dialogue, or its options, to a file that the checks accept."""

import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from cli_agent import Invoke

from protocols.profiles.loader import load_profile, profile_names
from protocols.profiles.schema import BlockSpec, FaultCoding, WordOrder

HEAD = ("acme-d7", "--title", "ACME D7", "--source", "D7 manual, chapter 9", "--functions", "3")
HEAD_ANSWERS = ["acme-d7", "ACME D7", "", "2", "", "D7 manual", "3", "19200 8E1", "3", "", "0", "", "", ""]
"""Name, titles, kind, tier, source, slave, line, functions, max_regs, base, errors, latency, loss."""
DONE = ["", "", "", ""]
"""No row more, no identity, nothing denied, no frames."""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def answered(invoke: Invoke, *rows: Sequence[str], end: Sequence[str] = DONE) -> Invoke:
    """The dialogue with these rows, to its end."""
    lines = [*HEAD_ANSWERS, *(answer for row in rows for answer in row), *end]
    return invoke("profile", "new", input="".join(f"{line}\n" for line in lines))


def by_options(invoke: Invoke, *options: str) -> Invoke:
    return invoke("profile", "new", *HEAD, *options, "--defaults")


FLOOR = ["12", "", "floor, as the device", "", "", ""]
"""Address, bits, item, signed, name, doubt."""


def test_a_dialogue_makes_a_file_that_the_check_accepts(invoke: Invoke) -> None:
    result = answered(invoke, FLOOR)
    assert result.exit_code == 0
    profile = load_profile("acme-d7.yaml")
    assert (profile.name, profile.kind.value, profile.slave) == ("acme-d7", "drive", 3)
    assert (profile.line.default, profile.hardware_verified) == ("19200 8E1", False)
    assert [(row.address, row.item, row.status) for row in profile.rows] == [(12, "floor", "V:S-MANUAL")]
    assert invoke("profile", "check", "acme-d7.yaml").exit_code == 0


def test_it_says_what_comes_next(invoke: Invoke) -> None:
    said = answered(invoke, FLOOR).stderr
    assert "liftwarden profile check acme-d7.yaml" in said
    assert "liftwarden profile try acme-d7.yaml --port" in said


def test_the_options_say_the_same_as_the_dialogue(invoke: Invoke) -> None:
    rows = ("--kind", "drive", "--slave", "3", "--line", "19200 8E1", "--row", "12 item=floor")
    by_options(invoke, *rows, "--source", "D7 manual", "--output", "one.yaml")
    answered(invoke, FLOOR)
    assert Path("one.yaml").read_text(encoding="utf-8") == Path("acme-d7.yaml").read_text(encoding="utf-8")


def test_what_an_option_says_is_not_asked(invoke: Invoke) -> None:
    said = by_options(invoke, "--row", "12 item=floor")
    assert (said.exit_code, said.stderr.count("?"), said.stderr.splitlines()[0].partition(":")[0]) == (
        0,
        0,
        "acme-d7.yaml",
    )


def test_every_part_of_the_file_has_a_comment(invoke: Invoke) -> None:
    by_options(invoke, "--row", "12 item=floor", "--deny", "1004h 1 commands", "--identity", "floor 1")
    lines = Path("acme-d7.yaml").read_text(encoding="utf-8").splitlines()
    said = {line.partition(":")[0]: "#" in line for line in lines if line and line[0] not in "# "}
    uncommented = {key for key, has in said.items() if not has}
    # What a line below says, or what needs no word.
    assert uncommented == {"name", "title", "sources", "line", "behaviour", "comm_loss_effect", "rows"}


@pytest.mark.parametrize(
    ("base", "printed", "wire", "function"),
    [
        ("0", "16", 16, 3),
        ("0", "10h", 16, 3),
        ("0", "0xC800", 0xC800, 3),
        ("1", "17", 16, 3),
        ("40001", "40017", 16, 3),
        ("40000", "40016", 16, 3),
        ("40001", "400017", 16, 3),
        ("40001", "30017", 16, 4),
        ("40001", "10017", 16, 2),
        ("40001", "00017", 16, 1),
    ],
)
def test_an_address_of_the_manual_becomes_the_one_on_the_wire(
    invoke: Invoke, base: str, printed: str, wire: int, function: int
) -> None:
    options = ("--functions", "1,2,3,4" if base.startswith("4") else "3", "--base", base)
    assert by_options(invoke, *options, "--row", printed).exit_code == 0
    row = load_profile("acme-d7.yaml").rows[0]
    assert (row.address, row.function) == (wire, function)


def test_the_manuals_own_number_stays_as_a_comment(invoke: Invoke) -> None:
    by_options(invoke, "--base", "40001", "--row", "40017 item=floor")
    assert "item: floor" in Path("acme-d7.yaml").read_text(encoding="utf-8").partition("# 40017 in the manual")[0]


@pytest.mark.parametrize(
    ("base", "printed", "why"),
    [
        ("0", "0010", "may be hexadecimal: write 0010h if it is, 10 if it is decimal"),
        ("0", "C800", "C800 is hexadecimal: write C800h or 0xC800"),
        ("0", "65536", "out of range: it is 0 to 65535"),
        ("1", "0", "out of range: it is 1 to 65536"),
        ("40001", "17", "they are as in 40017 or 400017"),
        ("40001", "40000", "out of range; numbers begin at 40001"),
        ("40001", "30017", "is read by function 4, and the device has only 3"),
        ("0", "door", "door is no number"),
    ],
)
def test_an_address_that_cannot_be_is_wrong_usage_with_the_reason(
    invoke: Invoke, base: str, printed: str, why: str
) -> None:
    result = by_options(invoke, "--base", base, "--row", printed)
    assert result.exit_code == 2
    assert why in result.stderr
    assert not Path("acme-d7.yaml").exists()


def test_ranges_hold_nothing_but_registers_that_rows_name(invoke: Invoke) -> None:
    rows = ("1", "2 order=high bits=x2", "5", "4", "9")
    by_options(invoke, *(part for row in rows for part in ("--row", row)))
    assert [(block.address, block.count) for block in load_profile("acme-d7.yaml").blocks] == [(1, 5), (9, 1)]


def test_one_bit_has_a_polarity(invoke: Invoke) -> None:
    by_options(invoke, "--row", "1 bits=5 item=mains true=0", "--row", "1 bits=6 item=overload")
    rows = load_profile("acme-d7.yaml").rows
    assert [(row.bits, row.item, row.invert) for row in rows] == [((5, 5), "mains", True), ((6, 6), "overload", False)]


def test_one_field_can_tell_several_items(invoke: Invoke) -> None:
    door = "1 bits=hi item=doors.this.open is=0:true,1:false item=doors.this.closed is=0:false,1:true"
    by_options(invoke, "--kind", "door_operator", "--row", door)
    (row,) = load_profile("acme-d7.yaml").rows
    assert row.meanings == {
        "doors.this.open": {0: True, 1: False},
        "doors.this.closed": {0: False, 1: True},
    }


def test_an_unknown_scale_stays_raw_and_feeds_nothing(invoke: Invoke) -> None:
    answered(invoke, ["12", "", "speed_mps", "raw", "", ""])
    (row,) = load_profile("acme-d7.yaml").rows
    assert (row.name, row.item, row.scale) == ("speed_mps_raw", None, None)


def test_doubt_is_a_mark_and_a_note(invoke: Invoke) -> None:
    by_options(invoke, "--row", "1 item=floor doubt='0 or 1 for the lowest'")
    (row,) = load_profile("acme-d7.yaml").rows
    assert (row.status, row.note) == ("V~:S-MANUAL", "0 or 1 for the lowest")


def test_hearsay_is_marked_unverified(invoke: Invoke) -> None:
    by_options(invoke, "--tier", "unverified", "--row", "1 item=floor")
    (row,) = load_profile("acme-d7.yaml").rows
    assert (row.status, row.unverified) == ("U", True)


def test_a_fault_code_has_its_table(invoke: Invoke) -> None:
    answered(invoke, ["7", "lo", "faults", "code", "30 door.slow opening too slow|开门慢", "", "", ""])
    profile = load_profile("acme-d7.yaml")
    assert profile.rows[0].faults is FaultCoding.CODE
    assert (profile.faults[30].name, profile.faults[30].title.zh) == ("door.slow", "开门慢")


def test_a_number_over_two_registers_has_an_order(invoke: Invoke) -> None:
    answered(invoke, ["7", "x2", "low", "10000", "run_count", "", "", ""])
    (row,) = load_profile("acme-d7.yaml").rows
    assert (row.words, row.word_order, row.pair.value) == (2, WordOrder.LOW_FIRST, "decimal")


def test_an_input_of_a_module_is_a_channel(invoke: Invoke) -> None:
    options = ("--kind", "input_module", "--functions", "2", "--row", "0 channel=1", "--row", "1 channel=2")
    by_options(invoke, *options)
    profile = load_profile("acme-d7.yaml")
    assert [(row.name, row.channel) for row in profile.rows] == [("input_1", 1), ("input_2", 2)]
    assert profile.blocks == (BlockSpec(name="discretes_0000", function=2, address=0, count=2),)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (["nine", "10h", "all", "floor", "", "", ""], "nine is no number"),
        (["10h", "9-2", "all", "floor", "", "", ""], "the lower one first"),
        (["10h", "", "flor", "floor, as", "", "", ""], "flor is in no item"),
        (["10h", "hi", "mains", "x", "1=true", "", "", ""], "x says no meaning; write pairs as in 0=true"),
        (["10h", "hi", "mains", "256=true", "1=true", "", "", ""], "256 is out of range: it is 0 to 255"),
        (["10h", "hi", "direction", "1=upp", "1=up", "", "", ""], "did you mean up?"),
        (["10h", "", "speed_mps", "-1", "0.01", "", "", ""], "write a number above 0"),
        (["10h", "5", "mains", "2", "1", "", ""], "2 is none of: 1, 0"),
        (["10h", "", "raw", "", "Word", "word", ""], "Word is no name for a row"),
    ],
)
def test_a_bad_answer_is_asked_again_with_one_line_that_says_why(invoke: Invoke, row: list[str], why: str) -> None:
    result = answered(invoke, row)
    complaints = [line for line in result.stderr.splitlines() if line.startswith("  !")]
    assert (result.exit_code, len(complaints)) == (0, 1)
    assert why in complaints[0]


def test_a_row_that_does_not_fit_the_others_is_given_again(invoke: Invoke) -> None:
    result = answered(invoke, FLOOR, ["12", "3", "mains", "", "", ""], ["13", "3", "mains", "", "", ""])
    assert "bit 3 of 000Ch is already in row floor" in result.stderr
    assert [row.address for row in load_profile("acme-d7.yaml").rows] == [12, 13]


def test_a_misprinted_frame_is_refused_with_the_right_crc(invoke: Invoke) -> None:
    result = by_options(invoke, "--row", "1 item=floor", "--frames", "18 03 00 01 00 07 57 C0")
    assert (result.exit_code, Path("acme-d7.yaml").exists()) == (2, False)
    assert "57 C1 would be right" in result.stderr


def test_a_row_in_the_deny_list_is_refused(invoke: Invoke) -> None:
    result = by_options(invoke, "--row", "1 item=floor", "--deny", "1 1 commands")
    assert result.exit_code == 2
    assert "0001h is in the deny-list" in result.stderr


def test_a_file_that_exists_is_left_alone_and_nothing_is_asked(invoke: Invoke) -> None:
    Path("acme-d7.yaml").write_text("mine", encoding="utf-8")
    result = invoke("profile", "new", "acme-d7", input="")
    assert (result.exit_code, Path("acme-d7.yaml").read_text(encoding="utf-8")) == (1, "mine")
    (line,) = result.stderr.splitlines()
    assert line.startswith("acme-d7.yaml: is there already and is never overwritten")


def test_a_file_that_appeared_meanwhile_is_left_alone_and_another_name_is_asked(invoke: Invoke) -> None:
    Path("acme-d7.yaml").write_text("mine", encoding="utf-8")
    result = answered(invoke, FLOOR, end=[*DONE, "other.yaml"])
    assert (result.exit_code, Path("acme-d7.yaml").read_text(encoding="utf-8")) == (0, "mine")
    assert load_profile("other.yaml").name == "acme-d7"


def test_a_directory_that_is_not_there_is_said_before_the_first_question(invoke: Invoke) -> None:
    result = by_options(invoke, "--output", "no/such/place.yaml")
    (line,) = result.stderr.splitlines()
    assert (result.exit_code, line.startswith("no/such/place.yaml: cannot be made")) == (1, True)


def test_a_known_profile_is_not_hidden_by_a_new_one(invoke: Invoke) -> None:
    result = invoke("profile", "new", profile_names()[0], *HEAD[1:], "--row", "1", "--defaults")
    assert result.exit_code == 2
    assert "yours would hide it" in result.stderr


def test_answers_that_end_before_a_row_write_nothing(invoke: Invoke) -> None:
    result = answered(invoke, ["12", "all"], end=())
    assert (result.exit_code, list(Path().iterdir())) == (1, [])
    assert result.stderr.splitlines()[-1] == "interrupted before a row was complete; nothing was written"


def test_answers_that_end_after_a_row_keep_it(invoke: Invoke) -> None:
    result = answered(invoke, FLOOR, ["13", "all"], end=())
    assert result.exit_code == 1
    assert "interrupted: the rows given until then are kept" in result.stderr
    assert [row.name for row in load_profile("acme-d7.yaml").rows] == ["floor"]


def test_the_questions_are_chinese_where_the_place_is(invoke: Invoke) -> None:
    result = invoke("profile", "new", input="", env={"LANG": "zh_CN.UTF-8"})
    assert "按手册逐项回答" in result.stderr


def test_text_that_no_file_should_carry_is_asked_again(invoke: Invoke) -> None:
    lines = [HEAD_ANSWERS[0], "ACME\x1b[2J D7", *HEAD_ANSWERS[1:], *FLOOR, *DONE]
    result = invoke("profile", "new", input="".join(f"{line}\n" for line in lines))
    assert "characters that cannot be printed" in result.stderr
    assert load_profile("acme-d7.yaml").title.en == "ACME D7"


def drained(terminal: int) -> None:
    """Look at the terminal as a screen does, or what is written to it waits."""
    with suppress(OSError):
        while os.read(terminal, 4096):
            pass


@pytest.mark.process
def test_ctrl_c_on_a_terminal_keeps_the_rows_and_exits_with_130() -> None:
    master, slave = pty.openpty()
    screen = threading.Thread(target=drained, args=(master,))
    screen.start()
    command = [sys.executable, "-c", "from edge_agent.cli import main; main()", "profile", "new"]
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=subprocess.PIPE, text=True) as process:
        os.close(slave)
        assert process.stderr is not None
        answers = iter([*HEAD_ANSWERS, *FLOOR])
        for line in process.stderr:
            if "Row 2" in line:
                break
            if line.endswith(":\n"):
                os.write(master, f"{next(answers)}\r".encode())
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        code = process.wait(timeout=60)
    screen.join()
    os.close(master)
    assert code == 130
    assert "the rows given until then are kept" in said
    assert [row.name for row in load_profile("acme-d7.yaml").rows] == ["floor"]
