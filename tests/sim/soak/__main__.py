"""What `make soak` runs. Exit codes: 0 no rule was broken, 1 one was, 2 wrong usage, 130 interrupted."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from verify.report import write

from hil.bench.machine import this_machine
from hil.bench.progress import Progress
from soak.lift_year import LiftYear, play
from soak.report import document
from tests.support.longrun import ROOT, Memory, fingerprint, finished, remember, remembered

STATE: Final = ROOT / "docs" / "runs" / "soak.json"
REPORT: Final = ROOT / "docs" / "soak.md"
SOURCES: Final = (
    "sim/**/*.py",
    "configs/buildings/*.yaml",
    "configs/faults/*.yaml",
    "tests/sim/soak/lift_year.py",
    "tests/sim/verify/rules.py",
    "tests/sim/verify/watch.py",
    "tests/sim/verify/ledger.py",
)
"""What a result depends on."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="make soak ARGS=...", description="A thousand lift-years with random faults.")
    parser.add_argument("--lift-years", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="processes; default: one a core")
    parser.add_argument("--year", type=int, help="play this lift-year alone, and tell what it broke")
    parser.add_argument("--report", type=Path, default=REPORT)
    options = parser.parse_args(arguments)
    if options.lift_years < 1 or options.jobs < 1:
        parser.error("--lift-years and --jobs start at 1")
    if options.year is not None:
        return _tell_broken([play(options.year, options.seed)])
    say, machine = Progress(sys.stderr), this_machine()
    try:
        years = run(options.lift_years, options.seed, options.jobs, say)
    except KeyboardInterrupt:
        say.done()
        print("interrupted; `make soak` goes on from here", file=sys.stderr)
        return 130
    say.done()
    write(options.report, document(machine, options.seed, fingerprint(SOURCES), years))
    print(f"{len(years)} lift-years; see {options.report}")
    return _tell_broken(years)


def run(lift_years: int, seed: int, jobs: int, say: Progress) -> list[LiftYear]:
    """All lift-years that are not done yet."""
    memory: Memory[LiftYear] = remembered(STATE, f"{fingerprint(SOURCES)} seed {seed}", LiftYear)
    numbers = [number for number in range(lift_years) if number not in memory.done]
    began, before = time.monotonic(), len(memory.done)
    if before:
        say(f"going on behind {before} lift-years")
    for number, year in finished(partial(play, seed=seed), numbers, jobs):
        memory.done[number] = year
        remember(STATE, memory)
        done = len(memory.done) - before
        left_s = (len(numbers) - done) * (time.monotonic() - began) / done
        broken = sum(bool(one.broken) for one in memory.done.values())
        there = lift_years - len(numbers) + done
        say(f"{there} of {lift_years} lift-years: {broken} broken, {left_s / 60:.0f} min left")
    return [memory.done[number] for number in range(lift_years)]


def _tell_broken(years: Sequence[LiftYear]) -> int:
    broken = [year.broken for year in years if year.broken]
    for what in broken:
        print(f"BROKEN {what}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
