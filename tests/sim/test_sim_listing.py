"""`liftwarden sim list`: every name that the other commands take, with its meaning."""

import json

import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.injector.model import load_faults
from sim.stimuli import Stimulus


def listed(*words: str) -> str:
    result = CliRunner().invoke(app, ["list", *words])
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("COLUMNS", raising=False)


def test_every_stimulus_and_cause_is_there_with_its_meaning() -> None:
    stimuli = {one["name"]: one["en"] for one in json.loads(listed("stimuli", "--json"))}
    assert stimuli == {one.value: one.en for one in Stimulus}
    causes = {one["name"]: one["zh"] for one in json.loads(listed("causes", "--json"))}
    assert causes == {name: cause.title.zh for name, cause in load_faults("china-residential").causes.items()}


def test_a_building_is_a_line_with_its_title() -> None:
    assert any(
        line.split(maxsplit=1) == ["old-1990s", "Residential house, 11 floors, lift of the 1990s"]
        for line in listed("buildings").splitlines()
    )


def test_a_phone_gets_the_meaning_below_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = listed("stimuli").splitlines()
    assert max(map(len, lines)) <= 40
    at = lines.index("overtravel")
    assert lines[at + 1].startswith("  ")


def test_who_reads_chinese_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "九十年代电梯" in listed("buildings")


def test_another_kind_is_one_line_with_the_nearest() -> None:
    result = CliRunner().invoke(app, ["list", "stimulus"])
    assert result.exit_code == 2
    assert result.stderr == "no kind 'stimulus'; did you mean stimuli?\n"
