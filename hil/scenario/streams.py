"""What a platform may demand of the numbered streams, whatever happened to terminal, disk and network meanwhile.

One identity (terminal, journal, stream, number) has one content, however often it comes; one step of a happening has
one number. A number that is missing below one that came is a message that was lost, if whoever looks knows that nothing
stood in its way at the end.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from hil.trace import Lane, Trace
from protocols.upstream.messages import EventMessage, Phase, Stream, TombstoneMessage

Numbered = EventMessage | TombstoneMessage
_STREAMS: Final = tuple(stream.value for stream in Stream)


def numbered_of(trace: Trace) -> Iterator[Numbered]:
    """The messages of the numbered streams that came, repetitions included; not what could not be made durable.

    What is no such message is passed over: somebody else's agent may say anything.
    """
    for one in trace.of(Lane.MQTT):
        if one.name in _STREAMS:
            try:
                message = msgspec.convert(one.fields.get("payload"), Numbered)
            except msgspec.ValidationError:
                continue
            if isinstance(message, TombstoneMessage) or message.durable:
                yield message


def breaches(messages: Iterable[Numbered]) -> list[str]:
    """A line for each identity with two contents, and for each step that came under two numbers."""
    first: dict[tuple[str, str, Stream, int], Numbered] = {}
    numbers: dict[tuple[str, str, Phase], int] = {}
    found: dict[str, None] = {}
    for one in messages:
        name = f"{one.stream.value} {one.seq} of {one.journal_id}"
        told = first.setdefault((one.terminal_id, one.journal_id, one.stream, one.seq), one)
        if _content(told) != _content(one):
            found[f"{name} came with two contents"] = None
        elif isinstance(one, EventMessage):
            number = numbers.setdefault((one.terminal_id, one.event_id, one.phase), one.seq)
            if number != one.seq:
                found[f"{name}: {one.event_id} {one.phase.value} came before as {number}"] = None
    return list(found)


def _content(message: Numbered) -> bytes:
    if isinstance(message, TombstoneMessage):
        return msgspec.json.encode(message)
    return msgspec.json.encode(msgspec.structs.replace(message, attempt=0, sent=message.begin))


def gaps(messages: Iterable[Numbered]) -> list[str]:
    """A line for each stream of which numbers are missing below its highest; a tombstone stands for its range."""
    seen: dict[tuple[str, Stream], set[int]] = {}
    for one in messages:
        numbers = seen.setdefault((one.journal_id, one.stream), set())
        numbers.add(one.seq)
        if isinstance(one, TombstoneMessage):
            numbers.update(range(one.first_seq, one.last_seq + 1))
    found = []
    for (journal_id, stream), numbers in seen.items():
        missing = sorted(set(range(1, max(numbers) + 1)) - numbers)
        if missing:
            found.append(f"{stream.value} of {journal_id}: never came: {', '.join(map(str, missing))}")
    return found
