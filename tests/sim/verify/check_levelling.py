"""Item 6, re-levelling: over random lifts that level badly, how fast a car goes with its door open, and where."""

import random
from typing import Final

from msgspec.structs import replace

from sim.agenda import NS_PER_S
from sim.building import Building
from sim.plant import Plant
from sim.ride import Levelling
from sim.signals import PlantSignals
from sim.truth import TruthKind, TruthRecord
from verify.findings import Finding, Outcome, PlantWrong, judged
from verify.house import LIVELY

MOST_MPS: Final = 0.30
_STEP_NS: Final = NS_PER_S // 50
_ROUNDING: Final = 1e-9


def poor(draw: random.Random) -> Building:
    """Up to 40 mm off at half load and full, ropes that give up to 60 mm, re-levelling at any speed allowed."""
    levelling = Levelling(
        load_error_mm=draw.uniform(20, 80),
        spread_mm=draw.uniform(0, 8),
        stretch_mm=draw.uniform(0, 60),
        relevel_speed_mps=draw.uniform(0.02, MOST_MPS),
    )
    drive = replace(LIVELY.drive, rated_speed_mps=draw.uniform(0.5, 4.0))
    door = replace(LIVELY.door, zone_m=0.35)
    return replace(LIVELY, capacity_persons=draw.randint(4, 16), levelling=levelling, drive=drive, door=door)


def check(seed: int, lifts: int, hours: float) -> Outcome:
    """One finding over `lifts` random lifts, each in service for some hours."""
    draw = random.Random(f"{seed}/levelling")
    begun, fastest, farthest = 0, 0.0, 0.0
    for number in range(lifts):
        building = poor(draw)
        plant, log = _ridden(building, seed + number, hours)
        ways = [record for record in log if record.kind is TruthKind.RELEVELLING]
        begun += len(ways)
        again = Plant(building, seed + number)
        for record in ways:
            for now in _way(again, record):
                fastest = max(fastest, now.speed_mps)
                farthest = max(farthest, abs(now.position_m - building.heights_m[now.floor]))
        _ended(plant, log)
    in_zone = farthest <= 0.35
    return Outcome(
        (
            Finding(
                6,
                f"re-levelling with the door open, {begun} times in {lifts} random lifts",
                "EN 81-20 5.12.1.4 (limits.csv, C); looked at every 20 ms",
                f"at most {MOST_MPS:.2f} m/s, inside the unlocking zone",
                f"at most {fastest:.3f} m/s, at most {1000 * farthest:.0f} mm off",
                judged(begun > 0 and in_zone and fastest <= MOST_MPS + _ROUNDING),
            ),
        )
    )


def _ridden(building: Building, seed: int, hours: float) -> tuple[Plant, list[TruthRecord]]:
    log: list[TruthRecord] = []
    plant = Plant(building, seed, log.append)
    plant.advance_to(round(hours * 3600 * NS_PER_S))
    return plant, log


def _way(plant: Plant, begun: TruthRecord) -> list[PlantSignals]:
    """What is seen of one re-levelling from its beginning to its standstill."""
    looks = [plant.signals(max(begun.t_ns, plant.now_ns))]
    while looks[-1].moving:
        looks.append(plant.signals(plant.now_ns + _STEP_NS))
    return looks


def _ended(plant: Plant, log: list[TruthRecord]) -> None:
    """Each re-levelling ends at its landing before the next begins. Raises PlantWrong."""
    under_way = False
    for record in log:
        if record.kind is TruthKind.RELEVELLING:
            if under_way:
                raise PlantWrong(f"re-levels twice at {record.t_ns} ns")
            under_way = True
        elif record.kind is TruthKind.RELEVELLED:
            under_way = False
        elif record.kind is TruthKind.DEPARTED and under_way:
            raise PlantWrong(f"departs while it re-levels, at {record.t_ns} ns of {plant.building.name}")
