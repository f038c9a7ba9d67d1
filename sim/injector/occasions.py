"""What something waits for: a number of starts or door cycles, or an occasion, told from the truth as it happens."""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Final, final

import msgspec

from sim.injector.model import Occasion
from sim.truth import TruthKind, TruthRecord

Action = Callable[[], None]


class When(msgspec.Struct, frozen=True):
    """An occasion, with the number that it may want."""

    occasion: Occasion
    number: int = 0


class Wanted(msgspec.Struct, frozen=True):
    """A cause that somebody wants: at an instant, or on an occasion."""

    cause: str
    when: int | When


def meets(when: When, record: TruthRecord, starts: int) -> bool:
    """Whether `record` is what is waited for; `starts` counts the car's starts up to it."""
    match when.occasion:
        case Occasion.OCCUPIED:
            return record.kind is TruthKind.DEPARTED and record.data["persons"] != 0
        case Occasion.RUNNING:
            return record.kind is TruthKind.DEPARTED
        case Occasion.DOORS_OPEN:
            return record.kind is TruthKind.DOOR_OPEN
        case Occasion.FLOOR:
            return record.kind is TruthKind.ARRIVED and record.data["floor"] == when.number
        case Occasion.STARTS:
            return record.kind is TruthKind.DEPARTED and starts >= when.number


@final
class Counter:
    """Counts, and does what waits for a count: a comparison each time."""

    def __init__(self) -> None:
        self.count = 0
        self._due: Final[list[tuple[int, int, Action]]] = []
        self._serial = 0

    def after(self, more: int, action: Action) -> None:
        """Do `action` at the count that is `more` from now."""
        self._serial += 1
        heappush(self._due, (self.count + more, self._serial, action))

    def step(self) -> None:
        """One more."""
        self.count += 1
        while self._due and self._due[0][0] <= self.count:
            heappop(self._due)[2]()
