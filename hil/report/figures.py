"""A verdict's figures as people read them: what was observed, its limit, and how exactly the bench can tell."""

from typing import Final

from hil.scenario.parts import duration_of
from hil.scenario.verdicts import Verdict

_TIMED: Final = frozenset({"within", "latency"})
"""The kinds whose figures are times; those of the others are numbers."""


def observed(verdict: Verdict) -> str:
    """What was observed, or ""."""
    return _figure(verdict.kind, verdict.observed)


def limit(verdict: Verdict) -> str:
    """Its limit, or ""."""
    return _figure(verdict.kind, verdict.limit)


def uncertainty(verdict: Verdict) -> str:
    """How far the bench's instants may be from what happened."""
    return duration_of(verdict.uncertainty_ns)


def _figure(kind: str, value: int | None) -> str:
    if value is None:
        return ""
    return duration_of(value) if kind in _TIMED else str(value)
