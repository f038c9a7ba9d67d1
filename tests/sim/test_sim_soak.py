"""`make soak`: a lift-year is watched where it matters, is in band, and is remembered."""

from pathlib import Path

import pytest
import soak.__main__ as command
from msgspec.structs import replace
from soak import lift_year
from soak.lift_year import BAD_YEAR_IN, LEAST_PASSENGERS, LiftYear, Slice, alone, judge, play
from soak.report import document
from verify.findings import PlantWrong
from verify.house import HOUSE

from hil.bench.results import Machine
from sim.building import Traffic
from sim.demand import Period
from tests.support.longrun import remembered

MACHINE = Machine(date="2026-01-01 12:00 UTC", cpu="a CPU", cores=2, kernel="a kernel", python="a Python", load_1min=0)


def test_some_days_of_a_bad_year_break_no_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lift_year, "config_names", lambda kind: ["residential-9"])
    year = play(BAD_YEAR_IN - 1, seed=3, days=12)
    assert (year.broken, year.is_bad) == ("", True)
    assert year.causes
    assert 0.1 < year.watched_s / 86400 < 6
    assert year.starts / 12 == pytest.approx(176, rel=0.15)  # simulation.md 2.5


def test_a_year_is_the_same_again() -> None:
    assert play(BAD_YEAR_IN - 1, seed=4, days=3) == play(BAD_YEAR_IN - 1, seed=4, days=3)


def test_a_lift_that_opens_again_and_again_is_found() -> None:
    """simulation.md section 1: 9 980 door cycles and 6 starts a day."""
    with pytest.raises(PlantWrong, match="door cycles per start up to day 29"):
        judge(Slice(30, 3000, 9980, 3000), 29)


def test_a_lift_that_stands_is_found() -> None:
    with pytest.raises(PlantWrong, match="starts per passenger up to day 29"):
        judge(Slice(30, 6, 6, 3000), 29)


def test_a_lift_under_repair_nearly_all_the_while_had_nobody_to_carry() -> None:
    judge(Slice(5, 0, 0, 0), 364)
    judge(Slice(5, 1, 9, 20), 364)
    with pytest.raises(PlantWrong, match="starts per passenger"):
        judge(Slice(5, 1, 1, LEAST_PASSENGERS), 364)


def test_a_broken_rule_ends_the_year_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lift_year, "EVERY_DAYS", 1)
    monkeypatch.setattr("verify.rules.UNLOCKING_ZONE_M", -1.0)  # so that no door may open anywhere
    year = play(0, seed=1, days=2)
    assert "door open outside the unlocking zone" in year.broken
    assert year.starts < 20


def test_a_lift_alone_has_a_lifts_traffic_and_the_shape_of_its_day() -> None:
    """100 passengers a day: of 10 h at 10 an hour and 14 h at 30, 19.2 % and 80.8 %."""
    day = (Period(0, 10, 0.5, 0.5), Period(10, 30, 0.5, 0.5))
    traffic = alone(replace(HOUSE, cars=4, traffic=Traffic(day=day))).traffic
    assert [period.passengers_per_hour for period in traffic.day] == pytest.approx([1.923, 5.769], abs=1e-3)
    assert alone(HOUSE).traffic.passengers_per_hour * 24 == pytest.approx(100)


@pytest.fixture
def _days(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of half a day each, in this process."""
    monkeypatch.setattr(command, "STATE", tmp_path / "soak.json")
    monkeypatch.setattr(command, "finished", lambda task, numbers, jobs: ((n, play(n, 1, 1)) for n in numbers))


@pytest.mark.usefixtures("_days")
def test_a_soak_goes_on_behind_what_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "soak.md"
    assert command.main(["--lift-years", "1", "--report", str(page)]) == 0
    assert command.main(["--lift-years", "3", "--report", str(page)]) == 0
    said = capsys.readouterr()
    assert "3 lift-years; see" in said.out
    assert "going on behind 1 lift-years" in said.err
    assert "| **rules broken** | **0** |" in page.read_text()


@pytest.mark.usefixtures("_days")
def test_what_other_sources_gave_is_forgotten(tmp_path: Path) -> None:
    command.main(["--lift-years", "1", "--report", str(tmp_path / "soak.md")])
    assert remembered(command.STATE, "other", LiftYear).done == {}


def test_the_page_tells_what_was_broken_and_how_often_people_were_trapped() -> None:
    piece = Slice(30, 5280, 5970, 3000)
    years = [
        LiftYear("hut", 365, [piece], 64240, 72600, 36500, 99, 8640.0, {"power_cut": 2}, {"power": 1}),
        LiftYear("hut", 365, [piece], 0, 0, 0, 1, 0.0, broken="hut, seed 7: jumps"),
    ]
    text = document(MACHINE, 42, "abcdef", years)
    for wanted in ("seed 42", "abcdef", "a CPU", "- hut, seed 7: jumps", "| **1** |", "| lift-years | 2 |", "0.5000"):
        assert wanted.lower() in text.lower()
    assert "| hut | 2 | 88.0 | 176.0 .. 176.0 | 1.130 | 1.131 .. 1.131 |" in text
