"""docs/verification.md."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from hil.bench.results import Machine
from hil.bench.tables import machine_line
from verify.check_safety import RULES
from verify.findings import Finding, Outcome, Table, Verdict

ITEMS: Final = {
    1: "Kinematics",
    2: "Nothing changes with the observer",
    3: "Up-peak traffic",
    4: "Waiting time over interval",
    5: "People",
    6: "Safety invariants",
    7: "Fault injector",
}
INTRODUCTION: Final = (
    "Written by `make verify`; do not edit. Each item has a reference that is not the plant's own output, how near to"
    " it the plant must be, and how near it is. *Open* is what the plant cannot show yet; *not yet comparable* is what"
    " it does otherwise than the reference, with the difference. `tests/sim/test_sim_verify*.py` run a part of this"
    " with every change, and break the plant on purpose to see that the checks notice."
)
NOTES: Final = {
    1: (
        "`sim/kinematics.py` is held against two others that share nothing with it (`tests/sim/verify/oracle.py`): the"
        " closed form of Peters 1995, and an integration that assumes no shape of the move."
    ),
    3: (
        "Forced up-peak on the plant itself: exactly P people come to the main floor while the car is away, the car"
        " takes them up, and a trip is timed in the truth log from one arrival at the main floor to the next. Each case"
        " is a building file's text, bounds and all; only the knock-out is built past the bounds. Destinations are"
        " drawn by the plant's own `Journeys`, except for Khaleel's unequal floors, which `Journeys` cannot draw. The"
        " door's times are stretched so that its *contacts*, at 98 % and 2 %, make when the reference's doors are open"
        " and closed; advance opening is the door's own, but for C16, whose 1.5 s begin outside the unlocking zone and"
        " are taken off the opening. Dwell is 0. With a P between whole numbers, loads are the"
        " whole numbers beside it. Standard errors of S and H are those of their"
        " exact distribution. The rows of a table are judged all at once: of other seeds, about one in twenty has a row"
        " beyond the tolerance by chance."
    ),
    4: (
        "A group of four by the `eta` rule, whose cars come back to the main floor at once, in pure up-peak; one call"
        " stands for the queue, so that one car loads at a time, and a closing door opens for nobody"
        " (`hall_call_reopens: false`). The curve's source names N 16, L 4, CC 16 and v 2.5 alone: floors, limits,"
        " doors and transfer are those of the load sweep in uppeak_rtt.csv with the same N, L, CC and v, without its"
        " advance opening. Waiting ends when the responding car begins to open its doors (CIBSE), or when the person"
        " sets off into the car; until the person is in, it is one transfer time more. These three readings of the"
        " source (no advance opening, a door that does not open again, boarding counted at its beginning) were found"
        " by trying several against the curve: others left the plant 21 to 55 % short of it. So a part of the"
        " agreement is calibration, and only the curve's shape over load is independent evidence."
    ),
    5: (
        "The books are kept from the truth log alone and compared with the plant's own counts after every event. The"
        " landing's queue of somebody who gave up is cleared when the doors next open there, in plant and log alike."
    ),
    7: (
        "The injector's own draws for lifts that start as often as the model's usage says, and the plant with all rates"
        " raised to some strikes a day, counted in its truth log. What is expected is the mean of a Poisson count,"
        " given each lift's own factor; the factors' distribution is judged from counts per lift."
    ),
    6: "The rules, also of a thousand lift-years (`make soak`, docs/soak.md):\n\n"
    + "\n".join(f"- {rule}" for rule in RULES),
}
"""What a reader must know to believe an item."""


def document(machine: Machine, seed: int, sources: str, seconds: float, outcomes: Sequence[Outcome]) -> str:
    """The whole text."""
    return "\n".join(_lines(machine, seed, sources, seconds, outcomes)) + "\n"


def counts(findings: Sequence[Finding]) -> str:
    """How many ended how."""
    return ", ".join(
        f"{number} {verdict.value}"
        for verdict in Verdict
        if (number := sum(finding.verdict is verdict for finding in findings))
    )


def write(path: Path, text: str) -> None:
    """In one step."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def _lines(machine: Machine, seed: int, sources: str, seconds: float, outcomes: Sequence[Outcome]) -> Iterator[str]:
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    yield "# What the plant is verified against: `make verify`"
    yield ""
    yield INTRODUCTION
    yield ""
    yield "```"
    yield "make verify                             all items; exit code 1 if one fails"
    yield 'make verify ARGS="--seed 7"             other random inputs'
    yield 'make verify ARGS="--safety-s 3600"      more lift-days under the safety rules'
    yield "```"
    yield ""
    yield f"{machine_line(machine)} Seed {seed}, sources {sources}, {seconds:.0f} s."
    yield ""
    yield f"**{counts(findings)}**"
    for item, title in ITEMS.items():
        yield from _section(item, title, [finding for finding in findings if finding.item == item])
    yield from ("", "## Tables")
    for outcome in outcomes:
        for table in outcome.tables:
            yield from _table(table)


def _section(item: int, title: str, findings: Sequence[Finding]) -> Iterator[str]:
    yield from ("", f"## {item}. {title}", "")
    if item in NOTES:
        yield from (NOTES[item], "")
    yield "| what | reference | tolerance | result | |"
    yield "|---|---|---|---|---|"
    for one in findings:
        yield _row((one.what, one.reference, one.tolerance, one.result, _mark(one.verdict)))


def _mark(verdict: Verdict) -> str:
    return f"**{verdict.value}**" if verdict is Verdict.FAIL else verdict.value


def _table(table: Table) -> Iterator[str]:
    yield from ("", f"### {table.title}", "")
    yield _row(table.head)
    yield "|---" + "|---:" * (len(table.head) - 1) + "|"
    yield from map(_row, table.rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
