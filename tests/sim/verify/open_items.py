"""What the plant cannot show yet, and why; each line goes when the plant has what it lacks."""

from typing import Final

from verify.findings import Finding, Verdict

_ITEM_11: Final = "simulation.md section 6, item 11"


def _open(item: int, what: str, reference: str, tolerance: str, why: str) -> Finding:
    return Finding(item, what, reference, tolerance, why, Verdict.OPEN)


OPEN: Final = ()
