"""Houses and mishaps for the runs that have no table: what is done to a lift, when, and the log of it."""

import hashlib
import random
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from sim.agenda import NS_PER_S
from sim.building import Building, load_building
from sim.plant import Plant
from sim.stimuli import Stimulus
from sim.truth import TruthRecord

Deeds = Sequence[tuple[int, Stimulus, float]]
"""When (ns from the start, in order), what, for how many seconds."""

HOUSE: Final = load_building("residential-9")
LIVELY: Final = replace(HOUSE, traffic=replace(HOUSE.traffic, passengers_per_hour=60.0))
RESIDENTIAL: Final = replace(HOUSE, traffic=replace(HOUSE.traffic, passengers_per_hour=4.2))
"""A hundred passengers a day: about 176 starts (simulation.md 2.5)."""
BUSY: Final = replace(
    HOUSE, capacity_persons=4, traffic=replace(HOUSE.traffic, passengers_per_hour=400.0), homing_after_s=30.0
)
"""More people than the small car can carry: some go away."""


def random_deeds(seed: int, count: int, until_s: float) -> Deeds:
    """Anything, at any time."""
    draw = random.Random(f"{seed}/deeds")
    stimuli = list(Stimulus)
    at_ns = sorted(round(draw.uniform(0, until_s) * NS_PER_S) for _ in range(count))
    return [(t_ns, draw.choice(stimuli), draw.uniform(1, 60)) for t_ns in at_ns]


def play(plant: Plant, deeds: Deeds, until_ns: int, advance: Callable[[Plant, int], None]) -> None:
    """Do `deeds` on the plant and let `advance` bring it to each of their times and to the end."""
    for t_ns, stimulus, seconds in deeds:
        advance(plant, t_ns)
        plant.apply(stimulus, seconds)
    advance(plant, until_ns)


def jump(plant: Plant, t_ns: int) -> None:
    """Without looking."""
    plant.advance_to(t_ns)


def digest(log: Sequence[TruthRecord]) -> str:
    """The bytes of a truth log, hashed."""
    return hashlib.sha256(msgspec.json.encode(log)).hexdigest()


def log_digest(building: Building, seed: int, hours: float) -> str:
    """Some hours with mishaps, hashed; the same in every process."""
    log: list[TruthRecord] = []
    deeds = random_deeds(seed, 40, hours * 3600)
    play(Plant(building, seed, log.append), deeds, round(hours * 3600 * NS_PER_S), jump)
    return digest(log)
