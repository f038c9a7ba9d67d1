"""docs/soak.md."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from verify.check_safety import RULES

from hil.bench.results import Machine
from hil.bench.tables import machine_line
from sim.injector.model import DAYS_PER_YEAR
from soak.lift_year import (
    BAD_PER_DAY,
    BAD_YEAR_IN,
    CALM_S,
    CYCLES_BAND,
    EVERY_DAYS,
    MODEL,
    PASSENGERS_PER_DAY,
    SLICE_DAYS,
    STARTS_BAND,
    LiftYear,
)

_HEAD: Final = f"""# A thousand lift-years: `make soak`

Written by `make soak`; do not edit. Each lift of `configs/buildings`, one car alone, runs for a year with
{PASSENGERS_PER_DAY:g} passengers a day and the random faults of `configs/faults/{MODEL.name}.yaml`: people are trapped,
a technician comes, lets them out and repairs. One year in {BAD_YEAR_IN} is a bad one: every cause of the model, also
those whose rate nobody knows, equally often, together {BAD_PER_DAY:g} a day.

```
make soak                                 1 000 lift-years on all cores; goes on where it was (docs/runs)
make soak ARGS="--lift-years 10"          fewer
make soak ARGS="--seed 7"                 others
make soak ARGS="--year 17"                that one alone, here and now
```

**What is watched.** All the time, from the truth log: nobody is lost, nobody comes or goes twice, trapped and freed
alternate. Every {SLICE_DAYS} days: starts per passenger from {STARTS_BAND[0]:g} to {STARTS_BAND[1]:g} and door cycles
per start from {CYCLES_BAND[0]:g} to {CYCLES_BAND[1]:g}, so that a lift which only opens and closes, or does nothing, is
found. The safety rules cost ten times the lift's own computing: they are tried on one day in {EVERY_DAYS}, and from
each cause until {CALM_S / 60:g} min after the last sign of it; then at each event, just before it, and half way to it:
"""


def document(machine: Machine, seed: int, sources: str, years: Sequence[LiftYear]) -> str:
    """The whole text."""
    rules = "\n".join(f"- {rule}" for rule in RULES)
    return f"{_HEAD}\n{rules}\n\n" + "\n".join(_result(machine, seed, sources, years)) + "\n"


def lift_years(years: Sequence[LiftYear]) -> float:
    """How many."""
    return sum(year.days for year in years) / DAYS_PER_YEAR


def _result(machine: Machine, seed: int, sources: str, years: Sequence[LiftYear]) -> Iterator[str]:
    broken = [year.broken for year in years if year.broken]
    entrapments = sum((Counter(year.trapping) for year in years if not year.is_bad), Counter[str]())
    usual = lift_years([year for year in years if not year.is_bad])
    watched_days = sum(year.watched_s for year in years) / 86400
    yield from ("## The last run", "")
    yield f"{machine_line(machine)} Seed {seed}, sources {sources}."
    yield from ("", "| | |", "|---|---:|")
    yield f"| lift-years | {lift_years(years):g} |"
    yield f"| lift-days under the rules that need looking | {watched_days:.0f} |"
    yield f"| events looked at | {sum(year.looks for year in years)} |"
    yield f"| starts | {sum(year.starts for year in years)} |"
    yield f"| causes that struck | {sum(sum(year.causes.values()) for year in years)} |"
    yield f"| entrapments | {sum(sum(year.trapping.values()) for year in years)} |"
    if usual:
        yield f"| entrapments per lift-year, without the bad ones | {entrapments.total() / usual:.4f} |"
    yield f"| **rules broken** | **{len(broken)}** |"
    yield from ("", *(f"- {what}" for what in broken), *[""][: len(broken)])
    yield from ("| building | lift-years | starts a day | least and most | door cycles a start | least and most |",)
    yield "|---|---:|---:|---:|---:|---:|"
    for name in sorted({year.building for year in years}):
        yield _building(name, [year for year in years if year.building == name])
    yield from ("", f"Least and most are of {SLICE_DAYS} days of one lift.", "")
    yield from _causes(years)


def _building(name: str, years: Sequence[LiftYear]) -> str:
    days = sum(year.days for year in years)
    starts, cycles = sum(year.starts for year in years), sum(year.door_cycles for year in years)
    whole = [piece for year in years for piece in year.slices if piece.days == SLICE_DAYS]
    daily = [piece.starts / piece.days for piece in whole] or [starts / days]
    each = [piece.door_cycles / max(1, piece.starts) for piece in whole] or [cycles / max(1, starts)]
    return (
        f"| {name} | {days / DAYS_PER_YEAR:g} | {starts / days:.1f} | {min(daily):.1f} .. {max(daily):.1f}"
        f" | {cycles / max(1, starts):.3f} | {min(each):.3f} .. {max(each):.3f} |"
    )


def _causes(years: Sequence[LiftYear]) -> Iterator[str]:
    usual = [year for year in years if not year.is_bad]
    struck = sum((Counter(year.causes) for year in usual), Counter[str]())
    everywhere = sum((Counter(year.causes) for year in years), Counter[str]())
    span = lift_years(usual)
    yield "| cause | struck | in bad years | per lift-year, without the bad ones | model, at its usage |"
    yield "|---|---:|---:|---:|---:|"
    for name, cause in MODEL.causes.items():
        rate = "" if cause.rate is None else f"{cause.rate.per_lift_year:g}"
        here = f"{struck[name] / span:.4f}" if span else ""
        yield f"| {name} | {struck[name]} | {everywhere[name] - struck[name]} | {here} | {rate} |"
