"""What a device, or several on one lift, can and cannot show: items, events of the catalogue, bus load and age."""

from collections.abc import Collection, Iterable

import msgspec

from edge_agent.link.plan import Plan, plan_alone
from protocols.lift.catalogue import Catalogue
from protocols.lift.coverage import Sight, missing, sight
from protocols.lift.vocabulary import DoorSide
from protocols.profiles.layout import compile_layout
from protocols.profiles.place import GOING_DOWN, GOING_UP, Place, channel_items
from protocols.profiles.schema import Profile


class EventSight(msgspec.Struct, frozen=True):
    """How well an event is seen; `lacks` are the groups of items that would have to be there (one of each)."""

    code: str
    sight: Sight
    lacks: tuple[str, ...]


class Sights(msgspec.Struct, frozen=True):
    """One profile's. For a module with inputs: everything that could be wired to it."""

    items: tuple[str, ...]
    events: tuple[EventSight, ...]
    plan: Plan


def items_of(profile: Profile) -> frozenset[str]:
    """The items that a device gives, whatever its options say; of a door operator those of the front door."""
    given: set[str] = set()
    channels = sorted(row.channel for row in profile.rows if row.channel is not None)
    if channels:
        wired = [name for name in channel_items() if name not in (GOING_UP, GOING_DOWN)]
        return frozenset([*wired, "direction", "moving"])
    for options in _answers(profile):
        given |= compile_layout(profile, options, Place(DoorSide.FRONT)).items
    return frozenset(given)


def _answers(profile: Profile) -> Iterable[dict[str, str]]:
    """Answers to the profile's questions, each of which occurs at least once."""
    most = max((len(option.values) for option in profile.options.values()), default=1)
    for index in range(most):
        yield {name: list(option.values)[index % len(option.values)] for name, option in profile.options.items()}


def events_of(items: Collection[str], catalogue: Catalogue) -> tuple[EventSight, ...]:
    """How well every event of a lift, not of the terminal itself, is seen from these items."""
    return tuple(
        EventSight(
            code,
            sight(entry.needs, entry.certain, items),
            tuple(missing(entry.needs, items) or missing(entry.certain, items)),
        )
        for code, entry in catalogue.items()
        if entry.needs
    )


def sights_of(profile: Profile, catalogue: Catalogue) -> Sights:
    """Everything that one device shows when it is alone on its bus."""
    items = items_of(profile)
    return Sights(tuple(sorted(items)), events_of(items, catalogue), plan_alone(profile))
