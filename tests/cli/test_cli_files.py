"""Commands about files: run, config check, profile."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli_agent import CALM, FakeAgent, Invoke, running

from protocols.profiles.loader import load_profile, profile_names
from protocols.resources import config_text

PROFILE = "stm32-lift-sensor"


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    commands: list[list[str]] = []

    def execv(path: str, command: list[str]) -> None:
        assert path == command[0]
        commands.append(command)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", execv)
    return commands


def test_run_becomes_the_service(invoke: Invoke, executed: list[list[str]]) -> None:
    invoke("run", "-c", "a.yaml", "--set", "link.port=/dev/ttyUSB0", "--set", "ui.lang=zh")
    service = [sys.executable, "-m", "edge_agent", "-c", "a.yaml"]
    assert executed == [[*service, "--set", "link.port=/dev/ttyUSB0", "--set", "ui.lang=zh"]]


def test_run_takes_the_boxs_configuration_when_none_is_named(invoke: Invoke, executed: list[list[str]]) -> None:
    invoke("run", env={"LIFTWARDEN_CONFIG": "/etc/box.yaml"})
    assert executed == [[sys.executable, "-m", "edge_agent", "-c", "/etc/box.yaml"]]


def test_run_refuses_a_set_without_a_value_as_wrong_usage(invoke: Invoke, executed: list[list[str]]) -> None:
    result = invoke("run", "--set", "link.port")
    assert (result.exit_code, executed) == (2, [])
    assert "wants KEY=VALUE" in result.stderr


@pytest.fixture
def good(tmp_path: Path) -> Path:
    text, _ = config_text("agent", "example")
    file = tmp_path / "agent.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_good_configuration_passes_with_what_it_names(invoke: Invoke, good: Path) -> None:
    result = invoke("config", "check", good)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{good}: good\n")
    assert PROFILE in result.stdout


def test_a_good_configuration_as_json(invoke: Invoke, good: Path) -> None:
    said = json.loads(invoke("config", "check", good, "--json").stdout)
    assert (said["file"], said["good"], said["line"]) == (str(good), True, "9600 8N1")


def bad(good: Path) -> Path:
    good.write_text(good.read_text(encoding="utf-8").replace("\nlink:", "\nlinc:"), encoding="utf-8")
    return good


def test_a_bad_configuration_is_one_line_and_exit_code_3(invoke: Invoke, good: Path) -> None:
    result = invoke("config", "check", bad(good))
    assert (result.exit_code, result.stdout) == (3, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{good}:")
    assert "did you mean link?" in line


def test_a_bad_configuration_as_json_says_the_problem(invoke: Invoke, good: Path) -> None:
    result = invoke("config", "check", bad(good), "--json")
    said = json.loads(result.stdout)
    assert (said["good"], said["problem"], result.exit_code) == (False, result.stderr.strip(), 3)


@pytest.mark.parametrize("command", ["config", "profile"])
def test_a_file_that_cannot_be_read_is_not_a_bad_file(invoke: Invoke, tmp_path: Path, command: str) -> None:
    result = invoke(command, "check", tmp_path / "absent.yaml")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "cannot read: No such file" in line


def test_profile_list_names_every_known_profile(invoke: Invoke) -> None:
    listed = [line.split()[0] for line in invoke("profile", "list").stdout.splitlines() if not line.startswith(" ")]
    assert listed == profile_names()


def test_profile_list_as_json_is_one_profile_a_line(invoke: Invoke) -> None:
    said = [json.loads(line) for line in invoke("profile", "list", "--json").stdout.splitlines()]
    assert [profile["name"] for profile in said] == profile_names()
    assert all(profile["hardware_verified"] is False for profile in said)


def test_a_broken_profile_of_ones_own_does_not_hide_the_others(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "mine.yaml").write_text("name: mine\n", encoding="utf-8")
    monkeypatch.setenv("LIFTWARDEN_CONFIG_DIR", str(tmp_path))
    result = invoke("profile", "list")
    assert result.exit_code == 1
    assert "mine.yaml" in result.stderr
    assert PROFILE in result.stdout


def test_profile_show_has_every_row_with_its_provenance(invoke: Invoke) -> None:
    lines = invoke("profile", "show", PROFILE).stdout.splitlines()
    for row in load_profile(PROFILE).rows:
        assert [line for line in lines if f" {row.name} -> " in line and line.endswith(f"  {row.status}")], row.name


def test_profile_show_speaks_chinese(invoke: Invoke) -> None:
    assert "依据: 公开代码" in invoke("profile", "show", PROFILE, env={"LANG": "zh_CN.UTF-8"}).stdout


def test_profile_show_as_json_is_the_profile(invoke: Invoke) -> None:
    said = json.loads(invoke("profile", "show", PROFILE, "--json").stdout)
    assert (said["name"], len(said["rows"])) == (PROFILE, len(load_profile(PROFILE).rows))


def test_an_unknown_profile_is_one_line_with_the_nearest_name(invoke: Invoke) -> None:
    result = invoke("profile", "show", "stm32-lift-senser")
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert f"did you mean {PROFILE}?" in line


def test_a_good_profile_passes(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(config_text("profiles", PROFILE)[0], encoding="utf-8")
    result = invoke("profile", "check", file)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{file}: good\n")


def test_a_bad_profile_is_one_line_and_exit_code_3(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    whole = config_text("profiles", PROFILE)[0]
    text = whole[: whole.index("\nvectors:")].replace("\nslave: 247", "\nslave: 300")
    file.write_text(text, encoding="utf-8")
    result = invoke("profile", "check", file)
    assert (result.exit_code, result.stdout) == (3, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{file}:")
    assert "slave" in line


@pytest.mark.process
def test_ctrl_c_is_silent_and_exits_with_130(tmp_path: Path) -> None:
    with running(FakeAgent(tmp_path / "agent.sock")) as agent:
        agent.will_answer("screen", CALM)
        command = [sys.executable, "-c", "from edge_agent.cli import main; main()"]
        command += ["--socket", str(agent.socket), "--watch", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "")
