"""The demo as a user runs it, in real time: once to its end, and once broken off."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-c", "from hil.demo.cli import app; app()", "--json")
GIVE_UP_S = 120.0


@contextmanager
def demo(tmp_path: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The demo as a process, with its temporary files under `tmp_path`; ended if it hangs."""
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, text=True, env=environment) as process:
        watchdog = threading.Timer(GIVE_UP_S, process.terminate)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.terminate()


def objects(process: subprocess.Popen[str]) -> Iterator[dict[str, dict[str, object]]]:
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def left_behind(tmp_path: Path) -> list[str]:
    """Command lines that still mention the demo's directory."""
    lines: list[str] = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return [line for line in lines if str(tmp_path) in line]


@pytest.mark.process
def test_the_demo_delivers_the_alarm_and_its_end_on_the_embedded_broker(near_root: Path) -> None:
    with demo(near_root, "--embedded-broker") as process:
        seen = list(objects(process))
        assert process.wait(GIVE_UP_S) == 0, seen[-1]
    facts = [entry["fact"] for entry in seen if "fact" in entry]
    upstream = [fact["kind"] for fact in facts if fact["column"] == "upstream" and fact["event"] is not None]
    life = [kind for kind in upstream if kind not in {"begin", "end"}]
    assert life == ["raised", "ack_sent", "acknowledged", "cleared", "ended"]
    outcome = seen[-1]["outcome"]
    assert outcome["problem"] is None
    assert left_behind(near_root) == []


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_broken_off_leaves_nothing_behind(near_root: Path, number: signal.Signals) -> None:
    with demo(near_root, "--embedded-broker") as process:
        next(entry for entry in objects(process) if entry.get("fact", {}).get("kind") == "subscribed")
        process.send_signal(number)
        assert process.wait(GIVE_UP_S) == 130
    assert left_behind(near_root) == []
    assert list(near_root.iterdir()) == []
