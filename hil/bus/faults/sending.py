"""What a fault sees and what it gives back: one transmission in, what goes on the wire instead out."""

from typing import Final, Protocol

import msgspec

from hil.bus.segment import Drive
from hil.faults.armed import Turn
from protocols.modbus.line import LineSettings

NS_PER_MS: Final = 1_000_000
_EXCEPTION: Final = 0x80


class Sending(msgspec.Struct, frozen=True):
    """One transmission. `request` is the master's last one: this very frame, or what an answer answers."""

    start_ns: int
    source: str
    data: bytes
    line: LineSettings
    request: bytes
    is_request: bool

    @property
    def end_ns(self) -> int:
        """When its last stop bit passes."""
        return self.start_ns + self.line.wire_ns(len(self.data))

    @property
    def slave(self) -> int | None:
        """Whom it is from or for, by its first byte."""
        return self.data[0] if self.data else None

    @property
    def function(self) -> int | None:
        """Its function; that of the request for an exception."""
        return self.data[1] & ~_EXCEPTION if len(self.data) > 1 else None

    @property
    def address(self) -> int | None:
        """The first register asked for, if it is a request or answers one."""
        asked = self.request
        return int.from_bytes(asked[2:4], "big") if len(asked) >= 4 and asked[:1] == self.data[:1] else None

    def instead(self, data: bytes, after_ns: int = 0) -> Drive:
        """Other bytes in its place, or so much later."""
        return Drive(self.start_ns + after_ns, self.source, data)

    def by(self, source: str, data: bytes, after_end_ns: int = 0) -> Drive:
        """Bytes that somebody else drives, counted from this one's end."""
        return Drive(self.end_ns + after_end_ns, source, data)

    def char_ns(self, chars: float) -> int:
        """The wire time of so many characters."""
        return round(chars * self.line.wire_ns(1000) / 1000)


class Change(msgspec.Struct, frozen=True):
    """What goes on the wire instead, in order of time, and what was done, in words for the record."""

    drives: tuple[Drive, ...]
    done: str


class Effect(Protocol):
    """A fault of the wire. Pure: the same sending, random stream and memory give the same change."""

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """What happens to `sending`; None if nothing does, which is no firing."""


class Utterance(msgspec.Struct, frozen=True):
    """What somebody says unasked, and how long after its start the next one may begin."""

    data: bytes
    next_ns: int
    done: str


class Talker(Protocol):
    """A fault that drives the line by itself. `polite`: only while nobody else does."""

    @property
    def source(self) -> str:
        """The name of its end."""

    @property
    def polite(self) -> bool:
        """Whether it looks."""

    def speak(self, line: LineSettings, turn: Turn) -> Utterance:
        """The next thing it says."""


def changed(sending: Sending, data: bytes, done: str) -> Change:
    """Other bytes in the place of these; none if nothing is left."""
    return Change((sending.instead(data),) if data else (), done)
