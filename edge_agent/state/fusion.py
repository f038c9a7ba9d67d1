"""Several devices, one lift: the freshest good word of the most trusted device, per item.

For each item the devices are asked in order of precedence; the first with a value younger than the staleness
limit is believed; what is implausible (a floor that the lift does not have, a signal that is doubted) is believed of
nobody as long as another device knows better.
If none has one, the newest old value stands, marked stale; if nobody ever spoke, missing. Faults are everybody's.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, Protocol

import msgspec

from edge_agent.clock import ns
from edge_agent.config_types import LiftConfig
from edge_agent.state.plausibility import KINDS
from edge_agent.state.words import Words
from protocols.lift.snapshot import PLAIN_ITEMS, DoorItems, Item, LiftSnapshot
from protocols.lift.vocabulary import DoorSide, Validity

Value = object
FAULTS: Final = "faults"


class ItemSource(Protocol):
    """What fusion needs to know of a device's layout: the items it can give."""

    @property
    def items(self) -> frozenset[str]:
        """Vocabulary names."""


def _door_item(side: DoorSide, end: str) -> str:
    return f"doors.{side.value}.{end}"


class Fusion:
    """Holds the last value of each item from each device of one lift."""

    def __init__(self, lift: LiftConfig, layouts: Mapping[str, ItemSource], stale_s: float) -> None:
        self._doors = lift.doors
        self._stale_ns = ns(stale_s)
        self._floor_index = {floor.reported: index for index, floor in enumerate(lift.floors)}
        names = [*PLAIN_ITEMS, *(_door_item(side, end) for side in DoorSide for end in ("open", "closed"))]
        self._order: dict[str, Sequence[str]] = {
            name: [device for device in lift.precedence.get(name, tuple(layouts)) if name in layouts[device].items]
            for name in names
        }
        self._held: dict[tuple[str, str], Item[Value]] = {}
        self._doubted: frozenset[tuple[str, str]] = frozenset()
        self.words: Final = Words((name, device) for name in names if name in KINDS for device in self._order[name])

    def take(self, device: str, block: str, values: Mapping[str, Value], from_ns: int, to_ns: int) -> None:
        """Remember what a device said in one block, sampled between `from_ns` and `to_ns`."""
        source = f"{device}/{block}"
        for name, value in values.items():
            if name == "floor":
                self._held[name, device] = self._floor(value, from_ns, to_ns, source)
            elif name in self._order:
                key = name, device
                validity = Validity.IMPLAUSIBLE if key in self._doubted else Validity.GOOD
                self._held[key] = Item(value, validity, from_ns, to_ns, source)
        self.words.take(device, values, from_ns)

    def doubt(self, doubted: AbstractSet[tuple[str, str]]) -> bool:
        """These (item, device), and no others, are implausible from now on; whether that is news."""
        changed = self._doubted ^ doubted
        self._doubted = frozenset(doubted)
        for key in changed & self._held.keys():
            validity = Validity.IMPLAUSIBLE if key in doubted else Validity.GOOD
            self._held[key] = msgspec.structs.replace(self._held[key], validity=validity)
        return bool(changed)

    def forget(self, device: str) -> None:
        """Nothing that this device said counts any more."""
        for key in [key for key in self._held if key[1] == device]:
            del self._held[key]
        self.words.forget(device)

    def _floor(self, reported: Value, from_ns: int, to_ns: int, source: str) -> Item[Value]:
        index = self._floor_index.get(reported) if isinstance(reported, int) else None
        validity = Validity.IMPLAUSIBLE if index is None else Validity.GOOD
        return Item(index, validity, from_ns, to_ns, source)

    def _believed(self, name: str, now_ns: int) -> Item[Value]:
        oldest_ns = now_ns - self._stale_ns
        newest: Item[Value] | None = None
        implausible: Item[Value] | None = None
        for device in self._order[name]:
            item = self._held.get((name, device))
            if item is None:
                continue
            if item.sampled_from_ns > oldest_ns:
                if item.validity is Validity.GOOD:
                    return item
                implausible = item if implausible is None else implausible
            if newest is None or item.sampled_from_ns > newest.sampled_from_ns:
                newest = item
        if implausible is not None:
            return implausible
        if newest is None:
            return Item()
        return Item(newest.value, Validity.STALE, newest.sampled_from_ns, newest.sampled_to_ns, newest.source)

    def _all_faults(self, now_ns: int) -> Item[Value]:
        """What any device complains of now: an empty list of one must not hide the other's."""
        oldest_ns = now_ns - self._stale_ns
        held = [self._held[FAULTS, device] for device in self._order[FAULTS] if (FAULTS, device) in self._held]
        fresh = [item for item in held if item.sampled_from_ns > oldest_ns]
        if len(fresh) < 2:
            return self._believed(FAULTS, now_ns)
        names = dict.fromkeys(name for item in fresh if isinstance(item.value, Iterable) for name in item.value)
        return Item(
            tuple(names),
            Validity.GOOD,
            min(item.sampled_from_ns for item in fresh),
            max(item.sampled_to_ns for item in fresh),
            "+".join(item.source for item in fresh),
        )

    def snapshot(self, now_ns: int) -> LiftSnapshot:
        """The lift at `now_ns`."""
        plain = {name: self._believed(name, now_ns) for name in PLAIN_ITEMS if self._order[name]}
        if len(self._order[FAULTS]) > 1:
            plain[FAULTS] = self._all_faults(now_ns)
        doors = tuple(
            DoorItems(
                side=side,
                open=self._believed(_door_item(side, "open"), now_ns),  # type: ignore[arg-type]  # kinds are the layout's word
                closed=self._believed(_door_item(side, "closed"), now_ns),  # type: ignore[arg-type]
            )
            for side in self._doors
        )
        return LiftSnapshot(t_ns=now_ns, doors=doors, **plain)  # type: ignore[arg-type]

    def next_deadline(self, now_ns: int) -> int | None:
        """When the next value that is still fresh at `now_ns` becomes stale."""
        ends = (item.sampled_from_ns + self._stale_ns for item in self._held.values())
        return min((end for end in ends if end > now_ns), default=None)
