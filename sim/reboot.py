"""How long a controller takes to start anew: 20 to 60 s, seeded, or as long as said."""

import random
from collections.abc import Callable
from typing import Final, final

from sim.agenda import Agenda, to_ns

LEAST_S: Final = 20.0
MOST_S: Final = 60.0
"""Uniform between both (assumption; the range is that of the project's plan, no source was found)."""


@final
class Reboots:
    """The reboots of one controller, from a stream of their own."""

    def __init__(self, agenda: Agenda, seed: int | str) -> None:
        self._agenda: Final = agenda
        self._seed: Final = seed
        self._lasting: random.Random | None = None

    def begin(self, seconds: float | None, then: Callable[[], None]) -> None:
        """`then` is called when the controller is up again: after `seconds`, or after a drawn time."""
        self._agenda.at(self._agenda.now_ns + to_ns(self._draw_s() if seconds is None else seconds), then)

    def _draw_s(self) -> float:
        if self._lasting is None:  # nearly no run needs it
            self._lasting = random.Random(f"{self._seed}/reboots")
        return self._lasting.uniform(LEAST_S, MOST_S)
