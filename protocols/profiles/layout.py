"""A profile compiled for one installation: words to values for the agent, values to words for the simulator.

Each block becomes tables of (word, shift, mask, reader): parsing registers as construct bit structs costs ten times as
much. What a raw number does not mean is left out, never guessed.
"""

from collections.abc import Mapping, Sequence
from typing import Final, final

import msgspec

from protocols import ProtocolError
from protocols.lift.vocabulary import ITEMS, Rate
from protocols.modbus.pdu import ReadFunction, ReadRequest
from protocols.nearest import hint
from protocols.profiles.derive import Join, Rule, compile_rule
from protocols.profiles.field import Field, Read, compile_field
from protocols.profiles.place import FIRST_PLACE, Place, placed
from protocols.profiles.schema import BlockSpec, Identity, Profile


class Block(msgspec.Struct, frozen=True):
    """Registers (or coils) read in one request."""

    name: str
    function: int
    address: int
    count: int

    def request(self, slave: int) -> ReadRequest:
        """The request that reads this block."""
        return ReadRequest(slave, ReadFunction(self.function), self.address, self.count)


class Span(msgspec.Struct, frozen=True):
    """Registers that have to be read together, from `address` on, how often, and whether they feed any item."""

    address: int
    count: int
    rate: Rate
    feeds: bool


class RawRow(msgspec.Struct, frozen=True):
    """One row as read: its words beside its value; `item` is "" for rows that feed nothing.

    `value` is None if the raw number means nothing, or nobody knows the order of its words.
    """

    name: str
    item: str
    address: int
    words: list[int]
    value: object
    unit: str


class Part(msgspec.Struct, frozen=True):
    """What is known of one block: its rows compiled, and the items that hang on several of them."""

    block: Block
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...] = ()
    joins: tuple[Join, ...] = ()


@final
class Layout:
    """One device's registers in both directions. `items` are the vocabulary's items that it can give."""

    def __init__(self, parts: Sequence[Part], identities: Sequence[Identity] = ()) -> None:
        self.identities: Final = tuple(identities)
        self.blocks: Final = tuple(part.block for part in parts)
        self._parts: Final = {part.block.name: part for part in parts}
        self.items: Final = frozenset(
            [item for part in parts for field in part.fields for item, _ in field.gives]
            + [rule.item for part in parts for rule in part.rules]
            + [join.item for part in parts for join in part.joins]
        )
        self._narrow: Final = {part.block.name: _narrow(part.fields) for part in parts}
        self._wide: Final = {part.block.name: _wide(part.fields) for part in parts}

    def spans(self, block: Block) -> tuple[Span, ...]:
        """What of a block means something, by address; rows share registers, so spans may overlap."""
        part = self._parts[block.name]
        spans = [Span(field.address, field.words, field.rate, bool(field.gives)) for field in part.fields]
        spans += [_span(rule.item, [one.address for one in rule.conditions]) for rule in part.rules]
        spans += [_span(join.item, _addresses(join)) for join in part.joins]
        return tuple(sorted(spans, key=lambda span: span.address))

    def regrouped(self, blocks: Sequence[Block]) -> "Layout":
        """The same rows, read in other blocks that each lie within one of this layout's; rows in none are dropped."""
        return Layout([self._within(block) for block in blocks], self.identities)

    def _within(self, block: Block) -> Part:
        parents = [part for part in self._parts.values() if part.block.function == block.function]
        end = block.address + block.count
        fields = tuple(
            msgspec.structs.replace(field, offset=field.address - block.address)
            for part in parents
            for field in part.fields
            if block.address <= field.address and field.address + field.words <= end
        )
        named = {field.name: field for field in fields}
        rules = tuple(
            rule
            for part in parents
            for rule in part.rules
            if named.keys() >= {condition.row for condition in rule.conditions}
        )
        joins = tuple(
            Join(join.item, tuple(named[field.name] for field in join.fields))
            for part in parents
            for join in part.joins
            if named.keys() >= {field.name for field in join.fields}
        )
        return Part(block, fields, rules, joins)

    def decode(self, block: Block, words: Sequence[int]) -> dict[str, object]:
        """The vocabulary's values in a block's words. Raises ProtocolError on a wrong number of words."""
        _check_count(block, words)
        values: dict[str, object] = {}
        for offset, shift, mask, gives in self._narrow[block.name]:
            raw = words[offset] >> shift & mask
            for item, read in gives:
                value = read(raw)
                if value is not None:
                    values[item] = value
        for field in self._wide[block.name]:
            number = field.raw(words)
            for item, read in field.gives:
                if number is not None and (value := read(number)) is not None:
                    values[item] = value
        for rule in self._parts[block.name].rules:
            if (value := rule.read(words, block.address)) is not None:
                values[rule.item] = value
        for join in self._parts[block.name].joins:
            if (value := join.read(words)) is not None:
                values[join.item] = value
        return values

    def identified(self, block: Block, words: Sequence[int]) -> dict[str, str]:
        """What this block says of the device's identity: by row what is wrong with it, "" if nothing."""
        fields = {field.name: field for field in self._parts[block.name].fields}
        return {
            identity.row: _misfit(fields[identity.row], identity, words)
            for identity in self.identities
            if identity.row in fields
        }

    def encode(self, block: Block, values: Mapping[str, object]) -> tuple[int, ...]:
        """The words a device with these inputs holds; a row that feeds no item can be set by its name, raw.

        Values that the device has no word for are passed over; numbers stop at the ends of their fields.
        """
        words = [0] * block.count
        part = self._parts[block.name]
        said: dict[str, object] = {}
        for join in part.joins:
            said |= join.write(values)
        # Of two rules that set a row the first does: what it says of the rows is more than what the later one does.
        for rule in reversed(part.rules):
            said |= rule.write(values)
        said |= values
        for field in part.fields:
            field.put(words, said)
        return tuple(words)

    def raw(self, block: Block, words: Sequence[int]) -> list[RawRow]:
        """Every row of a block as read, in the profile's order; a row that feeds several items comes once for each."""
        _check_count(block, words)
        rows: list[RawRow] = []
        for field in self._parts[block.name].fields:
            number = field.raw(words)
            shown: Sequence[tuple[str, Read]] = field.gives if field.gives else (("", field.shows),)
            for item, read in shown:
                value = None if number is None else read(number)
                taken = list(words[field.offset : field.offset + field.words])
                rows.append(RawRow(field.name, item, field.address, taken, value, field.unit))
        return rows


def _misfit(field: Field, identity: Identity, words: Sequence[int]) -> str:
    raw = field.raw(words)
    if raw is not None and identity.fits(raw):
        return ""
    return f"{field.name} at {field.address:04X}h is {raw}, so this is another device than its profile describes"


def compile_layout(profile: Profile, options: Mapping[str, str], place: Place = FIRST_PLACE) -> Layout:
    """The layout for an installation that answers the profile's options, at its place. Raises ProtocolError."""
    _check_options(profile, options)
    held = tuple(row for row in profile.rows if row.holds(options))
    profile = placed(msgspec.structs.replace(profile, rows=held), place)
    parts: list[Part] = []
    for spec in profile.blocks:
        here = [row for row in profile.rows if row.function == spec.function and _holds(spec, row.address)]
        fields = {row.name: compile_field(row, row.address - spec.address, profile.faults) for row in here}
        rules = tuple(
            compile_rule(derived, fields) for derived in profile.derived if derived.all.keys() <= fields.keys()
        )
        joins = tuple(
            Join(joined.item, tuple(fields[name] for name in joined.rows))
            for joined in profile.joined
            if fields.keys() >= set(joined.rows)
        )
        block = Block(spec.name, spec.function, spec.address, spec.count)
        parts.append(Part(block, tuple(fields.values()), rules, joins))
    told = [identity for identity in profile.identity if identity.expect or identity.within is not None]
    return Layout(parts, told)


def _span(item: str, addresses: Sequence[int]) -> Span:
    return Span(min(addresses), max(addresses) - min(addresses) + 1, ITEMS[item].rate, feeds=True)


def _addresses(join: Join) -> list[int]:
    return [field.address + offset for field in join.fields for offset in range(field.words)]


def _holds(spec: BlockSpec, address: int) -> bool:
    return spec.address <= address < spec.address + spec.count


def _narrow(fields: Sequence[Field]) -> tuple[tuple[int, int, int, tuple[tuple[str, Read], ...]], ...]:
    return tuple(
        (field.offset, field.shift, field.mask, field.gives) for field in fields if field.words == 1 and field.gives
    )


def _wide(fields: Sequence[Field]) -> tuple[Field, ...]:
    return tuple(field for field in fields if field.words > 1 and field.gives)


def _check_count(block: Block, words: Sequence[int]) -> None:
    if len(words) != block.count:
        raise ProtocolError(f"block {block.name} has {block.count} words, not {len(words)}; read it whole")


def _check_options(profile: Profile, options: Mapping[str, str]) -> None:
    for name, value in options.items():
        if name not in profile.options:
            known = hint(name, profile.options) if profile.options else "it asks nothing; remove it"
            raise ProtocolError(f"{profile.name}: no option {name!r}; {known}")
        values = profile.options[name].values
        if value not in values:
            raise ProtocolError(f"{profile.name}: option {name} has no value {value!r}; {hint(value, values)}")
    for name, option in profile.options.items():
        if name not in options:
            choices = "; ".join(f"{value}: {title.en}" for value, title in option.values.items())
            raise ProtocolError(f"{profile.name}: options must say {name} ({choices})")
