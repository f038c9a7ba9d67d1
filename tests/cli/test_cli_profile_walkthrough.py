"""docs/adding-a-controller.md is true: its answers make its file, its commands say what it says they do."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from cli_agent import Invoke

from protocols.profiles.loader import load_profile, profile_names
from protocols.resources import config_text

DOC = (Path(__file__).parents[2] / "docs" / "adding-a-controller.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)
YAML = [text for kind, text in BLOCKS if kind == "yaml"]
FILE, WRONG_ROWS, RIGHT_ROWS, RANGE, LIFT = YAML
CONSOLE = [text.partition("\n")[::2] for kind, text in BLOCKS if kind == "console"]
"""Command lines, each with what it says."""
CHECKS = [said for command, said in CONSOLE if command.startswith("$ liftwarden profile check")]
((TRIAL,),) = ([text for kind, text in BLOCKS if kind == "text"],)
NAME = "my-sdk500.yaml"


def the(start: str) -> tuple[list[str], str]:
    """The words after `liftwarden` of the one command that begins so, and what it says."""
    ((command, said),) = [pair for pair in CONSOLE if pair[0].startswith(f"$ liftwarden {start}")]
    return shlex.split(command)[2:], said


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def edited(rows: str, ranges: str | None = None) -> None:
    """The file of the page with these rows more, and its ranges exchanged."""
    text = FILE.replace("\nfaults:", f"{rows}\nfaults:")
    if ranges is not None:
        text = re.sub(r"(\nblocks:[^\n]*\n).*?(\nrows:)", rf"\g<1>{ranges}\g<2>", text, flags=re.DOTALL)
    Path(NAME).write_text(text, encoding="utf-8")


def test_the_answers_make_the_file_and_the_questions_are_those_of_the_page(invoke: Invoke) -> None:
    new = [pair for pair in CONSOLE if pair[0] == "$ liftwarden profile new"]
    ((_, transcript),) = new
    answers = [line.removeprefix(">").strip() for line in transcript.splitlines() if line.startswith(">")]
    questions = [line for line in transcript.splitlines() if not line.startswith(">")]
    result = invoke("profile", "new", input="".join(f"{answer}\n" for answer in answers))
    assert (result.exit_code, result.stderr.splitlines()) == (0, questions)
    assert Path(NAME).read_text(encoding="utf-8") == FILE


def test_the_options_of_the_page_make_a_good_file(invoke: Invoke) -> None:
    words, _ = the("profile new my-script")
    assert invoke(*words).exit_code == 0
    assert [row.name for row in load_profile("my-script.yaml").rows] == ["door", "motor_current"]


@pytest.mark.parametrize(
    ("rows", "ranges", "code", "said"),
    [
        (WRONG_ROWS, None, 3, CHECKS[0]),
        (RIGHT_ROWS, None, 3, CHECKS[1]),
        (RIGHT_ROWS, RANGE, 0, CHECKS[2]),
    ],
    ids=["wrong rows", "missing ranges", "good"],
)
def test_the_check_says_what_the_page_says(invoke: Invoke, rows: str, ranges: str | None, code: int, said: str) -> None:
    edited(rows, ranges)
    result = invoke("profile", "check", NAME)
    assert (result.exit_code, result.stderr + result.stdout) == (code, said)


@pytest.mark.process
def test_the_simulated_device_is_served_and_tried_as_on_the_page(invoke: Invoke) -> None:
    edited(RIGHT_ROWS, RANGE)
    served, ready = the("hil serve")
    trial, _ = the("profile try")
    person, happens = the("hil poke")
    main = [sys.executable, "-c", "from edge_agent.cli import main; main()"]
    with subprocess.Popen([*main, *served], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == ready
            result = invoke(*trial, "--seconds", "0.1")
            assert invoke(*person).stdout == happens
        finally:
            process.terminate()
            process.stdout.read()
    first_look, legend, _ = TRIAL.partition("* changed")
    assert result.exit_code == 0
    assert result.stdout.startswith(first_look + legend)


def test_the_trial_of_the_page_tells_of_every_row() -> None:
    edited(RIGHT_ROWS, RANGE)
    _, _, summary = TRIAL.partition("looks: ")
    told = {line.split()[0].rstrip(":") for line in summary.splitlines() if line.startswith("  ")}
    assert told == {row.name for row in load_profile(NAME).rows}


def test_the_lift_of_the_page_is_a_good_configuration(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited(RIGHT_ROWS, RANGE)
    (tmp_path / "profiles").mkdir()
    Path(NAME).rename(tmp_path / "profiles" / NAME)
    monkeypatch.setenv("LIFTWARDEN_CONFIG_DIR", str(tmp_path))
    example, _ = config_text("agent", "example")
    text = re.sub(r"    devices:\n.*?(?=    # The landings)", LIFT.partition("lift-1\n")[2], example, flags=re.DOTALL)
    text = re.sub(r"\n  line: [^\n]*", "", text)
    Path("agent.yaml").write_text(text, encoding="utf-8")
    result = invoke("config", "check", "agent.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "my-sdk500" in result.stdout


def test_the_devices_that_the_page_names_are_shipped_and_have_what_it_says() -> None:
    table = DOC.partition("## What the dialogue does not ask")[2]
    named = [re.findall(r"`([^`]+)`", line) for line in table.splitlines() if line.startswith("| ") and "`" in line]
    assert named
    for *keys, name in named:
        assert name in profile_names()
        text = (Path(__file__).parents[2] / "configs" / "profiles" / f"{name}.yaml").read_text(encoding="utf-8")
        for key in keys:
            assert re.search(rf"\b{key}\b", text), (name, key)


def test_the_commands_that_the_page_names_exist(invoke: Invoke) -> None:
    named = re.findall(r"liftwarden ((?:profile|config|diag|hil) [a-z]+)", DOC)
    assert {"profile new", "profile check", "profile try", "config check", "diag doctor"} <= set(named)
    for command in named:
        assert invoke(*command.split(), "--help").exit_code == 0
