"""What a check found: against which reference, how near it had to be, how near it was."""

import enum
from collections.abc import Sequence

import msgspec


class PlantWrong(Exception):
    """The plant did something that no check can go on from: it stopped, lost somebody, or never came back."""


class Verdict(enum.Enum):
    """How one check ended."""

    PASS = "pass"
    FAIL = "FAIL"
    OPEN = "open"
    NOT_YET_COMPARABLE = "not yet comparable"


class Finding(msgspec.Struct, frozen=True):
    """One line of the document."""

    item: int
    what: str
    reference: str
    tolerance: str
    result: str
    verdict: Verdict


class Table(msgspec.Struct, frozen=True):
    """Rows behind a finding, for who wants to see them all."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Outcome(msgspec.Struct, frozen=True):
    """What one check hands back."""

    findings: tuple[Finding, ...]
    tables: tuple[Table, ...] = ()


def judged(is_right: bool) -> Verdict:
    """Right or wrong."""
    return Verdict.PASS if is_right else Verdict.FAIL


def failed(findings: Sequence[Finding]) -> list[Finding]:
    """Those that say the plant is wrong."""
    return [finding for finding in findings if finding.verdict is Verdict.FAIL]
