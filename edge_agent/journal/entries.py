"""What goes into the journal and what comes out of it."""

from typing import Final

import msgspec

from protocols.upstream.messages import EventMessage, Phase, Stamp, Stream, TombstoneMessage

AnyMessage = EventMessage | TombstoneMessage
_encoder: Final = msgspec.json.Encoder()
_decoder: Final[msgspec.json.Decoder[AnyMessage]] = msgspec.json.Decoder(AnyMessage)


def encode(message: AnyMessage) -> bytes:
    """The message as stored: the JSON that is sent, but for `attempt` and `sent`."""
    return _encoder.encode(message)


def decode(body: object) -> AnyMessage:
    """A stored message. Raises msgspec.MsgspecError if it is not one."""
    if not isinstance(body, bytes):
        raise msgspec.DecodeError(f"stored as {type(body).__name__}, not as bytes")
    try:
        return _decoder.decode(body)
    except UnicodeDecodeError as error:  # msgspec lets it through, and it is not a MsgspecError
        raise msgspec.DecodeError(str(error)) from error


class Entry(msgspec.Struct, frozen=True):
    """One message for a numbered stream. The journal fills in `seq` and its own `journal_id`."""

    stream: Stream
    message: EventMessage


class Batch(msgspec.Struct, frozen=True):
    """What one step leaves: all of it gets on disk, or nothing. `sync`: a power cut may not undo it.

    A batch with entries is always synced: a number that was published must never be given twice.
    """

    entries: tuple[Entry, ...] = ()
    states: dict[str, bytes] = {}
    sync: bool = False

    @property
    def urgent(self) -> bool:
        """Whether it does not wait for company."""
        return self.sync or bool(self.entries)

    @property
    def alarms(self) -> bool:
        """Whether it carries an alarm's step."""
        return any(entry.stream is Stream.ALARM for entry in self.entries)


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """One numbered message as stored. Tombstones have no event, code or phase.

    `attempts` is how often it is known to have been published at least: 1 once a broker took it, before that 0.
    """

    stream: Stream
    seq: int
    lift_id: str
    event_id: str
    code: str
    phase: Phase | None
    message: AnyMessage
    attempts: int


class Delivered(msgspec.Struct, frozen=True):
    """A broker took the message."""

    stream: Stream
    seq: int


class Acknowledged(msgspec.Struct, frozen=True):
    """The platform took the alarm on."""

    event_id: str


class Kept(msgspec.Struct, frozen=True):
    """A value to keep across restarts."""

    key: str
    value: str


Write = Batch | Delivered | Acknowledged | Kept


class Now(msgspec.Struct, frozen=True):
    """The time of a write: monotonic, as a stamp, and as seconds since 1970 if the wall clock can be trusted."""

    mono_ns: int
    stamp: Stamp
    unix_s: int | None
