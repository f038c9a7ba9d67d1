"""`liftwarden diag` straight on a port: a served device on a virtual serial port, real frames."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_agent import Invoke

PROFILE = "stm32-lift-sensor"
DEVICE = ("--profile", PROFILE, "--option", "door_switch=open_end")
pytestmark = pytest.mark.process


@contextmanager
def child(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has printed its first line; ended with the block."""
    with subprocess.Popen([sys.executable, *map(str, arguments)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline(), arguments
            yield process
        finally:
            process.terminate()
            process.stdout.read()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    link = tmp_path_factory.mktemp("bench") / "ttyLIFT"
    with child("-m", "hil", "serve", *DEVICE, "--link", link, "--json"):
        yield link


def test_a_port_that_nobody_holds_is_read(invoke: Invoke, port: Path) -> None:
    result = invoke("diag", "read", "--port", port, *DEVICE, "--json")
    rows = {row["name"]: row for row in map(json.loads, result.stdout.splitlines())}
    assert (result.exit_code, rows["floor"]["value"], rows["floor"]["block"]) == (0, 1, "all_0010")


def test_an_answer_that_nobody_gave_is_assumed_aloud(invoke: Invoke, port: Path) -> None:
    result = invoke("diag", "read", "--port", port, "--profile", PROFILE)
    assert result.exit_code == 0
    assert "door_switch=open_end is assumed" in result.stderr


def test_a_slave_that_does_not_answer_is_one_line(invoke: Invoke, port: Path) -> None:
    result = invoke("diag", "read", "--port", port, *DEVICE, "--slave", "4")
    assert (result.exit_code, result.stdout) == (1, "")
    line = result.stderr.splitlines()[-1]
    assert line.startswith(f"{port}: slave 04h at 9600 8N1, block all_0010: no answer within")
    assert line.endswith("check power, A/B wiring, address and line")


def test_a_held_port_names_its_holder(invoke: Invoke, port: Path) -> None:
    main = "from edge_agent.cli import main; main()"
    with child("-c", main, "diag", "watch", "--port", port, *DEVICE, "--json") as holder:
        result = invoke("diag", "read", "--port", port, *DEVICE)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"pid {holder.pid}" in result.stderr


def test_a_missing_port_is_one_line(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("diag", "read", "--port", tmp_path / "ttyNONE", *DEVICE)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{tmp_path / 'ttyNONE'}: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--profile", "stm32-lift-senser"), "did you mean stm32-lift-sensor?"),
        (("--profile", PROFILE, "--option", "door_switch=middle"), "has no value 'middle'"),
        ((*DEVICE, "--line", "19200 8E1"), "allows only 9600 8N1"),
        ((*DEVICE, "--line", "fast"), "fast"),
    ],
)
def test_a_device_that_cannot_be_so_is_refused_before_the_port_is_touched(
    invoke: Invoke, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    result = invoke("diag", "read", "--port", tmp_path / "ttyNONE", *arguments)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert said in result.stderr


@pytest.mark.parametrize("command", ["read", "watch"])
@pytest.mark.parametrize(
    ("profile", "said"), [("arkel-arcode", "is a stub"), ("invertek-elevator-core", "when the reading stops")]
)
def test_a_device_whose_lift_may_stop_is_not_read_without_a_yes(
    invoke: Invoke, tmp_path: Path, command: str, profile: str, said: str
) -> None:
    """The port is not even there: nothing was opened before the refusal."""
    result = invoke("diag", command, "--port", tmp_path / "none", "--profile", profile)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr
    agreed = invoke("diag", command, "--port", tmp_path / "none", "--profile", profile, "--yes")
    assert "no such port" in agreed.stderr
