"""`python -m hil.score doctor`: what it prints and writes, and when it fails."""

import json
from pathlib import Path

import msgspec
import pytest

from hil.bench.results import Machine
from hil.score.__main__ import main
from hil.score.cases import CASES
from hil.score.report import Score, as_markdown, rows_of
from hil.score.trial import Trial, tried

ECHO = tried(next(case for case in CASES if case.name == "echo"), 0)
MACHINE = Machine(date="2026-01-01 12:00 UTC", cpu="a CPU", cores=2, kernel="Linux 6", python="CPython", load_1min=0.5)


def test_one_case_is_printed_as_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--case", "echo", "--seeds", "1"]) == 0
    assert "| echo | echo | 1 | 1 | 1 | 1 | 0 | 1 |" in capsys.readouterr().out


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--case", "echo", "--seeds", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["seeds"], told["own"][0]["trials"], told["holdout"]) == (2, 2, [])


def test_trials_are_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--case", "echo", "--seeds", "2", "--trials"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["echo 0", "echo 1"]
    assert all("named [echo]" in line for line in lines)


def test_an_unknown_case_is_wrong_usage_and_names_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "--case", "eco"])
    assert ended.value.code == 2
    assert "no case 'eco'; there are" in capsys.readouterr().err


def test_a_missed_target_is_named_and_exit_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    missed = msgspec.structs.replace(ECHO, is_named=False)
    monkeypatch.setattr("hil.score.__main__.tried", lambda _case, _seed: missed)
    assert main(["doctor", "--case", "echo", "--seeds", "1"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "missed: echo (top 2 1, named 0, in time 1 of 1)"


def test_a_document_that_cannot_be_written_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("hil.score.__main__.tried", lambda _case, _seed: ECHO)
    target = tmp_path / "absent" / "score.md"
    assert main(["doctor", "--seeds", "1", "--out", str(target)]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"{target}: cannot write: ")


def test_the_hold_out_set_is_told_and_not_judged() -> None:
    bad = msgspec.structs.replace(ECHO, is_named=False, is_misled=True)
    score = Score(machine=MACHINE, first_seed=0, seeds=1, own=rows_of([ECHO]), holdout=rows_of([bad]))
    assert score.is_met
    assert not msgspec.structs.replace(score, own=rows_of([bad])).is_met


def test_the_document_says_where_when_and_which_seeds() -> None:
    rows = rows_of([ECHO])
    document = as_markdown(Score(machine=MACHINE, first_seed=3, seeds=4, own=rows, holdout=rows))
    assert "2026-01-01 12:00 UTC; a CPU, 2 cores" in document
    assert "Seeds 3 to 6." in document


def test_p95_is_the_time_that_19_of_20_trials_stay_below() -> None:
    trials: list[Trial] = [msgspec.structs.replace(ECHO, seconds=float(second)) for second in range(1, 21)]
    (row,) = rows_of(trials)
    assert row.p95_s == 19.0
