"""Item 2: looking at the plant changes nothing, however often one looks."""

import random
from collections.abc import Sequence
from typing import Final

from sim.agenda import NS_PER_S
from sim.building import Building
from sim.plant import Plant
from sim.truth import TruthRecord
from verify.findings import Finding, Outcome, judged
from verify.house import BUSY, LIVELY, Deeds, digest, jump, play, random_deeds

PERIODS_S: Final = (0.01, 0.1, 1.0, 10.0)


def check(seed: int, runs: int, minutes: float) -> Outcome:
    """`runs` of each house, with mishaps, once unobserved and once at each period."""
    off: list[str] = []
    records = 0
    for number in range(runs):
        for building in (LIVELY, BUSY):
            run_seed = seed * 1000 + number
            deeds = random_deeds(run_seed, 12, minutes * 60)
            unseen = run(building, run_seed, deeds, minutes, None)
            records += len(unseen)
            off += _different(building, run_seed, deeds, minutes, unseen)
    return Outcome(
        (
            Finding(
                2,
                f"truth log, {2 * runs} runs of {minutes:g} min with mishaps, {records} records",
                f"the same run that nobody looks at; periods {', '.join(f'{p:g}' for p in PERIODS_S)} s and random",
                "byte by byte",
                off[0] if off else "identical",
                judged(not off and records > 0),
            ),
        )
    )


def run(building: Building, seed: int, deeds: Deeds, minutes: float, period_s: float | None) -> list[TruthRecord]:
    """A run's log; `period_s` 0 looks at random instants, none not at all."""
    log: list[TruthRecord] = []
    plant, end_ns = Plant(building, seed, log.append), round(minutes * 60 * NS_PER_S)
    draw = random.Random(seed)

    def look(plant: Plant, t_ns: int) -> None:
        while plant.now_ns < t_ns:
            step_s = period_s if period_s else draw.expovariate(1.0)
            plant.signals(min(t_ns, plant.now_ns + round(step_s * NS_PER_S))).values()

    play(plant, deeds, end_ns, jump if period_s is None else look)
    return log


def _different(building: Building, seed: int, deeds: Deeds, minutes: float, unseen: Sequence[TruthRecord]) -> list[str]:
    return [
        f"seed {seed}, {building.traffic.passengers_per_hour:g} an hour: another log at period {period_s:g} s"
        for period_s in (*PERIODS_S, 0.0)
        if digest(run(building, seed, deeds, minutes, period_s)) != digest(unseen)
    ]
