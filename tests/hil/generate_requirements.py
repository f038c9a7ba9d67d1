"""Writes docs/requirements.md: which scenario tests what: `make schemas`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from requirement_map import DETECTED_BY, Covered, catalogue, covered, raisable, wanted

from edge_agent.codes import CODES, load_codes
from hil.scenario.families import FAMILIES

TARGET: Final = Path(__file__).parents[2] / "docs" / "requirements.md"
_NOTE: Final = "<!-- Written by `make schemas` from configs/ and tests/hil/requirements.yaml; do not edit. -->"


def page() -> str:
    """The whole document."""
    scenarios = catalogue()
    by = covered(scenarios)
    return "\n".join([_NOTE, "", *_head(len(scenarios)), *_scenes(by), *_codes(by), *_faults(by), *_all(by), ""])


def _head(count: int) -> Iterator[str]:
    yield from ("# Requirements, and the scenarios that test them", "")
    yield f"{count} scenarios in `configs/scenarios`; [scenarios.md](scenarios.md) says what one is, and"
    yield "`liftwarden hil explain NAME` tells one in plain words. A test fails when anything here has no scenario and"
    yield "is not marked as awaited."


def _scenes(by: Covered) -> Iterator[str]:
    what = wanted()
    yield from (
        "",
        "## Scenes of the detection rules",
        "",
        "| | scene | requirement | scenarios |",
        "|---|---|---|---|",
    )
    for number, scene in enumerate(what.scenes, 1):
        title = f"{scene.title.en} · {scene.title.zh}"
        for one in scene.requirements:
            issue = what.awaited.get(one)
            where = _names(by.requirements[one]) if issue is None else _not_yet(issue)
            yield f"| {number} | {title} | `{one}` | {where} |"


def _codes(by: Covered) -> Iterator[str]:
    yield from ("", "## Event codes", "", "Scenarios in which the event must come.", "")
    yield from ("| code | | scenarios |", "|---|---|---|")
    for code, entry in load_codes().items():
        where = _names(by.codes[code]) if code in raisable() else _elsewhere(code)
        yield f"| {code} | {entry.name.en} · {entry.name.zh} | {where} |"


def _faults(by: Covered) -> Iterator[str]:
    yield from ("", "## Faults", "", "| family | kind | scenarios |", "|---|---|---|")
    for family in FAMILIES:
        yield from (f"| {family.name} | `{kind}` | {_names(by.faults[kind])} |" for kind in family.kinds)


def _all(by: Covered) -> Iterator[str]:
    yield from ("", "## Requirements", "", "An id begins with an event code or with an area:", "")
    yield from (f"- `{area}`: {text.en} · {text.zh}" for area, text in wanted().areas.items())
    yield from ("", "| requirement | scenarios |", "|---|---|")
    yield from (f"| `{one}` | {_names(names)} |" for one, names in by.requirements.items())


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _elsewhere(code: str) -> str:
    if code in CODES:
        return "told only by a controller that has a word for it; no shipped profile has one"
    return _not_yet(DETECTED_BY)


def _not_yet(issue: int) -> str:
    return f"not yet detected, issue {issue}"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
