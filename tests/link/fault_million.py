"""A million random sequences of faults, split over the cores; what `make fuzz` runs.

It goes in chunks, each with a Hypothesis seed of its own, and remembers those that are done in docs/runs: interrupted,
it goes on where it was, also on another machine. What it remembers is of one state of the link only: another link or
another bench begins anew. At the end it measures what no master can be certain of, and writes docs/fuzz.md. Exit codes:
0 no stale value was taken, 1 one was, 2 wrong usage, 130 interrupted.
"""

import argparse
import logging
import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import Final

from fault_fuzz import SEQUENCES, Drawn, play
from fault_million_report import Chunk, Million, write_report
from fault_residual import crc_odds, late_table
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from hil.bench.machine import this_machine
from hil.bench.progress import Progress
from tests.support.longrun import ROOT, Memory, fingerprint, finished, remember, remembered

STATE: Final = ROOT / "docs" / "runs" / "fuzz.json"
REPORT: Final = ROOT / "docs" / "fuzz.md"
SOURCES: Final = (
    "edge_agent/link/*.py",
    "protocols/modbus/*.py",
    "hil/bus/**/*.py",
    "hil/faults/*.py",
    "tests/link/fault_fuzz.py",
    "tests/link/fault_bench.py",
    "tests/link/link_bench.py",
)
"""What a result depends on."""
CHUNK: Final = 2000
CANDIDATES: Final = 2_000_000
_KEPT_VIOLATIONS: Final = 5


def run_chunk(seed: int, number: int, size: int, stop_at_violation: bool = False) -> Chunk:
    """One chunk's sequences. With `stop_at_violation` Hypothesis shrinks the first one and raises."""
    logging.disable(logging.CRITICAL)
    asked = good = damaged = residual = played = 0
    stale: list[str] = []
    phases = (Phase.generate, Phase.shrink) if stop_at_violation else (Phase.generate,)

    @seeded(seed * 1_000_003 + number)
    @settings(max_examples=size, deadline=None, database=None, phases=phases, suppress_health_check=list(HealthCheck))
    @given(SEQUENCES)
    def play_one(sequence: Drawn) -> None:
        nonlocal asked, good, damaged, residual, played
        outcome = play(sequence)
        played, asked, good = played + 1, asked + outcome.asked, good + outcome.good
        damaged, residual = damaged + outcome.damaged, residual + outcome.residual
        stale.extend(outcome.stale)
        assert not (stop_at_violation and outcome.stale), outcome.stale

    play_one()
    return Chunk(played, asked, good, damaged, residual, len(stale), stale[:_KEPT_VIOLATIONS])


def remembered_of(seed: int) -> Memory[Chunk]:
    """What was done of the same sources with the same seed."""
    return remembered(STATE, f"{fingerprint(SOURCES)} seed {seed} chunks of {CHUNK}", Chunk)


def run(sequences: int, seed: int, jobs: int, say: Progress) -> Million:
    """All chunks that are not done yet."""
    memory = remembered_of(seed)
    numbers = [number for number in range(-(-sequences // CHUNK)) if number not in memory.done]
    began, before = time.monotonic(), len(memory.done)
    if before:
        say(f"going on behind {before * CHUNK} sequences")
    for number, chunk in finished(partial(run_chunk, seed, size=CHUNK), numbers, jobs):
        memory.done[number] = chunk
        remember(STATE, memory)
        so_far, done = Million.of(memory.done.values()), len(memory.done) - before
        say(_line(so_far, sequences, time.monotonic() - began, done))
    return Million.of(memory.done[number] for number in range(-(-sequences // CHUNK)))


def _line(so_far: Million, sequences: int, seconds: float, chunks: int) -> str:
    left_s = max(0, sequences - so_far.sequences) * seconds / (chunks * CHUNK)
    return (
        f"{so_far.sequences} of {sequences} sequences: {chunks * CHUNK / seconds:.0f}/s,"
        f" stale {so_far.stale}, CRC-16 residual {so_far.residual}, {left_s / 60:.0f} min left"
    )


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="make fuzz ARGS=...", description=__doc__.partition("\n")[0])
    parser.add_argument("--sequences", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="processes; default: one a core")
    parser.add_argument("--chunk", type=int, help="replay this chunk alone, and shrink what it finds")
    parser.add_argument("--report", type=Path, default=REPORT)
    options = parser.parse_args()
    if options.sequences < 1 or options.jobs < 1:
        parser.error("--sequences and --jobs start at 1")
    if options.chunk is not None:
        run_chunk(options.seed, options.chunk, CHUNK, stop_at_violation=True)
        return 0
    logging.disable(logging.CRITICAL)
    say, machine = Progress(sys.stderr), this_machine()
    try:
        million = run(options.sequences, options.seed, options.jobs, say)
        say("what no master can be certain of")
        odds, late = crc_odds(CANDIDATES, options.seed), late_table(options.seed)
    except KeyboardInterrupt:
        say.done()
        print("interrupted; `make fuzz` goes on from here", file=sys.stderr)
        return 130
    say.done()
    write_report(options.report, machine, options.seed, fingerprint(SOURCES), million, odds, late)
    print(f"{million.sequences} sequences, {million.stale} stale values; see {options.report}")
    return 1 if million.stale else 0


if __name__ == "__main__":
    sys.exit(main())
