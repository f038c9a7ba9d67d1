"""Stages without chance: each reads the one before it and changes what it tells."""

from typing import Final, final

from sim.sensors.trace import START, Source, Trace


@final
class Switched:
    """`bad` while `on` is true, else `good`."""

    def __init__(self, good: Source, bad: Source, on: Trace) -> None:
        self._good: Final = good
        self._bad: Final = bad
        self._on: Final = on

    def at(self, t_ns: int) -> object:
        """What it tells at `t_ns`."""
        return (self._bad if self._on.at(t_ns) else self._good).at(t_ns)

    def since(self, t_ns: int) -> int:
        """The last instant up to `t_ns` at which it may have changed."""
        now = self._bad if self._on.at(t_ns) else self._good
        return max(self._on.since(t_ns), now.since(t_ns))


@final
class Inverted:
    """The opposite."""

    def __init__(self, up: Source) -> None:
        self._up: Final = up

    def at(self, t_ns: int) -> object:
        """What it tells at `t_ns`."""
        return not self._up.at(t_ns)

    def since(self, t_ns: int) -> int:
        """The last instant up to `t_ns` at which it may have changed."""
        return self._up.since(t_ns)


@final
class Late:
    """The same, later."""

    def __init__(self, up: Source, by_ns: int) -> None:
        self._up: Final = up
        self._by_ns: Final = by_ns

    def at(self, t_ns: int) -> object:
        """What it tells at `t_ns`."""
        return self._up.at(t_ns - self._by_ns)

    def since(self, t_ns: int) -> int:
        """The last instant up to `t_ns` at which it may have changed."""
        since_ns = self._up.since(t_ns - self._by_ns)
        return since_ns if since_ns == START else since_ns + self._by_ns


@final
class Stuck:
    """Tells `value`, or what it told then, from when it was switched on or from the change `after` of `truth` since."""

    def __init__(
        self, up: Source, on: Trace, value: bool | int | float | None, truth: Trace | None = None, after: int = 0
    ) -> None:
        self._up: Final = up
        self._on: Final = on
        self._value: Final = value
        self._truth: Final = truth
        self._after: Final = after

    def at(self, t_ns: int) -> object:
        """What it tells at `t_ns`."""
        from_ns = self._from_ns(t_ns)
        if from_ns is None:
            return self._up.at(t_ns)
        return self._up.at(from_ns) if self._value is None else self._value

    def since(self, t_ns: int) -> int:
        """The last instant up to `t_ns` at which it may have changed."""
        from_ns = self._from_ns(t_ns)
        return self._up.since(t_ns) if from_ns is None else from_ns

    def _from_ns(self, t_ns: int) -> int | None:
        on_ns = self._on.since(t_ns)
        from_ns = on_ns if self._truth is None else self._truth.nth_after(on_ns, self._after)
        return None if from_ns is None or from_ns > t_ns else from_ns


@final
class Still:
    """A person, seen as long as anything stirred no longer ago than `after_ns`: a stir, or the car on its way."""

    def __init__(self, up: Source, moving: Source, stirs: tuple[Source, ...], after_ns: int) -> None:
        self._up: Final = up
        self._moving: Final = moving
        self._stirs: Final = (up, moving, *stirs)
        self._after_ns: Final = after_ns

    def at(self, t_ns: int) -> object:
        """What it tells at `t_ns`."""
        return bool(self._up.at(t_ns)) and (bool(self._moving.at(t_ns)) or t_ns < self._lost_ns(t_ns))

    def since(self, t_ns: int) -> int:
        """The last instant up to `t_ns` at which it may have changed."""
        lost_ns = self._lost_ns(t_ns)
        return lost_ns if lost_ns <= t_ns and not self._moving.at(t_ns) else lost_ns - self._after_ns

    def _lost_ns(self, t_ns: int) -> int:
        return max(stir.since(t_ns) for stir in self._stirs) + self._after_ns


@final
class Hot:
    """On for `lasts_ns` after the mains came back."""

    def __init__(self, up: Source, mains: Source, lasts_ns: int) -> None:
        self._up: Final = up
        self._mains: Final = mains
        self._lasts_ns: Final = lasts_ns

    def at(self, t_ns: int) -> object:
        """What it tells at `t_ns`."""
        back_ns = self._mains.since(t_ns)
        is_hot = bool(self._mains.at(t_ns)) and back_ns <= t_ns < back_ns + self._lasts_ns
        return is_hot or self._up.at(t_ns)

    def since(self, t_ns: int) -> int:
        """The last instant up to `t_ns` at which it may have changed."""
        back_ns = self._mains.since(t_ns)
        cold_ns = back_ns + self._lasts_ns
        return max(self._up.since(t_ns), cold_ns if cold_ns <= t_ns and back_ns != START else back_ns)
