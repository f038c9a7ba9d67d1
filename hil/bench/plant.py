"""How many lift-days pass in a second: the plant beside the least SimPy model of a lift, in turns in this process.

A residential lift of eighteen floors at three loads. The plant is measured as it is when nobody looks, with its truth
log kept, and with every signal of the lift read at each of its events. Building them is not counted.
"""

import gc
import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Final

import msgspec

from hil.bench.bare_lift import FLOOR_M, FLOORS, BareLift
from hil.bench.results import LiftDays, Way
from sim.agenda import NS_PER_S
from sim.building import Building, Floor, Title, Traffic
from sim.plant import Plant
from sim.truth import TruthRecord

PASSENGERS: Final = (100, 400, 1000)
"""A day: about 176, 660 and 1 479 starts in the reference's model (simulation.md 5.2)."""
ROUNDS: Final = 5
STARTS: Final = 4000
"""About so many to a round and side."""
_STARTS_PER_PASSENGER: Final = 1.7
_DAY_NS: Final = 86_400 * NS_PER_S
_HELD: Final = 50
_LEAST_DAYS: Final = 2


def house(passengers_per_day: float) -> Building:
    """The building that the bare model has built in."""
    return Building(
        name="bench",
        title=Title("bench", "bench"),
        floors=tuple(Floor(str(number + 1), FLOOR_M * number) for number in range(FLOORS)),
        traffic=Traffic(passengers_per_hour=passengers_per_day / 24),
    )


def measure_plant(passengers_per_day: int, seed: int = 1) -> LiftDays:
    """All ways in turns."""
    days = max(_LEAST_DAYS, round(STARTS / _STARTS_PER_PASSENGER / passengers_per_day))
    building = house(passengers_per_day)
    ways: dict[str, Callable[[], Way]] = {
        "bare": lambda: _bare(passengers_per_day, days, seed),
        "plant": lambda: _plant(Plant(building, seed), days, looked_at=False),
        "truth": lambda: _plant(Plant(building, seed, _Kept().take), days, looked_at=False),
        "signals": lambda: _plant(Plant(building, seed, _Kept().take), days, looked_at=True),
    }
    rounds = [{name: way() for name, way in ways.items()} for _ in range(ROUNDS)]
    return LiftDays(
        passengers_per_day=passengers_per_day,
        days=days,
        kib_per_lift=_kib(building, seed),
        **{name: _median([one[name] for one in rounds]) for name in ways},
    )


class _Kept:
    """Somebody who takes the truth and keeps the last of it."""

    def __init__(self) -> None:
        self.last: TruthRecord | None = None

    def take(self, record: TruthRecord) -> None:
        self.last = record


def _bare(passengers_per_day: float, days: int, seed: int) -> Way:
    lift = BareLift(passengers_per_day, seed)
    gc.collect()
    began_ns = time.process_time_ns()
    lift.advance_to(days * _DAY_NS / NS_PER_S)
    return _way(time.process_time_ns() - began_ns, days, lift.starts, lift.events)


def _plant(plant: Plant, days: int, *, looked_at: bool) -> Way:
    end_ns = days * _DAY_NS
    gc.collect()
    began_ns = time.process_time_ns()
    while looked_at and (due_ns := plant.next_event_ns()) is not None and due_ns <= end_ns:
        plant.signals(due_ns)
    plant.advance_to(end_ns)
    took_ns = time.process_time_ns() - began_ns
    return _way(took_ns, days, plant.signals().trips, plant.events)


def _way(took_ns: int, days: int, starts: int, events: int) -> Way:
    return Way(
        lift_days_per_s=days / (took_ns / NS_PER_S),
        starts_per_day=starts / days,
        events_per_start=events / starts,
    )


def _median(ways: list[Way]) -> Way:
    rate = statistics.median(way.lift_days_per_s for way in ways)
    return msgspec.structs.replace(ways[0], lift_days_per_s=rate)


def _kib(building: Building, seed: int) -> float:
    """Of many plants that lived a day, each in an environment of its own."""
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        held = [Plant(building, seed + number) for number in range(_HELD)]
        for plant in held:
            plant.advance_to(_DAY_NS)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (after - before) / len(held) / 1024
