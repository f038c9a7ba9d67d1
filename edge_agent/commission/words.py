"""One signal's words held against what an item should have done in the steps that were done."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

import msgspec

from edge_agent.commission.letters import mirrored
from edge_agent.commission.reading import Trace
from edge_agent.commission.steps import Step

_LETTERS: Final = "TFUDSNI-"


class Misfit(msgspec.Struct, frozen=True):
    """A step in which a signal did something else: its word, and the pattern it should have matched."""

    step: str
    word: str
    wanted: str


@cache
def _matches(pattern: str, word: str) -> bool:
    return re.fullmatch(pattern, word) is not None


def does_as_told(step: Step, item: str, word: str) -> bool:
    """Whether an item's word in a step is what it should be; anything is, of an item that the step does not judge."""
    return item not in step.expects or _matches(step.expects[item], word)


def should_move(step: Step, item: str, letter: str) -> bool:
    """Whether the step is to move the item from `letter`."""
    return item in step.expects and not _matches(step.expects[item], letter)


class Words:
    """The words of one signal. A step in which it was silent says nothing of what it is."""

    def __init__(
        self, traces: Mapping[str, Trace], steps: Sequence[Step], without: frozenset[str] = frozenset()
    ) -> None:
        done = traces.keys() - without
        self._words: Final = [(step, traces[step.name].word) for step in steps if step.name in done]
        """By step, in the order of the script."""
        self.letters: Final = "".join(sorted({letter for _, word in self._words for letter in word}))

    def misfits(self, item: str, *, mirror: bool = False) -> tuple[Misfit, ...]:
        """Where the signal, mirrored or not, does not do what `item` should."""
        return tuple(
            Misfit(step.name, word, step.expects[item])
            for step, word in self._words
            if word and item in step.expects and not _matches(step.expects[item], mirrored(word) if mirror else word)
        )

    def fits(self, item: str, *, mirror: bool = False) -> bool:
        """Whether all that was heard is what `item` should do."""
        return bool(self.letters) and not self.misfits(item, mirror=mirror)

    def is_silent(self, item: str) -> bool:
        """Whether there is a step that wanted to hear the item, and did not."""
        return any(
            not word and item in step.expects and not _matches(step.expects[item], "") for step, word in self._words
        )

    def shows(self, item: str) -> bool:
        """Whether anything was done that makes the item change: whether no signal that never does could pass."""
        patterns = {step.expects[item] for step, word in self._words if word and item in step.expects}
        return not any(all(_matches(pattern, letter) for pattern in patterns) for letter in _LETTERS)
