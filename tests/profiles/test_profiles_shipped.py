"""What the shipped profiles promise: read-only, sourced, nothing guessed."""

import pytest
from installations import NAMES, PROFILES

from edge_agent.link.outcome import SlaveTimes
from protocols import ProtocolError
from protocols.lift.vocabulary import ITEMS
from protocols.modbus.pdu import ReadFunction, ReadRequest
from protocols.profiles.layout import compile_layout
from protocols.profiles.loader import load_profile
from protocols.profiles.schema import CommLoss, Profile, Row, Tier

STM, CHV = load_profile("stm32-lift-sensor"), load_profile("invt-chv180")
every_profile = pytest.mark.parametrize("profile", PROFILES, ids=NAMES)

FIRST_SET = {
    "arkel-arcode",
    "delta-eb3000",
    "emerson-ev3200",
    "generic-input-16",
    "generic-input-8",
    "hpmont-hd5l",
    "hpmont-mont70",
    "hpmont-mont70-rtu",
    "invertek-elevator-core",
    "invt-chv180",
    "stm32-lift-sensor",
    "techwind-sdk500",
}
WRITTEN = {
    "hpmont-mont70": {0x6400, 0x6401, 0x6402},
    "hpmont-mont70-rtu": {0x6400, 0x6401, 0x6402},
    "invt-chv180": {0x1000, 0x2000, 0x4000, 0x4001},
    "delta-eb3000": {0x2000},
    "invertek-elevator-core": {0x00F9, 0x00FA, 0x00FB, 0x00FC},
    "emerson-ev3200": {0x3201, 0x3202, 0x3205},
    "techwind-sdk500": {0x1004},
    "arkel-arcode": {5001, 10000},
}
"""Registers of commands and settings that the maps name, controller_maps.md 1.1 to 3.2."""
FLOORS = {"hpmont-mont70", "hpmont-mont70-rtu", "stm32-lift-sensor"}
"""Ibid., the table of devices: no drive and no door operator tells the floor."""


def row(name: str) -> Row:
    return next(row for row in (*STM.rows, *CHV.rows) if row.name == name)


def items_of(profile: Profile) -> set[str]:
    options = {name: next(iter(option.values)) for name, option in profile.options.items()}
    return set(compile_layout(profile, options).items)


def test_the_shipped_profiles_are_known_by_name() -> None:
    assert set(NAMES) >= FIRST_SET


@every_profile
def test_nothing_was_tried_on_hardware_and_the_profile_says_so(profile: Profile) -> None:
    assert profile.hardware_verified is False


@every_profile
def test_only_reads_are_declared(profile: Profile) -> None:
    reads = set(map(int, ReadFunction))
    assert set(profile.functions) <= reads
    assert {block.function for block in profile.blocks} <= set(profile.functions)


@every_profile
def test_every_row_carries_a_mark_and_its_source_has_a_name(profile: Profile) -> None:
    marks = [row.status for row in profile.rows] + [fault.status for fault in profile.faults.values()]
    marks += [derived.status for derived in profile.derived] + [vector.status for vector in profile.vectors]
    for status in marks:
        mark, _, key = status.partition(":")
        assert mark in {"V", "V~"} if key else mark in {"U", "C"}
        assert not key or key in profile.sources


@every_profile
def test_what_nobody_verified_says_so_and_why(profile: Profile) -> None:
    doubtful = [one for one in profile.rows if one.status == "U"]
    assert all(one.unverified for one in doubtful)
    assert all(one.note for one in doubtful) or profile.tier is Tier.UNVERIFIED


@every_profile
def test_every_text_is_there_in_both_languages(profile: Profile) -> None:
    texts = [profile.title, profile.comm_loss_effect, *(fault.title for fault in profile.faults.values())]
    texts += [title for option in profile.options.values() for title in (option.title, *option.values.values())]
    texts += profile.exceptions.values()
    assert all(text.en and text.zh for text in texts)


@pytest.mark.parametrize("name", WRITTEN)
def test_registers_of_commands_and_settings_are_denied_and_never_asked_for(name: str) -> None:
    profile = load_profile(name)
    for address in WRITTEN[name]:
        (one,) = [one for one in profile.deny if one.address <= address < one.address + one.count]
        function = ReadFunction.HOLDING if one.function is None else ReadFunction(one.function)
        with pytest.raises(ProtocolError, match="its profile denies"):
            SlaveTimes.of(profile).check(ReadRequest(profile.slave, function, address, 1))


@every_profile
def test_the_floor_comes_from_controllers_and_sensor_boxes_only(profile: Profile) -> None:
    assert ("floor" in items_of(profile)) is (profile.name in FLOORS)


@every_profile
def test_a_row_named_like_an_item_is_no_trap(profile: Profile) -> None:
    assert {one.name for one in profile.rows} & ITEMS.keys() <= items_of(profile)


def test_only_what_may_stop_a_lift_says_so() -> None:
    stopping = {one.name for one in PROFILES if one.comm_loss in {CommLoss.TRIP, CommLoss.LOCK}}
    assert stopping == {"hpmont-mont70", "hpmont-mont70-rtu", "invertek-elevator-core", "arkel-arcode"}


def test_only_the_controller_without_its_registers_is_a_stub() -> None:
    assert [one.name for one in PROFILES if one.stub] == ["arkel-arcode"]


def test_only_a_framing_that_was_seen_on_the_port_is_said_to_be() -> None:
    assert {one.name for one in PROFILES if not one.transport_verified} == {"hpmont-mont70", "hpmont-mont70-rtu"}


# controller_maps.md 1.2, S-STM


def test_the_box_answers_wrong_requests_with_silence_and_checks_no_crc() -> None:
    assert (STM.behaviour.errors.value, STM.behaviour.checks_crc) == ("silence", False)
    assert (STM.slave, STM.line.default, STM.max_regs, STM.tier) == (0xF7, "9600 8N1", 19, Tier.CODE)


def test_a_bench_assumes_that_the_door_switch_sits_at_the_open_end() -> None:
    assert list(STM.options["door_switch"].values) == ["open_end", "closed_end"]


@pytest.mark.parametrize(
    "name",
    ["floors_travelled", "door_openings", "start_accel_max", "braking_decel_max", "accel_time", "decel_time"],
)
def test_what_code_and_comment_tell_differently_stays_raw(name: str) -> None:
    one = row(name)
    assert one.status == "V~:S-STM"
    assert one.note
    assert (one.item, one.scale) == (None, None)


@pytest.mark.parametrize("name", ["sensor_faults", "inspection", "alarm_key"])
def test_bits_of_no_known_meaning_feed_nothing(name: str) -> None:
    assert row(name).item is None


# controller_maps.md 2.1, S-CHV


def test_the_drive_comes_with_19200_8e1_and_takes_16_registers() -> None:
    assert (CHV.line.default, CHV.max_regs, CHV.behaviour.errors.value) == ("19200 8E1", 16, "exception")


def test_of_the_drive_only_listed_registers_are_read() -> None:
    read = {block.address + offset for block in CHV.blocks for offset in range(block.count)}
    assert read == {0x1001, *range(0x3000, 0x300F), 0x3015, 0x3016, 0x5000}


def test_the_drives_commands_and_passwords_are_on_the_deny_list() -> None:
    denied = {one.address + offset for one in CHV.deny for offset in range(one.count)}
    assert {0x1000, 0x2000, 0x4000, 0x4001, *range(0x300F, 0x3015)} == denied


def test_the_drives_monitors_and_fault_code_stay_raw() -> None:
    raw = [one for one in CHV.rows if one.address != 0x1001]
    assert all(one.item is None and one.scale is None and not one.meanings for one in raw)
    assert len(raw) == 18


def test_the_drives_identity_is_its_device_code() -> None:
    assert [one.row for one in CHV.identity] == ["device_code"]
    assert row("device_code").address == 0x3016
