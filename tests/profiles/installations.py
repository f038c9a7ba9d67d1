"""Every shipped profile in every way it can be installed: each answer to its questions, each door, all inputs wired."""

from collections.abc import Iterator
from itertools import product

import msgspec

from protocols.lift.vocabulary import DoorSide
from protocols.profiles.loader import load_profile, profile_names
from protocols.profiles.place import THIS_DOOR, Channel, Place, channel_items
from protocols.profiles.schema import Profile

NAMES = profile_names()
PROFILES = [load_profile(name) for name in NAMES]


class Installation(msgspec.Struct, frozen=True):
    """A profile with its options answered, at its place."""

    profile: Profile
    options: dict[str, str]
    place: Place


def has_doors(profile: Profile) -> bool:
    """Whether it speaks of whichever door it moves."""
    items = [item for row in profile.rows for item in (row.item or "", *row.meanings)]
    items += [derived.item for derived in profile.derived]
    return any(item.startswith(THIS_DOOR) for item in items)


def places_of(profile: Profile) -> list[Place]:
    """Where it can be."""
    channels = sorted({row.channel for row in profile.rows if row.channel is not None})
    if channels:
        wired = zip(channels, reversed(channel_items()), strict=False)
        return [Place(channels={number: Channel(item, invert=number % 2 == 0) for number, item in wired})]
    return [Place(side) for side in DoorSide] if has_doors(profile) else [Place()]


def installations_of(profile: Profile) -> Iterator[Installation]:
    """All of them."""
    for answers in product(*(option.values for option in profile.options.values())):
        options = dict(zip(profile.options, answers, strict=True))
        for place in places_of(profile):
            yield Installation(profile, options, place)


def _name(one: Installation) -> str:
    side = [one.place.side.value] if has_doors(one.profile) else []
    return "-".join([one.profile.name, *one.options.values(), *side])


INSTALLATIONS = {_name(one): one for profile in PROFILES for one in installations_of(profile)}
