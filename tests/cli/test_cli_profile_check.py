"""`liftwarden profile check` explains every problem of a file, each with its line and what to do."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_agent import Invoke

GOOD = """\
name: my-drive
title: {en: "X", zh: "X"}
kind: drive
tier: manual
hardware_verified: false
sources:
  S-MINE: "a manual"
slave: 3
line: {default: "9600 8N1", allowed: ["9600 8N1"]}
functions: [3]
max_regs: 16
behaviour: {latency_ms: 5}
comm_loss: unknown
comm_loss_effect: {en: "x", zh: "x"}
blocks:
  - {name: a, address: 0x0001, count: 2}
  - {name: b, address: 0x0010, count: 2}
rows:
  - {name: r1, address: 1, item: floor, status: "V:S-MINE"}
  - {name: r2, address: 2, bits: [0, 0], item: mains, status: "V:S-MINE"}
  - {name: r3, address: 16, status: "V:S-MINE"}
"""


Said = Callable[..., list[tuple[int, str]]]


@pytest.fixture
def said(invoke: Invoke, tmp_path: Path) -> Said:
    """What the command says of GOOD with some texts exchanged: (line, problem) of each."""
    file = tmp_path / "mine.yaml"

    def check(*changes: tuple[str, str]) -> list[tuple[int, str]]:
        text = GOOD
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
        result = invoke("profile", "check", file)
        assert (result.exit_code, result.stdout) == (3, "")
        lines = [line.removeprefix(f"{file}:") for line in result.stderr.splitlines()]
        found = [line.partition(":") for line in lines if not line.startswith(" ")]
        return [(int(number), what.strip()) for number, _, what in found] + [
            (0, line.strip()) for line in lines if line.startswith(" ")
        ]

    return check


def test_the_text_of_these_tests_is_good(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD, encoding="utf-8")
    assert invoke("profile", "check", file).exit_code == 0


def test_every_part_that_does_not_fit_is_told(said: Said) -> None:
    assert said(("item: floor", "item: flor"), ("bits: [0, 0], ", ""), ("address: 16", "address: 18")) == [
        (19, "rows[0].item: no item 'flor'; did you mean floor?"),
        (20, "rows[1].item: mains is true or false: give one bit, or meanings"),
        (21, "rows[2].address: 0012h is in no block of function 3; add it to one"),
    ]


def test_every_part_that_has_no_form_is_told_beside_what_does_not_fit(said: Said) -> None:
    changes = (("slave: 3", "slave: 300"), ("name: r1, address: 1", "name: r1, adress: 1"))
    assert said(*changes, ("item: mains", "item: maines")) == [
        (8, "slave: must be at most 247, not 300"),
        (19, "rows[0].adress: unknown key; did you mean address?"),
        (19, "rows[0]: lacks address"),
        (20, "rows[1].item: no item 'maines'; did you mean mains?"),
    ]


def test_an_error_is_not_told_again_as_its_echo_but_what_waits_for_it_is_named(said: Said) -> None:
    found = said(("{name: b, address: 0x0010, count: 2}", "{name: b, addres: 0x0010, count: 2}"))
    assert [what for _, what in found[:-1]] == [
        "blocks[1].addres: unknown key; did you mean address?",
        "blocks[1]: lacks address",
    ]
    assert found[-1][1] == "judged once the above is right: rows: address"


@pytest.mark.parametrize("line", [line for line in GOOD.splitlines() if not line.startswith(" ") and line[-1] != ":"])
def test_a_key_that_is_left_out_hides_no_other_problem(said: Said, line: str) -> None:
    key = line.partition(":")[0]
    found = said((f"{line}\n", ""), ("item: mains", "item: maines"))
    assert next(what for _, what in found) == f"lacks {key}"
    assert "rows[1].item: no item 'maines'; did you mean mains?" in [what for _, what in found]


def test_what_is_no_yaml_is_one_problem(said: Said) -> None:
    ((line, what),) = said(('title: {en: "X"', 'title: {en: "X'))
    assert line > 0
    assert what.startswith("is not YAML")


def test_a_misprinted_frame_is_told_when_the_rest_is_right(said: Said) -> None:
    vector = 'vectors:\n  - {request: "03 03 00 01 00 02 94 28", status: "V:S-MINE"}\nblocks:\n'
    ((line, what),) = said(("blocks:\n", vector))
    assert (line, what.startswith("vectors[0].request: its CRC is wrong, 94 29 would be right")) == (16, True)


def test_as_json_every_problem_has_its_line(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD.replace("slave: 3", "slave: 0").replace("max_regs: 16", "max_regs: 0"), encoding="utf-8")
    result = invoke("profile", "check", file, "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["good"]) == (3, False)
    assert [problem["line"] for problem in found["problems"]] == [8, 11]
    assert result.stderr.splitlines() == [problem["problem"] for problem in found["problems"]] + [
        f"{file}: judged once the above is right: rows: words"
    ]
