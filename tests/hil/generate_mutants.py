"""Writes docs/mutants.md: which known-bad agent fails by which scenario: `make schemas`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mutants.table import MUTANTS

from hil.scenario.loader import load_scenario

TARGET: Final = Path(__file__).parents[2] / "docs" / "mutants.md"
_NOTE: Final = "<!-- Written by `make schemas` from tests/hil/mutants; do not edit. -->"


def page() -> str:
    """The whole document."""
    return "\n".join([_NOTE, "", *_page(), ""])


def _page() -> Iterator[str]:
    yield from ("# Agents that must fail", "")
    yield "A bench that passes every agent is worth nothing. Each of these is played in place of the production agent,"
    yield "and `tests/hil/test_mutants.py` demands that it fails its scenario at the named requirement, and that the"
    yield "production agent passes the same scenario with the same seed. They are the production agent with one thing"
    yield "broken (`tests/hil/mutants/`); the poller has a link of its own."
    yield from ("", "| agent | | fails by | at |", "|---|---|---|---|")
    for one in MUTANTS:
        link = f"[{one.scenario}](../configs/scenarios/{one.scenario}.yaml): {load_scenario(one.scenario).title.en}"
        yield f"| `{one.name}` | {one.does.en} · {one.does.zh} | {link} | `{one.requirement}` |"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
