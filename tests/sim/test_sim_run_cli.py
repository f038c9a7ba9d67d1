"""`liftwarden sim run`: what a person or a script sees of it."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from sim.cli import app
from sim.history import read_history

Invoke = Callable[..., Result]
CODE = "from sim.cli import app; app()"


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")


@pytest.fixture
def invoke() -> Invoke:
    runner = CliRunner()
    return lambda *words: runner.invoke(app, ["run", *map(str, words)])


def test_the_report_is_on_standard_output_and_a_pipe_gets_no_progress(invoke: Invoke) -> None:
    result = invoke("residential-9", "--for", "10min")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "AWT to door opening (CIBSE)" in result.stdout
    assert invoke("residential-9", "--for", "10min").stdout == result.stdout


def test_a_person_who_reads_chinese_gets_it(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "起动次数" in invoke("residential-9", "--for", "10min").stdout


def test_json_is_one_object(invoke: Invoke) -> None:
    result = invoke("residential-9", "--for", "10min", "--at", "1min=entrap_between_floors", "--json")
    told = json.loads(result.stdout)
    assert (told["simulated_s"], told["trapped_people"], told["complete"]) == (600.0, 1, True)
    assert told["stimuli"] == [{"t_ns": 60_000_000_000, "stimulus": "entrap_between_floors", "effect": "armed"}]


def test_a_cause_strikes_when_it_is_wanted(invoke: Invoke) -> None:
    words = ("--for", "20min", "--fault", "rubbish_in_sill", "--fault", "power_cut@15min", "--json")
    told = json.loads(invoke("residential-9", *words).stdout)
    causes = [(struck["cause"], struck["effect"]) for struck in told["causes"]]
    assert causes == [("rubbish_in_sill", "armed"), ("power_cut", "now")]
    assert told["causes"][1]["t_ns"] == 900_000_000_000
    assert told["trapped_people"] > 0


def test_a_cause_whose_occasion_does_not_come_is_told(invoke: Invoke) -> None:
    result = invoke("residential-9", "--for", "5min", "--fault", "power_cut@starts=4000")
    assert result.stderr == "power_cut did not strike: its occasion did not come in this time\n"


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("C.UTF-8", "00:15:00  power_cut: The mains fail for a whole feeder; struck at once"),
        ("zh_CN.UTF-8", "00:15:00  power_cut: 供电线路停电; 立即生效"),
    ],
)
def test_what_struck_is_told_in_words(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, lang: str, said: str) -> None:
    monkeypatch.setenv("LANG", lang)
    assert said in invoke("residential-9", "--for", "20min", "--fault", "power_cut@15min").stdout.splitlines()


@pytest.mark.parametrize("lang", ["C.UTF-8", "zh_CN.UTF-8"])
def test_a_phone_gets_narrow_lines(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    monkeypatch.setenv("LANG", lang)
    monkeypatch.setenv("COLUMNS", "40")
    lines = invoke("office-16", "--from-hour", "8", "--for", "5min", "--fault", "power_cut@2min").stdout.splitlines()
    assert max(map(cell_len, lines)) <= 40


def test_a_fault_model_lets_causes_strike_by_themselves(invoke: Invoke, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "configs" / "faults" / "china-residential.yaml").read_text(encoding="utf-8")
    often = text.replace("per_lift_year: 0.5", "per_lift_year: 9000")
    (tmp_path / "often.yaml").write_text(often, encoding="utf-8")
    result = invoke("residential-9", "--for", "6h", "--faults", tmp_path / "often.yaml")
    assert result.stdout.count("  power_cut: ") > 1


def test_a_stimulus_that_changed_nothing_is_told(invoke: Invoke) -> None:
    result = invoke("residential-9", "--for", "5min", "--at", "1min=power_restore")
    assert result.stderr == "power_restore at 00:01:00 changed nothing in the lift's state\n"


def test_the_event_file_is_a_whole_run(invoke: Invoke, tmp_path: Path) -> None:
    assert invoke("residential-9", "--for", "10min", "--seed", 7, "--events", tmp_path / "e.jsonl").exit_code == 0
    history, head = read_history(tmp_path / "e.jsonl")
    assert (head.building.name, head.seed, history.end_ns) == ("residential-9", 7, 600_000_000_000)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("residentail-9",), 1, "no building 'residentail-9'; did you mean residential-9"),
        (("absent.yaml",), 1, "cannot read building absent.yaml"),
        (("residential-9", "--for", "5"), 2, "--for 5: wants a time"),
        (("residential-9", "--for", "0s"), 2, "wants more than nothing"),
        (("residential-9", "--at", "release"), 2, "wants TIME=STIMULUS"),
        (("residential-9", "--at", "2h=release"), 2, "the run ends at 3600 s"),
        (("residential-9", "--fault", "rubish_in_sill"), 1, "no cause 'rubish_in_sill'"),
        (("residential-9", "--fault", "1min=release"), 2, "TIME=STIMULUS goes with --at"),
        (("residential-9", "--fault", "power_cut@2h"), 2, "--fault power_cut@7200s: the run ends at 3600 s"),
        (("residential-9", "--fault", "power_cut@flor=3"), 2, "no occasion 'flor'; did you mean floor?"),
        (("residential-9", "--fault", "power_cut@floor"), 2, "wants floor=4"),
        (("residential-9", "--fault", "power_cut@floor=-1"), 2, "power_cut@floor=-1: wants floor=4, a whole number"),
        (("residential-9", "--fault", "power_cut@floor=9"), 2, "residential-9 has the floors 0 (the lowest) to 8"),
        (("residential-9", "--fault", "power_cut@starts=0"), 2, "the first start is starts=1"),
        (("residential-9", "--at", "5min=release@2"), 2, "--at 300s=release@2: the building has one car"),
        (("office-16", "--at", "5min=release@5"), 2, "--at 300s=release@5: the building has 4 cars"),
        (("residential-9", "--from-hour", "25"), 2, "--from-hour 25: wants an hour of the day from 0 to 24"),
        (("residential-9", "--from-hour", "8:60"), 2, "--from-hour 8:60: wants"),
        ((".",), 1, ". is a directory"),
        (("residential-9", "--fault", "power_cut@running=3"), 2, "wants running"),
        (("residential-9", "--faults", "china"), 1, "no fault model 'china'"),
        (("residential-9", "--for", "1min", "--events", "/dev/full"), 1, "/dev/full: cannot write: No space left"),
        (("residential-9", "--events", "/nowhere/e.jsonl"), 1, "/nowhere/e.jsonl: cannot write"),
    ],
)
def test_a_mistake_is_one_line_and_its_exit_code(invoke: Invoke, words: tuple[str, ...], code: int, said: str) -> None:
    result = invoke(*words)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (code, "", 1)
    assert said in result.stderr


def test_a_run_begins_at_the_hour_that_is_asked_for(invoke: Invoke, tmp_path: Path) -> None:
    words = ("--from-hour", "8:30", "--for", "5min", "--events", tmp_path / "e.jsonl")
    assert invoke("office-16", *words).stderr == ""
    history, head = read_history(tmp_path / "e.jsonl")
    assert head.building.traffic.starts_at_h == 8.5
    assert any(line.kind == "waiting" for line in history.truth)


@pytest.mark.parametrize(
    ("words", "start"), [((), "0:00"), (("--from-hour", "24"), "0:00"), (("--from-hour", "0.5"), "0:30")]
)
def test_a_run_to_which_nobody_came_says_when_the_day_is_busiest(
    invoke: Invoke, words: tuple[str, ...], start: str
) -> None:
    result = invoke("office-16", "--for", "6min", *words)
    said = f"nobody came from {start} to {start[:2]}{int(start[2:]) + 6:02d}"
    assert result.stderr == f"{said}; the day is busiest from 8:00 to 10:00: try --from-hour 8:00\n"


@pytest.mark.process
def test_without_simpy_the_extra_is_named() -> None:
    code = f"import sys; sys.modules['simpy'] = None; {CODE}"
    done = subprocess.run(
        [sys.executable, "-c", code, "run", "residential-9"], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "simpy is not installed; install it with: pip install 'liftwarden[hil]'\n"


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_loses_nothing(tmp_path: Path, number: signal.Signals) -> None:
    pipe = tmp_path / "events"
    os.mkfifo(pipe)
    words = [sys.executable, "-c", CODE, "run", "residential-9", "--for", "100000d", "--json", "--events", pipe]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            with pipe.open("rb") as events:
                written = events.read(200_000)
                process.send_signal(number)
                written += events.read()
            stdout, stderr = process.communicate(timeout=60)
        finally:
            process.kill()
    (tmp_path / "e.jsonl").write_bytes(written)
    told, end = json.loads(stdout), json.loads(written.splitlines()[-1])
    assert (process.returncode, told["complete"], end["data"]) == (130, False, {"complete": False})
    assert re.fullmatch(r"interrupted at [\dd :]+; the report is of the time until then\n", stderr)
    assert read_history(tmp_path / "e.jsonl")[0].end_ns == round(told["simulated_s"] * 1e9)


@pytest.mark.process
def test_a_terminal_gets_a_bar_that_goes_away() -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    words = [sys.executable, "-c", CODE, "run", "residential-9", "--for", "10d"]
    environment = {**os.environ, "TERM": "xterm"}
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=theirs, env=environment) as process:
        os.close(theirs)
        seen = b""
        try:
            while chunk := os.read(ours, 4096):
                seen += chunk
        except OSError:
            pass  # the terminal is gone when the command is
        os.close(ours)
    assert process.returncode == 0
    assert " %" in seen.decode()
    assert seen.decode().rstrip().endswith("\x1b[2K")
