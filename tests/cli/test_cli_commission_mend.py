"""The lift's file is mended: nothing else in it changes, and nothing is lost."""

from pathlib import Path

import pytest
from commission_desk import Bench

from edge_agent import AgentError
from edge_agent.commission.report import load_report, write_whole
from tests.commission.commission_bench import (
    inverted,
)


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
