"""`diag link`: every device's state, what was counted, and how long answers took, on a narrow screen."""

import json

import msgspec
from cli_agent import DOWN, UP, FakeAgent, Invoke, lift
from rich.cells import cell_len

from edge_agent.local.views import LinkView, Reply

BUSY = LinkView(
    "sensor",
    "stm32-lift-sensor",
    247,
    "up",
    {"ok": 1200, "timeout": 0, "late": 3, "exception 06h device busy": 2},
    "exception 06h: device busy; heard f7 83 06 90 c2",
    {"<= 10 ms": 1100, "<= 20 ms": 100},
)


def test_counters_that_count_nothing_are_left_out(ask: Invoke, agent: FakeAgent) -> None:
    agent.will_answer("screen", Reply(lifts=[lift(links=(BUSY,))]))
    result = ask("diag", "link")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert "       1200  ok" in lines[2]
    assert any("3  late" in line for line in lines)
    assert any("2  exception 06h device busy" in line for line in lines)
    assert not any("timeout" in line for line in lines)
    assert "last error: exception 06h: device busy; heard f7 83 06 90 c2" in " ".join(result.stdout.split())
    assert all(cell_len(line) <= 40 for line in lines)


def test_the_longest_bar_is_that_of_the_most_answers(ask: Invoke, agent: FakeAgent) -> None:
    agent.will_answer("screen", Reply(lifts=[lift(links=(BUSY,))]))
    bars = [line for line in ask("diag", "link").stdout.splitlines() if "#" in line]
    assert [line.count("#") for line in bars] == [16, 1]
    assert bars[0].strip().startswith("<= 10 ms")


def test_a_link_that_is_not_up_makes_the_command_fail(ask: Invoke, agent: FakeAgent) -> None:
    agent.will_answer("screen", Reply(lifts=[lift(links=(UP, DOWN))]))
    result = ask("diag", "link")
    assert result.exit_code == 1
    assert "no answer within 140 ms" in result.stdout


def test_json_is_one_object_for_each_device(ask: Invoke, agent: FakeAgent) -> None:
    agent.will_answer("screen", Reply(lifts=[lift(links=(BUSY, UP))]))
    result = ask("diag", "link", "--json")
    views = [json.loads(line) for line in result.stdout.splitlines()]
    assert [view["device"] for view in views] == ["sensor", "sensor"]
    assert msgspec.convert(views[0], LinkView) == BUSY
