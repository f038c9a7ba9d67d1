"""`python -m hil.bench` as a user runs it: briefly, wrongly, broken off."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from hil.bench.__main__ import main
from hil.bench.cost import Wish, measure_cost
from hil.bench.machine import this_machine
from hil.bench.results import Results
from hil.bench.tables import as_markdown, as_text

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "hil.bench")
GIVE_UP_S = 60.0


@contextmanager
def bench(tmp_path: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The bench as a process, with its temporary files under `tmp_path`; ended if it hangs."""
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        watchdog = threading.Timer(GIVE_UP_S, process.terminate)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.terminate()


def left_behind(tmp_path: Path) -> dict[int, str]:
    """Processes that mention the bench's directory, by pid."""
    found: dict[int, str] = {}
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found[int(entry.parent.name)] = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
    return {pid: line for pid, line in found.items() if str(tmp_path) in line}


def until_polling(process: subprocess.Popen[str], tmp_path: Path) -> int:
    """The bare master's pid, once it is there."""
    while process.poll() is None:
        for pid, line in left_behind(tmp_path).items():
            if "hil.bench.bare" in line:
                return pid
        time.sleep(0.05)
    raise AssertionError(process.communicate()[1])


@pytest.mark.process
async def test_a_short_run_measures_both_processes_and_says_that_it_was_short(near_root: Path) -> None:
    steps: list[str] = []
    cost = await measure_cost(near_root, Wish(seconds=1.0, period_s=0.1, settle_s=0.2), steps.append)
    assert min(cost.agent.polls, cost.bare.polls) > 0
    assert cost.bare.rss_anon_bytes < cost.agent.rss_anon_bytes < cost.agent.rss_bytes
    assert cost.ratios.cpu_per_poll * cost.bare.cpu_ms_per_poll == pytest.approx(cost.agent.cpu_ms_per_poll)
    assert cost.ratios.cpu_per_poll > 0.5
    assert 1 < cost.ratios.rss < 20
    assert steps[-1].endswith("1 s left")
    results = Results(machine=this_machine(), cost=cost)
    assert "SHORT RUN" in as_text(results)
    assert f"| CPU ms per poll | {cost.agent.cpu_ms_per_poll:.3f} |" in as_markdown(results)
    assert left_behind(near_root) == {}


def test_json_is_one_object_with_every_part() -> None:
    options = ("--only", "speed", "--virtual-seconds", "10", "--json")
    result = subprocess.run([*COMMAND, *options], check=True, capture_output=True, text=True)
    parts = {"cost", "slow", "saturated", "work", "efficiency", "age", "crowd", "speed", "plant"}
    assert set(json.loads(result.stdout)) == {"machine"} | parts
    results = msgspec.json.decode(result.stdout, type=Results)
    assert results.cost is None
    assert results.speed is not None
    assert results.speed.virtual_s == 10


@pytest.mark.process
def test_ctrl_c_ends_every_process_and_leaves_no_file(near_root: Path) -> None:
    with bench(near_root, "--only", "cost") as process:
        until_polling(process, near_root)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert out == ""
    assert left_behind(near_root) == {}
    assert list(near_root.iterdir()) == []


@pytest.mark.process
def test_a_child_that_ends_is_one_clear_line(near_root: Path) -> None:
    with bench(near_root, "--only", "cost") as process:
        os.kill(until_polling(process, near_root), signal.SIGKILL)
        _, err = process.communicate()
    assert process.returncode == 1
    assert err.splitlines()[-1].startswith("bare master ended by itself")
    assert "Traceback" not in err
    assert left_behind(near_root) == {}


@pytest.mark.parametrize("options", [("--seconds", "0"), ("--only", "everything"), ("--json", "--markdown")])
def test_wrong_usage_is_exit_code_2(options: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    assert "error: argument" in capsys.readouterr().err.splitlines()[-1]


def test_the_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert 'make bench ARGS="--seconds 10"' in capsys.readouterr().out
