"""What an expectation can come to, and the rule for a limit when instants are known to within u.

An observed time t against a limit L is PASS if t + u <= L, FAIL if t - u > L, else INCONCLUSIVE.
"""

import enum
from collections.abc import Sequence

import msgspec


class Outcome(enum.Enum):
    """What a run, or one expectation, came to."""

    PASS = "pass"  # noqa: S105  # an outcome
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    SKIPPED = "skipped"


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of one expectation, in words in `said` (English) and `said_zh`.

    `observed` and `limit` are times in ns, or numbers for what is counted. `t_ns` is where in the trace to look.
    """

    requirement: str
    kind: str
    outcome: Outcome
    said: str
    said_zh: str = ""
    observed: int | None = None
    limit: int | None = None
    uncertainty_ns: int = 0
    t_ns: int | None = None


def compare(observed_ns: int, limit_ns: int, u_ns: int) -> Outcome:
    """The rule for an upper limit."""
    if observed_ns + u_ns <= limit_ns:
        return Outcome.PASS
    return Outcome.FAIL if observed_ns - u_ns > limit_ns else Outcome.INCONCLUSIVE


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The whole of several: an error beats a failure, that beats what is not known, that beats a pass."""
    order = (Outcome.ERROR, Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.SKIPPED, Outcome.PASS)
    return next((one for one in order if one in outcomes), Outcome.PASS)
