"""What a trial of a profile has shown: which rows moved, which never did, which answers were refused. Pure."""

import enum
from collections.abc import Collection, Sequence
from statistics import median
from typing import Final

import msgspec

from edge_agent.link.outcome import Failure, FailureKind
from edge_agent.local.views import RegisterView

_VALUES_KEPT: Final = 8
_NS_PER_MS: Final = 1_000_000
_ADDED_MS: Final = 25.0
"""What may be added on the way: 16 ms by a USB adapter's timer, the rest by a busy computer."""
_PLAUSIBLE: Final = {"speed_mps": (-25.0, 25.0), "floor": (-20.0, 200.0)}
"""Outside of these no lift is: the fastest runs 20.5 m/s, the tallest building has 163 floors above ground."""
Key = tuple[str, int, str, str]


class Mark(enum.Enum):
    """What there is to say of a row as it is read now."""

    MOVED = "*"
    STILL = "="
    PLAIN = " "
    MEANINGLESS = "?"
    OUT_OF_RANGE = "!"


class RowReport(msgspec.Struct, frozen=True):
    """One row after the trial. `values` are the first that were seen, `meaningless` and `out_of_range` raw words."""

    name: str
    item: str
    address: int
    changes: int
    values: list[bool | int | float | str | list[str] | None]
    meaningless: list[list[int]]
    out_of_range: list[list[int]]

    @property
    def moved(self) -> bool:
        """Whether it ever changed."""
        return self.changes > 0


class Latency(msgspec.Struct, frozen=True):
    """How long the answers took to begin, beside what the profile states, in ms."""

    stated_ms: float
    median_ms: float
    most_ms: float

    @property
    def is_longer(self) -> bool:
        """Whether the device took longer than its profile says, and not only the way to it."""
        return self.most_ms > self.stated_ms + _ADDED_MS


class Refusal(msgspec.Struct, frozen=True):
    """Requests for one block that were not answered with its words. `rows` are those refused when asked alone."""

    block: str
    why: str
    times: int
    kind: str
    rows: list[str]


class Summary(msgspec.Struct, frozen=True):
    """The end of a trial. `identity` is "" if the device is the one described, None if nothing tells."""

    looks: int
    answered: int
    identity: str | None
    latency: Latency | None
    rows: list[RowReport]
    refusals: list[Refusal]

    @property
    def fits(self) -> bool:
        """Whether the device answered as the file says: everything asked for, and as the type it describes."""
        return not self.identity and not any(one.kind != FailureKind.PORT.value for one in self.refusals)


class _Row:
    """One row so far."""

    def __init__(self, row: RegisterView) -> None:
        self.name = row.name
        self.item = row.item
        self.address = row.address
        self.changes = 0
        self.words = row.words
        self.last: object = row.value
        self.values = [row.value]
        self.meaningless: list[list[int]] = []
        self.out_of_range: list[list[int]] = []


class Tally:
    """Adds up looks. `shown_raw` names the rows without meaning that nobody expects to have one."""

    def __init__(self, stated_ms: float, shown_raw: Collection[str]) -> None:
        self._stated_ms: Final = stated_ms
        self._shown_raw: Final = frozenset(shown_raw)
        self._rows: Final[dict[Key, _Row]] = {}
        self._refusals: Final[dict[tuple[str, str], Refusal]] = {}
        self._latencies_ns: Final[list[int]] = []
        self._identity: str | None = None
        self._looks = 0
        self._answered = 0

    def look(self) -> None:
        """Every block is about to be asked for once more."""
        self._looks += 1

    def answer(self, latency_ns: int, identity: str | None) -> None:
        """A block was answered; what is wrong with the device's identity by it (None: it does not tell)."""
        self._answered += 1
        self._latencies_ns.append(latency_ns)
        if identity is not None:
            self._identity = identity if not self._identity else self._identity

    def row(self, row: RegisterView) -> Mark:
        """A row was read: what to mark it with."""
        known = self._rows.setdefault(key_of(row), _Row(row))
        moved = row.value != known.last or (row.value is None and row.words != known.words)
        known.words, known.last = row.words, row.value
        if moved:
            known.changes += 1
            if row.value not in known.values and len(known.values) < _VALUES_KEPT:
                known.values.append(row.value)
        return self._judged(row, known, moved=moved)

    def refused(self, block: str, failure: Failure, why: str, rows: Sequence[str] = ()) -> None:
        """A request was not answered with words."""
        key = block, failure.detail if failure.kind is FailureKind.EXCEPTION else failure.kind.value
        before = self._refusals.get(key)
        times, alone = (0, []) if before is None else (before.times, before.rows)
        self._refusals[key] = Refusal(block, why, times + 1, failure.kind.value, [*alone, *rows])

    def summary(self) -> Summary:
        """Everything so far."""
        return Summary(
            looks=self._looks,
            answered=self._answered,
            identity=self._identity,
            latency=self._latency(),
            rows=[_report(row) for row in self._rows.values()],
            refusals=list(self._refusals.values()),
        )

    def _judged(self, row: RegisterView, known: _Row, *, moved: bool) -> Mark:
        if row.value is None and row.name not in self._shown_raw:
            _note(known.meaningless, row.words)
            return Mark.MEANINGLESS
        if _is_out_of_range(row):
            _note(known.out_of_range, row.words)
            return Mark.OUT_OF_RANGE
        if moved:
            return Mark.MOVED
        return Mark.PLAIN if known.changes else Mark.STILL

    def _latency(self) -> Latency | None:
        if not self._latencies_ns:
            return None
        middle, most = median(self._latencies_ns), max(self._latencies_ns)
        return Latency(self._stated_ms, round(middle / _NS_PER_MS, 1), round(most / _NS_PER_MS, 1))


def key_of(row: RegisterView) -> Key:
    """What makes a row this row."""
    return row.block, row.address, row.name, row.item


def _report(row: _Row) -> RowReport:
    return RowReport(
        name=row.name,
        item=row.item,
        address=row.address,
        changes=row.changes,
        values=row.values,
        meaningless=row.meaningless,
        out_of_range=row.out_of_range,
    )


def _note(seen: list[list[int]], words: list[int]) -> None:
    if words not in seen and len(seen) < _VALUES_KEPT:
        seen.append(words)


def _is_out_of_range(row: RegisterView) -> bool:
    if row.item not in _PLAUSIBLE or isinstance(row.value, bool) or not isinstance(row.value, int | float):
        return False
    least, most = _PLAUSIBLE[row.item]
    return not least <= row.value <= most
