"""What a picture of a run is made of: lanes with curves, spans and marks."""

import enum
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from hil.report.way import Points
from hil.trace import Record
from protocols.upstream.messages import Text

_NOTHING: Final = msgspec.Raw(b"{}")


class Tone(enum.Enum):
    """What a span or mark stands for, to be drawn alike everywhere."""

    PLAIN = "plain"
    GOOD = "good"
    WAIT = "wait"
    BAD = "bad"
    FAULT = "fault"
    FIRED = "fired"


class Group(enum.Enum):
    """What belongs together."""

    LIFT = "lift"
    DONE = "done"
    FAULTS = "faults"
    WIRE = "wire"
    AGENT = "agent"
    MQTT = "mqtt"
    ALARMS = "alarms"


class Span(msgspec.Struct, frozen=True):
    """Something that lasted."""

    start_ns: int
    end_ns: int
    label: str
    tone: Tone = Tone.PLAIN
    data: msgspec.Raw = _NOTHING


class Mark(msgspec.Struct, frozen=True):
    """Something at an instant."""

    t_ns: int
    label: str
    tone: Tone = Tone.PLAIN
    data: msgspec.Raw = _NOTHING


class Curve(msgspec.Struct, frozen=True):
    """Values over time, straight between two of them; `grid` are the values with a name."""

    points: Points
    least: float
    most: float
    unit: str
    grid: list[tuple[float, str]] = []


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a picture."""

    id: str
    group: Group
    title: Text
    curve: Curve | None = None
    spans: list[Span] = []
    marks: list[Mark] = []


def mark(one: Record, label: str = "", tone: Tone = Tone.PLAIN) -> Mark:
    """A record as a mark, called by its name if nothing better is known."""
    return Mark(one.t_ns, label or one.name, tone, one.data)


def grouped(records: Iterable[Record], key: Callable[[Record], str]) -> dict[str, list[Record]]:
    """In the order in which each key first came."""
    groups: dict[str, list[Record]] = {}
    for one in records:
        groups.setdefault(key(one), []).append(one)
    return groups
