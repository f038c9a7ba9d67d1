"""The first screen of the README: what happens on a machine where something is missing."""

import os
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSTALL = ROOT / "locks" / "install.sh"
SCRIPTS = sorted([*(ROOT / "locks").glob("*.sh"), *(ROOT / ".ci").iterdir()])


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, env=env)


def fake_python(directory: Path, name: str, *, version_ok: bool, venv_ok: bool) -> str:
    """An interpreter that answers the two questions of install.sh and refuses everything else."""
    script = directory / name
    script.write_text(
        "#!/bin/sh\n"
        'case "$2" in\n'
        f"*version_info*) exit {int(not version_ok)};;\n"
        f"*ensurepip*) exit {int(not venv_ok)};;\n"
        "esac\n"
        'echo "installs with $0"; exit 0\n'
    )
    script.chmod(0o755)
    return str(script)


def test_an_unknown_target_is_one_clear_line() -> None:
    result = run("make", "--no-print-directory", "dmeo")
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert 'no target "dmeo"' in line
    assert "demo" in line.split("there are:")[1]


def test_make_alone_prints_the_targets() -> None:
    result = run("make", "--no-print-directory")
    assert result.returncode == 0
    assert {"make demo", "make test", "make check", "make bench"} <= {
        line[:10].strip() for line in result.stdout.splitlines()
    }


def test_no_supported_python_is_one_clear_line(tmp_path: Path) -> None:
    old = fake_python(tmp_path, "python3.6", version_ok=False, venv_ok=True)
    result = run("sh", INSTALL, "demo", PYTHON=old)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "no Python 3.11, 3.12 or 3.13 found" in line


def test_a_python_without_ensurepip_names_the_package_to_install(tmp_path: Path) -> None:
    bare = fake_python(tmp_path, "python3.11", version_ok=True, venv_ok=False)
    result = run("sh", INSTALL, "demo", PYTHON=bare)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "apt-get install python3-venv" in line


def test_a_python_without_ensurepip_is_passed_over_for_one_that_has_it(tmp_path: Path) -> None:
    bare = fake_python(tmp_path, "python3.12", version_ok=True, venv_ok=False)
    good = fake_python(tmp_path, "python3.11", version_ok=True, venv_ok=True)
    result = run("sh", INSTALL, "demo", PYTHON=f"{bare} {good}")
    assert result.returncode == 0
    assert f"installs with {good}" in result.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shell_scripts_parse(script: Path) -> None:
    shell = "bash" if "bash" in script.read_text().splitlines()[0] else "sh"
    assert run(shell, "-n", script).returncode == 0


def test_every_python_of_the_project_is_looked_for() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"] == ">=3.11,<3.14"
    assert "python3.13 python3.12 python3.11" in INSTALL.read_text()
