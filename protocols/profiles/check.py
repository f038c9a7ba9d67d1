"""What a profile's types cannot express: rows, blocks, options and limits that must fit together.

`problems` yields (where in the file, what is wrong and what to do), in the order of the file's parts.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Final

from protocols import ProtocolError
from protocols.lift.vocabulary import ITEMS, Direction, DriveState, ItemKind, ServiceMode
from protocols.modbus.line import LineSettings
from protocols.nearest import hint
from protocols.profiles.check_parts import Problem, part_problems
from protocols.profiles.place import FIRST_PLACE, placed
from protocols.profiles.schema import BlockSpec, FaultCoding, Framing, Pair, Profile, Row

WORDS_OF: Final[dict[ItemKind, dict[bool | str, object]]] = {
    ItemKind.BOOL: {True: True, False: False},
    ItemKind.MODE: {mode.name.lower(): mode for mode in ServiceMode},
    ItemKind.DIRECTION: {direction.name.lower(): direction for direction in Direction},
    ItemKind.DRIVE: {state.value: state for state in DriveState},
}
"""What `meanings` may say of an item, by its kind, and the value that it stands for."""

_REGISTER_FUNCTIONS: Final = (3, 4)
_SUB_CODES: Final = 100
_WORD: Final = 1 << 16
_DECIMAL: Final = 10_000


def is_bit_table(function: int) -> bool:
    """Coils and discrete inputs: one bit at each address."""
    return function not in _REGISTER_FUNCTIONS


def width_of(row: Row) -> int:
    """The number of bits of a row."""
    if is_bit_table(row.function):
        return 1
    return 16 * row.words if row.bits is None else row.bits[1] - row.bits[0] + 1


def gives_of(row: Row) -> tuple[str, ...]:
    """The vocabulary items that a row feeds, in order."""
    if row.faults is not None:
        return () if row.past else ("faults",)
    return tuple(row.meanings) if row.item is None else (row.item,)


def problems(profile: Profile) -> Iterator[Problem]:
    """Everything that does not fit."""
    profile = placed(profile, FIRST_PLACE)
    yield from _line(profile)
    if profile.framing is Framing.HPMONT_CIC and not set(profile.functions) <= set(_REGISTER_FUNCTIONS):
        yield ("functions",), "this framing reads registers only, by 3 and 4"
    yield from _twice("blocks", [block.name for block in profile.blocks])
    yield from _twice("rows", [row.name for row in profile.rows])
    for index, block in enumerate(profile.blocks):
        yield from ((("blocks", index, key), what) for key, what in _block(block, profile))
    yield from _block_overlaps(profile.blocks)
    for index, row in enumerate(profile.rows):
        yield from ((("rows", index, *where), what) for where, what in _row(row, profile))
    yield from _row_overlaps(profile.rows)
    for index, identity in enumerate(profile.identity):
        names = [row.name for row in profile.rows]
        if identity.row not in names:
            yield ("identity", index, "row"), f"no row {identity.row!r}; {hint(identity.row, names)}"
    yield from part_problems(profile, {row.name: width_of(row) for row in profile.rows})


def _line(profile: Profile) -> Iterator[Problem]:
    named = [(("line", "allowed", index), text) for index, text in enumerate(profile.line.allowed)]
    for where, text in [*named, (("line", "default"), profile.line.default)]:
        try:
            LineSettings.parse(text)
        except ProtocolError as error:
            yield where, str(error)
    if profile.line.default not in profile.line.allowed:
        allowed = ", ".join(profile.line.allowed)
        yield ("line", "default"), f"{profile.line.default} is not in line.allowed ({allowed}); add it there"


def _twice(part: str, names: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield (part, index, "name"), f"{name} is there twice; give each its own name"
        seen.add(name)


def _block(block: BlockSpec, profile: Profile) -> Iterator[tuple[str, str]]:
    last = block.address + block.count - 1
    if block.function not in profile.functions:
        known = ", ".join(map(str, profile.functions))
        yield "function", f"{block.function} is not in functions ({known}); the device does not answer it"
    if last > 0xFFFF:
        yield "count", f"runs past FFFFh; {0x10000 - block.address} registers are left from {block.address:04X}h"
    for denied in profile.deny:
        first = max(block.address, denied.address)
        concerned = denied.function in {None, block.function}
        if concerned and first <= min(last, denied.address + denied.count - 1):
            yield "address", f"{first:04X}h is in the deny-list ({denied.why}); leave it out of the block"


def _block_overlaps(blocks: tuple[BlockSpec, ...]) -> Iterator[Problem]:
    for (_, one), (index, other) in combinations(enumerate(blocks), 2):
        first = max(one.address, other.address)
        last = min(one.address + one.count, other.address + other.count) - 1
        if one.function == other.function and first <= last:
            yield ("blocks", index, "address"), f"{first:04X}h is already in block {one.name}; read it once"


def _row(row: Row, profile: Profile) -> Iterator[Problem]:
    yield from _row_place(row, profile)
    yield from _row_provenance(row, profile)
    for option, value in row.when.items():
        if option not in profile.options:
            yield ("when", option), f"no option {option!r}; {hint(option, profile.options)}"
        elif value not in profile.options[option].values:
            yield ("when", option), f"{option} has no value {value!r}; {hint(value, profile.options[option].values)}"
    if (row.item is not None) + bool(row.meanings) + (row.faults is not None) > 1:
        yield (), "has more than one of item, meanings and faults; keep one"
        return
    for item in gives_of(row):
        if item not in ITEMS:
            yield ("meanings" if row.meanings else "item",), f"no item {item!r}; {hint(item, ITEMS)}"
            return
    if not gives_of(row) and row.name in ITEMS:
        yield ("name",), f"{row.name} is an item's name and this row does not feed it; call the row something else"
    if row.item is not None:
        yield from _row_item(row, ITEMS[row.item].kind)
    yield from _row_meanings(row)
    yield from _row_faults(row, profile)


def _row_place(row: Row, profile: Profile) -> Iterator[Problem]:
    last = row.address + row.words - 1
    if not any(
        block.function == row.function and block.address <= row.address and last < block.address + block.count
        for block in profile.blocks
    ):
        yield ("address",), f"{row.address:04X}h is in no block of function {row.function}; add it to one"
    if row.bits is not None:
        if row.words > 1 or is_bit_table(row.function):
            yield ("bits",), "only a row of one register has bits; remove it"
        elif row.bits[0] > row.bits[1]:
            yield ("bits",), f"wants [lowest, highest], not {list(row.bits)}"
    if row.words > 1 and is_bit_table(row.function):
        yield ("words",), "a coil or discrete input is one bit; remove it"
    meant = bool(gives_of(row)) or row.scale is not None or row.default != 0
    if row.words > 1 and row.word_order is None and meant:
        yield ("word_order",), "a number over several registers needs it: high_first or low_first"
    if row.pair is Pair.DECIMAL and row.signed:
        yield ("signed",), "a decimal number is never negative; remove it"
    if row.pair is Pair.DECIMAL and row.words == 1:
        yield ("pair",), "only a number over several registers is a pair; remove it"
    if row.past and row.faults is None:
        yield ("past",), "only a row of faults is of the past; remove it"
    if row.channel is not None and (width_of(row) != 1 or gives_of(row)):
        yield ("channel",), "a channel is one bit, and the lift's file says what it feeds; remove its items"
    if row.words > profile.max_regs:
        yield ("words",), f"more than the {profile.max_regs} registers that one request can ask for (max_regs)"
    is_decimal = row.pair is Pair.DECIMAL
    if not 0 <= row.default < (_WORD * _DECIMAL ** (row.words - 1) if is_decimal else 1 << width_of(row)):
        yield ("default",), f"{row.default} does not fit into {width_of(row)} bits"


def _row_provenance(row: Row, profile: Profile) -> Iterator[Problem]:
    mark, _, key = row.status.partition(":")
    if key and key not in profile.sources:
        yield ("status",), f"no source {key!r}; {hint(key, profile.sources)}"
    if mark == "V~" and not row.note:
        yield ("status",), "V~ needs a note that says what is in doubt"
    if mark == "U" and not row.unverified:
        yield ("status",), "U ships only with unverified: true"


def _row_item(row: Row, kind: ItemKind) -> Iterator[Problem]:
    if kind is ItemKind.BOOL and width_of(row) != 1:
        yield ("item",), f"{row.item} is true or false: give one bit, or meanings"
    if kind in {ItemKind.MODE, ItemKind.DIRECTION, ItemKind.DRIVE}:
        yield ("item",), f"{row.item} has words, not numbers: give meanings"
    if kind is ItemKind.FAULTS:
        yield ("item",), "faults come from a fault table: give faults: bits or faults: code"
    if kind is ItemKind.FLOAT and row.scale is None:
        yield ("item",), f"{row.item} needs a scale; without one the row is shown raw and feeds nothing"
    if kind in {ItemKind.INT, ItemKind.BITS} and row.scale not in {None, 1}:
        yield ("scale",), f"{row.item} is a whole number; remove the scale"
    if row.invert and kind is not ItemKind.BOOL:
        yield ("invert",), "only a true-or-false item can be inverted; remove it"


def _row_meanings(row: Row) -> Iterator[Problem]:
    for item, meanings in row.meanings.items():
        words = WORDS_OF.get(ITEMS[item].kind)
        if words is None:
            yield ("meanings", item), f"{item} is no item of words; use item and scale"
            continue
        for raw, word in meanings.items():
            if not 0 <= raw < 1 << width_of(row):
                yield ("meanings", item, raw), f"{raw} does not fit into {width_of(row)} bits"
            if word not in words or (ITEMS[item].kind is ItemKind.BOOL) is not isinstance(word, bool):
                yield ("meanings", item, raw), f"{item} has no word {word!r}; {hint(str(word), map(str, words))}"


def _row_faults(row: Row, profile: Profile) -> Iterator[Problem]:
    if row.faults is None:
        return
    if not profile.faults:
        yield ("faults",), "the profile has no table of faults; add one"
    each = _SUB_CODES if row.faults is FaultCoding.CODE_SUB else 1
    limit = width_of(row) if row.faults is FaultCoding.BITS else (1 << width_of(row)) // each
    for number in profile.faults:
        if not 0 <= number < limit or (number == 0 and row.faults is not FaultCoding.BITS):
            yield ("faults",), f"the table's {number} cannot occur in {width_of(row)} bits read as {row.faults.value}"


def _row_overlaps(rows: tuple[Row, ...]) -> Iterator[Problem]:
    for (_, one), (index, other) in combinations(enumerate(rows), 2):
        if _never_together(one, other):
            continue
        shared = _bits_of(one) & _bits_of(other)
        if shared:
            _, address, bit = min(shared)
            what = f"bit {bit} of {address:04X}h is already in row {one.name}"
            yield ("rows", index, "address"), f"{what}; give each bit to one row, or tell the rows apart with when"
        for item in gives_of(other):
            if item in gives_of(one):
                yield ("rows", index, "name"), f"{item} is already fed by row {one.name}; feed it once"


def _never_together(one: Row, other: Row) -> bool:
    return any(other.when.get(option, value) != value for option, value in one.when.items())


def _bits_of(row: Row) -> frozenset[tuple[int, int, int]]:
    low, high = (0, 15) if row.bits is None else row.bits
    if is_bit_table(row.function):
        low, high = 0, 0
    words = range(row.address, row.address + row.words)
    return frozenset((row.function, address, bit) for address in words for bit in range(low, high + 1))
