"""One visit: the script of a lift, where it stands, what was recorded; and the judgement of it under any file."""

from collections.abc import Mapping
from typing import Final

from edge_agent.commission.judge import Judgement, judge
from edge_agent.commission.reading import Reader, Signal, Trace, read, read_step, readers_of
from edge_agent.commission.record import Record, Recorder, StepRecord
from edge_agent.commission.steps import Step, script
from edge_agent.config_types import LiftConfig
from edge_agent.local.views import LiftBlocks
from protocols.profiles.schema import Profile


def items_of_lift(lift: LiftConfig, profiles: Mapping[str, Profile]) -> set[str]:
    """Every item that some device of the lift gives, directions contact by contact."""
    return {signal.item for reader in readers_of(lift, profiles).values() for signal in reader.signals}


def judged(record: Record, lift: LiftConfig, profiles: Mapping[str, Profile]) -> Judgement:
    """The record as this file reads it, judged by this file's script."""
    steps = script(lift, items_of_lift(lift, profiles))
    return judge(read(record, lift, profiles), steps, record.declined, lift)


class Session:
    """Goes through the script. `record` is complete when `step` is None."""

    def __init__(self, lift: LiftConfig, profiles: Mapping[str, Profile], record: Record | None = None) -> None:
        self.steps: Final = script(lift, items_of_lift(lift, profiles))
        self.record = Record(lift.id) if record is None else record
        self._readers: Final[dict[str, Reader]] = readers_of(lift, profiles)
        self._recorder: Final = Recorder()

    @property
    def step(self) -> Step | None:
        """What is to be done now; steps that need one that was left out are left out too."""
        known = {step.name for step in self.record.steps}
        return next((step for step in self.steps if step.name not in known), None)

    @property
    def done(self) -> int:
        """How many steps are behind us."""
        return len(self.record.steps)

    @property
    def now_ns(self) -> int:
        """The agent's clock at its last report."""
        return self._recorder.now_ns

    def take(self, report: LiftBlocks) -> None:
        """One report of the agent."""
        self._recorder.take(report)

    def is_fresh(self, since_ns: int) -> bool:
        """Whether everything was sampled after `since_ns`."""
        return self._recorder.is_fresh(since_ns)

    def so_far(self) -> dict[Signal, Trace]:
        """What each signal did in the step under way."""
        now = StepRecord("", self._recorder.from_ns, self.now_ns, samples=self._recorder.samples())
        return read_step(now, self._readers)

    def confirm(self) -> None:
        """A person did what the step says, and everything was sampled since."""
        self._end(declined=False)

    def decline(self) -> None:
        """It cannot be done here; nor can what needs it."""
        self._end(declined=True)
        while (step := self.step) is not None and step.needs in self.record.declined:
            self._end(declined=True)

    def _end(self, *, declined: bool) -> None:
        step = self.step
        if step is not None:
            self.record = self.record.with_step(self._recorder.end(step.name, declined=declined))
