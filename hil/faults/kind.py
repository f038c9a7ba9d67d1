"""What every kind of these faults is: a frozen struct, named by its catalogue id, that knows no key but its own."""

from typing import Annotated, ClassVar, Protocol, runtime_checkable

import msgspec
from msgspec import Meta

from hil.faults.armed import Turn
from hil.faults.deeds import Deed

DAY_S = 86_400
NS_PER_S = 1_000_000_000
Seconds = Annotated[float, Meta(ge=0, le=7 * DAY_S)]
"""At most a week."""


class Kind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="fault"):
    """A kind of fault and its parameters; `loses`: it can leave less than there was."""

    loses: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """Its catalogue id."""
        return str(type(self).__struct_config__.tag)


class Happening(Kind, frozen=True, kw_only=True):
    """A kind that does a deed. It has one occasion, or with `again_s` one more every so often."""

    again_s: Annotated[float, Meta(ge=0.1, le=7 * DAY_S)] | None = None


@runtime_checkable
class Doing(Protocol):
    """A kind that does a deed: pure, the same random stream gives the same deed."""

    @property
    def again_s(self) -> float | None:
        """Seconds from one occasion to the next, if there are several."""

    def deed(self, turn: Turn) -> Deed:
        """What it does this time."""


def ns(seconds: float) -> int:
    """Seconds as integer nanoseconds."""
    return round(seconds * NS_PER_S)
