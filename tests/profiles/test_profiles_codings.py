"""Codings that single devices force: decimal pairs, sub-codes, descending answers, identity, printed frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.link.outcome import Failure, FailureKind, Reply, SlaveTimes
from protocols import ProtocolError
from protocols.profiles.layout import Layout, compile_layout
from protocols.profiles.loader import parse_profile
from protocols.resources import config_text

BOX, _ = config_text("profiles", "stm32-lift-sensor")
HEAD = BOX[: BOX.index("blocks:")].replace("max_regs: 19", "max_regs: 100")
ANSWERS = {"door_switch": "open_end"}
FAULTS = "faults: {41: {name: chain.open, title: {en: open, zh: 断}, status: C}}\n"


def profile_text(row: str, more: str = "") -> str:
    return f"{HEAD}blocks: [{{name: all, address: 0, count: 10}}]\nrows: [{row}]\n{more}"


def layout_of(row: str, more: str = "") -> Layout:
    return compile_layout(parse_profile(profile_text(row, more), "by hand"), ANSWERS)


COUNT = "{name: c, address: 0, words: 2, word_order: high_first, pair: decimal, item: run_count, status: C}"


def test_a_decimal_pair_counts_ten_thousands() -> None:
    """EV3200, opening count: hi x 10000 + lo (S-EV)."""
    layout = layout_of(COUNT)
    assert layout.decode(layout.blocks[0], [12, 3456, *[0] * 8]) == {"run_count": 123_456}


def test_a_lower_half_that_is_no_decimal_one_says_nothing() -> None:
    layout = layout_of(COUNT)
    assert layout.decode(layout.blocks[0], [1, 10_000, *[0] * 8]) == {}


@given(st.integers(0, 65_535 * 10_000 + 9_999))
def test_decimal_pairs_survive(count: int) -> None:
    layout = layout_of(COUNT)
    block = layout.blocks[0]
    assert layout.decode(block, layout.encode(block, {"run_count": count})) == {"run_count": count}


CODE = "{name: fault, address: 0, faults: code_sub, status: C}"


@pytest.mark.parametrize(
    ("raw", "faults"), [(0, ()), (7, None), (4100, ("chain.open",)), (4107, ("chain.open",)), (4200, None)]
)
def test_a_code_with_a_sub_code_is_known_by_its_code(raw: int, faults: tuple[str, ...] | None) -> None:
    """MONT C80Bh: code x 100 + sub-code, 0 for none (S-MONT)."""
    layout = layout_of(CODE, FAULTS)
    assert layout.decode(layout.blocks[0], [raw, *[0] * 9]).get("faults") == faults


def test_a_fault_by_name_becomes_its_code_with_sub_code_0() -> None:
    layout = layout_of(CODE, FAULTS)
    assert layout.encode(layout.blocks[0], {"faults": ("chain.open",)})[0] == 4100


# identity

IDENTITY = "identity: [{row: id, within: [3200, 3299]}]\n"
ID = "{name: id, address: 5, status: C}"


@pytest.mark.parametrize(("raw", "wrong"), [(3200, ""), (3299, ""), (3300, "id at 0005h is 3300")])
def test_a_device_is_known_by_its_identity(raw: int, wrong: str) -> None:
    text = profile_text(ID).replace("blocks:", f"{IDENTITY}blocks:")
    layout = compile_layout(parse_profile(text, "by hand"), ANSWERS)
    told = layout.identified(layout.blocks[0], [0] * 5 + [raw] + [0] * 4)
    assert told.keys() == {"id"}
    assert told["id"].startswith(wrong)
    assert bool(told["id"]) is bool(wrong)


def test_an_identity_without_right_values_compares_nothing() -> None:
    text = profile_text(ID).replace("blocks:", "identity: [{row: id}]\nblocks:")
    layout = compile_layout(parse_profile(text, "by hand"), ANSWERS)
    assert layout.identities == ()
    assert layout.identified(layout.blocks[0], [0] * 10) == {}


def test_an_identity_that_an_option_can_remove_is_refused() -> None:
    row = ID.replace("status", "when: {door_switch: open_end}, status")
    with pytest.raises(ProtocolError, match="only there by an option"):
        parse_profile(profile_text(row).replace("blocks:", f"{IDENTITY}blocks:"), "by hand")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("pair: decimal", "pair: decimal, signed: true"), "never negative"),
        (("pair: decimal", "pair: decimal, default: 4000000000"), "does not fit"),
    ],
)
def test_what_no_decimal_pair_can_hold_is_refused(change: tuple[str, str], said: str) -> None:
    with pytest.raises(ProtocolError, match=said):
        parse_profile(profile_text(COUNT.replace(*change)), "by hand")


def test_an_item_is_fed_by_a_row_or_derived_and_not_both() -> None:
    rows = "{name: zone, address: 0, bits: [0, 0], item: door_zone, status: C}, " + ID
    rule = 'derived: [{item: door_zone, all: {id: 1}, status: C, note: "x"}]\n'
    with pytest.raises(ProtocolError, match="already fed by row zone"):
        parse_profile(profile_text(rows, rule), "by hand")


def test_rules_of_one_item_stand_in_one_block() -> None:
    text = profile_text(f"{ID}, {{name: other, address: 20, status: C}}").replace(
        "count: 10}]", "count: 10}, {name: two, address: 20, count: 1}]"
    )
    true = 'item: door_zone, all: {id: 1}, status: C, note: "x"'
    false = 'item: door_zone, value: false, all: {other: 1}, status: C, note: "y"'
    rules = f"derived: [{{{true}}}, {{{false}}}]\n"
    with pytest.raises(ProtocolError, match="derived in different ranges"):
        parse_profile(text + rules, "by hand")


def test_hpmonts_framing_reads_no_bits() -> None:
    text = (
        profile_text(ID).replace("functions: [3]", "functions: [1, 3]").replace("tier:", "framing: hpmont_cic\ntier:")
    )
    with pytest.raises(ProtocolError, match="reads registers only"):
        parse_profile(text, "by hand")


# the link's side

OWN = profile_text(ID).replace("blocks:", "reply_order: descending\nexceptions: {16: {en: own, zh: 自}}\nblocks:")


def test_descending_answers_are_turned_round() -> None:
    times = SlaveTimes.of(parse_profile(OWN, "by hand"))
    assert times.understood(Reply((3, 2, 1), 0, 1)) == Reply((1, 2, 3), 0, 1)


@pytest.mark.parametrize(("code", "detail"), [(0x10, "exception 10h: own"), (0x02, "as it was")])
def test_exceptions_have_the_devices_own_names(code: int, detail: str) -> None:
    times = SlaveTimes.of(parse_profile(OWN, "by hand"))
    failure = Failure(FailureKind.EXCEPTION, "as it was", bytes((1, 0x83, code, 0, 0)))
    assert times.understood(failure) == Failure(FailureKind.EXCEPTION, detail, failure.data)


# printed frames


def test_a_printed_frame_with_a_wrong_crc_is_no_evidence() -> None:
    """EV3200 manual: it prints CRC 68 86 where 6B 86 is right (controller_maps.md, 3.1; a frame of our own here)."""
    vectors = 'vectors: [{request: "01 03 00 02 00 01 25 CB", status: C}]\n'
    with pytest.raises(ProtocolError, match="25 CA would be right"):
        parse_profile(profile_text(ID, vectors), "by hand")
    parse_profile(profile_text(ID, vectors.replace("CB", "CA")), "by hand")
