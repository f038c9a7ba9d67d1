"""What every family of events is shown at one look at the lift, and how it answers.

A family answers in three values, as everything here does: unknown (None) keeps what there was. A glitch is no answer:
what must be seen in several samples counts them with `Seen`, so that one sample looked at twice stays one.
"""

from collections.abc import Callable
from typing import Final, Self

import msgspec

from edge_agent.config_types import DetectConfig
from edge_agent.detect.facts import Facts
from edge_agent.detect.occupancy import Occupancy
from edge_agent.detect.track import Track
from protocols.lift.snapshot import LiftSnapshot
from protocols.upstream.messages import Text

GLITCH_NS: Final = 300_000_000
"""A contact that is back sooner bounced (lock debounce of controllers: 300 to 500 ms)."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One look. `labels` are the landings' signs, from the lowest; `rated_mps` None: not configured.

    `in_service`: passengers may use the lift, by the mode that it last gave; one that never gave any may be in service.
    """

    snapshot: LiftSnapshot
    facts: Facts
    track: Track
    occupancy: Occupancy
    config: DetectConfig
    full_travel_s: float
    in_service: bool = True
    rated_mps: float | None = None
    labels: tuple[str, ...] = ()

    @property
    def t_ns(self) -> int:
        """When."""
        return self.facts.t_ns

    def label(self, floor: int | None) -> Text:
        """A landing in a sentence."""
        if floor is None or not 0 <= floor < len(self.labels):
            return Text("未知楼层", "an unknown floor")
        return Text(f"{self.labels[floor]} 层", f"floor {self.labels[floor]}")


Sentence = Text | Callable[[], Text]
"""Made only when it is told, since most answers are no. `{s}` in it is the number of seconds that it has held."""


class Answer(msgspec.Struct, frozen=True):
    """Whether an event's condition holds now, after how long it counts, and why. `severity`: if not the catalogue's."""

    holds: bool | None
    said: Sentence
    after_ns: int = 0
    severity: int | None = None
    confidence: float = 1.0

    @property
    def sentence(self) -> Text:
        """Why, in one sentence."""
        return self.said if isinstance(self.said, Text) else self.said()


Answers = dict[str, Answer]
"""By event code, or by code and subject ("F15.3"): one event for each subject. What is not answered is unknown."""


class Seen(msgspec.Struct, frozen=True):
    """Something that was so in `count` samples running, from the first to the last."""

    count: int = 0
    first_ns: int = 0
    last_ns: int = 0

    def follow(self, holds: bool | None, sampled_ns: int) -> Self:
        """One more look: a sample that is already counted changes nothing, nor does an unknown."""
        if holds is None:
            return self
        if not holds:
            return type(self)()
        if self.count and sampled_ns <= self.last_ns:
            return self
        return type(self)(self.count + 1, self.first_ns if self.count else sampled_ns, sampled_ns)

    @property
    def apart_ns(self) -> float | None:
        """The mean time between its samples; None for one."""
        return (self.last_ns - self.first_ns) / (self.count - 1) if self.count > 1 else None

    def is_steady(self, samples: int = 2) -> bool:
        """Whether so many samples said it, and not within a bounce."""
        return self.count >= samples and self.last_ns - self.first_ns >= GLITCH_NS


def both(*parts: bool | None) -> bool | None:
    """And of three values: one no is a no."""
    if False in parts:
        return False
    return None if None in parts else True


def no(part: bool | None) -> bool | None:
    """Not, of three values."""
    return None if part is None else not part
