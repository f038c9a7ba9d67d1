"""What a user installs: the wheel alone, base requirements only, far from the source tree."""

import os
import re
import signal
import subprocess
import sys
import threading
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"edge_agent", "hil", "protocols", "sim"}
STOP_WITHIN_S = 2.0
"""Issue 2: SIGTERM ends the agent within 2 s with nothing lost."""
GIVE_UP_S = 60.0
"""A bound for a hanging process, far above what is expected of it."""


def run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=cwd, timeout=600)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the tree with the locked hatchling."""
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", out, ROOT)
    (built,) = out.glob("*.whl")
    return built


class Box:
    """A clean environment with the base lock and the wheel, and an empty directory to run in."""

    def __init__(self, directory: Path, wheel: Path) -> None:
        venv.create(directory / "env", symlinks=True, with_pip=True)
        self.bin = directory / "env" / "bin"
        self.cwd = directory / "elsewhere"
        self.cwd.mkdir()
        pip = (self.bin / "python", "-m", "pip", "install", "--quiet")
        run(*pip, "--require-hashes", "-r", ROOT / "locks" / "base.txt", cwd=self.cwd)
        run(*pip, "--no-deps", "--no-index", wheel, cwd=self.cwd)

    def run(self, command: str, *arguments: str | Path) -> str:
        return run(self.bin / command, *arguments, cwd=self.cwd).stdout

    @property
    def example(self) -> Path:
        """The example configuration, where the wheel put it."""
        where = self.run("python", "-c", "import protocols; print(protocols.__path__[0])")
        return Path(where.strip()) / "configs" / "agent" / "example.yaml"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Box:
    return Box(tmp_path_factory.mktemp("box"), wheel)


def test_the_wheel_holds_exactly_the_four_packages(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == PACKAGES
    assert len(top) == len(PACKAGES) + 1


def test_the_wheel_carries_every_shipped_config(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = {f"protocols/{path.relative_to(ROOT)}" for path in (ROOT / "configs").rglob("*.*") if path.is_file()}
    assert shipped
    assert shipped <= names


def test_the_wheel_carries_what_the_html_report_is_made_of(wheel: Path) -> None:
    assert {"hil/report/page.css", "hil/report/timeline.js"} <= set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_carries_no_bytecode_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if name.endswith(".pyc") or "/test_" in name]


@pytest.mark.process
def test_base_install_is_complete_for_pip(box: Box) -> None:
    assert "No broken requirements" in box.run("python", "-m", "pip", "check")


@pytest.mark.process
def test_profile_list_runs_from_the_wheel(box: Box) -> None:
    listed = box.run("liftwarden", "profile", "list")
    assert "stm32-lift-sensor" in listed
    assert "invt-chv180" in listed


@pytest.mark.process
def test_the_shipped_example_config_passes_its_check(box: Box) -> None:
    box.run("liftwarden", "config", "check", box.example)


@pytest.mark.process
def test_bench_commands_name_the_missing_extra(box: Box) -> None:
    done = subprocess.run(
        [box.bin / "liftwarden", "demo"], check=False, capture_output=True, text=True, cwd=box.cwd, timeout=GIVE_UP_S
    )
    assert done.returncode != 0
    assert "liftwarden[demo]" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@contextmanager
def agent(box: Box, missing_port: Path) -> Iterator[subprocess.Popen[str]]:
    """The service, on a port that is missing and a broker that refuses; killed if it hangs."""
    settings = {
        "link.port": str(missing_port),
        "uplink.broker": "mqtt://127.0.0.1:9",
        "journal.path": str(box.cwd / "journal.db"),
        "local.socket": str(box.cwd / "agent.sock"),
    }
    overrides = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    command = [box.bin / "python", "-m", "edge_agent", "-c", box.example, *overrides]
    environment = {"PATH": os.environ["PATH"]}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=box.cwd, env=environment) as process:
        watchdog = threading.Timer(GIVE_UP_S, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


@pytest.mark.process
def test_the_agent_runs_from_the_wheel_says_what_is_missing_and_stops_in_time(box: Box) -> None:
    port = box.cwd / "no-such-port"
    awaited = {"port": re.compile(re.escape(str(port))), "broker": re.compile(r"127\.0\.0\.1:9\b")}
    lines: list[str] = []
    with agent(box, port) as process:
        assert process.stderr is not None
        for line in process.stderr:
            lines.append(line)
            if all(any(wanted.search(seen) for seen in lines) for wanted in awaited.values()):
                break
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=STOP_WITHIN_S)
        lines += process.stderr.readlines()
        assert process.returncode == 0, "".join(lines)
    assert "Traceback" not in "".join(lines)
    for name, wanted in awaited.items():
        warned = [line for line in lines if wanted.search(line) and " WARNING " in line.upper()]
        assert len(warned) == 1, f"{name}: {''.join(lines)}"
