"""People who come to work on the lift: what they do, step by step. A cleaner; a technician on a maintenance visit.

Each step is a stimulus, and is in the truth log as one. What a visit begins with waits until the lift is free for it.
"""

from collections.abc import Callable, Sequence
from typing import Final, final

import msgspec

from sim.agenda import Appointment, to_ns
from sim.car import Car
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind

TRY_AGAIN_S: Final = 30.0
TRIES: Final = 20
"""Who finds the lift in use waits for so long, so often, and then goes away (assumptions)."""
CLEANING_S: Final = 600.0
"""How long cleaning takes if it isn't said (assumption)."""


class Step(msgspec.Struct, frozen=True):
    """After a pause, a stimulus, for so long if it is one that lasts."""

    pause_s: float
    stimulus: Stimulus
    lasts_s: float | None = None


def cleaning(seconds: float) -> tuple[Step, ...]:
    """A door stop under the door; the cleaner works outside the car at first, then inside, and rides on."""
    return (Step(0, Stimulus.DOOR_STOP, seconds), Step(seconds / 3, Stimulus.PERSON_ENTERS))


MAINTENANCE: Final = (
    Step(0, Stimulus.INSPECTION_ON),
    Step(5, Stimulus.CABINET_DOOR, 160),
    Step(20, Stimulus.INSPECTION_UP, 8),
    Step(15, Stimulus.STOP_SWITCH, 10),
    Step(15, Stimulus.CAR_CONTACT, 5),
    Step(10, Stimulus.LANDING_LOCK, 5),
    Step(10, Stimulus.INSPECTION_DOWN, 6),
    Step(30, Stimulus.INSPECTION_OFF),
    Step(60, Stimulus.RIDE_UP),
    Step(60, Stimulus.RIDE_DOWN),
)
"""A short visit: the car's roof, the stop switch, both door contacts, and in the end a ride up and down with the door
opened and closed (detection.md: how a visit ends). Its times are assumptions."""

Do = Callable[[Stimulus, float | None], Effect]


@final
class Visit:
    """Somebody at work on one car, or nobody."""

    def __init__(self, car: Car) -> None:
        self._car: Final = car
        self._next: Appointment | None = None

    def begin(self, steps: Sequence[Step], do: Do) -> bool:
        """Do the first step now or, if the lift is not free for it, a little later; False if somebody else is here."""
        if self._next is not None:
            return False
        self._try(steps, do, TRIES)
        return True

    def end(self) -> bool:
        """Whoever is here goes away at once; whether anybody was."""
        if self._next is None:
            return False
        self._next.cancel()
        self._next = None
        return True

    def _try(self, steps: Sequence[Step], do: Do, tries: int) -> None:
        if self._do(steps[0], do) is not Effect.NONE:
            self._go_on(steps[1:], do)
        elif tries > 1:
            self._after(TRY_AGAIN_S, lambda: self._try(steps, do, tries - 1))
        else:
            self._next = None

    def _go_on(self, steps: Sequence[Step], do: Do) -> None:
        if not steps:
            self._next = None
            return
        self._after(steps[0].pause_s, lambda: self._step(steps, do))

    def _step(self, steps: Sequence[Step], do: Do) -> None:
        self._do(steps[0], do)
        self._go_on(steps[1:], do)

    def _do(self, step: Step, do: Do) -> Effect:
        self._car.tell(TruthKind.STIMULUS, stimulus=step.stimulus.value)
        return do(step.stimulus, step.lasts_s)

    def _after(self, seconds: float, action: Callable[[], None]) -> None:
        self._next = self._car.later(self._car.now_ns + to_ns(seconds), action)
