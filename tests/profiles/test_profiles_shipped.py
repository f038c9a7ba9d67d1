"""What the shipped profiles promise: read-only, sourced, nothing guessed."""

import pytest

from protocols.profiles.loader import load_profile, profile_names
from protocols.profiles.schema import Row, Tier

NAMES = ["invt-chv180", "stm32-lift-sensor"]
STM, CHV = load_profile("stm32-lift-sensor"), load_profile("invt-chv180")


def row(name: str) -> Row:
    return next(row for row in (*STM.rows, *CHV.rows) if row.name == name)


def test_the_shipped_profiles_are_known_by_name() -> None:
    assert set(NAMES) <= set(profile_names())


@pytest.mark.parametrize("name", NAMES)
def test_nothing_was_tried_on_hardware_and_the_profile_says_so(name: str) -> None:
    assert load_profile(name).hardware_verified is False


@pytest.mark.parametrize("name", NAMES)
def test_only_reads_are_declared(name: str) -> None:
    profile = load_profile(name)
    assert set(profile.functions) == {3}
    assert {block.function for block in profile.blocks} == {3}


@pytest.mark.parametrize("name", NAMES)
def test_every_row_carries_a_mark_of_a_named_source(name: str) -> None:
    profile = load_profile(name)
    for one in (*profile.rows, *profile.faults.values()):
        assert one.status.split(":", 1)[1] in profile.sources


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_there_in_both_languages(name: str) -> None:
    profile = load_profile(name)
    texts = [profile.title, profile.comm_loss_effect, *(fault.title for fault in profile.faults.values())]
    texts += [title for option in profile.options.values() for title in (option.title, *option.values.values())]
    assert all(text.en and text.zh for text in texts)


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
