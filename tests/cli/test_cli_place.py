"""Where commands look for the agent, and what they say when it is not there."""

from pathlib import Path

import pytest
from cli_agent import CALM, FakeAgent, Invoke

from edge_agent.cli.place import DEFAULT_CONFIG, Place
from edge_agent.local.views import Reply


def test_the_configuration_is_the_boxs_unless_somebody_says_otherwise() -> None:
    assert Place().config == DEFAULT_CONFIG == Path("/etc/liftwarden/agent.yaml")


def test_the_socket_comes_from_the_configuration(agent: FakeAgent, invoke: Invoke, tmp_path: Path) -> None:
    agent.will_answer("events", Reply())
    config = tmp_path / "box.yaml"
    config.write_text(f"unknown: {{key: 1}}\nlocal:\n  socket: {agent.socket}\n", encoding="utf-8")
    assert invoke("-c", config, "events").exit_code == 0
    assert invoke("events", "-c", config).exit_code == 0
    assert invoke("events", env={"LIFTWARDEN_CONFIG": str(config)}).exit_code == 0


def test_a_named_socket_goes_before_the_configuration(agent: FakeAgent, invoke: Invoke, tmp_path: Path) -> None:
    agent.will_answer("screen", CALM)
    config = tmp_path / "box.yaml"
    config.write_text("local: {socket: /nowhere.sock}\n", encoding="utf-8")
    assert invoke("-c", config, "--socket", agent.socket).exit_code == 0


@pytest.mark.parametrize("command", [[], ["events"], ["why"], ["diag", "read"], ["diag", "watch"]])
def test_a_missing_agent_is_one_line_that_says_what_where_and_what_to_do(
    invoke: Invoke, tmp_path: Path, command: list[str]
) -> None:
    socket = tmp_path / "nobody.sock"
    result = invoke("--socket", socket, *command)
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{socket}: no agent listens there; start it: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot read: No such file or directory; name the box's configuration with -c FILE"),
        ("lifts: []\n", "no local.socket in it; name the agent's socket with --socket PATH"),
        ("local: [\n", "not a configuration; see: liftwarden config check"),
        ("local: {socket: 5}\n", "not a configuration; see: liftwarden config check"),
        ("", "not a configuration; see: liftwarden config check"),
    ],
)
def test_a_configuration_that_does_not_tell_the_socket_is_one_line(
    invoke: Invoke, tmp_path: Path, text: str | None, said: str
) -> None:
    config = tmp_path / "box.yaml"
    if text is not None:
        config.write_text(text, encoding="utf-8")
    result = invoke("-c", config, "events")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{config}: ")
    assert said in line
    assert result.exit_code == 1


def test_an_unreadable_configuration_leaves_the_language_to_the_locale(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert Place(tmp_path / "absent.yaml").lang == "zh"


def test_an_unknown_language_in_the_configuration_leaves_it_to_the_locale(tmp_path: Path) -> None:
    config = tmp_path / "box.yaml"
    config.write_text("ui: {lang: fr}\n", encoding="utf-8")
    assert Place(config).lang == "en"


def test_an_agents_refusal_is_one_line(agent: FakeAgent, invoke: Invoke) -> None:
    agent.will_answer("screen", Reply(error="8 clients are connected already; close one"))
    result = invoke("--socket", agent.socket)
    assert (result.exit_code, result.stderr) == (1, "8 clients are connected already; close one\n")


def test_the_version_is_told_without_a_configuration(invoke: Invoke) -> None:
    result = invoke("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("liftwarden 0.")
