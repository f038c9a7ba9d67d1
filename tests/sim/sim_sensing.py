"""Sensors on a plant, and signals written down by hand."""

from collections.abc import Iterable
from itertools import pairwise

from sim_witness import HOUSE, S

from sim.building import Building
from sim.plant import Plant
from sim.sensors.config import Imperfections
from sim.sensors.layer import Sensors
from sim.sensors.trace import Source, Trace
from sim.stimuli import Stimulus


class Sensed:
    """A plant seen through its sensors."""

    def __init__(self, building: Building = HOUSE, seed: int = 1, **items: Imperfections) -> None:
        self.plant = Plant(building, seed)
        self.sensors = Sensors({name.replace("__", "."): one for name, one in items.items()}, self.plant)

    def at(self, seconds: float) -> dict[str, object]:
        return self.sensors.values(round(seconds * S))

    def apply(self, stimulus: Stimulus, seconds: float | None = None) -> None:
        self.plant.apply(stimulus, seconds)

    def changes(self, item: str, until_s: float, every_s: float) -> list[tuple[float, object]]:
        """What changes in what is seen of `item`, to the next look."""
        seen: list[tuple[float, object]] = []
        for look in range(round(self.plant.now_ns / S / every_s), round(until_s / every_s) + 1):
            value = self.at(look * every_s)[item]
            if not seen or seen[-1][1] != value:
                seen.append((look * every_s, value))
        return seen


def trace(start: object, *changes: tuple[float, object]) -> Trace:
    """Changes at seconds."""
    made = Trace(start)
    for seconds, value in changes:
        made.set(round(seconds * S), value)
    return made


def edges(source: Source, instants_ns: Iterable[int]) -> list[int]:
    """The instants at which it differs from the instant before."""
    seen = [(t_ns, source.at(t_ns)) for t_ns in instants_ns]
    return [after[0] for before, after in pairwise(seen) if after[1] != before[1]]
