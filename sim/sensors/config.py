"""What can be wrong with a sensor, in the order in which it tells: the last one named here is nearest to the register.

Origins: `lift_standards` is the reference of that name with its mark; everything else is an assumption, chosen to be
seen by a terminal that polls twice a second without drowning it. Each kind stands at most once at an item.
"""

from typing import Annotated

import msgspec

NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Millimetres = Annotated[float, msgspec.Meta(ge=-350, le=350)]


class Imperfection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When it is there: from `from_s` after the start, for `for_s` (none: for good).

    With `on: false` it is there only when somebody switches it on in the run.
    """

    on: bool = True
    from_s: NotNegative = 0.0
    for_s: Positive | None = None


class Swapped(Imperfection, frozen=True):
    """The wire of another sensor: it tells what `item` should. Two exchanged wires are said at both items."""

    item: str


class Vane(Imperfection, frozen=True):
    """A misadjusted vane or door-zone switch: the zone is shifted upwards, and narrower at either end."""

    shift_mm: Millimetres = 0.0
    narrower_mm: Annotated[float, msgspec.Meta(ge=0, le=330)] = 0.0


class Drift(Imperfection, frozen=True):
    """The device's own weighing is `offset_kg` off at the start, and drifts by `per_day_kg`."""

    offset_kg: Annotated[float, msgspec.Meta(ge=-5000, le=5000)] = 0.0
    per_day_kg: Annotated[float, msgspec.Meta(ge=-500, le=500)] = 5.0


class Still(Imperfection, frozen=True):
    """A PIR sees what moves: it loses people `after_s` after anybody came or left and the car or a door moved."""

    after_s: Positive = 30.0


class Hot(Imperfection, frozen=True):
    """A PIR warms up: it sees somebody for `lasts_s` after the mains come back."""

    lasts_s: Annotated[float, msgspec.Meta(gt=0, le=600)] = 60.0


class LostAtRest(Imperfection, frozen=True):
    """A limit contact that opens while the door stands at it: at a `share` of the times, within `within_s`."""

    share: Share = 0.1
    within_s: Positive = 60.0


class FalseOn(Imperfection, frozen=True):
    """On without a cause, as a PIR by a fan or a heater: `per_hour` on average, for up to `longest_s`."""

    per_hour: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 2.0
    longest_s: Annotated[float, msgspec.Meta(gt=0, le=600)] = 10.0


class Dropout(Imperfection, frozen=True):
    """Vibration opens the contact while the car moves: `per_s` of travel on average, for up to `longest_ms`."""

    per_s: Annotated[float, msgspec.Meta(gt=0, le=10)] = 0.1
    longest_ms: Annotated[float, msgspec.Meta(gt=0, le=5000)] = 100.0


class Late(Imperfection, frozen=True):
    """Everything comes `by_s` later."""

    by_s: Annotated[float, msgspec.Meta(gt=0, le=60)] = 1.0


class Bounce(Imperfection, frozen=True):
    """A contact opens and closes up to `chatters` times more after each edge, for up to `longest_ms`.

    At most 300 ms: a controller's debounce of a lock contact (lift_standards, V1).
    """

    longest_ms: Annotated[float, msgspec.Meta(gt=0, le=300)] = 300.0
    chatters: Annotated[int, msgspec.Meta(ge=1, le=20)] = 4


class Inverted(Imperfection, frozen=True):
    """The other contact of the pair is wired."""


class Stuck(Imperfection, frozen=True):
    """Stays at `value` (none: at what it just tells), after `after_changes` more changes of the truth."""

    value: bool | int | float | None = None
    after_changes: Annotated[int, msgspec.Meta(ge=1)] | None = None


Kind = Swapped | Vane | Drift | Still | Hot | LostAtRest | FalseOn | Dropout | Late | Bounce | Inverted | Stuck


class Imperfections(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is wrong with the sensor of one item."""

    swapped: Swapped | None = None
    vane: Vane | None = None
    drift: Drift | None = None
    still: Still | None = None
    hot: Hot | None = None
    lost_at_rest: LostAtRest | None = None
    false_on: FalseOn | None = None
    dropout: Dropout | None = None
    late: Late | None = None
    bounce: Bounce | None = None
    inverted: Inverted | None = None
    stuck: Stuck | None = None

    def named(self) -> list[tuple[str, Kind]]:
        """Those that are there, by name, in their order."""
        pairs = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return [(name, one) for name, one in pairs if one is not None]
