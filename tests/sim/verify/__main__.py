"""What `make verify` runs. Exit codes: 0 nothing failed, 1 something did, 2 wrong usage, 130 interrupted."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from hil.bench.machine import this_machine
from hil.bench.progress import Progress
from tests.support.longrun import ROOT, end, fingerprint
from verify.findings import Outcome, failed
from verify.report import counts, document, write
from verify.tasks import Effort, run

REPORT: Final = ROOT / "docs" / "verification.md"
SOURCES: Final = (
    "sim/**/*.py",
    "configs/buildings/*.yaml",
    "configs/faults/*.yaml",
    "tests/sim/verify/*.py",
    "tests/sim/data/*.csv",
)
"""What a result depends on."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="make verify ARGS=...", description="Hold the plant against its references.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="processes; default: one a core")
    parser.add_argument("--safety-s", type=float, default=Effort().safety_s, help="how long the safety rules are tried")
    parser.add_argument("--report", type=Path, default=REPORT)
    options = parser.parse_args(arguments)
    if options.jobs < 1 or options.safety_s <= 0:
        parser.error("--jobs starts at 1, --safety-s above 0")
    say, machine, began = Progress(sys.stderr), this_machine(), time.monotonic()
    effort = Effort(safety_s=options.safety_s)
    with ProcessPoolExecutor(options.jobs) as pool:
        try:
            outcomes = run(pool, options.jobs, options.seed, effort, say)
        except KeyboardInterrupt:
            end(pool)
            say.done()
            print("interrupted; nothing was written", file=sys.stderr)
            return 130
    say.done()
    write(options.report, document(machine, options.seed, fingerprint(SOURCES), time.monotonic() - began, outcomes))
    return _tell(outcomes, options.report)


def _tell(outcomes: Sequence[Outcome], report: Path) -> int:
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    wrong = failed(findings)
    for finding in wrong:
        print(f"FAIL item {finding.item}, {finding.what}: {finding.result} (tolerance {finding.tolerance})")
    print(f"{counts(findings)}; see {report}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
