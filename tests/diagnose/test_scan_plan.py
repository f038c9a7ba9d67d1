"""What a scan asks, and in which order."""

import msgspec
import pytest

from edge_agent.diagnose.scan_plan import (
    BAUDS,
    BRISK,
    FIRST_LISTEN_NS,
    LISTEN_NS,
    PARITIES,
    PATIENT,
    ScanPlan,
    first_register,
    longest_ns,
    make_plan,
    parse_bauds,
    parse_parities,
    parse_slaves,
    question_ns,
)
from edge_agent.link.outcome import SlaveTimes
from protocols import ProtocolError
from protocols.modbus.line import LineSettings, Parity
from protocols.modbus.pdu import encode_request
from protocols.profiles.loader import load_profile
from protocols.profiles.schema import Behaviour, BlockSpec, Denied, LineSpec, OnError, Profile

BOX = load_profile("stm32-lift-sensor")
"""Silent to a wrong address; its registers begin at 0010h; slave 247 at 9600 8N1."""
DRIVE = load_profile("invt-chv180")
"""Answers a wrong address with an exception; 1000h, 2000h and more are denied; slave 1 at 19200 8E1."""
ALL = tuple(range(1, 248))


def plan(
    *profiles: Profile,
    slaves: tuple[int, ...] = ALL,
    bauds: tuple[int, ...] = BAUDS,
    parities: tuple[Parity, ...] = PARITIES,
) -> ScanPlan:
    return make_plan(profiles or (BOX, DRIVE), slaves, bauds, parities)


def test_the_profiles_own_lines_come_first_and_then_every_other_by_how_common_it_is() -> None:
    lines = [str(line) for line in plan(DRIVE, BOX).lines]
    assert lines[:2] == ["9600 8N1", "19200 8E1"]
    assert lines[2:5] == ["9600 8E1", "9600 8O1", "19200 8N1"]
    assert len(lines) == len(set(lines)) == len(BAUDS) * len(PARITIES)


def test_of_one_and_two_stop_bits_only_the_profiles_own_is_tried_since_both_are_understood() -> None:
    two = msgspec.structs.replace(DRIVE, line=LineSpec(default="19200 8N2", allowed=("19200 8N2", "9600 8N2")))
    lines = [str(line) for line in plan(BOX, two).lines]
    assert lines[:2] == ["9600 8N1", "19200 8N2"]
    assert not {"9600 8N2", "19200 8N1"}.intersection(lines)
    assert len(lines) == len(BAUDS) * len(PARITIES)
    assert plan(BOX, two).likely(LineSettings.parse("19200 8N1"))[0].register == 0x1001


def test_only_what_was_chosen_is_tried() -> None:
    lines = plan(bauds=(19200, 9600), parities=(Parity.EVEN,)).lines
    assert [str(line) for line in lines] == ["19200 8E1", "9600 8E1"]


def test_a_profiles_own_device_is_asked_first_on_its_own_line_for_a_register_it_has() -> None:
    likely = plan().likely(LineSettings.parse("19200 8E1"))
    assert (likely[0].slave, likely[0].register) == (1, 0x1001)
    assert [question.slave for question in likely[1:]] == [1, 2, 3, 247]


def test_only_chosen_addresses_are_asked() -> None:
    chosen = plan(slaves=(3, 9))
    assert [question.slave for question in chosen.likely(LineSettings.parse("9600 8N1"))] == [3]
    assert [question.slave for question in chosen.sweep()] == [3, 9]
    assert [question.slave for question in chosen.sweep(done=[3])] == [9]


def test_every_address_is_asked_for_a_register_that_a_silent_device_answers() -> None:
    assert plan().registers == (0x0010,)


def test_where_no_known_device_is_silent_register_0_is_asked() -> None:
    assert plan(DRIVE).registers == (0x0000,)


def test_nothing_that_any_profile_denies_is_asked_of_anybody() -> None:
    greedy = msgspec.structs.replace(DRIVE, deny=(Denied(address=0x0000, count=0x12, why="a test"), *DRIVE.deny))
    made = plan(BOX, greedy)
    assert made.registers == (0x0012,)
    for line in made.lines:
        for question in (*made.likely(line), *made.sweep()):
            SlaveTimes(0, 0, 0, made.denied).check(question.request)


def test_a_device_all_of_whose_registers_are_denied_is_not_asked() -> None:
    one = msgspec.structs.replace(
        BOX, blocks=(BlockSpec(name="all", address=0x4000, count=2),), behaviour=Behaviour(latency_ms=1.0)
    )
    assert first_register(one, (one, DRIVE)) is None


def test_two_kinds_of_silent_devices_need_two_questions_and_no_address_is_asked_twice_in_a_row() -> None:
    other = msgspec.structs.replace(
        DRIVE, behaviour=msgspec.structs.replace(DRIVE.behaviour, errors=OnError.SILENCE), slave=5
    )
    sweep = plan(BOX, other, slaves=(1, 2)).sweep()
    assert [(question.slave, question.register) for question in sweep] == [
        (1, 0x0010),
        (2, 0x0010),
        (1, 0x1001),
        (2, 0x1001),
    ]


def test_every_question_is_function_03_for_one_register() -> None:
    for question in plan().sweep():
        adu = encode_request(question.request)
        assert (adu[1], adu[4:6]) == (3, b"\x00\x01")


def test_the_longest_time_is_every_address_on_every_line() -> None:
    """One line, one address that is not a likely one: the first listening, and one brisk question."""
    line = LineSettings.parse("9600 8N1")
    one = plan(slaves=(9,), bauds=(9600,), parities=(Parity.NONE,))
    assert longest_ns(one) == FIRST_LISTEN_NS + question_ns(line, BRISK)
    two = plan(slaves=(9,), bauds=(9600,), parities=(Parity.NONE, Parity.EVEN))
    assert longest_ns(two) == FIRST_LISTEN_NS + LISTEN_NS + question_ns(line, BRISK) + question_ns(
        LineSettings.parse("9600 8E1"), BRISK
    )
    assert question_ns(line, PATIENT) > question_ns(line, BRISK)


@pytest.mark.parametrize(
    ("text", "slaves"),
    [("7", (7,)), ("1-3", (1, 2, 3)), ("1, 3 ,10-12", (1, 3, 10, 11, 12)), ("2-3,1-2", (2, 3, 1)), ("1-247", ALL)],
)
def test_addresses_are_read_as_people_write_them(text: str, slaves: tuple[int, ...]) -> None:
    assert parse_slaves(text) == slaves


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5-1", "5-1 runs backwards; write 1-5"),
        ("0", "0 is no slave's address; those are 1 to 247"),
        ("300", "300 is no slave's address"),
        ("1-300", "300 is no slave's address"),
        ("", "'' is no address; write addresses as in 1-247"),
        ("1-", "'1-' is no address"),
        ("one", "'one' is no address"),
        ("-3", "'-3' is no address"),
        ("٣", "'٣' is no address"),
        ("9999999999", "'9999999999' is no address"),
    ],
)
def test_addresses_that_are_none_are_refused_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_slaves(text)
    assert said in str(caught.value)


def test_speeds_and_parities_are_read_as_people_write_them() -> None:
    assert parse_bauds("9600, 19200") == (9600, 19200)
    assert parse_parities("e,N") == (Parity.EVEN, Parity.NONE)


@pytest.mark.parametrize("text", ["9601", "0", "", "fast", "-9600", "9600,", "96 00", "3000000"])
def test_a_speed_that_no_serial_port_has_is_refused_with_those_it_has(text: str) -> None:
    with pytest.raises(ProtocolError, match=r"is no speed of a serial port; those are 300, .*9600, 19200"):
        parse_bauds(text)


@pytest.mark.parametrize("text", ["X", "", "NE", "8N1"])
def test_a_parity_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError, match="is no parity; write N, E or O"):
        parse_parities(text)
