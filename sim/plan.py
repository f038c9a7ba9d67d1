"""What a person asks of a run: how long it lasts, and what is done to the lift when."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from protocols.nearest import hint
from sim import SimError
from sim.injector.model import Occasion
from sim.injector.occasions import Wanted, When
from sim.stimuli import Stimulus, parse

_PART: Final = r"(\d+(?:\.\d+)?)(ms|min|s|m|h|d)"
_TIME: Final = re.compile(f"(?:{_PART})+")
_NS: Final = {
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "min": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
}


class PlanError(SimError):
    """What was asked cannot be understood, or contradicts itself: ask otherwise."""


class Planned(msgspec.Struct, frozen=True):
    """Something to do to the lift at `at_ns`."""

    at_ns: int
    stimulus: Stimulus
    car: int = 0


def parse_time(text: str, option: str) -> int:
    """Nanoseconds in "90s", "1h30min" or "2d". Raises PlanError, naming `option`."""
    if _TIME.fullmatch(text) is None:
        raise PlanError(f"{option} {text}: wants a time with ms, s, min, h or d, as in 90s, 1h30min or 2d")
    return sum(round(float(number) * _NS[unit]) for number, unit in re.findall(_PART, text))


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
        return Planned(parse_time(time, "--at"), parse(name), int(number) - 1 if at else 0)
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
        wanted = f"{name}=4" if occasion.is_numbered else name
        raise PlanError(f"--fault {text}: wants {wanted}")
    return When(occasion, int(number) if number else 0)


def in_time(wanted: Sequence[Wanted], until_ns: int) -> tuple[Wanted, ...]:
    """As they are. Raises PlanError on one that the run would not reach."""
    for one in wanted:
        if isinstance(one.when, int) and one.when >= until_ns:
            at_s, until_s = one.when / 1e9, until_ns / 1e9
            raise PlanError(f"--fault {one.cause}@{at_s:g}s: the run ends at {until_s:g} s; let it last longer")
    return tuple(wanted)


def in_order(planned: Sequence[Planned], until_ns: int, cars: int = 1) -> tuple[Planned, ...]:
    """By time, those for one instant as they were given. Raises PlanError on one that the run would not reach.

    And on one for a car that the building has not.
    """
    absent = next((one for one in planned if one.car >= cars), None)
    if absent is not None:
        raise PlanError(
            f"--at {absent.stimulus.value}@{absent.car + 1}: the building has {cars} of them; choose another"
        )
    late = next((one for one in planned if one.at_ns >= until_ns), None)
    if late is not None:
        at_s, until_s = late.at_ns / 1e9, until_ns / 1e9
        raise PlanError(f"--at {at_s:g}s={late.stimulus.value}: the run ends at {until_s:g} s; let it last longer")
    return tuple(sorted(planned, key=lambda one: one.at_ns))
