"""What the plant cannot show yet, and why; each line goes when the plant has what it lacks."""

from typing import Final

from verify.findings import Finding, Verdict

_ITEM_11: Final = "simulation.md section 6, item 11"


def _open(item: int, what: str, reference: str, tolerance: str, why: str) -> Finding:
    return Finding(item, what, reference, tolerance, why, Verdict.OPEN)


OPEN: Final = (
    _open(6, "run-time limiter within min(45 s, T + 10 s), at least 20 s", _ITEM_11, "-", "the plant has none"),
    _open(6, "governor acts within 1.15 v .. 1.25 v + 0.25/v", _ITEM_11, "-", "the plant has no overspeed"),
    _open(6, "unintended movement stops within 1.20 m", _ITEM_11, "-", "the plant has none, and no device against it"),
    _open(6, "safety gear retards with 0.2 .. 1.0 g", _ITEM_11, "-", "the plant has none"),
    _open(
        6,
        "brake and contactor, landing and car door apart",
        "issue: safety chain, doors",
        "-",
        "brake and contactor signals are copies of `moving`, and one door stands for both",
    ),
)
