"""What is taken of a device: nothing of another device, no input that still bounces."""

from edge_agent.config_types import ChannelConfig
from edge_agent.state.intake import Intake, debounces
from protocols.profiles.layout import Layout, compile_layout
from protocols.profiles.loader import parse_profile
from tests.support.identified_box import TEXT

MS = 1_000_000


def layout(text: str = TEXT) -> Layout:
    return compile_layout(parse_profile(text, "by hand"), {"door_switch": "open_end"})


def plain_layout() -> Layout:
    return layout(TEXT.replace("identity: [{row: id, expect: [7]}]", ""))


def test_nothing_is_believed_before_the_device_was_identified() -> None:
    intake = Intake("box", layout(), {})
    values, about = layout().blocks
    assert intake.take(values, [1], 0) == {}
    assert intake.take(about, [7], 1) == {}
    assert intake.take(values, [1], 2) == {"door_zone": True, "landing_lock": False}
    assert intake.problem == ""


def test_nothing_is_believed_of_another_device_and_it_is_said() -> None:
    intake = Intake("box", layout(), {})
    values, about = layout().blocks
    intake.take(about, [7], 0)
    intake.take(about, [8], 1)
    assert intake.take(values, [1], 2) == {}
    assert intake.problem.startswith("box: id at 0009h is 8")
    intake.take(about, [7], 3)
    assert intake.take(values, [1], 4) != {}
    assert intake.problem == ""


def test_a_device_without_identity_is_believed_at_once() -> None:
    assert Intake("box", plain_layout(), {}).take(plain_layout().blocks[0], [1], 0) != {}


def test_an_input_counts_once_it_has_stood_for_its_time() -> None:
    intake = Intake("module", plain_layout(), {"door_zone": 50 * MS})
    block = plain_layout().blocks[0]
    said = [
        intake.take(block, [word], at_ms * MS).get("door_zone")
        for word, at_ms in [(1, 0), (1, 49), (1, 50), (0, 60), (1, 70), (0, 80), (0, 129), (0, 130), (0, 140)]
    ]
    assert said == [None, None, True, None, True, None, None, False, False]


def test_other_items_are_not_held_up() -> None:
    intake = Intake("module", plain_layout(), {"door_zone": 50 * MS})
    assert intake.take(plain_layout().blocks[0], [2], 0) == {"landing_lock": True}


def test_two_direction_contacts_settle_together() -> None:
    channels = [
        ChannelConfig(item="going_up", debounce_ms=30.0),
        ChannelConfig(item="going_down", debounce_ms=50.0),
        ChannelConfig(item="mains"),
    ]
    assert debounces(channels) == {"direction": 50 * MS, "moving": 50 * MS}


def test_every_identity_row_has_to_fit_and_one_does_not_make_up_for_another() -> None:
    text = TEXT.replace(
        "identity: [{row: id, expect: [7]}]", "identity: [{row: id, expect: [7]}, {row: kind, expect: [1]}]"
    )
    text = text.replace("count: 1}]", "count: 1}, {name: more, address: 20, count: 1}]")
    text += "  - {name: kind, address: 20, status: C}\n"
    intake = Intake("box", layout(text), {})
    values, about, more = layout(text).blocks
    intake.take(more, [2], 0)
    intake.take(about, [7], 1)
    assert intake.take(values, [1], 2) == {}
    assert "kind at 0014h is 2" in intake.problem
    intake.take(more, [1], 3)
    assert intake.take(values, [1], 4) != {}


def test_an_identity_that_was_not_read_yet_is_said() -> None:
    assert "its identity (id) could not be read yet" in Intake("box", layout(), {}).problem


def test_after_it_was_away_a_device_is_identified_anew() -> None:
    intake = Intake("box", layout(), {})
    values, about = layout().blocks
    intake.take(about, [7], 0)
    assert intake.take(values, [1], 1) != {}
    intake.forget()
    assert intake.take(values, [1], 2) == {}


def test_a_value_seen_before_and_after_a_long_silence_was_not_seen_to_stay() -> None:
    intake = Intake("module", plain_layout(), {"door_zone": 50 * MS})
    block = plain_layout().blocks[0]
    assert intake.take(block, [1], 0).get("door_zone") is None
    assert intake.take(block, [1], 60_000 * MS).get("door_zone") is None
    assert intake.take(block, [1], 60_050 * MS)["door_zone"] is True
