"""What a person reads when something is missing: one line that says what, where and what to do; never a traceback."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.mosquitto import LOOPBACK, Mosquitto, free_port, tool
from tests.support.processes import CLI, Program, Site

pytestmark = pytest.mark.process

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARNING|ERROR) [a-z]+\.[a-z_]+ .+")
BAD = "terminal_id: box-1\nlink: {port: /dev/ttyUSB0, poll_perod_s: 0.5}\n"


def the_line(agent: Program, event: str) -> str:
    """The one line of an event so far; every other line is a log line too, so there is no traceback between."""
    agent.says(event)
    return only_line(agent, event)


def the_warning(agent: Program, event: str) -> str:
    """The one warning, although the agent (at log.level=debug) has met the same once more."""
    agent.says(f"DEBUG {event}")
    return only_line(agent, f"WARNING {event}")


def only_line(agent: Program, event: str) -> str:
    strange = [line for line in agent.said() if not LINE.fullmatch(line)]
    assert strange == []
    (line,) = agent.said(event)
    return line


def refused_start(config: Path, *settings: str) -> list[str]:
    """The lines with which the agent refuses to start, and code 2."""
    with Site(f"mqtt://{LOOPBACK}:1") as site:
        overrides = [part for setting in settings for part in ("--set", setting)]
        agent = site.start("agent", "-m", "edge_agent", "-c", str(config), *overrides)
        assert agent.ended() == 2
        return agent.said()


def test_a_bad_configuration_is_refused_with_file_line_and_the_nearest_key(tmp_path: Path) -> None:
    config = tmp_path / "agent.yaml"
    config.write_text(BAD)
    (line,) = refused_start(config)
    assert line.startswith(f"{config}:2: ")
    assert "poll_perod_s" in line
    assert "did you mean poll_period_s" in line


def test_a_missing_configuration_is_refused_with_its_name_and_what_to_do(tmp_path: Path) -> None:
    (line,) = refused_start(tmp_path / "nothing.yaml")
    assert line == f"{tmp_path}/nothing.yaml: cannot read: No such file or directory; name a readable configuration"


def test_a_bad_setting_on_the_command_line_is_refused_by_name() -> None:
    with Site(f"mqtt://{LOOPBACK}:1") as site:
        agent = site.start_agent("link.poll_period_s=0")
        assert agent.ended() == 2
        (line,) = agent.said()
    assert "link.poll_period_s" in line


def test_a_journal_without_its_directory_ends_the_agent_with_one_line() -> None:
    with Site(f"mqtt://{LOOPBACK}:1") as site:
        agent = site.start_agent(f"journal.path={site.directory}/nowhere/journal.sqlite")
        assert agent.ended() == 1
        line = the_line(agent, "agent.cannot")
    assert f"{site.directory}/nowhere" in line


def test_a_missing_port_is_named_once_and_found_when_it_appears() -> None:
    with Site(f"mqtt://{LOOPBACK}:{free_port()}") as site:
        agent = site.start_agent("log.level=debug")
        line = the_warning(agent, "link.port_unusable")
        assert f"{site.link}: no such port" in line
        assert "plug the adapter in, or name another in link.port; trying again" in line
        site.start_bench()
        agent.says("link.up")
        assert only_line(agent, "WARNING link.port_unusable") == line


def test_a_port_without_permission_is_named_with_the_group_and_used_once_it_may_be() -> None:
    """Root may open anything; so the agent is `nobody` then."""
    root = os.geteuid() == 0
    with Site(f"mqtt://{LOOPBACK}:{free_port()}", nobody=root) as site:
        site.start_bench(nobody=False)
        node = site.link.resolve()
        node.chmod(0)
        agent = site.start_agent("log.level=debug")
        line = the_warning(agent, "link.port_unusable")
        assert f"{site.link}: user {'nobody' if root else ''}" in line
        assert "may not open it; add the user to its group: sudo usermod -aG" in line
        node.chmod(0o666)
        agent.says("link.up")
        assert only_line(agent, "WARNING link.port_unusable") == line


def test_a_bench_replaces_a_stale_link_that_leads_to_what_it_may_not_read() -> None:
    """A killed bench's link dangles, and the number of its pty is soon given to somebody else's."""
    with Site(f"mqtt://{LOOPBACK}:{free_port()}", nobody=os.geteuid() == 0) as site:
        foreign = site.directory / "foreign"
        foreign.touch(mode=0)
        site.link.symlink_to(foreign)
        site.start_bench("--truth", str(site.truth))
        assert site.link.resolve() != foreign
        site.link.resolve().chmod(0)
        site.poke("person_enters")
        assert site.happened("stimulus")


@pytest.mark.parametrize("command", [("config", "check"), ("profile", "check")], ids=lambda command: command[0])
def test_a_file_that_may_not_be_read_costs_one_line(command: tuple[str, str]) -> None:
    with Site(f"mqtt://{LOOPBACK}:{free_port()}", nobody=os.geteuid() == 0) as site:
        site.config.chmod(0)
        done = site.start("cli", "-c", CLI, *command, str(site.config))
        done.ended()
        (line,) = done.said()
    assert line.startswith(f"{site.config}: cannot read: Permission denied; ")


@pytest.mark.mosquitto
def test_a_configuration_that_may_not_be_read_has_no_say_when_the_socket_is_named(broker: Mosquitto) -> None:
    """On a box it may hold what technicians are not to see."""
    with Site(broker.url, nobody=os.geteuid() == 0) as site:
        site.start_agent().says("agent.started")
        site.ask("health")
        site.config.chmod(0)
        for place in (("-c", str(site.config)), ()):
            said = site.liftwarden(*place, "events", "--json", "--socket", str(site.directory / "agent.sock"))
            assert {json.loads(line)["code"] for line in said.splitlines()} <= {"D02"}, "the port is not there"


@pytest.mark.mosquitto
def test_a_closed_broker_is_named_once_and_found_when_it_opens(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    with Site(broker.url) as site:
        agent = site.start_agent("log.level=debug")
        line = the_warning(agent, "uplink.lost")
        assert f"broker={broker.url}" in line
        assert f"{LOOPBACK}:{broker.port}" in line
        assert "refused" in line
        assert "nothing is lost, trying again" in line
        broker.start()
        try:
            agent.says("uplink.connected")
        finally:
            broker.kill()
        assert the_line(agent, "uplink.connected")


@pytest.mark.mosquitto
def test_a_wrong_password_is_named_by_its_keys_and_a_right_one_needs_no_restart(tmp_path: Path) -> None:
    users, secret = tmp_path / "users", tmp_path / "secret"
    subprocess.run([tool("mosquitto_passwd"), "-b", "-c", users, "box-1", "right"], check=True, capture_output=True)
    secret.write_text("wrong\n")
    broker = Mosquitto(tmp_path, f"password_file {users}", anonymous=False)
    try:
        broker.start()
        with Site(broker.url, username="box-1", password_file=str(secret)) as site:
            agent = site.start_agent("log.level=debug")
            line = the_warning(agent, "uplink.lost")
            assert f"{LOOPBACK}:{broker.port}: the broker refused the connection: Not authorized" in line
            assert "check uplink.username and uplink.password_file" in line
            assert "wrong" not in line
            secret.write_text("right\n")
            agent.says("uplink.connected")
            assert only_line(agent, "WARNING uplink.lost") == line
    finally:
        broker.kill()
