"""A window of time that a condition must fill: it runs, pauses and resets, and never forgets what it counted.

It pauses when the condition is false or unknown, and resets only when the caller says that the stop is over.
"""

import msgspec


class Window(msgspec.Struct, frozen=True):
    """`counted_ns` before the present run, and when the present run began (None: paused)."""

    counted_ns: int = 0
    running_since_ns: int | None = None
    first_ns: int | None = None

    def elapsed_ns(self, t_ns: int) -> int:
        """The time counted up to `t_ns`."""
        return self.counted_ns + (0 if self.running_since_ns is None else t_ns - self.running_since_ns)

    def follow(self, holds: bool | None, t_ns: int) -> "Window":
        """Run while the condition holds, else pause."""
        if holds:
            if self.running_since_ns is not None:
                return self
            first_ns = t_ns if self.first_ns is None else self.first_ns
            return Window(self.counted_ns, t_ns, first_ns)
        return self.paused(t_ns)

    def paused(self, t_ns: int) -> "Window":
        """The same window, not running."""
        if self.running_since_ns is None:
            return self
        return Window(self.elapsed_ns(t_ns), None, self.first_ns)

    def fills_at_ns(self, limit_ns: int) -> int | None:
        """When it will have counted `limit_ns` if it goes on running; None while it is paused."""
        if self.running_since_ns is None:
            return None
        return self.running_since_ns + limit_ns - self.counted_ns
