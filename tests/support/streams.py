"""What a platform received on the numbered streams of the in-memory broker."""

from collections.abc import Iterable
from typing import Final

import msgspec

from hil.broker import Received
from hil.scenario.streams import Numbered, breaches, gaps
from protocols.upstream.messages import EventMessage

_numbered: Final[msgspec.json.Decoder[Numbered]] = msgspec.json.Decoder(Numbered)


def numbered(published: Iterable[Received]) -> list[Numbered]:
    """What came, in order, repetitions and what is not durable included."""
    topics = ("/alarm", "/event")
    return [_numbered.decode(one.publication.payload) for one in published if one.publication.topic.endswith(topics)]


def complaints(published: Iterable[Received]) -> list[str]:
    """A line for each thing that is wrong: an identity with two contents, a step told twice, a number missing."""
    durable = [one for one in numbered(published) if not isinstance(one, EventMessage) or one.durable]
    return [*breaches(durable), *gaps(durable)]
