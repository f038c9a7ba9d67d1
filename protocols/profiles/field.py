"""One row of a profile, compiled: where its bits are, how its raw number becomes values, and they it again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from protocols.lift.vocabulary import ITEMS, Rate
from protocols.profiles.check import WORDS_OF, gives_of, width_of
from protocols.profiles.schema import FaultCoding, FaultSpec, Pair, Row, WordOrder

Read = Callable[[int], object]
"""A raw number's value; None if it means nothing."""
Write = Callable[[Mapping[str, object]], int | None]
"""The raw number for the values of the items; None if they say nothing of it."""

_TABLED_BITS: Final = 8
"""Fields up to a byte are read through a table made at load."""
_BINARY: Final = 1 << 16
_DECIMAL: Final = 10_000
_SUB_CODES: Final = 100
_PLACES: Final = 6
"""Decimal places to which scaled numbers are rounded, so that 17 tenths read as 1.7."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled row. `offset` counts words from the block's start; `gives` names items and their readers."""

    name: str
    address: int
    unit: str
    offset: int
    words: int
    high_first: bool | None
    base: int
    shift: int
    mask: int
    default: int
    gives: tuple[tuple[str, Read], ...]
    shows: Read
    write: Write
    rate: Rate

    def raw(self, words: Sequence[int]) -> int | None:
        """The raw number; None if nobody knows in which order its words stand, or a decimal part is none."""
        if self.words == 1:
            return words[self.offset] >> self.shift & self.mask
        if self.high_first is None:
            return None
        parts = words[self.offset : self.offset + self.words]
        number, *lower = parts if self.high_first else parts[::-1]
        for part in lower:
            if part >= self.base:
                return None
            number = number * self.base + part
        return number

    def put(self, words: list[int], values: Mapping[str, object]) -> None:
        """Set this field's bits: what the values say, else the stated default."""
        raw = self.write(values)
        raw = self.default if raw is None else raw
        if self.words == 1:
            words[self.offset] |= raw << self.shift
            return
        parts: list[int] = []
        for _ in range(self.words - 1):
            raw, part = divmod(raw, self.base)
            parts.append(part)
        parts.append(raw)
        words[self.offset : self.offset + self.words] = parts if self.high_first is False else parts[::-1]


def compile_field(row: Row, offset: int, faults: Mapping[int, FaultSpec]) -> Field:
    """Compile a row that stands `offset` words from its block's start."""
    shows, gives, write = _coding(row, faults)
    return Field(
        name=row.name,
        address=row.address,
        unit=row.unit,
        offset=offset,
        words=row.words,
        high_first=None if row.word_order is None else row.word_order is WordOrder.HIGH_FIRST,
        base=_DECIMAL if row.pair is Pair.DECIMAL else _BINARY,
        shift=0 if row.bits is None else row.bits[0],
        mask=(1 << width_of(row)) - 1,
        default=row.default,
        gives=gives,
        shows=shows,
        write=write,
        rate=_rate(row, gives),
    )


def _rate(row: Row, gives: tuple[tuple[str, Read], ...]) -> Rate:
    if row.rate is not None:
        return row.rate
    return Rate.FAST if any(ITEMS[item].rate is Rate.FAST for item, _ in gives) else Rate.SLOW


def _coding(row: Row, faults: Mapping[int, FaultSpec]) -> tuple[Read, tuple[tuple[str, Read], ...], Write]:
    if row.faults is not None:
        read, write = _faults(row.faults, faults)
        if row.past:
            return read, (), _write_number(row.name, row, scaled=False)
    elif row.meanings:
        tables = _meanings(row)
        return int, tuple((item, table.get) for item, table in tables.items()), _write_meanings(tables)
    elif row.item is not None and ITEMS[row.item].kind.value == "bool":
        table = {0: row.invert, 1: not row.invert}
        return table.get, ((row.item, table.get),), _write_bool(row.item, row.invert)
    else:
        name = row.name if row.item is None else row.item
        read, write = _number(row), _write_number(name, row, scaled=row.item is not None)
    return read, tuple((item, read) for item in gives_of(row)), write


def _meanings(row: Row) -> dict[str, dict[int, object]]:
    return {
        item: {raw: WORDS_OF[ITEMS[item].kind][word] for raw, word in meanings.items()}
        for item, meanings in row.meanings.items()
    }


def _write_meanings(tables: Mapping[str, Mapping[int, object]]) -> Write:
    raws = sorted({raw for table in tables.values() for raw in table})

    def write(values: Mapping[str, object]) -> int | None:
        fitting: list[int] = []
        for item, table in tables.items():
            meant = [raw for raw in fitting or raws if item in values and table.get(raw) == values[item]]
            # A later item that contradicts an earlier one is not heard.
            fitting = meant or fitting
        return fitting[0] if fitting else None

    return write


def _write_bool(item: str, invert: bool) -> Write:
    def write(values: Mapping[str, object]) -> int | None:
        value = values.get(item)
        return int(value is not invert) if isinstance(value, bool) else None

    return write


def _number(row: Row) -> Read:
    width, scale = width_of(row), row.scale
    sign = 1 << width - 1 if row.signed else 0

    def read(raw: int) -> int | float:
        number = (raw ^ sign) - sign
        return number if scale is None or scale == 1 else round(number * scale, _PLACES)

    if width <= _TABLED_BITS:
        return {raw: read(raw) for raw in range(1 << width)}.get
    return read


def _write_number(name: str, row: Row, *, scaled: bool) -> Write:
    if row.words > 1 and row.word_order is None:
        return lambda _values: None
    width = width_of(row)
    least, most = (-(1 << width - 1), (1 << width - 1) - 1) if row.signed else (0, (1 << width) - 1)
    scale = row.scale if scaled and row.scale is not None else 1

    def write(values: Mapping[str, object]) -> int | None:
        value = values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        # 0.35 / 0.1 is 3.4999999999999996: without the inner rounding the outer one goes the wrong way.
        raw = round(round(value / scale, _PLACES))
        return min(max(raw, least), most) & (1 << width) - 1

    return write


def _faults(coding: FaultCoding, faults: Mapping[int, FaultSpec]) -> tuple[Read, Write]:
    match coding:
        case FaultCoding.BITS:
            return _fault_bits(faults)
        case FaultCoding.CODE:
            return _fault_code(faults, 1)
        case FaultCoding.CODE_SUB:
            return _fault_code(faults, _SUB_CODES)


def _fault_bits(faults: Mapping[int, FaultSpec]) -> tuple[Read, Write]:
    names = tuple((1 << bit, fault.name) for bit, fault in sorted(faults.items()))

    def read(raw: int) -> tuple[str, ...]:
        return tuple(name for bit, name in names if raw & bit) if raw else ()

    def write(values: Mapping[str, object]) -> int | None:
        said = values.get("faults")
        return sum(bit for bit, name in names if name in said) if isinstance(said, tuple) else None

    return read, write


def _fault_code(faults: Mapping[int, FaultSpec], each: int) -> tuple[Read, Write]:
    """`each`: how many raw numbers one code has, for its sub-codes."""
    named: dict[int, object] = {code: (fault.name,) for code, fault in faults.items()}
    table = {0: ()} | named

    def read(raw: int) -> object:
        return named.get(raw // each) if raw else ()

    def write(values: Mapping[str, object]) -> int | None:
        said = values.get("faults")
        if not isinstance(said, tuple):
            return None
        return next((code for code, fault in sorted(faults.items()) if fault.name in said), 0) * each

    return table.get if each == 1 else read, write
