"""What must come of a scenario: a closed set of expectations, each naming the requirement that it tests.

`u` is the bench's uncertainty (docs/scenarios.md has the arithmetic of each verdict).
"""

from typing import Annotated, Final

from msgspec import Meta, field

from hil.scenario.parts import Duration, Section, one_of
from hil.scenario.signs import Look, Sign

Requirement = Annotated[str, Meta(min_length=2, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Many = Annotated[int, Meta(ge=0, le=1_000_000)]


class Within(Section, frozen=True, kw_only=True):
    """The first `event` at or after the first `after` (the start, if not named) comes within `limit` of it.

    `not_before`: and no earlier than this.
    """

    event: Sign
    limit: Duration
    after: Sign | None = None
    not_before: Duration | None = None


class Span(Section, frozen=True, kw_only=True):
    """From the first `since` (the start) plus `settle`, to the first `until` after it (the end)."""

    since: Sign | None = None
    until: Sign | None = None
    settle: Duration | None = None


class Never(Span, frozen=True, kw_only=True):
    """No `event` in the span."""

    event: Sign


class AlwaysWhile(Span, frozen=True, kw_only=True):
    """In the whole span the retained message says what `look` says."""

    look: Look


class Counted(Span, frozen=True, kw_only=True):
    """How many `event`s there are in the span."""

    count: Many
    event: Sign


class Latency(Section, frozen=True, kw_only=True):
    """From each `from` to the first `to` at or after it. At least one of `p95` (nearest rank) and `max`."""

    from_: Sign = field(name="from")
    to: Sign
    p95: Duration | None = None
    max: Duration | None = None

    def __post_init__(self) -> None:
        if self.p95 is None and self.max is None:
            raise ValueError("wants p95, max, or both")


class StateAt(Section, frozen=True, kw_only=True):
    """`at` after the first `after` (the start), the retained message says what `look` says."""

    at: Duration
    after: Sign | None = None
    look: Look


KINDS: Final = ("within", "never", "always_while", "order", "exactly", "at_least", "at_most", "latency", "state_at")


class Expectation(Section, frozen=True, kw_only=True):
    """One of `KINDS`, and the requirement that it tests."""

    requirement: Requirement
    within: Within | None = None
    never: Never | None = None
    always_while: AlwaysWhile | None = None
    order: Annotated[tuple[Sign, ...], Meta(min_length=2)] | None = None
    exactly: Counted | None = None
    at_least: Counted | None = None
    at_most: Counted | None = None
    latency: Latency | None = None
    state_at: StateAt | None = None

    def __post_init__(self) -> None:
        one_of(self, KINDS)

    @property
    def kind(self) -> str:
        """Which of `KINDS` it is."""
        return one_of(self, KINDS)

    @property
    def signs(self) -> tuple[Sign, ...]:
        """Every sign that it names."""
        if self.order is not None:
            return self.order
        body = getattr(self, self.kind)
        named = (getattr(body, field, None) for field in ("event", "after", "since", "until", "from_", "to"))
        return tuple(one for one in named if isinstance(one, Sign))
