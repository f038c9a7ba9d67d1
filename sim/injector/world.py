"""The plant, as far as misfortune needs it."""

from typing import Protocol

from sim.agenda import Appointment
from sim.injector.occasions import Action
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind, TruthValue


class World(Protocol):
    """Time, the lift, and the truth log."""

    @property
    def now_ns(self) -> int:
        """The present instant."""

    def at(self, t_ns: int, action: Action) -> Appointment:
        """Do `action` at `t_ns`."""

    def apply(self, stimulus: Stimulus, seconds: float | None = None) -> Effect:
        """Do something to the lift now."""

    def tell(self, kind: TruthKind, **data: TruthValue) -> None:
        """Write into the truth log that something happened now."""
