"""The parts of a profile beside rows and ranges: items that hang on rows, exceptions, identity.

`problems` of `check.py` asks this module; each function yields (where, what is wrong and what to do).
"""

from collections.abc import Iterator
from typing import Final

from protocols.lift.vocabulary import ITEMS, ItemKind
from protocols.nearest import hint
from protocols.profiles.schema import Derived, Joined, Profile, Row

Problem = tuple[tuple[str | int, ...], str]
_EXCEPTIONS: Final = range(0x01, 0x100)


def part_problems(profile: Profile, width_of: dict[str, int]) -> Iterator[Problem]:
    """Everything that does not fit in these parts; `width_of` are the rows' bits by name."""
    rows = {row.name: row for row in profile.rows}
    for index, one in enumerate(profile.derived):
        yield from ((("derived", index, *where), what) for where, what in _derived(one, rows, width_of, profile))
    for index, joined in enumerate(profile.joined):
        yield from ((("joined", index, *where), what) for where, what in _joined(joined, rows, profile))
    for code in profile.exceptions:
        if code not in _EXCEPTIONS:
            yield ("exceptions", code), f"{code} is no exception code; one is 1 to 255"
    for index, identity in enumerate(profile.identity):
        if identity.within is not None and identity.within[0] > identity.within[1]:
            yield ("identity", index, "within"), f"wants [least, most], not {list(identity.within)}"
        if identity.row in rows and rows[identity.row].when:
            yield ("identity", index, "row"), f"{identity.row} is only there by an option; name a row that always is"
    for item in {one.item for one in profile.derived}:
        yield from _one_block(item, profile, rows)


def _one_block(item: str, profile: Profile, rows: dict[str, Row]) -> Iterator[Problem]:
    """Rules of one item in different ranges are of different instants: the last one read would win."""
    taken = [rows[name] for one in profile.derived if one.item == item for name in one.all if name in rows]
    if taken and not any(_in_one_range(profile, taken, index) for index in range(len(profile.blocks))):
        yield ("derived",), f"{item} is derived in different ranges, and so at different instants; keep to one block"


def _derived(one: Derived, rows: dict[str, Row], width_of: dict[str, int], profile: Profile) -> Iterator[Problem]:
    if one.item not in ITEMS:
        yield ("item",), f"no item {one.item!r}; {hint(one.item, ITEMS)}"
        return
    if (ITEMS[one.item].kind is ItemKind.BOOL) is not isinstance(one.value, bool):
        yield ("value",), f"{one.value!r} is no value of {one.item}"
    for name, raw in one.all.items():
        if name not in rows:
            yield ("all", name), f"no row {name!r}; {hint(name, rows)}"
            return
        if not 0 <= raw < 1 << width_of[name]:
            yield ("all", name), f"{raw} does not fit into {width_of[name]} bits"
        if rows[name].words > 1:
            yield ("all", name), "a number over several registers decides nothing; name a row of one"
    yield from _together("all", [rows[name] for name in one.all], profile)
    yield from _no_source(one.status, profile)
    fed = [row.name for row in profile.rows if row.item == one.item or one.item in row.meanings]
    if fed:
        yield ("item",), f"{one.item} is already fed by row {fed[0]}; feed it once"
    if one.status.startswith("V:"):
        yield ("status",), "what is derived was read nowhere; mark it C or V~"


def _joined(one: Joined, rows: dict[str, Row], profile: Profile) -> Iterator[Problem]:
    if one.item not in ITEMS or ITEMS[one.item].kind is not ItemKind.BITS:
        bits = [name for name, spec in ITEMS.items() if spec.kind is ItemKind.BITS]
        yield ("item",), f"no item of bits {one.item!r}; {hint(one.item, bits)}"
    for index, name in enumerate(one.rows):
        if name not in rows:
            yield ("rows", index), f"no row {name!r}; {hint(name, rows)}"
            return
        if rows[name].item or rows[name].meanings or rows[name].faults or rows[name].channel:
            yield ("rows", index), f"{name} feeds something itself; remove one of both"
        if rows[name].words > 1 and rows[name].word_order is None:
            yield ("rows", index), f"{name} is a number over several registers and has no word_order"
    fed = [row.name for row in profile.rows if row.item == one.item]
    if fed:
        yield ("item",), f"{one.item} is already fed by row {fed[0]}; feed it once"
    yield from _together("rows", [rows[name] for name in one.rows], profile)
    yield from _no_source(one.status, profile)


def _together(key: str, taken: list[Row], profile: Profile) -> Iterator[Problem]:
    if not any(_in_one_range(profile, taken, index) for index in range(len(profile.blocks))):
        yield (key,), "its rows stand in different ranges, and so are of different instants; keep to one block"


def _no_source(status: str, profile: Profile) -> Iterator[Problem]:
    key = status.partition(":")[2]
    if key and key not in profile.sources:
        yield ("status",), f"no source {key!r}; {hint(key, profile.sources)}"


def _in_one_range(profile: Profile, taken: list[Row], index: int) -> bool:
    block = profile.blocks[index]
    last = block.address + block.count
    lowest = min(row.address for row in taken)
    span = max(row.address + row.words for row in taken) - lowest
    inside = all(row.function == block.function and block.address <= row.address < last for row in taken)
    return inside and span <= profile.max_regs
