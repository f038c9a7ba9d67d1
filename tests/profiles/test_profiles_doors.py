"""Emerson EV3200 and TechWind SDK-500, by hand from controller_maps.md 3.1 and 3.2."""

import pytest

from edge_agent.link.plan import Station, Wish, plan, plan_alone
from protocols.lift.vocabulary import DoorSide
from protocols.modbus.line import LineSettings
from protocols.profiles.layout import compile_layout
from protocols.profiles.lineup import common_line
from protocols.profiles.loader import load_profile
from protocols.profiles.place import Place
from protocols.profiles.schema import ReplyOrder

EV, SDK = load_profile("emerson-ev3200"), load_profile("techwind-sdk500")
SIDES = pytest.mark.parametrize("side", DoorSide)


# 3.1, S-EV


@SIDES
@pytest.mark.parametrize(
    ("word", "closed"),
    [(0b0010, True), (0b0000, True), (0b0110, None), (0b0011, False), (0b0111, False), (0b1010, None), (0b1011, None)],
)
def test_ev3200_closed_is_derived_from_how_the_last_motion_ended(
    side: DoorSide, word: int, closed: bool | None
) -> None:
    layout = compile_layout(EV, {}, Place(side))
    assert layout.items == {f"doors.{side.value}.closed"}
    block = layout.blocks[0]
    assert layout.decode(block, [word, *[0] * 8]).get(f"doors.{side.value}.closed") is closed


def test_ev3200_is_asked_for_one_register_at_a_time_and_for_pairs_by_themselves() -> None:
    assert (EV.max_regs, EV.ask_at_most, EV.reply_order) == (4, 1, ReplyOrder.DESCENDING)
    counts = {job.block.address: job.block.count for job in plan_alone(EV).jobs(0, EV.slave)}
    assert {address: count for address, count in counts.items() if count != 1} == {0x090A: 2, 0x090C: 2, 0x090E: 2}


@pytest.mark.parametrize(("product", "right"), [(3199, False), (3200, True), (3299, True), (3300, False), (0, False)])
def test_ev3200_is_known_by_its_product_configuration(product: int, right: bool) -> None:
    layout = compile_layout(EV, {})
    words = [0] * 9
    words[7] = product
    assert all(what == "" for what in layout.identified(layout.blocks[0], words).values()) is right


def test_ev3200_openings_count_ten_thousands() -> None:
    layout = compile_layout(EV, {})
    totals = next(block for block in layout.blocks if block.name == "totals")
    rows = {row.name: row for row in layout.raw(totals, [0, 0, 12, 3456, 0, 10_000, 0, 0])}
    assert (rows["openings"].value, rows["closings"].value) == (123_456, None)


def test_ev3200_past_faults_are_named_and_judged_by_nobody() -> None:
    layout = compile_layout(EV, {})
    past = next(block for block in layout.blocks if block.name == "past_faults")
    words = [30, 31, 0, 0, 0, 0, 0, 0]
    rows = {row.name: row.value for row in layout.raw(past, words)}
    assert (rows["latest_fault"], rows["second_fault"]) == (("door.open_failed",), ("door.close_failed",))
    assert rows["third_fault"] == ()
    assert layout.decode(past, words) == {}


def test_ev3200_has_every_fault_of_its_manual() -> None:
    assert set(EV.faults) == {1, 2, 3, 4, 5, 6, 9, 11, 13, 14, 16, 19, 24, 25, 26, 28, 29, 30, 31}


def test_ev3200_rows_whose_address_may_be_read_otherwise_are_in_doubt() -> None:
    doubtful = {one.address for one in EV.rows if one.status == "V~:S-EV"}
    assert doubtful == {0x3310, 0x090A, 0x090C, 0x090E, 0x0910, 0x0911, 0x0913, 0x0914, 0x0915}


def test_ev3200_scalings_that_are_only_likely_stay_raw() -> None:
    assert {one.address for one in EV.rows if 0x3300 <= one.address <= 0x3310 and one.scale} == {0x3305}


def test_ev3200_names_its_own_exceptions() -> None:
    assert {0x18, 0x20, 0x21, 0x22} <= set(EV.exceptions)


# 3.2, S-SDK


@SIDES
@pytest.mark.parametrize(
    ("high", "state"),
    [(0, (True, False)), (1, (False, True)), (2, (False, False)), (3, (False, False)), (4, (None, None))],
)
def test_sdk500_tells_its_door_in_the_high_byte(
    side: DoorSide, high: int, state: tuple[bool | None, bool | None]
) -> None:
    layout = compile_layout(SDK, {}, Place(side))
    said = layout.decode(layout.blocks[0], [high << 8, *[0] * 6])
    assert (said.get(f"doors.{side.value}.open"), said.get(f"doors.{side.value}.closed")) == state


@pytest.mark.parametrize(
    ("low", "faults"),
    [(0, ()), (1, None), (2, ("door.blocked",)), (4, ("door.encoder",)), (5, ("door.hot",)), (6, None)],
)
def test_sdk500_tells_faults_in_the_low_byte_and_a_light_barrier_is_none(
    low: int, faults: tuple[str, ...] | None
) -> None:
    layout = compile_layout(SDK, {})
    assert layout.decode(layout.blocks[0], [low, *[0] * 6]).get("faults") == faults


def test_sdk500_comes_at_18h_and_gives_16_registers() -> None:
    assert (SDK.slave, SDK.max_regs, SDK.line.allowed) == (0x18, 16, ("19200 8N1", "19200 8N2"))


def test_sdk500_units_that_can_be_read_two_ways_stay_raw() -> None:
    raw = {one.address: one.scale for one in SDK.rows if one.address in {0x0002, 0x0004, 0x0006}}
    assert raw == {0x0002: 1, 0x0004: None, 0x0006: None}


def test_two_door_operators_share_a_line_with_a_drive_and_a_module() -> None:
    names = ["delta-eb3000", "emerson-ev3200", "techwind-sdk500", "generic-input-8"]
    profiles = [load_profile(name) for name in names]
    line = common_line(profiles, "19200 8N2")
    options = [{name: next(iter(one.values)) for name, one in profile.options.items()} for profile in profiles]
    stations = [Station.of(profile, said) for profile, said in zip(profiles, options, strict=True)]
    assert line == LineSettings.parse("19200 8N2")
    assert plan(stations, line, Wish(None, None, 0.6)).use <= 0.6
