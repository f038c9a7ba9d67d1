"""One value is set in a file that a person wrote; every other character stays."""

import pytest

from edge_agent import AgentError
from edge_agent.commission.amend import Edit, amended

FLOW = """\
# the lift in the yard
lifts:
  - id: lift-1 # ours
    devices:
      - name: io
        profile: generic-input-8
        channels:
          1: {item: door_zone} # vane
          2: {item: mains, invert: true, debounce_ms: 50}
    floors:
      - {reported: 1, label: "1"}
      - {reported: 2, label: "二"}
"""
BLOCK = """\
lifts:
  - id: lift-1
    devices:
      - name: io
        options:
          inputs_at: input_register
        channels:
          1:
            item: door_zone
            # the vane's switch

          2:
            item: mains
            invert: true
    floors: [{reported: 1, label: G}]
"""
CHANNELS = ("lifts", 0, "devices", 0, "channels")


@pytest.mark.parametrize(
    ("text", "path", "value", "before", "after"),
    [
        (FLOW, (*CHANNELS, "2", "invert"), False, "invert: true", "invert: false"),
        (FLOW, (*CHANNELS, "1", "invert"), True, "{item: door_zone}", "{item: door_zone, invert: true}"),
        (FLOW, (*CHANNELS, "1", "item"), "car_lock", "item: door_zone", "item: car_lock"),
        (FLOW, ("lifts", 0, "floors", 1, "reported"), -1, "reported: 2", "reported: -1"),
        (BLOCK, (*CHANNELS, "2", "invert"), False, "invert: true", "invert: false"),
        (
            BLOCK,
            (*CHANNELS, "1", "invert"),
            True,
            "            item: door_zone\n",
            "            item: door_zone\n            invert: true\n",
        ),
        (
            BLOCK,
            ("lifts", 0, "devices", 0, "options", "inputs_at"),
            "holding_register",
            "input_register",
            "holding_register",
        ),
    ],
)
def test_only_that_value_changes(text: str, path: tuple[str | int, ...], value: str, before: str, after: str) -> None:
    assert text.count(before) == 1
    assert amended(text, [Edit(path, value)]) == text.replace(before, after)


def test_windows_line_ends_and_a_missing_last_one_stay() -> None:
    text = FLOW.replace("\n", "\r\n").removesuffix("\r\n")

    assert amended(text, [Edit((*CHANNELS, "2", "item"), "car_lock")]) == text.replace("item: mains", "item: car_lock")


def test_two_edits_of_one_line_are_both_made() -> None:
    edits = [Edit((*CHANNELS, "2", "item"), "car_lock"), Edit((*CHANNELS, "2", "invert"), False)]

    assert "2: {item: car_lock, invert: false, debounce_ms: 50}" in amended(FLOW, edits)


@pytest.mark.parametrize(
    "path", [("lifts", 0, "devices", 0, "options", "forward"), (*CHANNELS, "7", "item"), (*CHANNELS, "1")]
)
def test_a_file_without_a_place_for_it_is_left_to_the_person(path: tuple[str | int, ...]) -> None:
    with pytest.raises(AgentError, match="by hand"):
        amended(FLOW, [Edit(path, "up")])
