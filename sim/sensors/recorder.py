"""What really happened, as changes of perfect signals: recorded at the plant's decisions, whoever looks or not.

From one decision to the next every signal is a closed-form function of time. That stretch is divided into cells, which
begin at the decision: short ones while the car moves, else longer and longer ones. Where a signal differs between the
ends of a cell, bisection finds the instant. A pulse that fits into one cell is not seen; the zone of a landing passed
at rated speed does not fit.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Final, final

from sim.agenda import to_ns
from sim.plant import Plant
from sim.sensors.trace import Trace
from sim.signals import PlantSignals

Probe = Callable[[PlantSignals, Mapping[str, object]], object]
"""What to record, read off the signals and off their `values()`."""
Row = tuple[object, ...]
"""What all probes tell at an instant; the first one tells whether the car moves."""

LONGEST_CELL_S: Final = 0.1
"""Of a moving car's cells (a design value)."""


@final
class Recorder:
    """Records a car from now on. Name what to record with `trace` before time goes on. `items` are those it has."""

    def __init__(self, plant: Plant, car: int = 0) -> None:
        self._plant: Final = plant
        self._car: Final = car
        self.items: Final = tuple(plant.signals(car=car).values())
        self._probes: Final[list[Probe]] = []
        self._traces: Final[list[Trace]] = []
        self._index: Final[dict[str, int]] = {}
        self._cell_ns = to_ns(LONGEST_CELL_S)
        self._start_ns = self._end_ns = plant.now_ns
        self._end_row: Row | None = None
        self._ahead: Final[deque[tuple[int, int, object]]] = deque()
        self._rows: Final[dict[int, Row]] = {}
        self.moving: Final = self.item("moving")
        plant.watch(self._before)

    def trace(self, name: str, probe: Probe) -> Trace:
        """The changes of what `probe` tells, kept under `name`."""
        if name not in self._index:
            now = self._plant.signals(car=self._car)
            self._index[name] = len(self._traces)
            self._probes.append(probe)
            self._traces.append(Trace(probe(now, now.values())))
        return self._traces[self._index[name]]

    def item(self, item: str) -> Trace:
        """The changes of an item of the vocabulary."""
        return self.trace(item, lambda _, values: values[item])

    def look_closer(self, seconds: float) -> None:
        """A moving car's cells are at most this long."""
        self._cell_ns = min(self._cell_ns, max(1, to_ns(seconds)))

    def settle(self, t_ns: int) -> None:
        """Record what has changed up to `t_ns`, which is not before the last decision."""
        if t_ns < self._start_ns:
            return
        self._look_to(t_ns)
        while self._ahead and self._ahead[0][0] <= t_ns:
            at_ns, index, value = self._ahead.popleft()
            self._traces[index].set(at_ns, value)

    def _before(self, t_ns: int) -> None:
        """Something is decided at `t_ns`: what was foreseen for that instant and later is void."""
        self.settle(t_ns - 1)
        self._start_ns, self._end_row = t_ns, None
        self._ahead.clear()

    def _look_to(self, t_ns: int) -> None:
        row = self._end_row
        if row is None:
            self._end_ns = self._start_ns
            row = self._row(self._start_ns)
            for trace, value in zip(self._traces, row, strict=True):
                trace.set(self._start_ns, value)
        while self._end_ns < t_ns:
            low_ns, high_ns = self._end_ns, self._end_ns + self._width_ns(row)
            after = self._row(high_ns)
            if after != row:
                self._ahead.extend(sorted(self._changes(low_ns, row, high_ns), key=lambda change: change[:2]))
            self._end_ns, row = high_ns, after
        self._end_row = row

    def _width_ns(self, row: Row) -> int:
        return self._cell_ns if row[0] else max(self._cell_ns, (self._end_ns - self._start_ns) // 2)

    def _changes(self, low_ns: int, before: Row, high_ns: int) -> Iterator[tuple[int, int, object]]:
        self._rows.clear()
        for index, value in enumerate(before):
            from_ns, last = low_ns, value
            while last != self._row_in_cell(high_ns)[index]:
                from_ns = self._first_change(from_ns, high_ns, index, last)
                last = self._row_in_cell(from_ns)[index]
                yield from_ns, index, last

    def _first_change(self, low_ns: int, high_ns: int, index: int, value: object) -> int:
        while high_ns - low_ns > 1:
            middle_ns = (low_ns + high_ns) // 2
            if self._row_in_cell(middle_ns)[index] == value:
                low_ns = middle_ns
            else:
                high_ns = middle_ns
        return high_ns

    def _row_in_cell(self, t_ns: int) -> Row:
        if t_ns not in self._rows:
            self._rows[t_ns] = self._row(t_ns)
        return self._rows[t_ns]

    def _row(self, t_ns: int) -> Row:
        signals = self._plant.foreseen(t_ns, self._car)
        values = signals.values()
        return tuple(probe(signals, values) for probe in self._probes)
