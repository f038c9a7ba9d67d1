"""People's habits at one car: they hear what happens to it, and do something then or a while later.

Whatever they do is a stimulus at an appointment of its own, never inside what they heard. Misuse is in the truth log
with its name before what comes of it.
"""

import math
import random
from collections.abc import Callable
from typing import Final, Protocol, final

from sim.agenda import Appointment, to_ns
from sim.habits import AlarmButton, Habits
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind, TruthValue

HOLD_SIGMA: Final = 1.0
IDLE_PRESS_S: Final = 2.0


class Scene(Protocol):
    """The plant, as far as people's habits need it."""

    @property
    def now_ns(self) -> int:
        """The present instant."""

    def at(self, t_ns: int, action: Callable[[], None]) -> Appointment:
        """Let `action` happen at `t_ns`."""

    def tell(self, kind: TruthKind, **data: TruthValue) -> None:
        """Write into the truth log that something happened now."""

    def apply(self, stimulus: Stimulus, seconds: float | None = None, car: int | None = None) -> Effect:
        """Do something to a car now."""

    def refuses(self, stimulus: Stimulus, car: int = 0) -> bool:
        """Whether something else waits for its occasion at a car, so that `stimulus` would be refused."""


def heard(habits: Habits) -> tuple[TruthKind, ...]:
    """What people of these habits act upon; nothing if they have none."""
    trapped = habits.alarm_button is not None or habits.pries > 0
    kinds = {
        TruthKind.TRAPPED_SINCE: trapped,
        TruthKind.FREED: trapped,
        TruthKind.DEPARTED: habits.rubbish > 0 or habits.jumps > 0,
        TruthKind.BOARDED: habits.idle_presses > 0 or habits.holds > 0,
    }
    return tuple(kind for kind, matters in kinds.items() if matters)


@final
class Behaviour:
    """The people of one car. `hear` takes what they act upon of its truth, one record after the other."""

    def __init__(self, habits: Habits, scene: Scene, car: int, seed: int | str) -> None:
        self._habits: Final = habits
        self._scene: Final = scene
        self._car: Final = car
        self._button: Final = AlarmButton() if habits.alarm_button is None else habits.alarm_button
        self._draws: Final = {name: random.Random(f"{seed}/{name}") for name in _CONCERNS}
        self._pending: Final[list[Appointment]] = []

    def hear(self, kind: TruthKind, data: dict[str, TruthValue]) -> None:
        """Something happened to the car now."""
        match kind:
            case TruthKind.TRAPPED_SINCE:
                self._trapped(in_zone=bool(data.get("door_zone")))
            case TruthKind.FREED:
                for one in self._pending:
                    one.cancel()
                self._pending.clear()
            case TruthKind.DEPARTED if data["persons"]:
                self._ride()
            case TruthKind.BOARDED:
                self._board()
            case _:
                pass

    def _trapped(self, in_zone: bool) -> None:
        habits = self._habits
        if habits.alarm_button is not None and not self._happens("alarm button", self._button.never):
            self._while_trapped(self._patience_s("alarm button"), self._press)
        if not in_zone and self._happens("prying", habits.pries):
            self._while_trapped(self._patience_s("prying"), lambda: self._misuse("prying", Stimulus.FORCE_DOOR))

    def _press(self) -> None:
        self._do(Stimulus.ALARM_BUTTON, self._button.press_s)
        if self._happens("alarm button", self._button.again):
            pause_s = self._draws["alarm button"].expovariate(1 / self._button.again_after_s)
            self._while_trapped(self._button.press_s + pause_s, self._press)

    def _ride(self) -> None:
        if self._happens("rubbish", self._habits.rubbish):
            self._later(0, lambda: self._misuse("rubbish in the sill", Stimulus.DOOR_JAMMED_AJAR))
        if self._happens("jumping", self._habits.jumps):
            self._later(0, lambda: self._misuse("jumping", Stimulus.CHAIN_GLITCH))

    def _board(self) -> None:
        if self._happens("idle presses", self._habits.idle_presses):
            self._later(0, lambda: self._misuse("button without need", Stimulus.ALARM_BUTTON, IDLE_PRESS_S))
        if self._happens("holding", self._habits.holds):
            for_s = self._draws["holding"].lognormvariate(math.log(self._habits.holds_for_s), HOLD_SIGMA)
            self._later(0, lambda: self._do(Stimulus.HOLD_DOOR, for_s))

    def _happens(self, concern: str, share: float) -> bool:
        return share > 0 and self._draws[concern].random() < share

    def _patience_s(self, concern: str) -> float:
        return self._draws[concern].lognormvariate(math.log(self._button.after_s), self._button.sigma)

    def _while_trapped(self, after_s: float, action: Callable[[], None]) -> None:
        self._pending.append(self._later(after_s, action))

    def _later(self, after_s: float, action: Callable[[], None]) -> Appointment:
        return self._scene.at(self._scene.now_ns + to_ns(after_s), action)

    def _misuse(self, what: str, stimulus: Stimulus, seconds: float | None = None) -> None:
        if self._scene.refuses(stimulus, self._car):
            return  # one misfortune at a time: what was drawn for this run is left out
        which: dict[str, TruthValue] = {"car": self._car} if self._car else {}
        self._scene.tell(TruthKind.MISUSE, what=what, **which)
        self._do(stimulus, seconds)

    def _do(self, stimulus: Stimulus, seconds: float | None = None) -> None:
        self._scene.apply(stimulus, seconds, self._car)


_CONCERNS: Final = ("alarm button", "prying", "rubbish", "jumping", "idle presses", "holding")
