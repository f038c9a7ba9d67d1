"""Commands that join through entry points: lazily, and with a clear line when their extra is missing."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli_agent import Invoke

HEAVY = ("hil", "sim", "simpy", "amqtt", "asyncio", "pymodbus", "serial", "construct", "aiomqtt", "yaml")
METADATA = """\
Metadata-Version: 2.1
Name: otherware
Version: 1.0
Provides-Extra: plug
Provides-Extra: other
Requires-Dist: msgspec
Requires-Dist: absent-for-other>=1; extra == "other"
"""


def join(tmp_path: Path, code: str, metadata: str = METADATA) -> None:
    """Install a distribution `otherware` whose command `plug` is what `code` defines as `app`."""
    (tmp_path / "otherware.py").write_text(code, encoding="utf-8")
    about = tmp_path / "otherware-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(metadata, encoding="utf-8")
    (about / "entry_points.txt").write_text("[liftwarden.commands]\nplug = otherware:app\n", encoding="utf-8")


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "otherware", raising=False)


COMMAND = """
import typer
app = typer.Typer()
@app.command()
def go(): typer.echo("gone")
@app.command()
def stay(): import nowhere_to_be_found
@app.command()
def stumble(): import hil.no_such_module
"""


def test_help_lists_a_joined_command_without_importing_it(invoke: Invoke, tmp_path: Path) -> None:
    join(tmp_path, "raise RuntimeError('imported')")
    result = invoke("--help")
    assert (result.exit_code, result.exception) == (0, None)
    assert re.search(r"plug +From otherware\.", result.stdout)


def test_a_joined_command_runs(invoke: Invoke, tmp_path: Path) -> None:
    join(tmp_path, COMMAND)
    result = invoke("plug", "go")
    assert (result.exit_code, result.stdout) == (0, "gone\n")


def test_without_its_extra_a_command_names_the_extra(invoke: Invoke, tmp_path: Path) -> None:
    join(tmp_path, COMMAND, METADATA + 'Requires-Dist: absent-thing>=2,<3; extra == "plug"\n')
    result = invoke("plug", "go")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "liftwarden plug: absent-thing is not installed; install it with: pip install 'otherware[plug]'\n"
    )


def test_without_its_extra_a_command_still_has_help(invoke: Invoke, tmp_path: Path) -> None:
    join(tmp_path, COMMAND, METADATA + 'Requires-Dist: absent-thing>=2,<3; extra == "plug"\n')
    result = invoke("plug", "--help")
    assert result.exit_code == 0
    assert "stay" in result.stdout


@pytest.mark.parametrize("code", ["import nowhere_to_be_found", COMMAND])
def test_a_dependency_that_is_missing_is_named(invoke: Invoke, tmp_path: Path, code: str) -> None:
    join(tmp_path, code)
    result = invoke("plug", "stay")
    assert result.exit_code == 1
    assert "nowhere_to_be_found is not installed" in result.stderr


def test_a_missing_module_of_our_own_is_not_blamed_on_the_installation(invoke: Invoke, tmp_path: Path) -> None:
    join(tmp_path, COMMAND)
    assert isinstance(invoke("plug", "stumble").exception, ModuleNotFoundError)


def test_an_entry_point_that_is_no_command_is_one_line(invoke: Invoke, tmp_path: Path) -> None:
    join(tmp_path, "app = 5")
    result = invoke("plug")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)


def in_a_process(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


WITHOUT_EXTRAS = "import sys; sys.modules.update(simpy=None, amqtt=None); from edge_agent.cli import main; main()"


@pytest.mark.process
@pytest.mark.parametrize("arguments", [["--help"], ["hil", "--help"], ["demo", "--help"]])
def test_help_works_without_the_extras(arguments: list[str]) -> None:
    done = in_a_process(WITHOUT_EXTRAS, *arguments)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.process
def test_help_loads_nothing_that_a_command_needs() -> None:
    code = (
        "import json, sys\n"
        "from edge_agent.cli.app import app\n"
        "app(['--help'], standalone_mode=False)\n"
        "print(json.dumps([name for name in sys.modules if '.' not in name]))"
    )
    loaded = json.loads(in_a_process(code).stdout.splitlines()[-1])
    assert set(HEAVY) & set(loaded) == set()


@pytest.mark.process
def test_the_service_loads_nothing_of_the_command_line() -> None:
    code = (
        "import json, sys, edge_agent.__main__\n"
        "print(json.dumps([name for name in sys.modules if name.startswith(('edge_agent.cli', 'typer', 'rich'))]))"
    )
    done = in_a_process(code)
    assert json.loads(done.stdout) == [], done.stderr
