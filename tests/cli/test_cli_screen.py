"""`liftwarden` alone: one 40-column screen in either language."""

import json
from pathlib import Path

import msgspec
import pytest
from cli_agent import CALM, HEALTH, TROUBLE, UP, FakeAgent, Invoke, event, lift, snapshot
from rich.cells import cell_len

from edge_agent.cli.screen import WIDTH, screen
from edge_agent.local.views import Reply
from protocols.upstream.messages import ItemView, Phase, SnapshotView


def drawn(reply: Reply, lang: str = "en") -> list[str]:
    return [line.plain for line in screen(reply, lang)]


def row(reply: Reply, label: str, lang: str = "en") -> str:
    """The first line of one row, without its label."""
    (line,) = [line for line in drawn(reply, lang) if line.startswith(label)]
    return line.removeprefix(label).strip()


def of(view: SnapshotView) -> Reply:
    return Reply(lifts=[lift(view)], health=HEALTH)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("reply", [CALM, TROUBLE])
def test_no_line_is_wider_than_40_cells(reply: Reply, lang: str) -> None:
    lines = drawn(reply, lang)
    assert lines
    assert max(map(cell_len, lines)) <= WIDTH == 40


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("reply", [CALM, TROUBLE])
def test_only_characters_whose_width_every_terminal_agrees_on(reply: Reply, lang: str) -> None:
    text = "".join(drawn(reply, lang))
    assert [sign for sign in text if not (sign.isascii() or "\u4e00" <= sign <= "\u9fff")] == []


@pytest.mark.parametrize(
    ("lang", "labels"),
    [
        ("zh", ["楼层", "门", "模式", "人员", "链路", "报警", "上行"]),
        ("en", ["Floor", "Doors", "Mode", "People", "Link", "Alarm", "Upstr."]),
    ],
)
def test_the_rows_stand_in_the_order_of_the_issue(lang: str, labels: list[str]) -> None:
    heads = [line.split()[0] for line in drawn(CALM, lang)[1:]]
    assert heads == labels


def test_the_floor_is_its_label_with_motion_and_zone() -> None:
    assert row(CALM, "Floor") == "7  stopped, in door zone"
    assert row(CALM, "楼层", "zh") == "7  停止, 在门区"


def test_a_moving_car_says_where_to() -> None:
    view = snapshot(moving=ItemView(True), direction=ItemView("up"), door_zone=ItemView(False))
    assert row(of(view), "Floor") == "7  going up, not in door zone"


def test_a_stale_value_is_unknown_and_says_how_old_it_is() -> None:
    assert row(TROUBLE, "Floor").startswith("unknown (stale 12 s)")


def test_an_item_that_no_device_gives_is_not_reported() -> None:
    items = {name: item for name, item in snapshot().items.items() if name != "mode"}
    view = SnapshotView(at=snapshot().at, items=items, floor_label="7")
    assert row(of(view), "Mode") == "not reported"


@pytest.mark.parametrize(
    ("opened", "closed", "said"),
    [
        (True, False, "open"),
        (False, True, "closed"),
        (False, False, "neither open nor closed"),
        (False, None, "not fully open"),
        (None, False, "not fully closed"),
        (True, True, "open and closed at once"),
        (None, None, "unknown (stale 9 s)"),
    ],
)
def test_neither_door_limit_is_taken_for_the_others_opposite(
    opened: bool | None, closed: bool | None, said: str
) -> None:
    limits = {"doors.front.open": opened, "doors.front.closed": closed}
    items = {name: ItemView(True, "stale", 9_000) if on is None else ItemView(on) for name, on in limits.items()}
    assert row(of(snapshot(**items)), "Doors") == said


def test_two_doors_are_named() -> None:
    view = snapshot(**{"doors.rear.open": ItemView(True), "doors.rear.closed": ItemView(False)})
    doors = [line.strip() for line in drawn(of(view)) if "front" in line or "rear" in line]
    assert doors == ["Doors   front closed", "rear open"]


def test_an_open_alarm_says_why() -> None:
    text = " ".join(drawn(TROUBLE))
    assert "A01 people trapped: raised" in text
    assert "stopped outside the door zone" in " ".join(text.split())


def test_the_last_alarm_stays_on_the_screen_after_its_end() -> None:
    reply = Reply(lifts=[lift(last_alarm=event(phase=Phase.ENDED))], health=HEALTH)
    assert row(reply, "Alarm").startswith("A01 people trapped: ended")


def test_a_link_that_is_down_says_why() -> None:
    text = " ".join(" ".join(drawn(TROUBLE)).split())
    assert "drive 01h down: no answer within 140 ms" in text


def test_the_upstream_row_tells_the_version_when_connected() -> None:
    assert row(CALM, "Upstr.") == "connected, MQTT 5"


def test_the_upstream_row_tells_what_waits_when_not_connected() -> None:
    text = " ".join(" ".join(drawn(TROUBLE)).split())
    assert "Upstr. not connected to send: 3 alarms not acknowledged: 1" in text


def test_a_lost_session_is_not_connected_whatever_version_it_spoke() -> None:
    notes = ["not connected: connection refused"]
    reply = Reply(lifts=[lift()], health=msgspec.structs.replace(HEALTH, notes=notes))
    assert drawn(reply)[-2:] == ["Upstr.  not connected", "        connection refused"]


def test_notes_stand_at_the_end_when_there_are_any() -> None:
    reply = Reply(lifts=[lift()], health=msgspec.structs.replace(HEALTH, notes=["no parity: pty"]))
    assert drawn(reply)[-1] == "Notes   no parity: pty"


def test_every_lift_of_the_terminal_has_its_block() -> None:
    second = msgspec.structs.replace(lift(), lift_id="lift-2")
    lines = drawn(Reply(lifts=[lift(), second], health=HEALTH))
    assert [line.split()[0] for line in lines if line.startswith("lift-")] == ["lift-1", "lift-2"]


def test_the_command_alone_shows_the_screen(agent: FakeAgent, ask: Invoke) -> None:
    agent.will_answer("screen", CALM)
    result = ask()
    assert result.exit_code == 0
    assert result.stdout.splitlines() == drawn(CALM)


def test_json_is_one_object_with_lifts_and_health(agent: FakeAgent, ask: Invoke) -> None:
    agent.will_answer("screen", CALM)
    (line,) = ask("--json").stdout.splitlines()
    said = json.loads(line)
    assert (said["lifts"][0]["links"][0]["device"], said["health"]["mqtt_version"]) == (UP.device, "5")


def test_watch_shows_each_change_and_ends_with_one_line_when_the_agent_goes(agent: FakeAgent, ask: Invoke) -> None:
    agent.will_answer("screen", CALM, CALM, TROUBLE, Reply(error="the agent is stopping"))
    result = ask("--watch", "--period", "0.1")
    assert result.stdout.count("Floor") == 2
    assert (result.exit_code, result.stderr) == (1, "the agent is stopping\n")


@pytest.mark.parametrize(("lang", "label"), [("zh", "楼层"), ("en", "Floor")])
def test_the_configurations_language_goes_before_the_locale(
    agent: FakeAgent, invoke: Invoke, tmp_path: Path, lang: str, label: str
) -> None:
    agent.will_answer("screen", CALM)
    config = tmp_path / "agent.yaml"
    config.write_text(f"local: {{socket: {agent.socket}}}\nui: {{lang: {lang}}}\n", encoding="utf-8")
    result = invoke("-c", config, env={"LC_ALL": "zh_CN.UTF-8" if lang == "en" else "C"})
    assert label in result.stdout


def test_without_a_configured_language_the_locale_decides(agent: FakeAgent, ask: Invoke) -> None:
    agent.will_answer("screen", CALM)
    assert "楼层" in ask(env={"LC_ALL": "", "LC_MESSAGES": "zh_CN.UTF-8"}).stdout
