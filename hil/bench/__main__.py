"""`python -m hil.bench`: what the agent costs, beside a bare asyncio Modbus RTU master in the same run.

Exit codes: 0 measured, 1 it could not be measured (one line on standard error says why), 2 wrong usage, 130 Ctrl-C.
"""

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from edge_agent import AgentError
from hil import BenchError
from hil.bench.cost import Wish, measure_cost
from hil.bench.efficiency import BAUDS, SLAVES, measure_efficiency
from hil.bench.machine import this_machine
from hil.bench.progress import Progress
from hil.bench.results import Cost, Efficiency, Results
from hil.bench.speed import VIRTUAL_S, measure_speed
from hil.bench.tables import as_markdown, as_text
from protocols import ProtocolError
from protocols.modbus.line import LineSettings
from sim import SimError

PARTS: Final = ("cost", "efficiency", "speed")
_FAILED: Final = 1
_INTERRUPTED: Final = 130
_EPILOG: Final = """parts:
  cost        CPU per poll and memory of both processes, in real time on a pty each
  efficiency  how much of the bus's time is used flat out, 1 and 16 slaves at 9600, 19200 and 115200 Bd
  speed       virtual seconds per real second of one lift

examples:
  make bench                                  everything; about 75 s
  make bench ARGS="--seconds 10"              a shorter look
  make bench ARGS="--only efficiency --only speed"
  python -m hil.bench --json > bench.json
  python -m hil.bench --markdown              as in docs/bench.md
"""


def _number(least: float, most: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        value = float(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least:g} and {most:g}")
        return value

    return number


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m hil.bench",
        description="Measures the agent beside a bare asyncio Modbus RTU master, in one run on one machine.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--seconds", type=_number(1, 86_400), default=60.0, metavar="N", help="window of the cost part (default: 60)"
    )
    parser.add_argument(
        "--period", type=_number(0.1, 60), default=0.5, metavar="S", help="poll period of the cost part (default: 0.5)"
    )
    parser.add_argument(
        "--virtual-seconds",
        type=_number(1, 1e7),
        default=VIRTUAL_S,
        metavar="N",
        help=f"span of the speed part (default: {VIRTUAL_S:g})",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the lifts' passengers (default: 1)")
    parser.add_argument("--only", action="append", choices=PARTS, help="run this part alone; repeatable")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--markdown", action="store_true", help="print Markdown tables")
    return parser.parse_args(arguments)


def _measure(given: argparse.Namespace, progress: Progress) -> Results:
    parts = given.only if given.only is not None else PARTS
    results = Results(machine=this_machine())
    if "cost" in parts:
        wish = Wish(seconds=given.seconds, period_s=given.period, seed=given.seed)
        results = msgspec.structs.replace(results, cost=_cost(wish, progress))
    if "efficiency" in parts:
        results = msgspec.structs.replace(results, efficiency=_efficiency(progress))
    if "speed" in parts:
        progress("one lift in virtual time")
        results = msgspec.structs.replace(results, speed=measure_speed(given.virtual_seconds, given.seed))
    return results


def _cost(wish: Wish, progress: Progress) -> Cost:
    with tempfile.TemporaryDirectory(prefix="liftwarden-bench-") as name:
        return asyncio.run(measure_cost(Path(name), wish, progress))


def _efficiency(progress: Progress) -> tuple[Efficiency, ...]:
    measured: list[Efficiency] = []
    for baud in BAUDS:
        for slaves in SLAVES:
            progress(f"bus flat out in virtual time: {baud} Bd, slaves: {slaves}")
            measured.append(measure_efficiency(LineSettings.parse(f"{baud} 8N1"), slaves))
    return tuple(measured)


def _end_on_signals() -> None:
    """SIGTERM and SIGHUP end the bench as Ctrl-C does, so that no process stays behind."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: signal.raise_signal(signal.SIGINT))


def _printed(results: Results, given: argparse.Namespace) -> str:
    if given.json:
        return msgspec.json.encode(results).decode() + "\n"
    return as_markdown(results) if given.markdown else as_text(results)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code."""
    given = _arguments(arguments)
    _end_on_signals()
    logging.getLogger("edge_agent").setLevel(logging.ERROR)  # the bench's slaves are no lifts: warnings are no news
    progress = Progress(sys.stderr)
    try:
        results = _measure(given, progress)
    except (BenchError, AgentError, ProtocolError, SimError) as error:
        progress.done()
        print(error, file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        progress.done()
        print("ended before its time: nothing was measured", file=sys.stderr)
        return _INTERRUPTED
    progress.done()
    sys.stdout.write(_printed(results, given))
    return 0


if __name__ == "__main__":
    sys.exit(main())
