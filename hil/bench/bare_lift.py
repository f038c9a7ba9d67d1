"""The least that a SimPy model of a lift costs: one generator, no truth log, no signals, nothing that can be observed.

Eighteen floors, collective control, jerk-limited trips, people who come by a Poisson process and pass the door one by
one, a door that opens again now and then, a breakdown once in a while. Seconds are floats, as SimPy's examples have it.
"""

import random
from collections.abc import Generator
from typing import Final, final

import simpy

from sim.kinematics import Move

FLOORS: Final = 18
FLOOR_M: Final = 3.0
LIMITS: Final = (1.75, 0.8, 1.2)
START_S, OPENING_S, CLOSING_S, DWELL_S, TRANSFER_S = 0.5, 2.0, 3.0, 4.0, 1.5
REOPENED: Final = 0.02
"""Share of door cycles (simulation.md 3.5: 1-5 %, C)."""
BROKEN_PER_START: Final = 2e-5
"""Shutdowns that need a technician (simulation.md 3.5, C)."""
REPAIR_S: Final = 4.1 * 3600
_DAY_S: Final = 86_400.0
_CAPACITY: Final = 13

Happening = Generator[simpy.Event, object, None]


@final
class BareLift:
    """Runs from 0 until `advance_to`. Counts starts; nothing else can be asked of it."""

    def __init__(self, passengers_per_day: float, seed: int) -> None:
        self._random: Final = random.Random(f"{seed}/bare")
        self._env: Final = simpy.Environment()
        self._gap_s: Final = _DAY_S / passengers_per_day
        self._trip_s: Final = [START_S + Move(n * FLOOR_M, *LIMITS).duration_s for n in range(FLOORS)]
        self._waiting: Final[list[list[int]]] = [[] for _ in range(FLOORS)]
        self._riders: list[int] = []
        self._calls: Final[set[int]] = set()
        self._somebody = self._env.event()
        self.starts = 0
        self._env.process(self._people())
        self._env.process(self._lift())

    def advance_to(self, seconds: float) -> None:
        """Let everything happen before that instant."""
        self._env.run(until=seconds)

    @property
    def events(self) -> int:
        """How many SimPy events there were so far. Asking counts as one."""
        return int(next(self._env._eid))  # SimPy has no other count

    def _people(self) -> Happening:
        draw = self._random
        while True:
            yield self._env.timeout(draw.expovariate(1 / self._gap_s))
            origin = 0 if draw.random() < 0.5 else draw.randrange(1, FLOORS)
            target = draw.randrange(1, FLOORS) if origin == 0 or draw.random() < 0.1 else 0
            if target == origin:
                continue
            self._waiting[origin].append(target)
            self._calls.add(origin)
            if not self._somebody.triggered:
                self._somebody.succeed()

    def _lift(self) -> Happening:
        env, floor, up = self._env, 0, True
        while True:
            if not self._calls:
                self._somebody = env.event()
                yield self._somebody
            ahead = [call for call in self._calls if (call > floor if up else call < floor)]
            if floor not in self._calls:
                if not ahead:
                    up = not up
                    continue
                target = min(ahead, key=lambda call: abs(call - floor))
                self.starts += 1
                yield env.timeout(self._trip_s[abs(target - floor)])
                floor = target
                if self._random.random() < BROKEN_PER_START:
                    yield env.timeout(REPAIR_S)
            yield from self._stop(floor)

    def _stop(self, floor: int) -> Happening:
        env = self._env
        while True:
            self._calls.discard(floor)
            yield env.timeout(OPENING_S)
            for _ in range(self._riders.count(floor)):
                yield env.timeout(TRANSFER_S)
                self._riders.remove(floor)
            while self._waiting[floor] and len(self._riders) < _CAPACITY:
                yield env.timeout(TRANSFER_S)
                target = self._waiting[floor].pop(0)
                self._riders.append(target)
                self._calls.add(target)
            yield env.timeout(DWELL_S)
            yield env.timeout(CLOSING_S)
            if self._random.random() >= REOPENED:
                return
