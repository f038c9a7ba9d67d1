"""One lift at one instant: each item with its value, the span it was sampled in, its worth and its source.

Unknown is neither true nor false: `Item.known` is the value when it is good, and None otherwise.
"""

from typing import Final, Generic, TypeVar

import msgspec

from protocols.lift.vocabulary import Direction, DoorSide, DriveState, ServiceMode, Validity

T = TypeVar("T")


class Item(msgspec.Struct, Generic[T], frozen=True):
    """A value and what it is worth.

    `sampled_from_ns`..`sampled_to_ns` is the span (request end to reply start, monotonic) in which the
    device held the value. `source` is "device/block". Age counts from the start of the span: the older end.
    """

    value: T | None = None
    validity: Validity = Validity.MISSING
    sampled_from_ns: int = 0
    sampled_to_ns: int = 0
    source: str = ""

    @property
    def known(self) -> T | None:
        """The value if it may be judged, else None."""
        return self.value if self.validity is Validity.GOOD else None

    def age_ns(self, now_ns: int) -> int:
        """How old the value may be at `now_ns`."""
        return now_ns - self.sampled_from_ns


MISSING: Final[Item[bool]] = Item()
"""An item that nobody has ever reported."""


class DoorItems(msgspec.Struct, frozen=True):
    """One door's limits. `open` and `closed` are contacts of their own: neither is the other's opposite."""

    side: DoorSide = DoorSide.FRONT
    open: Item[bool] = MISSING
    closed: Item[bool] = MISSING


class LiftSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one lift at `t_ns` (monotonic)."""

    t_ns: int
    mode: Item[ServiceMode] = Item()
    moving: Item[bool] = MISSING
    direction: Item[Direction] = Item()
    speed_mps: Item[float] = Item()
    floor: Item[int] = Item()
    door_zone: Item[bool] = MISSING
    doors: tuple[DoorItems, ...] = (DoorItems(),)
    person: Item[bool] = MISSING
    car_calls: Item[int] = Item()
    hall_calls: Item[int] = Item()
    alarm_button: Item[bool] = MISSING
    door_open_button: Item[bool] = MISSING
    mains: Item[bool] = MISSING
    safety_chain: Item[bool] = MISSING
    landing_lock: Item[bool] = MISSING
    car_lock: Item[bool] = MISSING
    overload: Item[bool] = MISSING
    brake_command: Item[bool] = MISSING
    brake_open: Item[bool] = MISSING
    contactor_command: Item[bool] = MISSING
    contactor_closed: Item[bool] = MISSING
    cabinet_door: Item[bool] = MISSING
    run_limit: Item[int] = Item()
    run_count: Item[int] = Item()
    drive_state: Item[DriveState] = Item()
    faults: Item[tuple[str, ...]] = Item()


PLAIN_ITEMS: Final = tuple(name for name in LiftSnapshot.__struct_fields__ if name not in {"t_ns", "doors"})
"""The snapshot's fields that are one item each; door items are reached through `doors`."""


def items_of(snapshot: LiftSnapshot) -> dict[str, Item[object]]:
    """Every item by its vocabulary name ("door_zone", "doors.front.open"), in a fixed order."""
    named: dict[str, Item[object]] = {name: getattr(snapshot, name) for name in PLAIN_ITEMS}
    for door in snapshot.doors:
        named[f"doors.{door.side.value}.open"] = door.open  # type: ignore[assignment]  # Item is read-only
        named[f"doors.{door.side.value}.closed"] = door.closed  # type: ignore[assignment]
    return named
