"""`python -m hil.score doctor`: has the doctor examine every case for some seeds, and writes how right it was.

Exit codes: 0 every target met, 1 a target missed or the document not written (one line on standard error says which),
2 wrong usage, 130 Ctrl-C.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from hil.bench.machine import this_machine
from hil.bench.progress import Progress
from hil.score.case import Case
from hil.score.cases import CASES
from hil.score.holdout import CASES as HOLDOUT
from hil.score.report import Row, Score, as_markdown, rows_of
from hil.score.trial import Trial, tried

SEEDS: Final = 10
DOCUMENT: Final = Path("docs/score-doctor.md")
_MISSED: Final = 1
_INTERRUPTED: Final = 130
_EPILOG: Final = """examples:
  make score                                     ten seeds a case; writes docs/score-doctor.md
  make score ARGS="--seeds 3 --out -"            a shorter look, on standard output
  make score ARGS="--case no_bias --trials"      one case, a line a trial
  python -m hil.score doctor --json > score.json
"""


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 10_000:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and 10000")
    return value


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m hil.score",
        description="Scores the diagnosis on buses whose true fault is known, in virtual time.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=("doctor",), help="what is scored")
    parser.add_argument("--seeds", type=_count, default=SEEDS, metavar="N", help=f"seeds a case (default: {SEEDS})")
    parser.add_argument("--first-seed", type=int, default=0, metavar="N", help="the first of them (default: 0)")
    parser.add_argument("--case", action="append", metavar="NAME", help="this case alone; repeatable")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object, write no document")
    form.add_argument("--trials", action="store_true", help="print a line a trial, write no document")
    parser.add_argument("--out", type=Path, default=DOCUMENT, metavar="FILE", help=f"default: {DOCUMENT}; - prints it")
    given = parser.parse_args(arguments)
    names = {case.name for case in (*CASES, *HOLDOUT)}
    unknown = [name for name in given.case or () if name not in names]
    if unknown:
        parser.error(f"no case {unknown[0]!r}; there are {', '.join(sorted(names))}")
    return given


def _trials(cases: Sequence[Case], given: argparse.Namespace, progress: Progress) -> list[Trial]:
    trials: list[Trial] = []
    for case in cases:
        if given.case is None or case.name in given.case:
            for seed in range(given.first_seed, given.first_seed + given.seeds):
                progress(f"{case.name}: seed {seed}")
                trials.append(tried(case, seed))
    return trials


def _told(trial: Trial) -> str:
    marks = ("top2" if trial.in_top_two else "----", "named" if trial.is_named else "-----")
    said, before = (", ".join(cause.value for cause in causes) for causes in (trial.said, trial.said_before))
    return (
        f"{trial.case} {trial.seed}: {' '.join(marks)} {trial.seconds:.1f} s, prompts {trial.prompts}:"
        f" {trial.verdict.value} [{said}], before [{before}]"
    )


def _missed(rows: Sequence[Row]) -> str:
    return ", ".join(
        f"{row.case} (top 2 {row.in_top_two}, named {row.named}, in time {row.in_time} of {row.trials})"
        for row in rows
        if not row.is_met
    )


def _write(score: Score, given: argparse.Namespace) -> None:
    if given.json:
        sys.stdout.write(msgspec.json.encode(score).decode() + "\n")
    elif given.case is not None or str(given.out) == "-":
        sys.stdout.write(as_markdown(score))
    else:
        given.out.write_text(as_markdown(score), encoding="utf-8")
        sys.stdout.write(f"{given.out} written\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Score and write; the exit code."""
    given = _arguments(arguments)
    progress = Progress(sys.stderr)
    machine = this_machine()
    try:
        own, holdout = _trials(CASES, given, progress), _trials(HOLDOUT, given, progress)
    except KeyboardInterrupt:
        progress.done()
        return _INTERRUPTED
    progress.done()
    if given.trials:
        sys.stdout.writelines(f"{_told(trial)}\n" for trial in (*own, *holdout))
        return 0
    score = Score(
        machine=machine,
        first_seed=given.first_seed,
        seeds=given.seeds,
        own=rows_of(own),
        holdout=rows_of(holdout),
    )
    try:
        _write(score, given)
    except OSError as error:
        sys.stderr.write(f"{given.out}: cannot write: {error.strerror}; name another file with --out\n")
        return _MISSED
    if not score.is_met:
        sys.stderr.write(f"missed: {_missed(score.own)}\n")
        return _MISSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
