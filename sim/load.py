"""What a car carries: a person's mass with whatever they bring, and the loads from which the controller acts."""

import random
from typing import Final, final

import msgspec

from sim.building import PERSON_KG, Building, Traffic
from sim.demand import Thing
from sim.truth import TruthValue

LIGHTEST_KG: Final = 15.0
HEAVIEST_KG: Final = 200.0
"""Nobody is drawn lighter or heavier (assumption: a child who rides alone, and far beyond the usual)."""
BYPASS_SHARE: Final = 0.80
"""Share of the rated load from which hall calls are passed by. Practice (limits.csv: full-load bypass, B)."""
OVERLOAD_SHARE: Final = 1.10
OVERLOAD_AT_LEAST_KG: Final = 75.0
"""Overload is rated load and a tenth more, at least 75 kg more (EN 81-20 5.12.1.2; limits.csv, B)."""


class Body(msgspec.Struct, frozen=True):
    """One person's mass, with what they bring into the car."""

    mass_kg: float = PERSON_KG
    thing: str = ""


class Limits(msgspec.Struct, frozen=True):
    """A car's loads: from `bypass_kg` it is nearly full, from `overload_kg` it does not start."""

    bypass_kg: float
    overload_kg: float

    @classmethod
    def of(cls, building: Building) -> "Limits":
        """Those of the building's rated load."""
        rated_kg = building.rated_kg
        return cls(BYPASS_SHARE * rated_kg, max(OVERLOAD_SHARE * rated_kg, rated_kg + OVERLOAD_AT_LEAST_KG))


@final
class Bodies:
    """Who comes next: normally distributed masses, and things by their shares. Draws nothing that is not asked for."""

    def __init__(self, traffic: Traffic, seed: int) -> None:
        self._mean_kg: Final = traffic.mass_kg
        self._spread_kg: Final = traffic.mass_spread_kg
        self._things: Final = traffic.things
        self._usual: Final = Body(traffic.mass_kg)
        self._masses: Final = random.Random(f"{seed}/masses")
        self._brought: Final = random.Random(f"{seed}/things")

    @property
    def vary(self) -> bool:
        """Whether people differ from each other."""
        return bool(self._spread_kg or self._things)

    def told(self, body: Body) -> dict[str, TruthValue]:
        """What the truth log says of it; nothing where all are alike."""
        if body.thing:
            return {"mass_kg": body.mass_kg, "thing": body.thing}
        return {"mass_kg": body.mass_kg} if self.vary else {}

    def next(self) -> Body:
        """The next person, perhaps with a thing."""
        if not self.vary:
            return self._usual
        thing = self._thing()
        return Body(self._own_kg(), "") if thing is None else self.bringing(thing.name, thing.mass_kg)

    def bringing(self, name: str, mass_kg: float) -> Body:
        """The next person, with that thing."""
        return Body(self._own_kg() + mass_kg, name)

    def _own_kg(self) -> float:
        if not self._spread_kg:
            return self._mean_kg
        drawn_kg = self._masses.normalvariate(self._mean_kg, self._spread_kg)
        return min(max(drawn_kg, LIGHTEST_KG), HEAVIEST_KG)

    def _thing(self) -> Thing | None:
        if not self._things:
            return None
        draw = self._brought.random()
        for thing in self._things:
            draw -= thing.share
            if draw < 0:
                return thing
        return None
