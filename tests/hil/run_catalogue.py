"""Every scenario with many seeds on all cores, also those of a day; what `make scenarios` runs.

It writes docs/scenarios-run.md. A run is a function of scenario and seed, so a flake is a seed whose trace is not the
same again: `--repeats` plays each run so often, in worker processes whose hash seeds differ, and compares the hashes.
Exit codes: 0 every run passed and was the same each time, 1 not, 2 wrong usage.
"""

import argparse
import logging
import multiprocessing
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import msgspec

from hil.bench.machine import this_machine
from hil.bench.progress import Progress
from hil.benches.bench import Settings
from hil.benches.virtual import VirtualBench
from hil.scenario.loader import load_scenario, scenario_names
from hil.scenario.parts import ns_of
from hil.scenario.run import run
from hil.scenario.verdicts import Outcome

TARGET: Final = Path(__file__).parents[2] / "docs" / "scenarios-run.md"
_NS_PER_H: Final = 3_600_000_000_000
Job = tuple[str, int]
"""A scenario's name and a seed."""


class Played(msgspec.Struct, frozen=True):
    """What became of one run, and the hash of its trace."""

    name: str
    seed: int
    outcome: str
    said: str
    trace_hash: str


class Session(msgspec.Struct, frozen=True):
    """One call of this program: what was asked of it, and every run."""

    seeds: range
    repeats: int
    left_out: tuple[str, ...]
    played: tuple[Played, ...]

    @property
    def failed(self) -> list[Played]:
        """Runs that did not pass."""
        return [one for one in self.played if one.outcome != Outcome.PASS.value]

    @property
    def flakes(self) -> list[Job]:
        """Scenarios and seeds whose trace was not the same each time."""
        hashes: defaultdict[Job, set[str]] = defaultdict(set)
        for one in self.played:
            hashes[one.name, one.seed].add(one.trace_hash)
        return [job for job, found in hashes.items() if len(found) > 1]


def play(job: Job) -> Played:
    """One run."""
    logging.disable(logging.CRITICAL)
    name, seed = job
    record = run(load_scenario(name), VirtualBench(), Settings(seed)).record
    wrong = [f"{one.requirement}: {one.said}" for one in record.verdicts if one.outcome is not Outcome.PASS]
    return Played(name, seed, record.outcome.value, "; ".join([*record.reasons, *wrong]), record.trace_hash)


def play_all(jobs: Sequence[Job], workers: int) -> Iterable[Played]:
    """Every run, in the order of `jobs`. Spawned workers: each has a hash seed of its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context) as pool:
        yield from pool.map(play, jobs)


def page(session: Session) -> str:
    """The document."""
    return "\n".join([*_head(session), *_table(session), ""])


def _head(session: Session) -> Iterable[str]:
    machine = this_machine()
    first, last = session.seeds[0], session.seeds[-1]
    hours = sum(ns_of(load_scenario(one.name).duration) for one in session.played) / _NS_PER_H
    yield from ("# The catalogue's last run: `make scenarios`", "", "Written by `make scenarios`; do not edit.")
    yield from ("", f"{machine.date}, seeds {first} to {last}, each run played {session.repeats} time(s).")
    yield f"{machine.cpu}, {machine.cores} cores, {machine.kernel}, {machine.python}."
    yield from ("", "| | |", "|---|---|")
    yield f"| scenarios | {len({one.name for one in session.played})} |"
    yield f"| left out | {', '.join(session.left_out) if session.left_out else 'none'} |"
    yield f"| runs | {len(session.played)} |"
    yield f"| virtual time | {hours:.1f} h |"
    yield f"| **runs that did not pass** | **{len(session.failed)}** |"
    once = "" if session.repeats > 1 else " (each was played once)"
    yield f"| **runs that were not the same again** | **{len(session.flakes)}**{once} |"
    yield from ("", "## Flakes", "")
    yield "In virtual time a run is a function of its scenario and its seed, so nothing may flake: the budget is none"
    yield 'in 1 000 repeats of the set. `make scenarios ARGS="--seeds 1 --repeats 1000 --short"` plays them in worker'
    yield "processes with hash seeds of their own, and compares the hashes of the traces, which is more than verdicts."


def _table(session: Session) -> Iterable[str]:
    runs: defaultdict[str, list[Played]] = defaultdict(list)
    for one in session.played:
        runs[one.name].append(one)
    yield from ("", "## By scenario", "", "| scenario | passed | of |", "|---|---|---|")
    for name, played in sorted(runs.items()):
        passed = sum(one.outcome == Outcome.PASS.value for one in played)
        yield f"| {name} | {passed} | {len(played)} |"
    if session.failed:
        yield from ("", "## What did not pass", "")
        yield from (f"- {one.name}, seed {one.seed}: {one.outcome}. {one.said}" for one in session.failed)


def _names(*, short: bool, only: Sequence[str]) -> Mapping[str, bool]:
    wanted = only if only else scenario_names()
    return {name: not (short and load_scenario(name).long) for name in wanted}


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="every scenario with many seeds, on all cores")
    parser.add_argument("names", nargs="*", help="only these; the document is not written then")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds")
    parser.add_argument("--repeats", type=int, default=1, help="how often each run is played, to find flakes")
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--jobs", type=int, default=cores, help="how many processes play at once")
    parser.add_argument("--short", action="store_true", help="leave out the scenarios that are marked long")
    given = parser.parse_args()
    if min(given.seeds, given.repeats, given.jobs) < 1:
        parser.error("--seeds, --repeats and --jobs are at least 1")
    names = _names(short=given.short, only=given.names)
    seeds = range(given.seed, given.seed + given.seeds)
    jobs = [(name, seed) for name, is_played in names.items() if is_played for seed in seeds] * given.repeats
    say = Progress(sys.stderr)
    played: list[Played] = []
    for one in play_all(jobs, given.jobs):
        played.append(one)
        say(f"scenarios: {len(played)} of {len(jobs)} runs")
        if one.outcome != Outcome.PASS.value:
            print(f"{one.name} seed {one.seed}: {one.outcome}. {one.said}", flush=True)
    say.done()
    left_out = tuple(name for name, is_played in names.items() if not is_played)
    session = Session(seeds, given.repeats, left_out, tuple(played))
    if not given.names:
        TARGET.write_text(page(session), encoding="utf-8")
    print(f"{len(played)} runs, {len(session.failed)} did not pass, {len(session.flakes)} were not the same again")
    return 1 if session.failed or session.flakes else 0


if __name__ == "__main__":
    sys.exit(main())
