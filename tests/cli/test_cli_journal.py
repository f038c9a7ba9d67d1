"""`liftwarden events` and `liftwarden why`."""

import json

import msgspec
import pytest
from cli_agent import WHY, FakeAgent, Invoke, event

from edge_agent.cli import events as events_module
from edge_agent.local.views import Reply, Request
from protocols.upstream.messages import Phase, Stream

GONE = Reply(error="the agent is stopping")


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_module, "_LOOK_S", 0.0)


def told(stdout: str) -> list[tuple[str, int]]:
    return [(said["stream"], said["seq"]) for said in map(json.loads, stdout.splitlines())]


def test_events_are_told_in_the_journals_order_with_place_and_reason(agent: FakeAgent, ask: Invoke) -> None:
    agent.will_answer("events", Reply(events=[event(1), event(2, phase=Phase.ENDED)]))
    lines = ask("events").stdout.splitlines()
    assert lines[0] == "05-07 06:01:00  A01 people trapped: raised  (lift-1, floor 7)"
    assert lines[1].startswith("  stopped outside the door zone")
    assert "A01 people trapped: ended" in lines[2]


def test_events_speak_chinese(agent: FakeAgent, ask: Invoke) -> None:
    agent.will_answer("events", Reply(events=[event()]))
    assert "A01 困人: 报警  (lift-1, 7 层)" in ask("events", env={"LANG": "zh_CN.UTF-8"}).stdout


def test_the_limit_is_asked_of_the_agent(agent: FakeAgent, ask: Invoke) -> None:
    agent.will_answer("events", Reply(events=[event()]))
    ask("events", "--limit", "5")
    assert agent.asked == [Request("events", limit=5)]


def test_an_empty_journal_is_said(agent: FakeAgent, ask: Invoke) -> None:
    agent.will_answer("events", Reply())
    result = ask("events")
    assert (result.exit_code, result.stdout) == (0, "no events in the journal\n")


def test_events_as_json_are_one_message_a_line(agent: FakeAgent, ask: Invoke) -> None:
    agent.will_answer("events", Reply(events=[event(1), event(2)]))
    lines = ask("events", "--json").stdout.splitlines()
    assert [json.loads(line) for line in lines] == [msgspec.to_builtins(event(1)), msgspec.to_builtins(event(2))]


def test_following_tells_each_event_once(agent: FakeAgent, ask: Invoke) -> None:
    looks = ([event(1)], [event(1)], [event(1), event(2)], [event(2), event(3)])
    agent.will_answer("events", *(Reply(events=list(look)) for look in looks), GONE)
    result = ask("events", "--follow", "--json")
    assert told(result.stdout) == [("alarm", 1), ("alarm", 2), ("alarm", 3)]
    assert (result.exit_code, result.stderr) == (1, "the agent is stopping\n")


def test_following_takes_equal_numbers_of_two_streams_for_two_events(agent: FakeAgent, ask: Invoke) -> None:
    agent.will_answer("events", Reply(events=[event(1)]), Reply(events=[event(1), event(1, stream=Stream.EVENT)]), GONE)
    assert told(ask("events", "--follow", "--json").stdout) == [("alarm", 1), ("event", 1)]


def test_following_asks_further_back_when_more_came_than_one_look_shows(agent: FakeAgent, ask: Invoke) -> None:
    burst = [event(number) for number in range(1, 27)]
    agent.will_answer("events", Reply(events=burst[:1]), Reply(events=burst[-20:]), Reply(events=burst), GONE)
    assert told(ask("events", "--follow", "--json").stdout) == [("alarm", number) for number in range(1, 27)]


def test_why_shows_each_signal_with_what_the_rule_needs(agent: FakeAgent, ask: Invoke) -> None:
    agent.will_answer("why", Reply(why=[WHY]))
    assert ask("why").stdout.splitlines() == [
        "lift-1 A01 people trapped: stopped between floors",
        "  suspected: counting; people in the car, alarm in 12 s",
        "  yes  door_zone = false (needs false, 0.3 s)",
        "  no   moving = true (needs false, 0.3 s)",
        "  ?    occupied = unknown (needs yes, unknown)",
    ]


def test_a_rule_that_has_raised_counts_down_no_more(agent: FakeAgent, ask: Invoke) -> None:
    raised = msgspec.structs.replace(WHY, phase="raise", raises_in_s=0.0)
    agent.will_answer("why", Reply(why=[raised]))
    assert ask("why").stdout.splitlines()[1] == "  alarm: counting; people in the car"


def test_why_speaks_chinese(agent: FakeAgent, ask: Invoke) -> None:
    agent.will_answer("why", Reply(why=[WHY]))
    lines = ask("why", env={"LANG": "zh_CN.UTF-8"}).stdout.splitlines()
    assert lines[1:3] == ["  疑似: 正在计时; 轿内有人, 12 秒后报警", "  是   door_zone = false (需要 false, 0.3 s)"]


def test_why_as_json_is_one_rule_a_line(agent: FakeAgent, ask: Invoke) -> None:
    agent.will_answer("why", Reply(why=[WHY, WHY]))
    assert [json.loads(line)["code"] for line in ask("why", "--json").stdout.splitlines()] == ["A01", "A01"]
