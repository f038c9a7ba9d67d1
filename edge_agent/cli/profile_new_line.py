"""A row as one line, for `--row` and for scripts: the address, then words of the form key=value.

    40017 bits=8-15 item=doors.this.open is=0:true,1:false item=doors.this.closed is=0:false,1:true name=door

`is` belongs to the item before it. Without an item, `faults` or `channel`, the row is raw.
"""

import shlex
from collections.abc import Callable, Mapping
from typing import Final

from msgspec.structs import replace

from edge_agent.cli import profile_new_notation as read
from edge_agent.cli.profile_new_draft import Draft, is_door
from edge_agent.cli.profile_new_items import Choice, words_of
from edge_agent.cli.profile_new_notation import BadAnswer
from edge_agent.cli.profile_new_rows import added, name_for
from protocols.lift.vocabulary import ITEMS, ItemKind
from protocols.nearest import hint
from protocols.profiles.check import is_bit_table, width_of
from protocols.profiles.schema import FaultCoding, Row

_CODINGS: Final = {coding.value: coding for coding in FaultCoding}
_KEYS: Final[Mapping[str, Callable[[Row, str], Row]]] = {
    "name": lambda row, text: replace(row, name=read.key(text)),
    "function": lambda row, text: replace(row, function=read.within(text, 1, 4)),
    "bits": lambda row, text: _with_bits(row, read.bits(text)),
    "order": lambda row, text: replace(row, word_order=read.order(text)),
    "pair": lambda row, text: replace(row, pair=read.one_of(text, read.PAIRS)),
    "scale": lambda row, text: replace(row, scale=read.scale(text)),
    "unit": lambda row, text: replace(row, unit=text),
    "signed": lambda row, text: replace(row, signed=read.one_of(text, read.YES_NO)),
    "true": lambda row, text: replace(row, invert=read.one_of(text, read.INVERTED)),
    "faults": lambda row, text: replace(row, faults=FaultCoding(read.one_of(text, _CODINGS))),
    "channel": lambda row, text: replace(row, channel=read.within(text, 1, 64)),
}
"""What each key sets; `item`, `is` and `doubt` are read with what stands around them."""
_OTHERS: Final = ("item", "is", "doubt")


def with_line(text: str, draft: Draft) -> Draft:
    """The draft with the row that a line describes. Raises BadAnswer, one line."""
    try:
        first, *words = shlex.split(text)
    except ValueError as error:
        raise BadAnswer(f"{text or 'nothing'}: wants ADDRESS KEY=VALUE ..., quotes in pairs ({error})") from error
    place = read.where(first, draft.base, draft.profile.functions)
    pairs = [_pair(word) for word in words]
    function = draft.profile.functions[0] if place.function is None else place.function
    row = Row(name="", function=function, address=place.address, status=draft.mark)
    for key, value in pairs:
        row = _KEYS[key](row, value) if key in _KEYS else row
    row = _fed(row, pairs, Choice(of_a_door=is_door(draft.profile)))
    return added(draft, draft.marked(row, dict(pairs).get("doubt", "")), place.printed)


def _pair(word: str) -> tuple[str, str]:
    key, sign, value = word.partition("=")
    if not sign:
        raise BadAnswer(f"{word} is no KEY=VALUE, as in bits=8-15")
    if key not in _KEYS and key not in _OTHERS:
        raise BadAnswer(f"no key {key}; {hint(key, (*_KEYS, *_OTHERS))}")
    return key, value


def _with_bits(row: Row, taken: read.Bits) -> Row:
    return replace(row, bits=taken.bits, words=taken.words)


def _fed(row: Row, pairs: list[tuple[str, str]], choice: Choice) -> Row:
    """With the items that it feeds, and a name if it has none."""
    meant: dict[str, str] = {}
    for key, value in pairs:
        if key == "item":
            meant[_item(value, choice)] = ""
        elif key == "is":
            if not meant:
                raise BadAnswer("is=... belongs to the item=... before it")
            meant[next(reversed(meant))] = value
    row = row if row.name else replace(row, name=_name(row, list(meant)))
    if not meant:
        return row
    item = next(iter(meant))
    if len(meant) == 1 and not meant[item]:
        return _plain(row, item)
    width = 1 if is_bit_table(row.function) else width_of(row)
    return replace(row, meanings={item: read.meanings(words, item, width) for item, words in meant.items()})


def _plain(row: Row, item: str) -> Row:
    """A truth value in one bit, or a number."""
    kind = read.kind_of(item)
    if words_of(kind) and not (kind is ItemKind.BOOL and width_of(row) == 1):
        raise BadAnswer(f"{item} needs is=..., as in is=0:{words_of(kind)[0]}; its words: {', '.join(words_of(kind))}")
    if kind is ItemKind.FLOAT and row.scale is None:
        raise BadAnswer(f"{item} needs scale=...; if the manual does not say it, leave the item out")
    unit = ITEMS[item].unit if kind is ItemKind.FLOAT else row.unit
    return replace(row, item=item, unit=unit)


def _item(text: str, choice: Choice) -> str:
    item = choice.exactly(text)
    if item is None:
        raise BadAnswer(f"{text} is in several items: {', '.join(name for _, name, _ in choice.listed('en', text))}")
    return item


def _name(row: Row, items: list[str]) -> str:
    if items:
        return name_for(items[0])
    if row.channel is not None:
        return f"input_{row.channel}"
    part = "" if row.bits is None else f"_{row.bits[0]}"
    return "faults_now" if row.faults is not None else f"word_{row.address:04x}{part}"
