"""Where a device sits in a lift, and so what its rows speak of: the door it moves, what its inputs are wired to."""

from collections.abc import Mapping
from typing import Final

import msgspec

from protocols import ProtocolError
from protocols.lift.vocabulary import ITEMS, DoorSide, ItemKind
from protocols.nearest import hint
from protocols.profiles.schema import Derived, Profile, Row

THIS_DOOR: Final = "doors.this."
"""How a door operator's profile writes the items of whichever door it moves."""
GOING_UP: Final = "going_up"
GOING_DOWN: Final = "going_down"
"""Two contacts that together tell direction and motion."""


class Channel(msgspec.Struct, frozen=True):
    """What an input is wired to, and whether its contact is closed when the item is false."""

    item: str
    invert: bool = False


class Place(msgspec.Struct, frozen=True):
    """`side` is the door that a door operator moves; `channels` says what the inputs of a module are wired to."""

    side: DoorSide = DoorSide.FRONT
    channels: Mapping[int, Channel] = {}


FIRST_PLACE: Final = Place()
"""The front door, and nothing wired."""


def channel_items() -> list[str]:
    """Everything that an input can be wired to."""
    truths = [name for name, spec in ITEMS.items() if spec.kind is ItemKind.BOOL]
    return [*truths, GOING_UP, GOING_DOWN]


def placed(profile: Profile, place: Place) -> Profile:
    """The profile with every row speaking of this lift. Raises ProtocolError for inputs that cannot be as stated."""
    rows = tuple(_row(row, place) for row in profile.rows)
    derived = tuple(_derived(one, place.side) for one in profile.derived)
    _check(profile, place)
    return msgspec.structs.replace(profile, rows=rows, derived=(*derived, *_motion(profile, place)))


def _row(row: Row, place: Place) -> Row:
    if row.channel is not None:
        channel = place.channels.get(row.channel)
        if channel is None or channel.item in (GOING_UP, GOING_DOWN):
            return row
        return msgspec.structs.replace(row, item=_here(channel.item, place.side), invert=channel.invert)
    item = None if row.item is None else _here(row.item, place.side)
    meanings = {_here(name, place.side): words for name, words in row.meanings.items()}
    return msgspec.structs.replace(row, item=item, meanings=meanings)


def _derived(one: Derived, side: DoorSide) -> Derived:
    return msgspec.structs.replace(one, item=_here(one.item, side))


def _here(item: str, side: DoorSide) -> str:
    return f"doors.{side.value}.{item.removeprefix(THIS_DOOR)}" if item.startswith(THIS_DOOR) else item


def _check(profile: Profile, place: Place) -> None:
    known = {row.channel for row in profile.rows if row.channel is not None}
    seen: dict[str, int] = {}
    for number, channel in place.channels.items():
        if number not in known:
            has = f"it has 1 to {max(known)}" if known else "it has none; remove channels"
            raise ProtocolError(f"{profile.name}: no channel {number}; {has}")
        if channel.item not in channel_items():
            known_items = hint(channel.item, channel_items())
            raise ProtocolError(f"{profile.name}: channel {number}: no truth value {channel.item!r}; {known_items}")
        if channel.item in seen:
            raise ProtocolError(
                f"{profile.name}: channel {number}: {channel.item} is channel {seen[channel.item]} already"
            )
        seen[channel.item] = number
    if (GOING_UP in seen) is not (GOING_DOWN in seen):
        raise ProtocolError(f"{profile.name}: {GOING_UP} and {GOING_DOWN} tell something only together; wire both")


def _motion(profile: Profile, place: Place) -> tuple[Derived, ...]:
    """Direction and motion from the two contacts; both closed at once means nothing."""
    at = {channel.item: (number, channel.invert) for number, channel in place.channels.items()}
    if GOING_UP not in at:
        return ()
    names = {row.channel: row.name for row in profile.rows if row.channel is not None}
    (up, up_invert), (down, down_invert) = at[GOING_UP], at[GOING_DOWN]
    directions: list[Derived] = []
    motions: list[Derived] = []
    for going_up, going_down, direction in ((True, False, "up"), (False, True, "down"), (False, False, "none")):
        rows = {names[up]: int(going_up is not up_invert), names[down]: int(going_down is not down_invert)}
        note = "from two contacts of this module"
        directions.append(Derived(item="direction", value=direction, all=rows, status="C", note=note))
        motions.append(Derived(item="moving", value=going_up or going_down, all=rows, status="C", note=note))
    return (*directions, *motions)
