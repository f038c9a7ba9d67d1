"""The rows of a new profile, asked for one after the other; each passes the checks of a profile before the next."""

from functools import partial
from typing import Final

from msgspec.structs import replace

from edge_agent.cli import profile_new_notation as read
from edge_agent.cli.profile_new_ask import Asker
from edge_agent.cli.profile_new_draft import Draft, complaints, is_door
from edge_agent.cli.profile_new_items import Choice, words_of
from edge_agent.cli.profile_new_notation import BadAnswer, Where
from edge_agent.cli.profile_new_words import CODINGS, ERRORS, LOSSES, TIERS
from edge_agent.cli.profile_new_yaml import to_yaml
from edge_agent.cli.texts import KINDS
from protocols.language import pick
from protocols.lift.vocabulary import ITEMS, ItemKind
from protocols.profiles.check import is_bit_table, width_of
from protocols.profiles.schema import DeviceKind, FaultCoding, Row

CHOICES: Final = {"kind": KINDS, "tier": TIERS, "errors": ERRORS, "comm_loss": LOSSES, "coding": CODINGS}
CHANNEL: Final = "channel "


def added(draft: Draft, row: Row, printed: str) -> Draft:
    """The draft with this row too. Raises BadAnswer if the file would not be good with it."""
    more = draft.with_row(row, printed)
    for complaint in complaints(to_yaml(more)):
        raise BadAnswer(complaint.removeprefix(f"rows[{len(draft.profile.rows)}]").removeprefix("."))
    return more


def ask_choice(asker: Asker, name: str, default: str) -> str:
    """One of a few named things, shown with their numbers."""
    among = {key: pick(title, asker.lang) for key, title in CHOICES[name].items()}
    if not asker.defaults:
        for number, (key, title) in enumerate(among.items(), start=1):
            asker.say("choice", number=number, key=key, title=title)
    return asker.ask(name, lambda text: read.choice(text, among), default)


def ask_row(asker: Asker, draft: Draft) -> Draft | None:
    """The draft with one row more; None when there are no more. Raises BadAnswer for a row that cannot be."""
    place = asker.ask("address", lambda text: _where(text, draft), "", number=len(draft.profile.rows) + 1)
    if place is None:
        return None
    function = place.function if place.function is not None else _ask_function(asker, draft)
    row = Row(name="", function=function, address=place.address, status=draft.mark)
    if not is_bit_table(function):
        row = _ask_bits(asker, row)
    draft, row = _ask_meaning(asker, draft, row)
    name = asker.ask("row_name", read.key, row.name)
    doubt = asker.ask("doubt", str, "")
    return added(draft, draft.marked(replace(row, name=name), doubt), place.printed)


def _where(text: str, draft: Draft) -> Where | None:
    if not text and not draft.profile.rows:
        raise BadAnswer("a profile has at least one row; give the first address of the manual's table")
    return read.where(text, draft.base, draft.profile.functions) if text else None


def _ask_function(asker: Asker, draft: Draft) -> int:
    among = {str(function): function for function in draft.profile.functions}
    return asker.ask("function", lambda text: read.one_of(text, among), next(iter(among)))


def _ask_bits(asker: Asker, row: Row) -> Row:
    taken = asker.ask("bits", read.bits, "all")
    if taken.words == 1:
        return replace(row, bits=taken.bits)
    order = asker.ask("order", read.order, "?")
    pair = asker.ask("pair", lambda text: read.one_of(text, read.PAIRS), "65536")
    return replace(row, words=taken.words, word_order=order, pair=pair)


def _ask_meaning(asker: Asker, draft: Draft, row: Row) -> tuple[Draft, Row]:
    """The row with what it feeds and the default for its name; a table of faults joins the draft."""
    choice = Choice(of_a_door=is_door(draft.profile))
    what = _ask_what(asker, draft, choice)
    if what == "raw":
        return draft, _ask_raw(asker, row)
    if what == "faults":
        row = replace(row, name="faults_now", faults=FaultCoding(ask_choice(asker, "coding", "code")))
        if not draft.profile.faults:
            draft = draft.with_faults(asker.ask_all("fault", read.fault))
        return draft, row
    if what.startswith(CHANNEL):
        number = what.removeprefix(CHANNEL)
        return draft, replace(row, name=f"input_{number}", channel=int(number))
    return draft, _ask_item(asker, row, what, choice)


def _ask_what(asker: Asker, draft: Draft, choice: Choice) -> str:
    """raw, faults, "channel N", or an item."""
    while True:
        text = asker.ask("what", str)
        channel = text.removeprefix(CHANNEL)
        if text in {"raw", "faults"}:
            return text
        if draft.profile.kind is DeviceKind.INPUT_MODULE and text.startswith(CHANNEL) and channel.isdecimal():
            return f"{CHANNEL}{int(channel)}"
        try:
            item = None if text == "?" else choice.exactly(text)
        except BadAnswer as error:
            asker.say("bad", why=error)
            continue
        if item is not None:
            asker.say("found", item=item)
            return item
        for number, one, title in choice.listed(asker.lang, "" if text == "?" else text):
            asker.say("item", number=number, item=one, title=title)


def _ask_raw(asker: Asker, row: Row) -> Row:
    row = replace(row, name=_stem(row), scale=asker.ask("raw_scale", read.scale, "raw"))
    if row.scale is None:
        return row
    return replace(row, unit=asker.ask("unit", str, ""), signed=_ask_signed(asker))


def _ask_item(asker: Asker, row: Row, item: str, choice: Choice) -> Row:
    kind, width = read.kind_of(item), width_of(row)
    row = replace(row, name=name_for(item))
    if kind is ItemKind.BOOL and width == 1:
        inverted = asker.ask("true_is", lambda text: read.one_of(text, read.INVERTED), "1")
        return replace(row, item=item, invert=inverted)
    if words_of(kind):
        return replace(row, meanings=_ask_meanings(asker, item, width, choice))
    if kind is ItemKind.FLOAT:
        unit = ITEMS[item].unit
        scale = asker.ask("scale", read.scale, "raw", unit=unit)
        if scale is None:
            return replace(row, name=f"{row.name}_raw")
        return replace(row, item=item, scale=scale, unit=unit, signed=_ask_signed(asker))
    return replace(row, item=item, signed=kind is ItemKind.INT and _ask_signed(asker))


def _ask_signed(asker: Asker) -> bool:
    return asker.ask("signed", lambda text: read.one_of(text, read.YES_NO), "n")


def _ask_meanings(asker: Asker, item: str, width: int, choice: Choice) -> dict[str, read.Meanings]:
    """Of this item, and of others that the same bits tell."""
    found: dict[str, read.Meanings] = {}
    asked: str | None = item
    while asked is not None:
        words, of = words_of(read.kind_of(asked)), asked
        example = " ".join(f"{raw}={word}" for raw, word in enumerate(words[:2]))
        parse = partial(read.meanings, item=of, width=width)
        found[of] = asker.ask("meanings", parse, None, example=example, words=", ".join(words))
        asked = asker.ask("another", lambda text: _another(text, choice), "")
    return found


def _another(text: str, choice: Choice) -> str | None:
    if not text:
        return None
    item = choice.exactly(text)
    if item is None:
        several = ", ".join(name for _, name, _ in choice.listed("en", text))
        raise BadAnswer(f"{text} is in several: {several}")
    if not words_of(read.kind_of(item)):
        raise BadAnswer(f"{item} is a number; give it a row of its own")
    return item


def name_for(item: str) -> str:
    """What a row that feeds this item is called if nobody says otherwise."""
    last = item.rpartition(".")[2]
    return f"door_{last}" if item.startswith("doors.") else last


def _stem(row: Row) -> str:
    part = "" if row.bits is None else f"_{row.bits[0]}"
    return f"word_{row.address:04x}{part}"
