import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_agent import FakeAgent, Invoke, running
from commission_desk import Bench, lift_file
from typer.testing import CliRunner

from edge_agent.cli.app import app


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No configuration but the test's, the C locale, UTC."""
    for name in [name for name in os.environ if name.startswith(("LC_", "LIFTWARDEN_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("LIFTWARDEN_CONFIG", str(tmp_path / "absent.yaml"))


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[FakeAgent]:
    with running(FakeAgent(tmp_path / "agent.sock")) as served:
        yield served


@pytest.fixture
def invoke() -> Invoke:
    """Run `liftwarden` with these arguments in this process."""
    runner = CliRunner()
    return lambda *arguments, **more: runner.invoke(app, [str(part) for part in arguments], **more)


@pytest.fixture
def ask(agent: FakeAgent, invoke: Invoke) -> Invoke:
    """The same, with the fake agent's socket named."""
    return lambda *arguments, **more: invoke("--socket", agent.socket, *arguments, **more)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return lift_file(tmp_path)


@pytest.fixture
def bench(tmp_path: Path, config: Path, agent: FakeAgent, invoke: Invoke) -> Bench:
    return Bench(tmp_path, config, agent, invoke)
