"""When a fault fires: operators that are data, composed by being named together.

A fault fires on a transmission if `match` describes it, its instant is in `window`, the predicate named by `while`
holds, and it is one of every `every` such transmissions; then with probability `p`, until it fired `count` times.
`once` is a count of one.
"""

import enum
from typing import Annotated

import msgspec
from msgspec import Meta

from hil.bus.faults.bounds import Count, Probability, SlaveId
from hil.bus.faults.sending import Sending

Instant = Annotated[int, Meta(ge=0)]


class Direction(enum.Enum):
    """Whether the master drives, or somebody else."""

    REQUEST = "request"
    REPLY = "reply"


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which transmissions; what is not named may be anything. `fc` is the function, `addr` the first register asked."""

    dir: Direction | None = None
    slave: SlaveId | None = None
    fc: Annotated[int, Meta(ge=1, le=127)] | None = None
    addr: Annotated[int, Meta(ge=0, le=0xFFFF)] | None = None

    def fits(self, sending: Sending) -> bool:
        """Whether it describes a transmission."""
        return (
            (self.dir is None or (self.dir is Direction.REQUEST) == sending.is_request)
            and (self.slave is None or self.slave == sending.slave)
            and (self.fc is None or self.fc == sending.function)
            and (self.addr is None or self.addr == sending.address)
        )


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The operators. `window` is first instant and end, monotonic ns; `while` names a predicate.

    Raises ValueError for a window that ends before it begins, and for `once` beside another `count`.
    """

    match: Match = Match()
    window_ns: tuple[Instant, Instant] | None = msgspec.field(default=None, name="window")
    holds: str | None = msgspec.field(default=None, name="while")
    every: Count = 1
    p: Probability = 1.0
    count: Count | None = None
    once: bool = False

    def __post_init__(self) -> None:
        if self.window_ns is not None and self.window_ns[1] < self.window_ns[0]:
            raise ValueError(f"window {self.window_ns}: it ends before it begins; write its first instant first")
        if self.once and self.count not in (None, 1):
            raise ValueError(f"once and count {self.count}: name one of them")

    @property
    def at_most(self) -> int | None:
        """How often it fires; None is for ever."""
        return 1 if self.once else self.count

    def is_open(self, t_ns: int) -> bool:
        """Whether an instant is in the window."""
        return self.window_ns is None or self.window_ns[0] <= t_ns < self.window_ns[1]
