"""One visit: the script of a lift, where it stands, what was recorded; and the judgement of it under any file."""

from collections.abc import Iterable, Mapping
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

    def __init__(
        self, lift: LiftConfig, profiles: Mapping[str, Profile], began: str = "", record: Record | None = None
    ) -> None:
        self.steps: Final = script(lift, items_of_lift(lift, profiles))
        self.record = Record(lift.id, began) if record is None else record
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
        """What each signal did in the step under way, beginning with what it said last before."""
        return read_step(StepRecord("", 0, self.now_ns, samples=self._recorder.samples()), self._readers)

    def confirm(self, said_ns: int) -> None:
        """A person said at `said_ns` that he did what the step says, and everything was sampled since."""
        self._end(said_ns, declined=False)

    def decline(self) -> None:
        """It cannot be done here; nor can what needs it."""
        self._end(self.now_ns, declined=True)
        while (step := self.step) is not None and step.needs in self.record.declined:
            self._end(self.now_ns, declined=True)

    def _end(self, said_ns: int, *, declined: bool) -> None:
        step = self.step
        if step is not None:
            self.record = self.record.with_step(self._recorder.end(step.name, said_ns, declined=declined))

    # doing it once more

    def again(self) -> None:
        """Do this step anew, from where the lift last was at rest."""
        step = self.step
        if step is not None:
            self.forget({step.name})

    def back(self) -> None:
        """The same for the step before."""
        if self.record.steps:
            self.forget({self.record.steps[-1].name})

    def resume(self) -> None:
        """Go on with an older record: what was broken off is done anew, and what was left out asked for once more."""
        step, optional = self.step, {one.name for one in self.steps if one.is_optional}
        broken_off = {step.name} if step is not None else set()
        self.forget(broken_off | (self.record.declined - optional))

    def forget(self, names: Iterable[str]) -> None:
        """These steps, and all that hang together with them, are not done."""
        heads = {self._head(name) for name in names}
        self.record = self.record.without({step.name for step in self.steps if self._head(step.name) in heads})
        self._recorder.restart()

    def _head(self, name: str) -> str:
        needs = {step.name: step.needs for step in self.steps}
        while needs.get(name):
            name = needs[name]
        return name
