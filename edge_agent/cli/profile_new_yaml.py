"""A draft as the YAML file that people go on with: every part has a comment that says what it is for."""

import json
from collections.abc import Iterator
from typing import Final

from edge_agent.cli.profile_new_draft import Draft
from edge_agent.cli.profile_new_notation import Base
from protocols.profiles.schema import HOLDING, BlockSpec, CommLoss, Identity, Profile, Row, Vector
from protocols.upstream.messages import Text

_WIDTH: Final = 118
_BASES: Final = {
    Base.ZERO: "as the manual prints them",
    Base.ONE: "the manual counts from 1",
    Base.M40000: "the manual counts from 40000",
    Base.M40001: "the manual counts from 40001",
}


def to_yaml(draft: Draft) -> str:
    """The whole file."""
    return "\n".join([*_head(draft), *_line(draft.profile), *_loss(draft.profile), *_body(draft), ""])


def _head(draft: Draft) -> Iterator[str]:
    profile = draft.profile
    yield f"# {profile.title.en}. Begun with `liftwarden profile new`; nothing in it was tried on hardware yet."
    yield f"# Addresses are those on the wire, from 0 ({_BASES[draft.base]})."
    yield "#"
    yield "# Marks: V:KEY read in that source; V~:KEY read there and in doubt (the note says why); U nobody verified;"
    yield "# C computed. A row without an item is shown raw to technicians and judged by nobody."
    yield f"name: {profile.name}"
    yield f"title: {_text(profile.title)}"
    yield f"kind: {profile.kind.value} # controller, drive, door_operator, sensor_box or input_module"
    yield f"tier: {profile.tier.value} # manual, code (published), family (a sibling model) or unverified"
    yield "hardware_verified: false # true when a person has compared every item with the lift, and signs for it"
    yield "sources:"
    for source, title in profile.sources.items():
        yield f"  {source}: {_quoted(title)}"


def _line(profile: Profile) -> Iterator[str]:
    yield ""
    yield f"slave: {profile.slave} # {profile.slave:02X}h"
    yield "line:"
    yield f"  default: {_quoted(profile.line.default)} # what it comes with"
    yield f"  allowed: [{', '.join(map(_quoted, profile.line.allowed))}]"
    yield f"functions: [{', '.join(map(str, profile.functions))}] # 1 coils, 2 discretes, 3 holding, 4 inputs"
    yield f"max_regs: {profile.max_regs} # at most so many registers in one answer"
    yield "behaviour:"
    yield f"  errors: {profile.behaviour.errors.value} # exception or silence, to what it cannot serve"
    yield f"  latency_ms: {profile.behaviour.latency_ms:g} # from a request's end to its answer's start, at most"


def _loss(profile: Profile) -> Iterator[str]:
    losses = ", ".join(loss.value for loss in CommLoss)
    yield ""
    yield f"comm_loss: {profile.comm_loss.value} # {losses}: when nobody asks any more"
    yield "comm_loss_effect:"
    yield f"  en: {_quoted(profile.comm_loss_effect.en)}"
    yield f"  zh: {_quoted(profile.comm_loss_effect.zh)}"
    if profile.deny:
        yield ""
        yield "deny: # never touched, whatever else is asked for"
    for denied in profile.deny:
        function = "" if denied.function is None else f"function: {denied.function}, "
        count = "" if denied.count == 1 else f", count: {denied.count}"
        yield f"  - {{{function}address: {_hex(denied.address)}{count}, why: {_quoted(denied.why)}}}"
    if profile.identity:
        yield ""
        yield "identity: # a device that says otherwise is another one than this file describes"
    yield from map(_identity, profile.identity)


def _body(draft: Draft) -> Iterator[str]:
    profile = draft.profile
    yield ""
    yield "blocks: # ranges in which every register can be read, alone or with its neighbours"
    yield from map(_block, profile.blocks)
    yield ""
    yield "rows:"
    for row in profile.rows:
        yield from _row(row, _printed(draft.printed[row.name], row.address))
    if profile.faults:
        yield ""
        yield "faults: # keyed by fault code, or by bit of the row with `faults: bits`"
    for code, fault in sorted(profile.faults.items()):
        yield f"  {code}: {{name: {fault.name}, title: {_text(fault.title)}, status: {_quoted(fault.status)}}}"
    if profile.vectors:
        yield ""
        yield "vectors: # frames as the manual prints them, their CRC checked"
    for vector in profile.vectors:
        yield from _vector(vector)


def _identity(identity: Identity) -> str:
    if identity.within is not None:
        return f"  - {{row: {identity.row}, within: [{identity.within[0]}, {identity.within[1]}]}}"
    expect = f", expect: [{', '.join(map(str, identity.expect))}]" if identity.expect else ""
    return f"  - {{row: {identity.row}{expect}}}"


def _block(block: BlockSpec) -> str:
    function = "" if block.function == HOLDING else f", function: {block.function}"
    return f"  - {{name: {block.name}{function}, address: {_hex(block.address)}, count: {block.count}}}"


def _row(row: Row, comment: str) -> Iterator[str]:
    """On one line where it fits; what has meanings never does."""
    parts = dict(_parts(row))
    flow = f"  - {{{', '.join(f'{key}: {value}' for key, value in parts.items())}}}{comment}"
    if not row.meanings and len(flow) <= _WIDTH:
        yield flow
        return
    dash = "-"
    for key, value in parts.items():
        yield f"  {dash} {key}: {value}{comment if key == 'address' else ''}"
        dash = " "
    if row.meanings:
        yield "    meanings: # a raw number that is left out means nothing"
    for item, words in row.meanings.items():
        yield f"      {item}: {{{', '.join(f'{raw}: {_word(word)}' for raw, word in words.items())}}}"


def _printed(text: str, address: int) -> str:
    """The manual's own number as a comment, where it is not seen at once that it is this address."""
    same = {f"{address:x}h", f"{address:04x}h", f"0x{address:x}", f"0x{address:04x}"}
    same |= {str(address)} if address < 10 else set()
    return "" if text.lower() in same else f" # {text} in the manual"


def _parts(row: Row) -> Iterator[tuple[str, str]]:
    """Key and value of everything that is not as a row is by default."""
    default = Row(name="", address=0, status="")
    texts = {
        "name": _quoted(row.name) if row.name == "null" else row.name,
        "function": str(row.function),
        "address": _hex(row.address),
        "words": str(row.words),
        "word_order": "" if row.word_order is None else row.word_order.value,
        "pair": row.pair.value,
        "bits": "" if row.bits is None else f"[{row.bits[0]}, {row.bits[1]}]",
        "signed": "true",
        "scale": "" if row.scale is None else repr(float(row.scale)).removesuffix(".0"),
        "unit": _quoted(row.unit),
        "item": str(row.item),
        "invert": "true",
        "faults": "" if row.faults is None else row.faults.value,
        "channel": str(row.channel),
        "status": _quoted(row.status),
        "unverified": "true",
        "note": _quoted(row.note),
    }
    for key, text in texts.items():
        if key == "address" or getattr(row, key) != getattr(default, key):
            yield key, text


def _vector(vector: Vector) -> Iterator[str]:
    yield f"  - request: {_quoted(vector.request)}"
    if vector.reply is not None:
        yield f"    reply: {_quoted(vector.reply)}"
    yield f"    status: {_quoted(vector.status)}"


def _word(word: bool | str) -> str:
    return str(word).lower() if isinstance(word, bool) else word


def _text(text: Text) -> str:
    return f"{{en: {_quoted(text.en)}, zh: {_quoted(text.zh)}}}"


def _quoted(text: str) -> str:
    """JSON's strings are YAML's."""
    return json.dumps(text, ensure_ascii=False)


def _hex(address: int) -> str:
    return f"0x{address:04X}"
