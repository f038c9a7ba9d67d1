"""One layout, both directions: golden words and round trips of the box and the drive, by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols import ProtocolError
from protocols.lift.vocabulary import Direction, DriveState, ServiceMode
from protocols.modbus.pdu import encode_request
from protocols.profiles.layout import Layout, compile_layout
from protocols.profiles.loader import load_profile, parse_profile

STM, CHV = load_profile("stm32-lift-sensor"), load_profile("invt-chv180")
OPEN_END = {"door_switch": "open_end"}
FAULTS = [fault.name for _, fault in sorted(STM.faults.items())]

BOX = compile_layout(STM, OPEN_END)
(ALL,) = BOX.blocks
DRIVE = compile_layout(CHV, {})


def box_words(**registers: int) -> list[int]:
    """The box's block with some registers set: r0011=0x1400."""
    words = [0] * ALL.count
    for name, word in registers.items():
        words[int(name.removeprefix("r"), 16) - ALL.address] = word
    return words


# --- golden: S-STM and S-CHV, by their register maps


def test_the_box_is_read_whole_in_one_request() -> None:
    # S-STM: read-all request, F7h, registers 10h to 22h.
    assert encode_request(ALL.request(STM.slave)) == bytes.fromhex("F7 03 00 10 00 13 11 54")


def test_the_drive_state_is_read_as_the_manual_says() -> None:
    # S-CHV: read of 1001h from slave 1.
    assert encode_request(DRIVE.blocks[0].request(1)) == bytes.fromhex("01 03 10 01 00 01 D1 0A")


@pytest.mark.parametrize(
    ("registers", "item", "value"),
    [
        ({"r0010": 0x0000}, "faults", ()),
        ({"r0010": 0x0001}, "faults", ("sensor.entrapment.landing",)),
        ({"r0010": 0x0002}, "faults", ("sensor.entrapment.between",)),
        ({"r0010": 0x0404}, "faults", ("door.open_outside_zone", "door.open_too_long")),
        ({"r0010": 0x0800}, "faults", ()),
        ({"r0010": 0x0800}, "mains", False),
        ({"r0010": 0x07FF}, "mains", True),
        ({"r0011": 0x0000}, "moving", False),
        ({"r0011": 0x0000}, "direction", Direction.NONE),
        ({"r0011": 0x0100}, "moving", True),
        ({"r0011": 0x0100}, "direction", Direction.UP),
        ({"r0011": 0x0200}, "moving", True),
        ({"r0011": 0x0200}, "direction", Direction.DOWN),
        ({"r0011": 0x0400}, "door_zone", True),
        ({"r0011": 0xFBFF}, "door_zone", False),
        ({"r0011": 0x0800}, "doors.front.open", True),
        ({"r0011": 0x1000}, "person", True),
        ({"r0011": 0x00FF}, "person", False),
        ({"r0012": 0x0711}, "floor", 7),
        ({"r0012": 0xFF00}, "floor", -1),
        ({"r0012": 0x0711}, "speed_mps", 1.7),
        ({"r0012": 0xFF00}, "speed_mps", 0.0),
    ],
)
def test_the_boxs_words_mean_what_its_firmware_says(registers: dict[str, int], item: str, value: object) -> None:
    assert BOX.decode(ALL, box_words(**registers))[item] == value


def test_up_and_down_at_once_mean_nothing() -> None:
    assert BOX.decode(ALL, box_words(r0011=0x0300)).keys().isdisjoint({"moving", "direction"})


@pytest.mark.parametrize(("word", "closed"), [(0x0000, True), (0x0800, False)])
def test_a_door_switch_at_the_closed_end_tells_of_closed_only(word: int, closed: bool) -> None:
    layout = compile_layout(STM, {"door_switch": "closed_end"})
    values = layout.decode(ALL, box_words(r0011=word))
    assert values["doors.front.closed"] is closed
    assert "doors.front.open" not in layout.items


@pytest.mark.parametrize(
    ("word", "values"),
    [
        (1, {"drive_state": DriveState.RUNNING_UP, "moving": True, "direction": Direction.UP}),
        (2, {"drive_state": DriveState.RUNNING_DOWN, "moving": True, "direction": Direction.DOWN}),
        (3, {"drive_state": DriveState.STANDBY, "moving": False, "direction": Direction.NONE}),
        (4, {"drive_state": DriveState.FAULT}),
        (0, {}),
        (5, {}),
        (0x8001, {}),
    ],
)
def test_a_drive_in_fault_or_beyond_its_list_says_nothing_of_motion(word: int, values: dict[str, object]) -> None:
    assert DRIVE.decode(DRIVE.blocks[0], [word]) == values


# --- encoding


def test_a_row_without_a_value_holds_its_stated_default() -> None:
    words = BOX.encode(ALL, {})
    # S-STM: windows of 90 s and 15 s at 0020h; 15 s and 1 min at 0021h; 1 min and 20 half cycles at 0022h.
    assert words[0x20 - 0x10 :] == (0x5A0F, 0x0F01, 0x0114)
    assert words[:4] == (0, 0, 0, 0)


def test_values_that_the_device_does_not_have_are_passed_over() -> None:
    known = {"floor": 3, "person": True}
    unknown = {"mode": ServiceMode.NORMAL, "car_calls": 5, "nonsense": object(), "drive_state": DriveState.FAULT}
    assert BOX.encode(ALL, known | unknown) == BOX.encode(ALL, known)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"speed_mps": 1.75}, 18),
        ({"speed_mps": 0.35}, 4),
        ({"speed_mps": 0.04}, 0),
        ({"speed_mps": 99.0}, 255),
        ({"speed_mps": -1.0}, 0),
        ({"floor": -1}, 0xFF00),
        ({"floor": 300}, 0x7F00),
        ({"floor": True}, 0),
    ],
)
def test_numbers_are_rounded_and_stop_at_the_ends_of_their_field(values: dict[str, object], word: int) -> None:
    assert BOX.encode(ALL, values)[2] == word


def test_the_first_item_of_a_row_decides_when_values_contradict() -> None:
    said = {"drive_state": DriveState.FAULT, "moving": True, "direction": Direction.UP}
    assert DRIVE.encode(DRIVE.blocks[0], said) == (4,)


def test_a_raw_row_can_be_set_by_its_name() -> None:
    monitors = DRIVE.blocks[1]
    assert DRIVE.encode(monitors, {"output_current": 123})[4] == 123


def test_a_block_is_read_whole_or_not_at_all() -> None:
    with pytest.raises(ProtocolError, match=r"block all has 19 words, not 18"):
        BOX.decode(ALL, [0] * 18)
    with pytest.raises(ProtocolError, match=r"block all has 19 words, not 20"):
        BOX.raw(ALL, [0] * 20)


# --- rows as technicians see them


def test_a_row_that_feeds_two_items_is_shown_once_for_each() -> None:
    shown = [(row.item, row.value) for row in BOX.raw(ALL, box_words(r0011=0x0100)) if row.name == "motion"]
    assert shown == [("moving", True), ("direction", Direction.UP)]


def test_a_row_without_item_is_shown_with_its_scale_and_unit() -> None:
    rows = {row.name: row for row in BOX.raw(ALL, BOX.encode(ALL, {}))}
    pitch = rows["floor_pitch_mean"]
    assert (pitch.item, pitch.value, pitch.unit, pitch.words) == ("", 3.0, "m", [0x081E])


def test_a_number_whose_word_order_nobody_knows_has_words_and_no_value() -> None:
    rows = {row.name: row for row in BOX.raw(ALL, box_words(r0013=1, r0014=2))}
    assert (rows["floors_travelled"].words, rows["floors_travelled"].value) == ([1, 2], None)


def test_a_register_without_scale_is_shown_as_it_is() -> None:
    rows = DRIVE.raw(DRIVE.blocks[1], [5000, *[0] * 14])
    assert (rows[0].name, rows[0].value, rows[0].unit) == ("output_speed", 5000, "")


# --- options


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, r"stm32-lift-sensor: options must say door_switch \(open_end: .*; closed_end: .*\)"),
        ({"door_switch": "open"}, r"option door_switch has no value 'open'; did you mean open_end\?"),
        ({**OPEN_END, "door_swich": "x"}, r"no option 'door_swich'; did you mean door_switch\?"),
    ],
)
def test_an_option_missing_or_unknown_is_refused_with_the_answer(options: dict[str, str], says: str) -> None:
    with pytest.raises(ProtocolError, match=says):
        compile_layout(STM, options)


def test_a_device_that_asks_nothing_takes_no_options() -> None:
    with pytest.raises(ProtocolError, match=r"invt-chv180: no option 'x'; it asks nothing"):
        compile_layout(CHV, {"x": "y"})


# --- properties

MOTIONS = [(False, Direction.NONE), (True, Direction.UP), (True, Direction.DOWN)]


@st.composite
def box_values(draw: st.DrawFn) -> dict[str, object]:
    """Values that the box's registers can hold."""
    moving, direction = draw(st.sampled_from(MOTIONS))
    return {
        "moving": moving,
        "direction": direction,
        **{item: draw(st.booleans()) for item in ("mains", "door_zone", "doors.front.open", "person")},
        "floor": draw(st.integers(-128, 127)),
        "speed_mps": draw(st.integers(0, 255)) / 10,
        "faults": tuple(name for name in FAULTS if draw(st.booleans())),
    }


@given(box_values())
def test_the_boxs_values_survive_words(values: dict[str, object]) -> None:
    assert BOX.decode(ALL, BOX.encode(ALL, values)) == values


@given(st.sampled_from(DriveState), st.sampled_from(MOTIONS))
def test_the_drives_values_survive_words(state: DriveState, motion: tuple[bool, Direction]) -> None:
    said = {"drive_state": state, "moving": motion[0], "direction": motion[1]}
    block = DRIVE.blocks[0]
    read = DRIVE.decode(block, DRIVE.encode(block, said))
    assert read["drive_state"] is state
    assert DRIVE.decode(block, DRIVE.encode(block, read)) == read


# --- pairs of words, fault codes, coils, on a device made up

METER = """
name: meter
title: {en: meter, zh: 表}
kind: controller
tier: manual
hardware_verified: false
sources: {S-X: "a made-up device"}
slave: 1
line: {default: 9600 8N1, allowed: [9600 8N1]}
functions: [1, 3]
max_regs: 10
max_late_ms: 100
behaviour: {latency_ms: 5}
comm_loss: none
comm_loss_effect: {en: none, zh: 无}
blocks:
  - {name: words, address: 0, count: 5}
  - {name: coils, function: 1, address: 0, count: 2}
rows:
  - {name: calls, address: 0, words: 2, word_order: high_first, item: car_calls, status: "V:S-X"}
  - {name: speed, address: 2, words: 2, word_order: low_first, signed: true, scale: 0.001, item: speed_mps, status: C}
  - {name: code, address: 4, faults: code, status: "V:S-X"}
  - {name: chain, function: 1, address: 1, item: safety_chain, status: "V:S-X"}
faults:
  7: {name: controller.trapped, title: {en: trapped, zh: 困人}, status: "V:S-X"}
"""


@pytest.fixture(name="meter")
def _meter() -> Layout:
    return compile_layout(parse_profile(METER, "meter.yaml"), {})


def test_pairs_of_words_stand_in_their_stated_order(meter: Layout) -> None:
    words = [0x0001, 0x0002, 0xFFFE, 0xFFFF, 0]
    assert meter.decode(meter.blocks[0], words) == {"car_calls": 0x00010002, "speed_mps": -0.002, "faults": ()}
    assert meter.encode(meter.blocks[0], {"car_calls": 0x00010002, "speed_mps": -0.002}) == tuple(words)


@pytest.mark.parametrize(("code", "faults"), [(0, ()), (7, ("controller.trapped",)), (8, None)])
def test_a_fault_code_that_the_table_lacks_says_nothing(meter: Layout, code: int, faults: object) -> None:
    assert meter.decode(meter.blocks[0], [0, 0, 0, 0, code]).get("faults") == faults


def test_a_fault_by_name_becomes_its_code(meter: Layout) -> None:
    assert meter.encode(meter.blocks[0], {"faults": ("door.open_failed", "controller.trapped")})[4] == 7


def test_coils_are_one_bit_each(meter: Layout) -> None:
    coils = meter.blocks[1]
    assert meter.decode(coils, [0, 1]) == {"safety_chain": True}
    assert meter.encode(coils, {"safety_chain": True}) == (0, 1)


@settings(max_examples=50)
@given(st.integers(0, 0xFFFF_FFFF), st.integers(-(2**31), 2**31 - 1))
def test_numbers_over_two_words_survive(calls: int, millimetres: int) -> None:
    meter = compile_layout(parse_profile(METER, "meter.yaml"), {})
    values: dict[str, object] = {"car_calls": calls, "speed_mps": round(millimetres * 0.001, 6), "faults": ()}
    assert meter.decode(meter.blocks[0], meter.encode(meter.blocks[0], values)) == values
