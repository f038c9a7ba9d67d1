"""What all parts of a scenario are: strict structs, and times that carry their unit."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from protocols.yamlvalues import DURATION
from sim.plan import parse_time

Duration = Annotated[str, Meta(pattern=DURATION)]
"""A time with its unit: "30 s", "200 ms", "1 h"."""
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Plain = bool | int | float | str
"""A value of a field, as YAML writes it."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a scenario: immutable, named fields only, unknown keys are errors."""


def ns_of(duration: str) -> int:
    """The time in ns. Raises PlanError for what is none."""
    return parse_time(duration.replace(" ", ""), "time")


def duration_of(t_ns: int) -> str:
    """A time as scenarios write it, exact to the microsecond: in ms below a second, else in seconds."""
    amount, unit = (t_ns / 1e6, "ms") if 0 < abs(t_ns) < 1_000_000_000 else (t_ns / 1e9, "s")
    return f"{amount:.6f}".rstrip("0").rstrip(".") + f" {unit}"


def said(section: Section, names: Sequence[str]) -> list[str]:
    """Which of its keys a section says."""
    return [name for name in names if getattr(section, name) is not None]


def one_of(section: Section, names: Sequence[str]) -> str:
    """The one key of these that a section says. Raises ValueError if it says none, or several."""
    there = said(section, names)
    if len(there) != 1:
        wanted = ", ".join(name.rstrip("_") for name in names)
        raise ValueError(f"wants one of {wanted}; it has {', '.join(there) if there else 'none'}")
    return there[0]
