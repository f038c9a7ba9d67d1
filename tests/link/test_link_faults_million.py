"""`make fuzz`: it goes on where it was, forgets what another link gave, and writes what it measured."""

from pathlib import Path

import fault_million
import pytest
from fault_million import Million, remembered_of, run
from fault_million_report import Chunk, write_report
from fault_residual import Odds, crc_odds, late_table, too_late

from hil.bench.progress import Progress
from hil.bench.results import Machine
from tests.support.longrun import remember

MACHINE = Machine(date="2026-01-01 12:00 UTC", cpu="a CPU", cores=2, kernel="a kernel", python="a Python", load_1min=0)


class Said:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> None:
        self.lines.append(text)

    def flush(self) -> None:
        pass


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Said:
    monkeypatch.setattr(fault_million, "STATE", tmp_path / "fuzz.json")
    monkeypatch.setattr(fault_million, "CHUNK", 4)
    return Said()


def test_a_run_goes_on_behind_what_is_done_and_says_how_far_it_is(said: Said) -> None:
    first = run(8, 1, 1, Progress(said))  # type: ignore[arg-type]
    assert (first.sequences, first.stale) == (8, 0)
    assert any("8 of 8 sequences" in line and "min left" in line for line in said.lines)
    said.lines.clear()
    both = run(12, 1, 1, Progress(said))  # type: ignore[arg-type]
    assert both.sequences == 12
    assert both.asked > first.asked
    assert sum("of 12 sequences" in line for line in said.lines) == 1


def test_what_another_link_or_seed_gave_is_forgotten(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = remembered_of(1)
    memory.done[0] = Chunk(4, 9, 8, 1, 0, 0, [])
    remember(fault_million.STATE, memory)
    assert remembered_of(1).done == memory.done
    assert remembered_of(2).done == {}
    monkeypatch.setattr(fault_million, "fingerprint", lambda sources: "another link")
    assert remembered_of(1).done == {}


def test_a_damaged_memory_is_no_memory(said: Said) -> None:
    fault_million.STATE.write_bytes(b"{")
    assert remembered_of(1).done == {}


def test_the_page_has_the_machine_the_seed_and_every_number(tmp_path: Path) -> None:
    page = tmp_path / "fuzz.md"
    million = Million(1234567, 777, 666, 555, 3, 2)
    odds = [Odds("anything behind the header", 65536 * 2, 2)]
    late = [too_late((2,), 1, 0.5, 1, hours=0.02)]
    write_report(page, MACHINE, 42, "abcdef", million, odds, late)
    text = page.read_text()
    for wanted in (
        "a CPU",
        "2026-01-01",
        "seed 42",
        "abcdef",
        "1234567",
        "| **2** |",
        "1.53e-05",
        str(late[0].too_late),
    ):
        assert wanted in text
    assert max(map(len, text.splitlines())) <= 120


def test_the_crc_sees_few_bits_and_short_bursts_always() -> None:
    flips, bursts, _ = crc_odds(3000, 1)
    assert (flips.passed, bursts.passed) == (0, 0)


@pytest.mark.parametrize("shapes", [1, 2])
def test_answers_that_are_too_late_are_counted_and_few_of_them_taken(shapes: int) -> None:
    measured = too_late((2,), shapes, 0.1, 1, hours=0.3)
    assert measured.too_late > 100
    assert 0 < measured.taken < 0.15 * measured.too_late


def test_the_table_has_every_scene_at_every_period() -> None:
    assert len(late_table(1, hours=0.002)) == 8
