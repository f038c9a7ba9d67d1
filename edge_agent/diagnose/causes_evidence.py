"""What the probes saw, as values: the only thing that causes are concluded from.

A probe either listened while nobody was asked, or asked one thing several times. The first probe of a run is before any
instruction; what came after one carries it in `after`.
"""

import enum
from collections.abc import Iterator
from typing import Final, Self

import msgspec

from edge_agent.diagnose.causes import Hand
from edge_agent.link.counters import Counter
from edge_agent.ports import UartErrors
from protocols.modbus.line import LineSettings

NS_PER_MS: Final = 1_000_000
SHORTEST_ANSWER: Final = 5
"""Bytes of an exception: what is shorter is junk, not an answer."""


class Aim(enum.Enum):
    """Why the device was asked.

    FIRST: at the stated line, a few registers. LONG: the same with as many registers as it serves. PATIENT: with
    seconds for its answer. OTHER_LINE: at another speed or format. NEIGHBOUR: another address, to see who is there.
    """

    FIRST = "first"
    LONG = "long"
    PATIENT = "patient"
    OTHER_LINE = "other_line"
    NEIGHBOUR = "neighbour"


class Ended(enum.Enum):
    """How a turn ended.

    ANSWERED: a frame with a good CRC that answers, an exception included. LATE: such a frame behind the deadline.
    DAMAGED: bytes enough for an answer that are none. WRONG: a good frame that does not answer what was asked.
    SILENT: nothing, or less than any answer has.
    """

    ANSWERED = "answered"
    LATE = "late"
    DAMAGED = "damaged"
    WRONG = "wrong"
    SILENT = "silent"


class Turn(msgspec.Struct, frozen=True):
    """One request and everything heard until the next one.

    `latency_ns`: from the request's end to the answer's start. `heard`: all bytes but an echo, 512 at most; `junk`:
    how many of them belong to no frame. `expected`: bytes of the right answer. `echoed`: the request was read back.
    """

    slave: int
    ended: Ended
    expected: int
    latency_ns: int | None = None
    heard: bytes = b""
    junk: int = 0
    echoed: bool = False
    counted: frozenset[Counter] = frozenset()

    @property
    def is_contact(self) -> bool:
        """Whether a device certainly answered."""
        return self.ended in {Ended.ANSWERED, Ended.LATE, Ended.WRONG}


class Asked(msgspec.Struct, frozen=True):
    """A series of turns. `uart`: errors that the UART counted meanwhile, None if it does not count."""

    aim: Aim
    line: LineSettings
    turns: tuple[Turn, ...]
    uart: UartErrors | None = None
    after: Hand | None = None


class Listened(msgspec.Struct, frozen=True):
    """What was heard while nobody was asked.

    `requests`: whole frames that ask somebody something; `frames`: other whole frames, but for those of the device that
    is asked otherwise; `junk`: bytes of neither, `pulses` of them what single pulses make; `bursts`: groups of bytes
    with silence between them.
    """

    line: LineSettings
    span_ns: int
    requests: int = 0
    frames: int = 0
    junk: int = 0
    pulses: int = 0
    bursts: int = 0
    sample: bytes = b""
    uart: UartErrors | None = None
    after: Hand | None = None


Probe = Asked | Listened


class Subject(msgspec.Struct, frozen=True):
    """What the technician believes of the device: its address, its line, how soon it answers at the latest.

    `latency_ns` is None where nobody has stated it.
    """

    slave: int
    line: LineSettings
    latency_ns: int | None


class Evidence(msgspec.Struct, frozen=True):
    """Everything seen so far, in order; `tried`: instructions that were followed, `declined`: that could not be."""

    subject: Subject
    probes: tuple[Probe, ...] = ()
    tried: tuple[Hand, ...] = ()
    declined: frozenset[Hand] = frozenset()

    def and_probe(self, probe: Probe) -> Self:
        """With one more probe."""
        return msgspec.structs.replace(self, probes=(*self.probes, probe))

    def and_tried(self, hand: Hand) -> Self:
        """With one more instruction that was followed."""
        return msgspec.structs.replace(self, tried=(*self.tried, hand))

    def and_declined(self, hand: Hand) -> Self:
        """With one more instruction that could not be followed."""
        return msgspec.structs.replace(self, declined=self.declined | {hand})

    def listened(self, after: Hand | None = None) -> list[Listened]:
        """The silent probes at the stated line, before any instruction or after one."""
        return [one for one in self._silent(after) if one.line == self.subject.line]

    def listened_elsewhere(self, after: Hand | None = None) -> list[Listened]:
        """The silent probes at other lines."""
        return [one for one in self._silent(after) if one.line != self.subject.line]

    def _silent(self, after: Hand | None) -> Iterator[Listened]:
        return (one for one in self.probes if isinstance(one, Listened) and one.after is after)

    def asked(self, *aims: Aim, after: Hand | None = None) -> list[Asked]:
        """The series with one of these aims, before any instruction or after one."""
        return [one for one in self.probes if isinstance(one, Asked) and one.aim in aims and one.after is after]

    def turns(self, *aims: Aim, after: Hand | None = None) -> list[Turn]:
        """Their turns, joined."""
        return [turn for asked in self.asked(*aims, after=after) for turn in asked.turns]


def share(part: int, whole: int) -> float:
    """A part of a whole, 0 of nothing."""
    return part / whole if whole else 0.0
