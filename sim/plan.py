"""What a person asks of a run: how long it lasts, and what is done to the lift when."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from protocols.nearest import hint
from sim import SimError
from sim.building import Building
from sim.injector.model import Occasion
from sim.injector.occasions import Wanted, When
from sim.stimuli import Stimulus, parse

_PART: Final = r"(\d+(?:\.\d+)?)(ms|min|s|m|h|d)"
_TIME: Final = re.compile(f"(?:{_PART})+")
_HOUR: Final = re.compile(r"(\d{1,2})(?::([0-5]\d)|(\.\d+))?")
_NS: Final = {
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "min": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
}


HOURS: Final = 24


class PlanError(SimError):
    """What was asked cannot be understood, or contradicts itself: ask otherwise."""


class Planned(msgspec.Struct, frozen=True):
    """Something to do to the lift at `at_ns`."""

    at_ns: int
    stimulus: Stimulus
    car: int | None = None
    """None: the first, and every one if the stimulus is building-wide."""


def parse_time(text: str, option: str) -> int:
    """Nanoseconds in "90s", "1h30min" or "2d". Raises PlanError, naming `option`."""
    if _TIME.fullmatch(text) is None:
        raise PlanError(f"{option} {text}: wants a time with ms, s, min, h or d, as in 90s, 1h30min or 2d")
    return sum(round(float(number) * _NS[unit]) for number, unit in re.findall(_PART, text))


def duration(t_ns: int) -> str:
    """Hours, minutes and whole seconds, as 01:10:00; from a day on the days before them, as 230d 01:10:00."""
    minutes, seconds = divmod(t_ns // _NS["s"], 60)
    days, hours = divmod(minutes // 60, HOURS)
    clock = f"{hours:02d}:{minutes % 60:02d}:{seconds:02d}"
    return f"{days}d {clock}" if days else clock


def parse_hour(text: str, option: str) -> float:
    """The hour of the day in "8", "8.5" or "8:30"; 24 is midnight too. Raises PlanError, naming `option`."""
    found = _HOUR.fullmatch(text)
    hour = 0.0 if found is None else float(found[1] + (found[3] or "")) + int(found[2] or 0) / 60
    if found is None or hour > HOURS:
        raise PlanError(f"{option} {text}: wants an hour of the day from 0 to 24, as in 8, 8.5 or 8:30")
    return hour % HOURS


def parse_planned(text: str) -> Planned:
    """Read "20s=entrap_between_floors"; "@2" behind it is for the second car. Raises PlanError."""
    time, equals, what = text.partition("=")
    name, at, number = what.partition("@")
    if not equals or _TIME.fullmatch(time) is None:
        wanted = "TIME=STIMULUS with ms, s, min, h or d, as in 20s=entrap_between_floors"
        raise PlanError(f"--at {text}: wants {wanted}")
    if at and (not number.isdecimal() or int(number) < 1):
        raise PlanError(f"--at {text}: wants the number of a car behind @, as in 20s=release@2; the first is 1")
    try:
        return Planned(parse_time(time, "--at"), parse(name), int(number) - 1 if at else None)
    except SimError as error:
        raise PlanError(f"--at {text}: {error}") from error


def parse_fault(text: str) -> Wanted:
    """Read "rubbish_in_sill@20s", or with an occasion "@floor=4"; alone it waits for a trip with people in the car.

    Raises PlanError, saying what was expected.
    """
    cause, at, when = text.partition("@")
    if "=" in cause:
        raise PlanError(f"--fault {text}: wants CAUSE[@WHEN], as in rubbish_in_sill@20s; TIME=STIMULUS goes with --at")
    if not at:
        return Wanted(cause, When(Occasion.OCCUPIED))
    if _TIME.fullmatch(when) is not None:
        return Wanted(cause, parse_time(when, "--fault"))
    return Wanted(cause, _parse_occasion(text, when))


def _parse_occasion(text: str, when: str) -> When:
    name, _, number = when.partition("=")
    names = [occasion.value for occasion in Occasion]
    if name not in names:
        raise PlanError(f"--fault {text}: no occasion {name!r}; {hint(name, names)}; or a time, as in 90s")
    occasion = Occasion(name)
    if occasion.is_numbered is not number.isdecimal():
        wanted = f"{name}=4, a whole number" if occasion.is_numbered else name
        raise PlanError(f"--fault {text}: wants {wanted}")
    if occasion is Occasion.STARTS and not int(number):
        raise PlanError(f"--fault {text}: the first start is starts=1")
    return When(occasion, int(number) if number else 0)


def in_time(wanted: Sequence[Wanted], until_ns: int) -> tuple[Wanted, ...]:
    """As they are. Raises PlanError on one that the run would not reach."""
    for one in wanted:
        if isinstance(one.when, int) and one.when >= until_ns:
            at_s, until_s = one.when / 1e9, until_ns / 1e9
            raise PlanError(f"--fault {one.cause}@{at_s:g}s: the run ends at {until_s:g} s; let it last longer")
    return tuple(wanted)


def in_house(wanted: Sequence[Wanted], house: Building) -> tuple[Wanted, ...]:
    """As they are. Raises PlanError on one that waits for a floor that the building does not have."""
    highest = len(house.floors) - 1
    for one in wanted:
        if isinstance(one.when, When) and one.when.occasion is Occasion.FLOOR and one.when.number > highest:
            raise PlanError(
                f"--fault {one.cause}@floor={one.when.number}: {house.name} has the floors 0 (the lowest) to {highest}"
            )
    return tuple(wanted)


def in_order(planned: Sequence[Planned], until_ns: int, cars: int = 1) -> tuple[Planned, ...]:
    """By time, those for one instant as they were given. Raises PlanError on one that the run would not reach.

    And on one for a car that the building has not.
    """
    for one in planned:
        if one.car is not None and one.car >= cars:
            asked, has = f"{one.at_ns / 1e9:g}s={one.stimulus.value}@{one.car + 1}", f"{cars} cars"
            raise PlanError(f"--at {asked}: the building has {'one car' if cars == 1 else has}; choose another")
    late = next((one for one in planned if one.at_ns >= until_ns), None)
    if late is not None:
        at_s, until_s = late.at_ns / 1e9, until_ns / 1e9
        raise PlanError(f"--at {at_s:g}s={late.stimulus.value}: the run ends at {until_s:g} s; let it last longer")
    return tuple(sorted(planned, key=lambda one: one.at_ns))
