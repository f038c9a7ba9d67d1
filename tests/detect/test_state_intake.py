"""What is taken of a device: nothing of another device, no input that still bounces."""

from edge_agent.config_types import ChannelConfig
from edge_agent.state.intake import Intake, debounces
from protocols.profiles.layout import Layout, compile_layout
from protocols.profiles.loader import parse_profile
from protocols.resources import config_text

MS = 1_000_000
BOX, _ = config_text("profiles", "stm32-lift-sensor")
HEAD = BOX[: BOX.index("blocks:")]
TEXT = f"""{HEAD}identity: [{{row: id, expect: [7]}}]
blocks: [{{name: values, address: 0, count: 1}}, {{name: about, address: 9, count: 1}}]
rows:
  - {{name: zone, address: 0, bits: [0, 0], item: door_zone, status: C}}
  - {{name: lock, address: 0, bits: [1, 1], item: landing_lock, status: C}}
  - {{name: id, address: 9, status: C}}
"""


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
