"""What a platform may demand of what it received, whatever happened to terminal, disk and network meanwhile."""

from collections.abc import Iterable

import msgspec

from hil.broker import Received
from protocols.upstream.messages import EventMessage, Phase, Stream, TombstoneMessage

_numbered: msgspec.json.Decoder[EventMessage | TombstoneMessage] = msgspec.json.Decoder(EventMessage | TombstoneMessage)
Numbered = tuple[str, Stream, int]
"""The identity of a message within its terminal: journal, stream, number."""


def numbered(published: Iterable[Received]) -> list[EventMessage | TombstoneMessage]:
    """What came on the numbered streams, in order, repetitions included."""
    topics = ("/alarm", "/event")
    return [_numbered.decode(one.publication.payload) for one in published if one.publication.topic.endswith(topics)]


def complaints(published: Iterable[Received]) -> list[str]:
    """A line for each thing that is wrong: an identity with two contents, a step told twice, a number missing."""
    messages = [one for one in numbered(published) if not isinstance(one, EventMessage) or one.durable]
    first: dict[Numbered, EventMessage | TombstoneMessage] = {}
    for one in messages:
        told = first.setdefault((one.journal_id, one.stream, one.seq), one)
        if _content(told) != _content(one):
            return [f"{one.stream.value} {one.seq} has two contents: {_content(told)!r} and {_content(one)!r}"]
    return [*_told_twice(first), *_missing(first)]


def _content(message: EventMessage | TombstoneMessage) -> bytes:
    if isinstance(message, TombstoneMessage):
        return msgspec.json.encode(message)
    return msgspec.json.encode(msgspec.structs.replace(message, attempt=0, sent=message.begin))


def _told_twice(first: dict[Numbered, EventMessage | TombstoneMessage]) -> list[str]:
    steps: dict[tuple[str, Phase], int] = {}
    found = []
    for (_, stream, seq), one in first.items():
        if isinstance(one, EventMessage):
            before = steps.setdefault((one.event_id, one.phase), seq)
            if before != seq:
                found.append(f"{stream.value} {seq}: {one.event_id} {one.phase.value} was told before, as {before}")
    return found


def _missing(first: dict[Numbered, EventMessage | TombstoneMessage]) -> list[str]:
    found = []
    for journal_id, stream in dict.fromkeys((journal_id, stream) for journal_id, stream, _ in first):
        seqs = {seq for one, name, seq in first if (one, name) == (journal_id, stream)}
        gaps = sorted(set(range(1, max(seqs) + 1)) - seqs)
        if gaps:
            found.append(f"{stream.value} of {journal_id}: never received: {gaps}")
    return found
