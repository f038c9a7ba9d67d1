"""HPMONT HD5L, Delta EB3000 and Invertek Elevator Core, by hand from controller_maps.md 2.2 to 2.4."""

import pytest

from protocols.lift.vocabulary import Direction, DriveState
from protocols.profiles.layout import Layout, compile_layout
from protocols.profiles.loader import load_profile
from protocols.profiles.schema import CommLoss, Profile

HD5, EB, IVT = (load_profile(name) for name in ("hpmont-hd5l", "delta-eb3000", "invertek-elevator-core"))


def state(layout: Layout, **registers: int) -> dict[str, object]:
    """What the first block says with some registers set: r3306=0x0006."""
    block = layout.blocks[0]
    words = [0] * block.count
    for name, word in registers.items():
        words[int(name.removeprefix("r"), 16) - block.address] = word
    return layout.decode(block, words)


def raw_rows(profile: Profile) -> set[str]:
    return {one.name for one in profile.rows if one.item is None and not one.meanings and one.faults is None}


# 2.2, S-HD5


def hd5(**registers: int) -> dict[str, object]:
    return state(compile_layout(HD5, {}), **registers)


def test_hd5l_comes_with_9600_8n2_and_gives_4_registers_a_read() -> None:
    assert (HD5.line.default, HD5.max_regs) == ("9600 8N2", 4)


@pytest.mark.parametrize(
    ("word", "drive", "moving", "direction"),
    [
        (0b0000, DriveState.STANDBY, False, Direction.NONE),
        (0b0100, DriveState.STANDBY, False, Direction.NONE),
        (0b0110, DriveState.RUNNING_UP, True, Direction.UP),
        (0b1010, DriveState.RUNNING_DOWN, True, Direction.DOWN),
        (0b0001, DriveState.FAULT, None, None),
        (0b0111, DriveState.FAULT, None, None),
        (0b0010, None, None, None),
        (0b1110, None, None, None),
    ],
)
def test_hd5l_tells_its_state_and_nothing_of_motion_in_fault(
    word: int, drive: DriveState | None, moving: bool | None, direction: Direction | None
) -> None:
    said = hd5(r3306=word | 0x0400)
    assert (said.get("drive_state"), said.get("moving"), said.get("direction")) == (drive, moving, direction)


@pytest.mark.parametrize(
    ("register", "bit", "item"),
    [
        ("r3304", 8, "brake_open"),
        ("r3304", 9, "contactor_closed"),
        ("r3306", 11, "brake_command"),
        ("r3306", 12, "contactor_command"),
    ],
)
def test_hd5l_tells_brake_and_contactor_as_told_and_as_fed_back(register: str, bit: int, item: str) -> None:
    assert hd5(**{register: 1 << bit})[item] is True
    assert hd5(**{register: 0xFFFF & ~(1 << bit)})[item] is False


def test_hd5l_feedback_of_no_stated_polarity_is_unverified() -> None:
    assert {one.item for one in HD5.rows if one.unverified} == {"brake_open", "contactor_closed"}


def test_hd5l_names_its_own_exceptions() -> None:
    assert set(HD5.exceptions) == {0x16, 0x17, 0x18, 0x20, 0x21, 0x22}


def test_of_hd5l_only_the_pages_that_were_read_are_asked_for() -> None:
    asked = {block.address + offset for block in HD5.blocks for offset in range(block.count)}
    assert asked == {*range(0x3300, 0x330C), 0x3315, 0x3318, 0x3319, *range(0x3322, 0x332A)}


def test_hd5l_numbers_without_a_scaling_and_its_fault_code_stay_raw() -> None:
    numbers = {"feedback_speed", "set_speed", "dc_bus", "heatsink", "runs", "present_fault", "rated_current"}
    assert numbers <= raw_rows(HD5)
    assert all(one.scale is None for one in HD5.rows)
    assert HD5.faults == {}


# 2.3, S-EB


def eb(forward: str, **registers: int) -> dict[str, object]:
    return state(compile_layout(EB, {"forward": forward}), **registers)


def test_eb3000_wants_10_ms_of_silence_and_gives_16_words() -> None:
    assert (EB.line.default, EB.max_regs, EB.min_gap_ms) == ("19200 8N2", 16, 10)


@pytest.mark.parametrize(
    ("word", "moving", "direction"),
    [
        (0b00000, False, Direction.NONE),
        (0b00001, None, None),
        (0b00010, False, Direction.NONE),
        (0b00011, True, Direction.UP),
        (0b01011, True, None),
        (0b10011, True, None),
        (0b11011, True, Direction.DOWN),
    ],
)
def test_eb3000_tells_motion_and_direction_when_it_runs(
    word: int, moving: bool | None, direction: Direction | None
) -> None:
    said = eb("up", r2101=word)
    assert (said.get("moving"), said.get("direction")) == (moving, direction)


def test_eb3000_forward_may_be_down() -> None:
    assert eb("down", r2101=0b00011)["direction"] is Direction.DOWN
    assert eb("down", r2101=0b11011)["direction"] is Direction.UP


@pytest.mark.parametrize("word", [0b00000, 0b00011])
def test_eb3000_in_fault_says_nothing_of_motion(word: int) -> None:
    assert eb("up", r2100=0x0004, r2101=word) == {}


def test_eb3000_a_warning_is_no_fault() -> None:
    assert eb("up", r2100=0x0500, r2101=0)["moving"] is False


def test_eb3000_current_stays_raw_as_its_decimals_vary() -> None:
    assert next(one for one in EB.rows if one.name == "output_current").scale is None


# 2.4, S-IVT


def test_elevator_core_counts_from_0_on_the_wire() -> None:
    """The manual's 256 to 259."""
    (block,) = IVT.blocks
    assert (block.address, block.count) == (256 - 1, 4)


@pytest.mark.parametrize(
    ("low", "drive", "moving"),
    [
        (0b0000, DriveState.STANDBY, False),
        (0b0001, None, True),
        (0b0010, DriveState.FAULT, None),
        (0b0011, DriveState.FAULT, None),
        (0b0100, DriveState.STANDBY, False),
    ],
)
def test_elevator_core_tells_its_state_in_the_low_byte(low: int, drive: DriveState | None, moving: bool | None) -> None:
    said = state(compile_layout(IVT, {}), r00FF=low)
    assert (said.get("drive_state"), said.get("moving")) == (drive, moving)


@pytest.mark.parametrize(("error", "faults"), [(0, ()), (46, ("brake.release_monitoring",)), (3, None)])
def test_elevator_core_tells_its_error_in_the_high_byte(error: int, faults: tuple[str, ...] | None) -> None:
    assert state(compile_layout(IVT, {}), r00FF=error << 8 | 2).get("faults") == faults


def test_elevator_core_speed_is_signed() -> None:
    layout = compile_layout(IVT, {})
    rows = {row.name: row for row in layout.raw(layout.blocks[0], [0, 0xFFCE, 25, 0xFFFF])}
    assert (rows["speed"].value, rows["motor_current"].value, rows["torque"].value) == (-5.0, 2.5, -0.1)


def test_elevator_core_trips_when_polling_stops() -> None:
    assert IVT.comm_loss is CommLoss.TRIP
    assert "trips" in IVT.comm_loss_effect.en
