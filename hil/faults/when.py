"""When a fault fires: operators that are data. A family adds its own `match` to them."""

from typing import Annotated

import msgspec
from msgspec import Meta

Instant = Annotated[int, Meta(ge=0)]
Probability = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class Operators(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """On which of its occasions a fault fires.

    Those in the `window` (first instant and end, ns), while the predicate named by `while` holds, one of every `every`
    such; then with probability `p`, until it fired `count` times. `once` is a count of one. Raises ValueError for a
    window that ends before it begins, and for `once` beside another `count`.
    """

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
