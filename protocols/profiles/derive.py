"""Items that no register carries by itself, compiled: what rows of one block, and so of one instant, say together."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from protocols.lift.vocabulary import ITEMS, ItemKind
from protocols.profiles.check import WORDS_OF
from protocols.profiles.field import Field
from protocols.profiles.schema import Derived


class Condition(msgspec.Struct, frozen=True):
    """A row's bits and the raw number they must have; a free row feeds no item itself."""

    row: str
    free: bool
    address: int
    shift: int
    mask: int
    raw: int


class Rule(msgspec.Struct, frozen=True):
    """The item has `value` while all conditions hold, else `otherwise`; None is unknown."""

    item: str
    value: object
    otherwise: object
    conditions: tuple[Condition, ...]

    def read(self, words: Sequence[int], first_address: int) -> object:
        """What a block's words come to."""
        for condition in self.conditions:
            if words[condition.address - first_address] >> condition.shift & condition.mask != condition.raw:
                return self.otherwise
        return self.value

    def write(self, values: Mapping[str, object]) -> dict[str, int]:
        """Raw values of the rows that make a device say so: none if the item is not this rule's to say."""
        said = values.get(self.item)
        if said == self.value:
            return {condition.row: condition.raw for condition in self.conditions}
        if said is not None and said == self.otherwise:
            broken = next((condition for condition in self.conditions if condition.free), None)
            return {} if broken is None else {broken.row: broken.raw ^ 1}
        return {}


class Join(msgspec.Struct, frozen=True):
    """The item's bits are those of all its rows; who writes it sets the first row."""

    item: str
    fields: tuple[Field, ...]

    def read(self, words: Sequence[int]) -> int | None:
        """What a block's words come to; None if one of the rows means nothing."""
        together = 0
        for field in self.fields:
            number = field.raw(words)
            if number is None:
                return None
            together |= number
        return together

    def write(self, values: Mapping[str, object]) -> dict[str, object]:
        """The raw value of the row that makes a device say so."""
        return {self.fields[0].name: values[self.item]} if self.item in values else {}


def compile_rule(derived: Derived, fields: Mapping[str, Field]) -> Rule:
    """Compile one; `fields` are those of its rows, by name."""
    conditions = tuple(
        Condition(name, not field.gives, field.address, field.shift, field.mask, raw)
        for name, raw in derived.all.items()
        for field in (fields[name],)
    )
    return Rule(derived.item, _meant(derived.item, derived.value), _meant(derived.item, derived.otherwise), conditions)


def _meant(item: str, word: bool | str | None) -> object:
    kind: Final = ITEMS[item].kind
    return word if word is None or kind is ItemKind.BOOL else WORDS_OF[kind][word]
