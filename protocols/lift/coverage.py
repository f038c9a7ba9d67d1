"""Which events can be told from which items: surely, only as an indication, or not at all.

The catalogue states for each event what it `needs` and what makes it `certain`. Each is a list of groups, any item of
which will do: "moving | speed_mps"; `*` stands for every door, "doors.*.open"; "mode=earthquake" for an item that a
device can give this very value.
"""

import enum
from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from typing import Final

from protocols.lift.vocabulary import ITEMS

_OR: Final = "|"
_VALUE: Final = "="


class Sight(enum.Enum):
    """How well an event can be seen."""

    CERTAIN = "certain"
    INDICATIVE = "indicative"
    UNSEEN = "unseen"


def unknown_items(groups: Sequence[str]) -> list[str]:
    """Names in the groups that match no item of the vocabulary."""
    names = [name for group in groups for name in alternatives(group)]
    return [name for name in names if not any(fnmatchcase(item, name.partition(_VALUE)[0]) for item in ITEMS)]


def with_value(item: str, word: str) -> str:
    """How a group names an item that can have this value."""
    return f"{item}{_VALUE}{word}"


def alternatives(group: str) -> list[str]:
    """The names of a group."""
    return [name.strip() for name in group.split(_OR)]


def missing(groups: Sequence[str], items: Collection[str]) -> list[str]:
    """The groups of which none is among the items."""
    return [
        group for group in groups if not any(fnmatchcase(item, name) for name in alternatives(group) for item in items)
    ]


def sight(needs: Sequence[str], certain: Sequence[str], items: Collection[str]) -> Sight:
    """How well an event with these needs is seen by devices that give these items."""
    if missing(needs, items):
        return Sight.UNSEEN
    return Sight.INDICATIVE if missing(certain, items) else Sight.CERTAIN
