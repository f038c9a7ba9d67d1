"""The plant and one of its lifts, as far as misfortune needs them."""

from collections.abc import Callable
from typing import Final, Protocol, final

from sim.agenda import Appointment
from sim.building import Building
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind, TruthValue


class World(Protocol):
    """Time, the lifts, and the truth log."""

    @property
    def building(self) -> Building:
        """What is there."""

    @property
    def now_ns(self) -> int:
        """The present instant."""

    def at(self, t_ns: int, action: Callable[[], None]) -> Appointment:
        """Do `action` at `t_ns`."""

    def apply(self, stimulus: Stimulus, seconds: float | None = None, car: int | None = None) -> Effect:
        """Do something to a lift now; without `car`, to every one what is building-wide."""

    def refuses(self, stimulus: Stimulus, car: int = 0) -> bool:
        """Whether something else waits for its occasion at a lift, so that `stimulus` would be refused."""

    def tell(self, kind: TruthKind, **data: TruthValue) -> None:
        """Write into the truth log that something happened now."""


@final
class Place:
    """One lift of it."""

    def __init__(self, world: World, car: int) -> None:
        self._world: Final = world
        self.car: Final = car

    @property
    def now_ns(self) -> int:
        """The present instant."""
        return self._world.now_ns

    def after(self, wait_ns: int, action: Callable[[], None]) -> None:
        """Do `action` in so long; in no time: right behind what happens just now."""
        self._world.at(self._world.now_ns + wait_ns, action)

    def apply(self, stimulus: Stimulus, seconds: float | None = None) -> Effect:
        """Do something to the lift now, and to all others what is building-wide."""
        return self._world.apply(stimulus, seconds, None if stimulus.is_building_wide else self.car)

    def refuses(self, stimulus: Stimulus) -> bool:
        """Whether something else waits for its occasion at the lift, so that `stimulus` would be refused."""
        return self._world.refuses(stimulus, self.car)

    def tell(self, kind: TruthKind, **data: TruthValue) -> None:
        """Write into the truth log what happened now; of a car above the first it says which."""
        if self.car:
            data["car"] = self.car
        self._world.tell(kind, **data)
