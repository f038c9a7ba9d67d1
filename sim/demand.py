"""What a building file says about who comes: the day's periods, and what people bring."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Final

import msgspec

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
PerHour = Annotated[float, msgspec.Meta(ge=0, le=20_000)]
"""People in an hour; the bound (an assumption) is far above what eight large cars carry, and still computable."""
USUAL_SPREADS: Final = 3.0
"""How many standard deviations above the mean a person's mass still is usual (a design value)."""
HourOfDay = Annotated[float, msgspec.Meta(ge=0, lt=24)]


class Period(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the day with steady traffic; it ends where the next begins, the last at midnight."""

    from_h: HourOfDay
    passengers_per_hour: PerHour
    incoming: Share
    outgoing: Share


class Thing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that a share of people bring into the car. It weighs; it takes no person's place (assumption)."""

    name: Annotated[str, msgspec.Meta(min_length=1)]
    mass_kg: Annotated[float, msgspec.Meta(gt=0, le=2000)]
    share: Share


def check_day(day: Sequence[Period]) -> None:
    """Raises ValueError unless the periods cover a day in order, each with shares of a whole."""
    if not day:
        return
    if day[0].from_h != 0:
        raise ValueError(f"the day's first period begins at 0 h, not at {day[0].from_h:g} h")
    if any(later.from_h <= sooner.from_h for sooner, later in pairwise(day)):
        raise ValueError("the day's periods are in order of time")
    for period in day:
        if period.incoming + period.outgoing > 1:
            raise ValueError(f"the period from {period.from_h:g} h: incoming and outgoing are more than the whole")


def heaviest(mean_kg: float, spread_kg: float, things: Sequence[Thing]) -> float:
    """The heaviest usual person (of 1000, one is heavier) with the heaviest thing that anybody brings."""
    return mean_kg + USUAL_SPREADS * spread_kg + max((thing.mass_kg for thing in things if thing.share), default=0.0)
