"""Every shipped profile, however installed: values survive words, and construct reads the same from the same words."""

from collections.abc import Mapping
from typing import Any

import construct
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from installations import INSTALLATIONS, NAMES, PROFILES, Installation

from edge_agent.link.plan import MAX_USE, plan_alone
from protocols.lift.vocabulary import ITEMS, Direction, DriveState, ItemKind, ServiceMode
from protocols.profiles.check import gives_of, is_bit_table, width_of
from protocols.profiles.layout import Layout, compile_layout
from protocols.profiles.place import placed
from protocols.profiles.schema import BlockSpec, FaultCoding, Pair, Profile, Row, WordOrder

WORDS: dict[Any, object] = {True: True, False: False}
WORDS |= {one.name.lower(): one for kind in (Direction, DriveState, ServiceMode) for one in kind}


def whole(installation: Installation) -> Profile:
    """The profile with the rows that there are, each naming the items of this lift."""
    rows = tuple(row for row in installation.profile.rows if row.holds(installation.options))
    return placed(msgspec.structs.replace(installation.profile, rows=rows), installation.place)


def layout_of(installation: Installation) -> Layout:
    return compile_layout(installation.profile, installation.options, installation.place)


def rows_of(profile: Profile, spec: BlockSpec) -> list[Row]:
    last = spec.address + spec.count
    return [row for row in profile.rows if row.function == spec.function and spec.address <= row.address < last]


# a row's number, in words and in values, worked out here from the profile's own statements


def base_of(row: Row) -> int:
    return 10_000 if row.pair is Pair.DECIMAL else 0x10000


def words_of(row: Row, number: int) -> list[int]:
    """A number over several registers, from the lowest address on."""
    parts = [number // base_of(row) ** power % base_of(row) for power in range(row.words - 1)]
    parts.append(number // base_of(row) ** (row.words - 1))
    return parts if row.word_order is WordOrder.LOW_FIRST else parts[::-1]


def numbers_of(profile: Profile, row: Row) -> st.SearchStrategy[int]:
    """Numbers that the row can hold, often those that mean something."""
    if row.pair is Pair.DECIMAL:
        return st.integers(0, 0xFFFF * 10_000 ** (row.words - 1) + 9_999)
    anything = st.integers(0, (1 << width_of(row)) - 1)
    if row.meanings:
        return st.sampled_from(sorted({raw for table in row.meanings.values() for raw in table})) | anything
    if row.faults is FaultCoding.CODE:
        return st.sampled_from([0, *profile.faults]) | anything
    if row.faults is FaultCoding.CODE_SUB:
        coded = st.builds(lambda code, sub: code * 100 + sub, st.sampled_from(list(profile.faults)), st.integers(0, 99))
        return coded | anything
    return anything


def signed(row: Row, number: int) -> int:
    most = 1 << width_of(row)
    return number - most if row.signed and number >= most // 2 else number


def fault_names(profile: Profile, row: Row, number: int) -> tuple[str, ...] | None:
    if row.faults is FaultCoding.BITS:
        return tuple(fault.name for bit, fault in sorted(profile.faults.items()) if number & 1 << bit)
    code = number // 100 if row.faults is FaultCoding.CODE_SUB else number
    if number == 0:
        return ()
    return (profile.faults[code].name,) if code in profile.faults else None


def expected(profile: Profile, row: Row, number: int) -> dict[str, object]:
    """What a row's number means."""
    if row.faults is not None:
        names = None if row.past else fault_names(profile, row, number)
        return {} if names is None else {"faults": names}
    if row.meanings:
        return {item: WORDS[table[number]] for item, table in row.meanings.items() if number in table}
    if row.item is None:
        return {}
    if ITEMS[row.item].kind is ItemKind.BOOL:
        return {row.item: (number == 0) if row.invert else (number == 1)}
    number = signed(row, number)
    return {row.item: number if row.scale is None else pytest.approx(number * row.scale, abs=1e-9)}


def together(profile: Profile, numbers: Mapping[str, int]) -> dict[str, object]:
    """What hangs on several rows of this block."""
    rules = [rule for rule in profile.derived if rule.all.keys() <= numbers.keys()]
    holding = [rule for rule in rules if all(numbers[row] == raw for row, raw in rule.all.items())]
    joined = [one for one in profile.joined if set(one.rows) <= numbers.keys()]
    bits = {one.item: {bit for row in one.rows for bit in range(64) if numbers[row] >> bit & 1} for one in joined}
    return {rule.item: WORDS[rule.value] for rule in holding} | {
        item: sum(1 << bit for bit in there) for item, there in bits.items()
    }


@pytest.mark.parametrize("name", INSTALLATIONS)
@settings(max_examples=20)
@given(data=st.data())
def test_values_survive_words(name: str, data: st.DataObject) -> None:
    profile, layout = whole(INSTALLATIONS[name]), layout_of(INSTALLATIONS[name])
    for spec, block in zip(profile.blocks, layout.blocks, strict=True):
        rows = rows_of(profile, spec)
        drawn = data.draw(st.tuples(*(numbers_of(profile, row) for row in rows)))
        numbers = {row.name: number for row, number in zip(rows, drawn, strict=True)}
        words = [0] * spec.count
        for row in rows:
            at = row.address - spec.address
            for offset, word in enumerate(words_of(row, numbers[row.name])):
                words[at + offset] |= word << (row.bits[0] if row.bits else 0)
        meant: dict[str, object] = {}
        for row in rows:
            meant |= expected(profile, row, numbers[row.name])
        values = layout.decode(block, words)
        assert values == meant | together(profile, numbers)

        raw = {row.name: signed(row, numbers[row.name]) for row in rows if not gives_of(row)}
        again = layout.encode(block, raw | values)
        assert values.items() <= layout.decode(block, again).items()
        for row in rows:
            if not gives_of(row) and (row.words == 1 or row.word_order is not None):
                at, mask = row.address - spec.address, ((1 << width_of(row)) - 1) << (row.bits[0] if row.bits else 0)
                kept = slice(at, at + row.words)
                assert [word & mask for word in again[kept]] == [word & mask for word in words[kept]], row.name


def bit_struct(spec: BlockSpec, rows: list[Row]) -> Any:
    """construct's own description of the block: fields and padding, from the highest bit down."""
    parts: list[Any] = []
    inside = 0  # of a number over several registers
    for address in range(spec.address, spec.address + spec.count):
        if inside:
            inside -= 1
            continue
        fields = {(15, 0) if row.bits is None else row.bits[::-1]: row for row in rows if row.address == address}
        at = 15
        for (high, low), row in sorted(fields.items(), reverse=True):
            parts.append(construct.Padding(at - high))
            one = construct.BitsInteger(high - low + 1)
            parts.append(row.name / (one[row.words] if row.words > 1 else one))
            at = low - 1
            inside = row.words - 1
        parts.append(construct.Padding(at + 1))
    return construct.BitStruct(*parts)


def number_of(row: Row, parsed: Any) -> int | None:
    """The raw number in what construct found; None where its words' order is unknown or a decimal part is none."""
    if row.words == 1:
        return int(parsed)
    parts = [int(part) for part in parsed]
    if row.word_order is WordOrder.LOW_FIRST:
        parts.reverse()
    if row.word_order is None or any(part >= base_of(row) for part in parts[1:]):
        return None
    number = 0
    for part in parts:
        number = number * base_of(row) + part
    return number


@pytest.mark.parametrize("name", INSTALLATIONS)
@settings(max_examples=20)
@given(data=st.data())
def test_the_compiled_tables_read_what_construct_reads(name: str, data: st.DataObject) -> None:
    profile, layout = whole(INSTALLATIONS[name]), layout_of(INSTALLATIONS[name])
    for spec, block in zip(profile.blocks, layout.blocks, strict=True):
        word = st.integers(0, 1 if is_bit_table(spec.function) else 0xFFFF)
        words = data.draw(st.lists(word, min_size=spec.count, max_size=spec.count))
        rows = rows_of(profile, spec)
        parsed = bit_struct(spec, rows).parse(b"".join(word.to_bytes(2, "big") for word in words))
        wanted: dict[str, object] = {}
        numbers: dict[str, int] = {}
        for row in rows:
            number = number_of(row, parsed[row.name])
            if number is not None:
                numbers[row.name] = number
                wanted |= expected(profile, row, number)
        assert layout.decode(block, words) == wanted | together(profile, numbers)


@pytest.mark.parametrize("name", INSTALLATIONS)
def test_every_row_is_in_the_layout_once(name: str) -> None:
    profile, layout = whole(INSTALLATIONS[name]), layout_of(INSTALLATIONS[name])
    shown = {row.name for block in layout.blocks for row in layout.raw(block, [0] * block.count)}
    assert shown == {row.name for row in profile.rows}


@pytest.mark.parametrize("profile", PROFILES, ids=NAMES)
def test_alone_on_its_bus_a_device_takes_no_more_than_it_may(profile: Profile) -> None:
    made = plan_alone(profile)
    assert 0 < made.use <= MAX_USE
