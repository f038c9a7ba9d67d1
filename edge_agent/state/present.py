"""A snapshot, and the registers behind it, as people and platforms see them."""

import enum
from collections.abc import Iterable

from edge_agent.config_types import LiftConfig
from edge_agent.local.views import RegisterView
from protocols.lift.snapshot import Item, LiftSnapshot, items_of
from protocols.lift.vocabulary import Validity
from protocols.profiles.layout import RawRow
from protocols.upstream.messages import ItemView, SnapshotView, Stamp

_NS_PER_MS = 1_000_000


def plain(value: object) -> bool | int | float | str | list[str] | None:
    """A vocabulary value as JSON has it: enums by name in lower case."""
    if isinstance(value, enum.Enum):
        return value.name.lower()
    if isinstance(value, tuple):
        return [str(part) for part in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"no plain form for {type(value).__name__}")


def _view(item: Item[object], now_ns: int) -> ItemView:
    return ItemView(
        value=plain(item.value),
        validity=item.validity.value,
        age_ms=item.age_ns(now_ns) // _NS_PER_MS,
        source=item.source,
    )


def snapshot_view(snapshot: LiftSnapshot, lift: LiftConfig, at: Stamp) -> SnapshotView:
    """Every item that some device has ever given, and the floor's label beside its index."""
    index = snapshot.floor.known
    return SnapshotView(
        at=at,
        items={
            name: _view(item, snapshot.t_ns)
            for name, item in items_of(snapshot).items()
            if item.validity is not Validity.MISSING
        },
        floor_index=index,
        floor_label=None if index is None else lift.floors[index].label,
    )


def register_views(device: str, block: str, rows: Iterable[RawRow], age_ns: int) -> list[RegisterView]:
    """A block's rows, read so long ago."""
    return [
        RegisterView(
            device=device,
            block=block,
            address=row.address,
            words=row.words,
            name=row.name,
            item=row.item,
            value=plain(row.value),
            unit=row.unit,
            age_ms=age_ns // _NS_PER_MS,
        )
        for row in rows
    ]
