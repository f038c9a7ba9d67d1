"""Which imperfections an item's sensor can have."""

from collections.abc import Mapping
from typing import Final

from protocols.lift.vocabulary import ITEMS, ItemKind
from protocols.nearest import hint
from sim.sensors import SensorError
from sim.sensors.config import Imperfections, Stuck, Swapped

_ONLY_AT: Final = {
    "vane": ("door_zone",),
    "drift": ("overload",),
    "still": ("person",),
    "hot": ("person",),
    "lost_at_rest": tuple(item for item in ITEMS if item.startswith("doors.")),
}
_CONTACTS: Final = frozenset({"false_on", "dropout", "bounce", "inverted"})
"""What only something that is on or off can do."""
_VALUES: Final[dict[ItemKind, tuple[type, ...]]] = {
    ItemKind.BOOL: (bool,),
    ItemKind.INT: (int,),
    ItemKind.BITS: (int,),
    ItemKind.FLOAT: (int, float),
}


def check(sensors: Mapping[str, Imperfections]) -> None:
    """Raises SensorError, one line, if an item does not exist or its sensor cannot be wrong in that way."""
    for item, imperfections in sensors.items():
        if item not in ITEMS:
            raise SensorError(f"sensors: no item {item!r}; {hint(item, list(ITEMS))}")
        for name, one in imperfections.named():
            what = _only_at(item, name)
            if what is None and isinstance(one, Stuck):
                what = _stuck(item, one)
            elif what is None and isinstance(one, Swapped):
                what = _swapped(item, one)
            if what is not None:
                raise SensorError(f"sensors: {item}: {name}: {what}")


def _only_at(item: str, name: str) -> str | None:
    kind = ITEMS[item].kind
    if name in _ONLY_AT and item not in _ONLY_AT[name]:
        return f"only at {', '.join(_ONLY_AT[name])}"
    if name in _CONTACTS and kind is not ItemKind.BOOL:
        return "only at what is on or off"
    if kind is ItemKind.FLOAT and name != "stuck":
        return f"a measured value can only be stuck: remove {name}"
    return None


def _stuck(item: str, one: Stuck) -> str | None:
    kind = ITEMS[item].kind
    if kind is ItemKind.FLOAT and (one.value is None or one.after_changes is not None):
        return "a measured value needs the value it is stuck at, and no after_changes"
    if one.value is None:
        return None
    wanted = _VALUES.get(kind, ())
    if isinstance(one.value, bool) is not (kind is ItemKind.BOOL) or not isinstance(one.value, wanted):
        takes = {ItemKind.BOOL: "true or false", ItemKind.FLOAT: "a number"}.get(kind, "a whole number")
        return f"value wants {takes}, not {one.value}" if wanted else "remove value: it can stay only at what it tells"
    return None


def _swapped(item: str, one: Swapped) -> str | None:
    if one.item not in ITEMS:
        return f"no item {one.item!r}; {hint(one.item, list(ITEMS))}"
    if one.item == item:
        return "name another item"
    if ITEMS[one.item].kind is not ITEMS[item].kind:
        return f"{one.item} is of another kind ({ITEMS[one.item].kind.value}, not {ITEMS[item].kind.value})"
    return None
