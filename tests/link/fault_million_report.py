"""docs/fuzz.md: what the last run of a million sequences gave, and the residuals measured beside it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import msgspec
from fault_residual import HOURS, LATE_ODDS, Odds, TooLate

from hil.bench.results import Machine


class Chunk(msgspec.Struct, frozen=True):
    """What some sequences gave; `examples` are a few of the stale values, if there were any."""

    sequences: int
    asked: int
    good: int
    damaged: int
    residual: int
    stale: int
    examples: list[str]


class Million(msgspec.Struct, frozen=True):
    """The sum of all chunks."""

    sequences: int
    asked: int
    good: int
    damaged: int
    residual: int
    stale: int

    @classmethod
    def of(cls, chunks: Iterable[Chunk]) -> Self:
        """Add them up."""
        every = list(chunks)
        return cls(*(sum(getattr(chunk, field) for chunk in every) for field in cls.__struct_fields__))


_HEAD = """# What random faults found: `make fuzz`

Written by `make fuzz`; do not edit. `make fuzz` plays random sequences of faults against the production master in
virtual time. Every register of every answer carries the number of the request that it answers, so that a value which
was sent for another request gives itself away. The same sequences, 10 000 of them, run with the tests
(`tests/link/test_link_fuzz.py`).

```
make fuzz                                 1 000 000 sequences on all cores; goes on where it was (docs/runs)
make fuzz ARGS="--sequences 50000"        fewer
make fuzz ARGS="--seed 7"                 others
make fuzz ARGS="--chunk 17"               replay the chunk that found something, and shrink it
```
"""


def write_report(
    path: Path,
    machine: Machine,
    seed: int,
    fingerprint: str,
    million: Million,
    odds: Sequence[Odds],
    late: Sequence[TooLate],
) -> None:
    """Put the page where it belongs."""
    path.write_text(
        "\n".join((_HEAD, *_result(machine, seed, fingerprint, million), *_crc(million, odds), *_late(late)))
    )


def _result(machine: Machine, seed: int, fingerprint: str, million: Million) -> list[str]:
    return [
        "## The last run",
        "",
        f"{machine.date}, seed {seed}, sources {fingerprint}.",
        f"{machine.cpu}, {machine.cores} cores, {machine.kernel}, {machine.python}.",
        "",
        "| | |",
        "|---|---|",
        f"| sequences | {million.sequences} |",
        f"| requests in them | {million.asked} |",
        f"| good readings | {million.good} |",
        f"| turns with a damaged answer | {million.damaged} |",
        f"| **stale values taken (violations)** | **{million.stale}** |",
        f"| damaged answers with a right CRC taken (CRC-16 residual) | {million.residual} |",
        "",
    ]


def _crc(million: Million, odds: Sequence[Odds]) -> list[str]:
    return [
        "## CRC-16",
        "",
        "The CRC is the only guard of a frame's content. It sees every damage of up to three bits in a frame of a",
        "Modbus answer's length and every burst of up to 16 bits. Of anything else it lets one in 65 536 pass",
        f"(2^-16 = {2**-16:.2e}) for each damaged candidate frame, that is one whose slave, function and length fit.",
        "",
        "| damage | candidates | right CRC | odds |",
        "|---|---|---|---|",
        *(f"| {one.damage} | {one.candidates} | {one.passed} | {one.passed / one.candidates:.2e} |" for one in odds),
        "",
        f"In the sequences above: {million.residual} in {million.damaged} turns with a damaged answer",
        f"({million.residual / max(1, million.damaged):.2e}); most of that damage is of kinds that are always seen.",
        "",
    ]


def _late(late: Sequence[TooLate]) -> list[str]:
    return [
        "## Answers later than `max_late_ms`",
        "",
        f"A slave that answers one request in {1 / LATE_ODDS:.0f} one to three times `max_late_ms` (1 s) after the",
        f"deadline, polled for {HOURS} h of virtual time. Its quarantine is over when such an answer comes. If that",
        "is in a later turn of the same shape, it is taken.",
        "",
        "| registers of its blocks | shapes by turns | period s | answers too late | taken for later ones | share |",
        "|---|---|---|---|---|---|",
        *(_late_row(one) for one in late),
        "",
        "The cure is a `max_late_ms` that is true of the device: then the share is 0, as above.",
        "",
    ]


def _late_row(one: TooLate) -> str:
    share = one.taken / max(1, one.too_late)
    return f"| {one.blocks} | {one.shapes} | {one.period_s:g} | {one.too_late} | {one.taken} | {share:.1%} |"
