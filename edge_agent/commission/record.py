"""What the devices said during each step: their raw words whenever these changed, as the agent sampled them."""

from collections.abc import Collection
from typing import Final

import msgspec

from edge_agent.local.views import BlockView, LiftBlocks

_Key = tuple[str, str]


class StepRecord(msgspec.Struct, frozen=True):
    """One step: from the confirmation of the one before to its own, and the samples in between, oldest first.

    Of samples that say the same the first and the last are kept. `said_ns`: when a person said that it is done;
    `declined`: it was not done.
    """

    name: str
    from_ns: int
    to_ns: int
    said_ns: int = 0
    declined: bool = False
    samples: tuple[BlockView, ...] = ()


class Record(msgspec.Struct, frozen=True):
    """A whole visit so far. `began` is the wall clock at its first step, UTC."""

    lift_id: str
    began: str = ""
    steps: tuple[StepRecord, ...] = ()

    def with_step(self, step: StepRecord) -> "Record":
        """One step more."""
        return msgspec.structs.replace(self, steps=(*self.steps, step))

    def without(self, names: Collection[str]) -> "Record":
        """These steps not yet done."""
        return msgspec.structs.replace(self, steps=tuple(step for step in self.steps if step.name not in names))

    @property
    def declined(self) -> frozenset[str]:
        """The steps that were not done."""
        return frozenset(step.name for step in self.steps if step.declined)


class Recorder:
    """Takes in what the agent reports, a step at a time. `now_ns` is the agent's clock at its last report."""

    def __init__(self) -> None:
        self.now_ns = 0
        self._from_ns: int | None = None
        self._kept: list[BlockView] = []
        self._last: Final[dict[_Key, BlockView]] = {}
        self._pending: Final[dict[_Key, BlockView]] = {}

    def take(self, report: LiftBlocks) -> None:
        """One report."""
        self.now_ns = report.now_ns
        if self._from_ns is None:
            self._from_ns = report.now_ns
        for block in report.blocks:
            key = block.device, block.name
            before = self._last.get(key)
            if before is not None and before.from_ns == block.from_ns:
                continue
            if before is None or before.words != block.words:
                self._flush(key)
                self._kept.append(block)
            else:
                self._pending[key] = block
            self._last[key] = block

    @property
    def from_ns(self) -> int:
        """When the step under way began."""
        return self.now_ns if self._from_ns is None else self._from_ns

    def is_fresh(self, since_ns: int) -> bool:
        """Whether everything was sampled after `since_ns`."""
        return all(block.from_ns > since_ns for block in self._last.values())

    def samples(self) -> tuple[BlockView, ...]:
        """What was kept in the step so far, in the order of time."""
        return tuple(sorted([*self._kept, *self._pending.values()], key=lambda block: block.to_ns))

    def end(self, name: str, said_ns: int = 0, *, declined: bool = False) -> StepRecord:
        """Close the step; the next one begins now, with the words that were last seen."""
        step = StepRecord(name, self.from_ns, self.now_ns, said_ns, declined, self.samples())
        self.restart()
        return step

    def restart(self) -> None:
        """Begin the step under way anew, with the words that were last seen."""
        self._from_ns = self.now_ns
        self._pending.clear()
        self._kept = list(self._last.values())

    def _flush(self, key: _Key) -> None:
        pending = self._pending.pop(key, None)
        if pending is not None:
            self._kept.append(pending)
