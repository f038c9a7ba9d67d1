"""Makes a scenario that does not pass smaller, as long as it goes on failing in the same way.

Greedy, and each trial is a whole run: steps are taken out in ever smaller groups, then expectations that did not fail,
then what was changed in world, agent and faults, then the time after the last step. The result is a scenario like any.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

import msgspec

from hil import UsageError
from hil.benches.bench import Bench, Settings
from hil.scenario.model import AgentSetup, Scenario, WorldSetup
from hil.scenario.parts import duration_of, ns_of
from hil.scenario.record import RunRecord
from hil.scenario.run import run
from hil.scenario.steps import Step
from hil.scenario.verdicts import Outcome

T = TypeVar("T")
OnTrial = Callable[[Scenario, bool], None]
"""A smaller one was tried, and whether it still fails."""
_SPARE_STEPS: Final = 4
"""In how many halvings the time after the last step is cut."""


class Shrunk(msgspec.Struct, frozen=True):
    """The smallest scenario found, and what it took."""

    scenario: Scenario
    trials: int


def shrink(scenario: Scenario, bench: Bench, settings: Settings, on_trial: OnTrial | None = None) -> Shrunk:
    """The smallest that fails as it does. Raises UsageError if it passes, or shows nothing."""
    return _Shrinker(scenario, bench, settings, on_trial).shrunk()


def _way(record: RunRecord) -> tuple[Outcome, frozenset[tuple[str, str]]]:
    """How a run failed: its outcome, and which expectations did."""
    failed = {(one.requirement, one.kind) for one in record.verdicts if one.outcome is Outcome.FAIL}
    return record.outcome, frozenset(failed)


class _Shrinker:
    def __init__(self, scenario: Scenario, bench: Bench, settings: Settings, on_trial: OnTrial | None) -> None:
        self._bench, self._settings, self._on_trial = bench, settings, on_trial
        self._best = scenario
        self._trials = 0
        outcome, self._failed = _way(run(scenario, bench, settings).record)
        if outcome is not Outcome.FAIL:
            raise UsageError(f"{scenario.name} does not fail with seed {settings.seed}: it is {outcome.value}")

    def shrunk(self) -> Shrunk:
        for part in (self._without_steps, self._without_changes, self._sooner):
            part()
        self._without_expectations()
        return Shrunk(self._best, self._trials)

    def _take(self, **changes: object) -> bool:
        """Whether the best with these changes still fails as before; then it is the best."""
        smaller = msgspec.structs.replace(self._best, **changes)
        if smaller == self._best or smaller.problem() is not None:
            return False
        self._trials += 1
        outcome, failed = _way(run(smaller, self._bench, self._settings).record)
        still = outcome is Outcome.FAIL and failed >= self._failed
        if still:
            self._best = smaller
        if self._on_trial is not None:
            self._on_trial(smaller, still)
        return still

    def _without_steps(self) -> None:
        size = max(1, len(self._best.steps) // 2)
        while size:
            index = 0
            while index < len(self._best.steps):
                rest = self._best.steps[:index] + self._best.steps[index + size :]
                if not self._take(steps=_without_orphans(rest)):
                    index += size
            size //= 2

    def _without_changes(self) -> None:
        plain = WorldSetup(bench=self._best.world.bench)
        for name in plain.__struct_fields__:
            self._take(world=msgspec.structs.replace(self._best.world, **{name: getattr(plain, name)}))
        self._take(agent=AgentSetup())
        for index, step in enumerate(self._best.steps):
            for simpler in _simpler(step):
                self._take(steps=_replaced(self._best.steps, index, simpler))

    def _sooner(self) -> None:
        last_ns = max((step.at_ns for step in self._best.steps), default=0)
        for _ in range(_SPARE_STEPS):
            spare_ns = self._best.duration_ns - last_ns
            shorter_ns = last_ns + spare_ns // 2
            if not self._take(duration=duration_of(max(1, round(shorter_ns / 1e9)) * 1_000_000_000)):
                return

    def _without_expectations(self) -> None:
        kept = tuple(one for one in self._best.expect if (one.requirement, one.kind) in self._failed)
        self._take(expect=kept)


def _without_orphans(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Nobody clears a fault that is not armed."""
    armed = {step.fault_id for step in steps if step.fault is not None}
    return tuple(step for step in steps if step.clear is None or step.clear in armed)


def _simpler(step: Step) -> Iterator[Step]:
    if step.for_ is not None:
        yield msgspec.structs.replace(step, for_=None)
    if step.fault is not None and "when" in step.fault:
        yield msgspec.structs.replace(step, fault={key: value for key, value in step.fault.items() if key != "when"})
    if ns_of(step.at) % 1_000_000_000:
        yield msgspec.structs.replace(step, at=duration_of(step.at_ns // 1_000_000_000 * 1_000_000_000))


def _replaced(items: tuple[T, ...], index: int, item: T) -> tuple[T, ...]:
    return (*items[:index], item, *items[index + 1 :])
