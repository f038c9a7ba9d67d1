"""Item 6, overload: people of all masses come to cars of all loads; the load is reckoned from the truth log alone."""

import random
from typing import Final, final

import msgspec
from msgspec.structs import replace

from sim.agenda import NS_PER_S
from sim.building import Building
from sim.demand import Thing
from sim.plant import Plant
from sim.truth import TruthKind, TruthRecord
from verify.findings import Finding, Outcome, PlantWrong, judged
from verify.house import HOUSE
from verify.ledger import Ledger

SHARE: Final = 1.10
AT_LEAST_KG: Final = 75.0
"""EN 81-20 5.12.1.2, as in limits.csv: overload is detected at max(1.10 Q, Q + 75 kg)."""
_ROUNDING_KG: Final = 1e-6


class Loaded(msgspec.Struct):
    """What was watched, and how near to the limit loads came."""

    looks: int = 0
    overloads: int = 0
    least_over_kg: float = float("inf")
    most_under_kg: float = float("inf")


@final
class Scales:
    """One plant, the masses that its log tells, and the rule. Raises PlantWrong where it is broken."""

    def __init__(self, building: Building, seed: int, seen: Loaded) -> None:
        rated_kg = building.rated_load_kg or 0.0
        self._limit_kg: Final = max(SHARE * rated_kg, rated_kg + AT_LEAST_KG)
        self._ledger: Final = Ledger(len(building.floors), obedient=True)
        self._masses_kg: Final[dict[int, float]] = {}
        self._seen: Final = seen
        self._over = False
        self._plant: Final = Plant(building, seed, self._hear)

    def watch(self, until_ns: int) -> None:
        """Every event until then."""
        plant = self._plant
        while (due_ns := plant.next_event_ns()) is not None and due_ns <= until_ns:
            plant.advance_to(due_ns)
            self._ledger.compare(plant)
            self._look()

    def _hear(self, record: TruthRecord) -> None:
        self._ledger.hear(record)
        if record.kind is TruthKind.WAITING:
            self._masses_kg[int(str(record.data["person"]))] = float(str(record.data["mass_kg"]))
        elif record.kind in {TruthKind.DEPARTED, TruthKind.DOOR_CLOSING} and self._load_kg() >= self._limit_kg:
            raise PlantWrong(f"{record.kind.value} at {record.t_ns} ns with {self._load_kg():.1f} kg")

    def _load_kg(self) -> float:
        return sum(self._masses_kg[person] for person in self._ledger.riding)

    def _look(self) -> None:
        now, over_kg = self._plant.signals(), self._load_kg() - self._limit_kg
        if now.overload is not (over_kg >= 0) or abs(now.load_kg - self._load_kg()) > _ROUNDING_KG:
            raise PlantWrong(f"at {now.t_ns} ns overload {now.overload}, {over_kg:+.3f} kg beyond the limit")
        if now.overload and (not now.door_open or now.moving):
            raise PlantWrong(f"overloaded at {now.t_ns} ns, door {now.door_fraction:.2f} open, moving {now.moving}")
        seen = self._seen
        seen.looks += 1
        seen.overloads += now.overload and not self._over
        self._over = now.overload
        if now.overload:
            seen.least_over_kg = min(seen.least_over_kg, over_kg)
        else:
            seen.most_under_kg = min(seen.most_under_kg, -over_kg)


def check(seed: int, houses: int, hours: float = 2.0) -> Outcome:
    """Some hours each of so many houses with heavy traffic."""
    seen, draw = Loaded(), random.Random(f"{seed}/scales")
    broken = ""
    for number in range(houses):
        building = _crowded(draw.uniform(225, 1600))
        try:
            Scales(building, seed * 1000 + number, seen).watch(round(hours * 3600 * NS_PER_S))
        except PlantWrong as wrong:
            broken = f"rated {building.rated_load_kg:.0f} kg: {wrong}; "
            break
    return Outcome(
        (
            Finding(
                6,
                "overload from 110 % and 75 kg holds the doors open; the last one in steps out and waits",
                "max(1.10 Q, Q + 75 kg), EN 81-20 5.12.1.2; masses from the truth log",
                "signal on from the limit, off below; no door closes and no run begins with it",
                f"{broken}{seen.overloads} overloads in {houses} houses, {seen.looks} looks;"
                f" nearest {seen.least_over_kg:.2f} kg over and {seen.most_under_kg:.2f} kg under the limit",
                judged(not broken and seen.overloads > 0),
            ),
        )
    )


def _crowded(rated_kg: float) -> Building:
    """More room than load: only the scales keep people out."""
    traffic = replace(
        HOUSE.traffic,
        passengers_per_hour=rated_kg,
        batch_mean=2.0,
        incoming=0.85,
        outgoing=0.10,
        mass_spread_kg=20.0,
        things=(Thing("bicycle", 15.0, 0.05),),
    )
    return replace(HOUSE, capacity_persons=60, rated_load_kg=rated_kg, traffic=traffic)
