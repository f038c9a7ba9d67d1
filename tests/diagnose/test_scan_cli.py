"""`liftwarden diag scan`: warns and asks before it sends, one line for every mistake, and the whole on a pty."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from edge_agent.cli.app import app
from edge_agent.cli.scan_lines import found_lines, plain_progress, progress_line, warning_lines
from edge_agent.diagnose.scan import Progress, Scanner
from edge_agent.diagnose.scan_found import FoundSlave, How
from edge_agent.diagnose.scan_identity import Likeness, Verdict
from edge_agent.diagnose.scan_plan import BAUDS, PARITIES, make_plan
from edge_agent.link.serial_port import SerialBus
from hil.loop import VirtualClock, run_virtual
from protocols.modbus.line import LineSettings
from protocols.profiles.loader import load_profile, profile_names
from protocols.profiles.schema import HOLDING, CommLoss
from protocols.upstream.messages import Text
from tests.support.mosquitto import LOOPBACK
from tests.support.processes import CLI, Site, until

PROFILES = [load_profile(name) for name in profile_names()]
PLAN = make_plan(PROFILES, tuple(range(1, 248)), BAUDS, PARITIES)


def invoke(*arguments: str | Path, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["diag", "scan", *map(str, arguments)], input=answer)


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


# what is shown


async def scanned() -> Scanner:
    """As after a scan that found something of everything."""
    likely = Likeness("stm32-lift-sensor", Verdict.COULD_BE, Text("寄存器可读", "0010h-0022h can be read"))
    sure = Likeness("invt-chv180", Verdict.LOOKS_LIKE, Text("一致", "device_code (3016h) = 0102h, as stated"))
    scanner = Scanner(SerialBus(), "port", VirtualClock(), PLAN, PROFILES, lambda _progress: None)
    scanner.line = LineSettings.parse("115200 8E1")
    scanner.also = (LineSettings.parse("115200 8N1"), LineSettings.parse("115200 8O1"))
    damaged = "the answer was damaged; heard 01 03 02 00 01 79 85"
    for found in (
        FoundSlave(1, How.ANSWER, "", (sure, likely)),
        FoundSlave(2, How.EXCEPTION, "exception 02h: illegal data address"),
        FoundSlave(3, How.ODD, "answered 4 bytes of data, asked was for 2"),
        FoundSlave(247, How.DAMAGED, damaged),
    ):
        scanner.found[found.slave] = found
    return scanner


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_everything_fits_40_columns(lang: str) -> None:
    scanner = run_virtual(scanned())
    progress = Progress(LineSettings.parse("115200 8N1"), 247, 1.0, 3599 * 10**9)
    shown = [
        *warning_lines("/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0", PLAN, PROFILES, lang),
        *found_lines(scanner, lang),
        progress_line(progress),
    ]
    assert [line.plain for line in shown if cell_len(line.plain) > 40] == []
    assert cell_len(plain_progress(progress, lang)) <= 40


def test_the_warning_names_every_denied_register_and_every_lift_that_may_stop() -> None:
    said = " ".join(" ".join(line.plain.split()) for line in warning_lines("port", PLAN, PROFILES, "en"))
    for profile in PROFILES:
        for denied in profile.deny:
            assert (f"{denied.address:04X}h" in said) is (denied.function in {None, HOLDING})
        assert (f"{profile.name}: {profile.comm_loss_effect.en[:20]}" in said) is (
            profile.comm_loss is not CommLoss.NONE
        )
    assert f"{len(PLAN.lines)} line settings, 247 addresses: at most 1" in said


def test_devices_that_stop_the_lift_when_their_master_falls_silent_are_named_first() -> None:
    harmless = [profile for profile in PROFILES if profile.name == "invt-chv180"]
    tripping = msgspec.structs.replace(
        harmless[0], name="tripper", comm_loss=CommLoss.TRIP, comm_loss_effect=Text("跳闸", "it trips")
    )
    said = [line.plain.strip() for line in warning_lines("port", PLAN, [*harmless, tripping], "en")]
    assert said.index("tripper: it trips") < said.index("invt-chv180: not stated in the manual;")


# what is asked


@pytest.mark.parametrize("answer", ["n\n", "\n", ""], ids=["no", "enter", "end of input"])
def test_without_a_yes_nothing_starts(tmp_path: Path, answer: str) -> None:
    result = invoke("--port", tmp_path / "ttyNONE", answer=answer)
    assert result.exit_code == 1
    assert "live bus" in result.stdout
    assert result.stderr.endswith("not started: nobody said yes; --yes starts without asking\n")
    assert "no such port" not in result.stderr


def test_a_yes_starts_it(tmp_path: Path) -> None:
    result = invoke("--port", tmp_path / "ttyNONE", answer="y\n")
    assert result.exit_code == 1
    assert "no such port" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--slaves", "5-1"], "5-1 runs backwards; write 1-5"),
        (["--slaves", "0"], "0 is no slave's address"),
        (["--slaves", "300"], "300 is no slave's address"),
        (["--slaves", "all"], "'all' is no address"),
        (["--bauds", "12345"], "'12345' is no speed of a serial port"),
        (["--bauds", "9" * 5000], "is no speed of a serial port"),
        (["--parity", "X"], "'X' is no parity"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_choice_that_cannot_be_is_wrong_usage_and_names_the_option(arguments: list[str], said: str) -> None:
    result = invoke("--port", "ttyNONE", "--yes", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert arguments[0] in result.stderr


def test_without_a_port_the_usage_is_told() -> None:
    result = invoke("--yes")
    assert result.exit_code == 2
    assert "--port PATH" in result.stderr


def test_a_missing_port_is_one_line(tmp_path: Path) -> None:
    result = invoke("--port", tmp_path / "ttyNONE", "--yes")
    (line,) = result.stderr.splitlines()
    assert result.exit_code == 1
    assert line.startswith(f"{tmp_path / 'ttyNONE'}: no such port")


# on a pty


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site(f"mqtt://{LOOPBACK}:1") as one:
        one.start_bench()
        yield one


def scanning(site: Site, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CLI, "diag", "scan", "--port", str(site.link), "--yes", *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


@pytest.mark.process
def test_the_simulated_box_is_found_with_what_it_could_be(site: Site) -> None:
    with scanning(site, "--slaves", "246-247", "--bauds", "9600", "--parity", "N", "--json") as process:
        said, _ = process.communicate(timeout=60)
    found, whole = map(json.loads, said.splitlines())
    assert process.returncode == 0
    assert (found["slave"], found["how"]) == (247, "answer")
    assert [(one["profile"], one["verdict"]) for one in found["likenesses"]] == [("stm32-lift-sensor", "could_be")]
    assert whole == {"line": "9600 8N1", "also": [], "slaves": [247], "complete": True}


@pytest.mark.process
def test_where_nobody_answers_it_says_so_and_what_to_look_at(site: Site) -> None:
    with scanning(site, "--slaves", "9", "--bauds", "9600", "--parity", "N") as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.splitlines()[-1].startswith(f"{site.link}: no slave answered; check power")


@pytest.mark.process
def test_ctrl_c_tells_what_was_found_so_far(site: Site) -> None:
    with scanning(site, "--bauds", "9600", "--parity", "N,E") as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        for expected in ("9600 8N1", "9600 8E1", "9600 8N1"):  # found at the first, tried with parity, and back
            until(lambda wanted=expected: next(lines).startswith(wanted), expected)  # type: ignore[misc]
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Cut off; found until then:\n9600 8N1, slaves: 1\n1 or 2 stop bits: both are understood\n" in said
    assert "slave 247 answers\n" in said
    assert "Traceback" not in errors
