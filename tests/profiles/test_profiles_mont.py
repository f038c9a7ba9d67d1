"""HPMONT MONT70/71, by hand from controller_maps.md 1.1 (S-MONT, S-M71)."""

import pytest

from protocols.lift.vocabulary import Direction, ServiceMode
from protocols.modbus.hpmont_cic import AnswerEar
from protocols.modbus.pdu import encode_request
from protocols.profiles.layout import compile_layout
from protocols.profiles.loader import load_profile
from protocols.profiles.schema import Framing, Tier

CIC, RTU = load_profile("hpmont-mont70"), load_profile("hpmont-mont70-rtu")
LIFT = compile_layout(CIC, {"rear_door": "present"})
(BLOCK,) = LIFT.blocks


def words(**registers: int) -> list[int]:
    """The block with some registers set: rC80A=0x1400."""
    block = [0] * BLOCK.count
    for name, word in registers.items():
        block[int(name.removeprefix("r"), 16) - BLOCK.address] = word
    return block


def test_the_block_is_read_in_either_framing_as_computed() -> None:
    request = encode_request(BLOCK.request(CIC.slave))
    assert request == bytes.fromhex("02 03 C8 00 00 27 3B 83")
    assert AnswerEar().asks(request) == bytes.fromhex("02 03 C8 00 27 9C 60")


@pytest.mark.parametrize(
    ("registers", "item", "value"),
    [
        ({"rC800": 1750}, "speed_mps", 1.75),
        ({"rC800": 4000}, "speed_mps", 4.0),
        ({"rC806": 1, "rC807": 2}, "run_count", 65_538),
        ({"rC808": 1}, "moving", True),
        ({"rC808": 0}, "moving", False),
        ({"rC80A": 0x0000}, "mode", ServiceMode.NORMAL),
        ({"rC80A": 0x0001}, "mode", ServiceMode.INSPECTION),
        ({"rC80A": 0x0004}, "mode", ServiceMode.FIRE_RECALL),
        ({"rC80A": 0x0005}, "mode", ServiceMode.FIREFIGHTER),
        ({"rC80A": 0x0030}, "door_zone", True),
        ({"rC80A": 0x0000}, "door_zone", False),
        ({"rC80A": 0x0040}, "landing_lock", True),
        ({"rC80A": 0x7FBF}, "landing_lock", False),
        ({"rC80A": 0x0080}, "overload", True),
        ({"rC80A": 0x0000}, "direction", Direction.NONE),
        ({"rC80A": 0x0100}, "direction", Direction.UP),
        ({"rC80A": 0x0200}, "direction", Direction.DOWN),
        ({"rC80A": 0x8000}, "safety_chain", True),
        ({"rC80A": 0x7FFF}, "safety_chain", False),
        ({"rC80B": 0}, "faults", ()),
        ({"rC80B": 4101}, "faults", ("safety.chain_open",)),
        ({"rC80B": 4800}, "faults", ("door.open_failed",)),
        ({"rC80B": 5803}, "faults", ("shaft.levelling_signal",)),
        ({"rC80B": 6500}, "faults", ("car.unintended_movement",)),
        ({"rC80C": 12}, "floor", 12),
        ({"rC80D": 0x0001}, "car_calls", 1),
        ({"rC80D": 0x8000}, "car_calls", 1 << 15),
        ({"rC80E": 0x0001}, "car_calls", 1 << 16),
        ({"rC80F": 0x8000}, "car_calls", 1 << 47),
        ({"rC810": 0x0004}, "hall_calls", 1 << 2),
        ({"rC813": 0x0001, "rC810": 0x0002}, "hall_calls", 0b11),
        ({"rC815": 0x8000}, "hall_calls", 1 << 47),
        ({"rC825": 300}, "run_limit", 300),
        ({"rC826": 0x0002}, "person", True),
        ({"rC826": 0x0001}, "person", False),
    ],
)
def test_the_words_mean_what_the_source_reads_in_them(registers: dict[str, int], item: str, value: object) -> None:
    assert LIFT.decode(BLOCK, words(**registers))[item] == value


@pytest.mark.parametrize("mode", [2, 3, 6, 7, 8, 9])
def test_a_mode_without_a_word_of_the_vocabulary_is_unknown_and_not_normal(mode: int) -> None:
    assert LIFT.decode(BLOCK, words(rC80A=mode))["mode"] is ServiceMode.UNKNOWN


def test_a_mode_beyond_the_list_says_nothing() -> None:
    assert "mode" not in LIFT.decode(BLOCK, words(rC80A=0x000A))


@pytest.mark.parametrize("word", [0x0010, 0x0020])
def test_one_levelling_sensor_alone_leaves_the_zone_open(word: int) -> None:
    assert "door_zone" not in LIFT.decode(BLOCK, words(rC80A=word))


@pytest.mark.parametrize(
    ("number", "doors"),
    [
        (0, (False, False)),
        (1, (True, False)),
        (2, (False, False)),
        (3, (False, True)),
        *[(number, (None, None)) for number in (4, 5, 6, 7)],
    ],
)
def test_a_door_is_opening_open_closing_or_closed_or_nobody_knows(
    number: int, doors: tuple[bool | None, bool | None]
) -> None:
    front = LIFT.decode(BLOCK, words(rC805=number))
    assert (front.get("doors.front.open"), front.get("doors.front.closed")) == doors
    rear = LIFT.decode(BLOCK, words(rC805=number << 3))
    assert (rear.get("doors.rear.open"), rear.get("doors.rear.closed")) == doors


def test_without_a_rear_door_its_bits_say_nothing() -> None:
    layout = compile_layout(CIC, {"rear_door": "absent"})
    assert not [item for item in layout.items if item.startswith("doors.rear")]


@pytest.mark.parametrize("code", [6800, 9900, 7])
def test_a_fault_that_the_manual_does_not_list_says_nothing(code: int) -> None:
    assert "faults" not in LIFT.decode(BLOCK, words(rC80B=code))


def test_every_fault_of_the_manual_is_there_and_the_one_that_the_source_knows() -> None:
    """S-M71: the numbers of chapter 10; S-MONT: 65."""
    numbers = {*range(1, 7), *range(8, 25), *range(30, 51), *range(53, 61), 62, 63, 65}
    assert set(CIC.faults) == numbers
    assert {number for number, fault in CIC.faults.items() if fault.status != "V:S-M71"} == {65}


def test_what_no_source_states_is_marked_unverified() -> None:
    doubtful = {one.item for one in CIC.rows if one.unverified}
    assert doubtful == {"landing_lock", "safety_chain"}


def test_inputs_and_outputs_whose_bits_were_not_found_stay_raw() -> None:
    boards = [one for one in CIC.rows if 0xC817 <= one.address <= 0xC822]
    assert len(boards) == 12
    assert all(one.item is None and one.scale is None and not one.meanings for one in boards)


def test_the_two_profiles_differ_in_how_they_are_framed_only() -> None:
    assert (CIC.framing, RTU.framing) == (Framing.HPMONT_CIC, Framing.RTU)
    assert (CIC.tier, RTU.tier) == (Tier.CODE, Tier.CODE)
    assert (RTU.rows, RTU.faults, RTU.derived, RTU.deny) == (CIC.rows, CIC.faults, CIC.derived, CIC.deny)
