"""A plant under watch: the safety rules of each of its cars, and everybody's way through the building."""

from collections.abc import Callable
from functools import partial
from typing import Final, final

from sim.agenda import NS_PER_S
from sim.building import Building
from sim.plant import Misfortune, Plant
from sim.stimuli import Stimulus
from sim.truth import TruthKind, TruthRecord
from verify.ledger import Ledger
from verify.rules import AFTER_NS, Rules, Seen


@final
class Watch:
    """Raises PlantWrong where a rule is broken."""

    def __init__(self, building: Building, seed: int, misfortune: Misfortune | None = None) -> None:
        self._ledger: Final = Ledger(len(building.floors), obedient=False)
        self._rules: Final[list[Rules]] = []
        self._faulty = False
        self.seen: Final = Seen(runs=1)
        self.plant: Final = Plant(building, seed, self._hear, misfortune)
        for car in range(building.cars):
            self._rules.append(Rules(building, partial(self.plant.signals, car=car), self.seen))

    def apply(self, stimulus: Stimulus, seconds: float, car: int | None = None) -> None:
        """Do something to a lift, and look."""
        self.plant.apply(stimulus, seconds, car)
        self._look()

    def await_fault(self, t_ns: int) -> None:
        """Up to the next fault, but not beyond `t_ns`."""
        self._faulty = False
        self._advance(t_ns, lambda: not self._faulty)

    def advance(self, t_ns: int) -> None:
        """Up to `t_ns`, looking at each event, just before it, and half way to it."""
        self._advance(t_ns, lambda: True)

    def _advance(self, t_ns: int, goes_on: Callable[[], bool]) -> None:
        plant = self.plant
        while plant.now_ns < t_ns and goes_on():
            due_ns = plant.next_event_ns()
            upto_ns = t_ns if due_ns is None else min(due_ns, t_ns)
            looks_ns = {(plant.now_ns + upto_ns) // 2, max(plant.now_ns, upto_ns - 1), upto_ns}
            if any(rules.holds_contactor for rules in self._rules):
                looks_ns |= {min(plant.now_ns + after_ns, upto_ns) for after_ns in AFTER_NS}
            for look_ns in sorted(looks_ns):
                plant.advance_to(look_ns)
                self._look()
            self._ledger.compare(plant)
            self.seen.events += 1

    def skip(self, t_ns: int, is_calm: Callable[[], bool]) -> None:
        """Up to `t_ns`, or until it is not calm any more, without looking: only the truth log is read."""
        plant = self.plant
        while plant.now_ns < t_ns and is_calm():
            due_ns = plant.next_event_ns()
            plant.advance_to(t_ns if due_ns is None else min(due_ns, t_ns))
        self._ledger.compare(plant)
        for rules in self._rules:
            rules.skipped()

    def finish(self) -> Seen:
        """What was watched."""
        self.seen.seconds = self.plant.now_ns / NS_PER_S
        cars = [self.plant.signals(car=car) for car in range(len(self._rules))]
        self.seen.starts, self.seen.door_cycles = sum(c.trips for c in cars), sum(c.door_cycles for c in cars)
        return self.seen

    def _hear(self, record: TruthRecord) -> None:
        self._ledger.hear(record)
        self._faulty = self._faulty or record.kind is TruthKind.FAULT
        car = record.data.get("car", 0)
        if isinstance(car, int):
            self._rules[car].hear(record)

    def _look(self) -> None:
        for rules in self._rules:
            rules.look()
