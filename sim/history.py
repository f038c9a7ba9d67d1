"""One run as lines of `t_ns`, `kind`, `data`: in memory, or a file of JSON lines.

The truth's lines are those of `liftwarden hil serve --truth`, without its wall clock. `run` comes first and says what
ran; `track` is a knot of a car's way (see sim/track.py); `end` comes last. A line about a car says which in `car`,
counted from 0; without it the car is the first.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, final

import msgspec

from sim import SimError
from sim.building import Building
from sim.track import Knot
from sim.truth import TruthKind, TruthRecord

RUN: Final = "run"
TRACK: Final = "track"
END: Final = "end"
_NUMBERS: Final[dict[str, tuple[str, ...]]] = {
    TruthKind.WAITING: ("person", "floor"),
    TruthKind.ABANDONED: ("person",),
    TruthKind.BOARDED: ("person", "floor", "persons"),
    TruthKind.ALIGHTED: ("person", "floor", "persons"),
    TruthKind.STEPPED_OUT: ("person", "floor", "persons"),
    TruthKind.DEPARTED: ("persons",),
    TruthKind.ARRIVED: ("floor",),
    TruthKind.DOOR_OPENING: ("floor",),
    TruthKind.TRAPPED_SINCE: ("persons",),
}
"""What a report or a picture needs of the truth's lines."""


class Line(msgspec.Struct, frozen=True):
    """One thing that happened at `t_ns`; without a kind, something that is not about the lift."""

    t_ns: int
    kind: str = ""
    data: dict[str, object] = {}

    @property
    def car(self) -> int:
        """Which car this is about."""
        return self.number("car", 0)

    def number(self, name: str, default: int = -1) -> int:
        """A whole number of `data`, or `default`."""
        value = self.data.get(name, default)
        return value if isinstance(value, int) else default


OnLine = Callable[[Line], None]


class Head(msgspec.Struct, frozen=True):
    """What ran: everything that the rest follows from."""

    building: Building
    seed: int
    cars: int = 1


def head_line(head: Head) -> Line:
    """The first line."""
    return Line(0, RUN, msgspec.to_builtins(head))


def truth_line(record: TruthRecord) -> Line:
    """What really happened, as a line."""
    return Line(record.t_ns, record.kind.value, dict(record.data))


def knot_line(knot: Knot, car: int) -> Line:
    """Where a car was, as a line."""
    return Line(knot.t_ns, TRACK, {"car": car, "position_m": knot.position_m, "speed_mps": knot.speed_mps})


@final
class History:
    """Everything that was said of one run, in order."""

    def __init__(self) -> None:
        self.head: Head | None = None
        self.truth: Final[list[Line]] = []
        self.tracks: Final[dict[int, list[Knot]]] = {}
        self.end_ns = 0
        self.ended = False
        """Whether its last line has come."""

    def add(self, line: Line) -> None:
        """The next line. Raises msgspec.ValidationError if it says not what its kind says, or comes too late."""
        if line.t_ns < self.end_ns:
            raise msgspec.ValidationError(f"{line.t_ns} ns comes after {self.end_ns} ns")
        self.end_ns = line.t_ns
        if line.kind == RUN:
            self.head = msgspec.convert(line.data, Head)
        elif line.kind == TRACK:
            knot = msgspec.convert({"t_ns": line.t_ns, **line.data}, Knot)
            self.tracks.setdefault(line.car, []).append(knot)
        elif line.kind == END:
            self.ended = True
        elif line.kind:
            for name in _NUMBERS.get(line.kind, ()):
                if not isinstance(line.data.get(name), int):
                    raise msgspec.ValidationError(f"{line.kind} without a number for {name}")
            self.truth.append(line)


def read_history(path: Path) -> tuple[History, Head]:
    """A run from its file; a last line that was torn off is left out. Raises SimError, naming the line."""
    history = History()
    try:
        with path.open("rb") as file:
            _read(file, history)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SimError(f"{path}: no event file: {error}") from error
    except OSError as error:
        raise SimError(f"cannot read {path}: {error.strerror}; name an event file or a building") from error
    if history.head is None or not history.tracks:
        what = "the run it is of" if history.head is None else "the car's way"
        raise SimError(f"{path}: does not say {what}; write it with: liftwarden sim run BUILDING --events {path.name}")
    return history, history.head


def _read(file: Iterable[bytes], history: History) -> None:
    decoder = msgspec.json.Decoder(Line)
    for number, text in enumerate(file, start=1):
        if not text.endswith(b"\n"):
            return
        try:
            history.add(decoder.decode(text))
        except msgspec.DecodeError as error:
            raise msgspec.DecodeError(f"line {number}: {error}") from error
