"""What a device, or several on one lift, can and cannot show: items, events of the catalogue, bus load and age."""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from edge_agent.link.plan import Plan, plan_alone
from protocols.lift.catalogue import Catalogue, Entry
from protocols.lift.coverage import Sight, missing, sight, with_value
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


def named_by(profiles: Iterable[Profile]) -> Mapping[str, str]:
    """By the names of the devices' faults the event that each means."""
    faults = (fault for profile in profiles for fault in profile.faults.values())
    return {fault.name: fault.event for fault in faults if fault.event is not None}


def events_of(items: Collection[str], catalogue: Catalogue, named: Collection[str] = ()) -> tuple[EventSight, ...]:
    """How well every event of a lift, not of the terminal itself, is seen from these items.

    `named` are the events that a device's own fault table names: it is believed, and `faults` counts for no other.
    """
    return tuple(_seen(entry, items, named) for entry in catalogue.values() if entry.needs)


def values_of(profiles: Iterable[Profile]) -> set[str]:
    """The values that devices can give an item by name, as the catalogue's needs name them ("mode=earthquake")."""
    rows = (row for profile in profiles for row in profile.rows)
    meanings = ((item, words) for row in rows for item, words in row.meanings.items())
    return {with_value(item, word) for item, words in meanings for word in words.values() if isinstance(word, str)}


def _seen(entry: Entry, items: Collection[str], named: Collection[str]) -> EventSight:
    if entry.code in named:
        return EventSight(entry.code, Sight.CERTAIN, ())
    given = set(items) - {"faults"}
    lacks = tuple(missing(entry.needs, given) or missing(entry.certain, given))
    return EventSight(entry.code, sight(entry.needs, entry.certain, given), lacks)


def sights_of(profile: Profile, catalogue: Catalogue) -> Sights:
    """Everything that one device shows when it is alone on its bus."""
    items = items_of(profile)
    named = named_by([profile]).values() if "faults" in items else ()
    seen = events_of(items | values_of([profile]), catalogue, named)
    return Sights(tuple(sorted(items)), seen, plan_alone(profile))
