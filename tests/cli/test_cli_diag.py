"""`liftwarden diag`: registers through the running agent, and straight on a port."""

import json

import pytest
from cli_agent import FakeAgent, Invoke, register

from edge_agent.cli.registers import Look, changes, look_lines
from edge_agent.local.views import Reply, Request

FLOOR, PERSON = register(), register("person", (1,), address=0x11, item="person", value=True)
FLOOR_8 = register(words=(0x0800,), value=8)


def lines_of(*rows: object) -> list[str]:
    return [line.plain for line in look_lines(Look(rows))]  # type: ignore[arg-type]


def test_read_shows_raw_words_beside_the_meaning(agent: FakeAgent, ask: Invoke) -> None:
    agent.will_answer("read", Reply(registers=[PERSON, FLOOR]))
    assert ask("diag", "read").stdout.splitlines() == [
        "sensor/all  0.2 s",
        "  0011: 0001  person = true",
        "  0012: 0700  floor = 7",
    ]


def test_a_row_names_the_item_it_feeds_when_that_has_another_name() -> None:
    row = register("speed", (0x000A,), item="speed_mps", value=1.0, unit="m/s")
    assert lines_of(row)[1] == "  0012: 000A  speed -> speed_mps = 1 m/s"


def test_a_raw_number_that_means_nothing_has_no_value() -> None:
    assert lines_of(register("motion", (0x0300,), value=None, item="", unit="m"))[1] == "  0012: 0300  motion = -"


def test_read_as_json_is_one_row_a_line(agent: FakeAgent, ask: Invoke) -> None:
    agent.will_answer("read", Reply(registers=[PERSON, FLOOR]))
    said = [json.loads(line) for line in ask("diag", "read", "--json").stdout.splitlines()]
    assert [(row["name"], row["words"], row["value"]) for row in said] == [("person", [1], True), ("floor", [0x700], 7)]
    assert all(row["at"].endswith("Z") for row in said)


def test_read_before_the_first_answer_of_the_bus_says_so(agent: FakeAgent, ask: Invoke) -> None:
    agent.will_answer("read", Reply())
    result = ask("diag", "read")
    assert (result.exit_code, result.stderr) == (1, "no register has been read yet\n")


def test_watch_tells_the_first_look_whole_and_then_only_changes(agent: FakeAgent, ask: Invoke) -> None:
    looks = ([PERSON, FLOOR], [PERSON, FLOOR], [PERSON, FLOOR_8])
    agent.will_answer("watch", *(Reply(registers=list(look)) for look in looks))
    result = ask("diag", "watch", "--period", "0.2", "--json")
    said = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(row["name"], row["value"]) for row in said] == [("person", True), ("floor", 7), ("floor", 8)]
    assert agent.asked == [Request("watch", period_s=0.2)]
    assert result.exit_code == 1
    assert "closed the connection" in result.stderr


def test_watch_in_a_pipe_prints_lines_that_stay(agent: FakeAgent, ask: Invoke) -> None:
    agent.will_answer("watch", Reply(registers=[FLOOR]), Reply(registers=[FLOOR_8]))
    assert [line for line in ask("diag", "watch").stdout.splitlines() if "floor" in line] == [
        "  0012: 0700  floor = 7",
        "  0012: 0800  floor = 8",
    ]


def test_a_problem_is_told_when_it_begins_and_again_when_it_comes_back() -> None:
    looks = [Look((), ("no answer",)), Look((), ("no answer",)), Look(), Look((), ("no answer",))]
    assert [len(look.problems) for look in changes(looks)] == [1, 0, 0, 1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--profile", "stm32-lift-sensor"], "--profile goes with --port"),
        (["--slave", "3"], "--slave goes with --port"),
        (["--port", "/dev/ttyUSB0"], "--port wants --profile"),
        (["--port", "p", "--profile", "n", "--option", "door_switch"], "wants K=V"),
    ],
)
def test_a_mix_of_options_that_makes_no_sense_is_wrong_usage(invoke: Invoke, arguments: list[str], said: str) -> None:
    result = invoke("diag", "read", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
