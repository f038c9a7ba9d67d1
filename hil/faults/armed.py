"""The faults of one family that are armed: who is due, what each draws from, what fired.

Each fault draws from a stream of its own, `Random(f"{seed}/{id}")`, so that adding one does not shift another's draws.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Generic, Protocol, TypeVar

import msgspec

from hil import UsageError
from hil.faults.when import Operators
from protocols.nearest import hint

Predicates = Mapping[str, Callable[[], bool]]
"""What a fault's `while` may name."""
OnFiring = Callable[[int, str, str], None]
"""(ns, the fault's id, what was done): told of every firing as it happens."""


class AnyFault(Protocol):
    """What a fault is to the bookkeeping."""

    @property
    def id(self) -> str:
        """Its name among those armed with it."""

    @property
    def when(self) -> Operators:
        """On which occasions it fires."""


class Firing(msgspec.Struct, frozen=True):
    """A fault did something from `t_ns` on, and what it did lasts until `until_ns`."""

    t_ns: int
    until_ns: int
    fault: str
    done: str


class Turn(msgspec.Struct):
    """A fault's own state: its random stream, how often it fired before, the bytes and the number that it keeps."""

    rng: Random
    fired: int = 0
    memory: dict[bytes, bytes] = {}
    number: int = 0


F = TypeVar("F", bound=AnyFault)


class Armed(Generic[F]):
    """A fault at work."""

    def __init__(self, fault: F, seed: str, holds: Callable[[], bool]) -> None:
        self.fault = fault
        self.turn = Turn(Random(f"{seed}/{fault.id}"))
        self._holds = holds
        self._seen = 0

    def may(self, t_ns: int) -> bool:
        """Whether an instant is an occasion at all. Draws nothing."""
        return not self.is_spent and self.fault.when.is_open(t_ns) and self._holds()

    def takes(self) -> bool:
        """Whether it fires on an occasion. Draws from its own stream, and only if it may fire."""
        when = self.fault.when
        self._seen += 1
        return self._seen % when.every == 0 and (when.p >= 1 or self.turn.rng.random() < when.p)

    @property
    def is_spent(self) -> bool:
        """It fired as often as it may."""
        at_most = self.fault.when.at_most
        return at_most is not None and self.turn.fired >= at_most


class Armoury(Generic[F]):
    """Arms and clears, and keeps the record of what fired."""

    def __init__(self, seed: str, predicates: Predicates | None, on_firing: OnFiring | None) -> None:
        self.firings: list[Firing] = []
        self._seed = seed
        self._predicates = {} if predicates is None else dict(predicates)
        self._on_firing = on_firing
        self._armed: dict[str, Armed[F]] = {}

    def arm(self, fault: F) -> Armed[F]:
        """Let it act. Raises UsageError for two of one name and for a `while` that nobody defines."""
        named = fault.when.holds
        if fault.id in self._armed:
            raise UsageError(f"two faults are called {fault.id}; give one of them another id")
        if named is not None and named not in self._predicates:
            raise UsageError(f"fault {fault.id}: while {named!r} is not known; {hint(named, self._predicates)}")
        armed = Armed(fault, self._seed, _always if named is None else self._predicates[named])
        self._armed[fault.id] = armed
        return armed

    def clear(self, fault_id: str) -> Armed[F]:
        """Let it act no more. Raises UsageError if it is not armed."""
        if fault_id not in self._armed:
            raise UsageError(f"no fault {fault_id!r} is armed; {hint(fault_id, self._armed)}")
        return self._armed.pop(fault_id)

    def all(self) -> tuple[Armed[F], ...]:
        """Those at work, in the order of their arming."""
        return tuple(self._armed.values())

    def is_armed(self, armed: Armed[F]) -> bool:
        """Whether it is still at work."""
        return self._armed.get(armed.fault.id) is armed

    def fire(self, armed: Armed[F], t_ns: int, until_ns: int, done: str) -> None:
        """Record that it did something."""
        armed.turn.fired += 1
        self.firings.append(Firing(t_ns, until_ns, armed.fault.id, done))
        if self._on_firing is not None:
            self._on_firing(t_ns, armed.fault.id, done)

    def fired(self, fault_id: str) -> int:
        """How often a fault fired so far."""
        return sum(firing.fault == fault_id for firing in self.firings)


def _always() -> bool:
    return True
