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
from hil.bench.age import PROFILES as AGES
from hil.bench.age import measure_age
from hil.bench.cost import Wish, measure_cost
from hil.bench.crowd import BADNESS, measure_crowd
from hil.bench.efficiency import BAUDS, SLAVES, measure_efficiency
from hil.bench.machine import this_machine
from hil.bench.plant import PASSENGERS, measure_plant
from hil.bench.progress import Progress
from hil.bench.results import Cost, Efficiency, Results, Saturated
from hil.bench.saturated import SECONDS as SATURATED_S
from hil.bench.saturated import measure_saturated
from hil.bench.speed import VIRTUAL_S, measure_speed
from hil.bench.tables import as_markdown, as_text
from hil.bench.work import measure_work
from protocols import ProtocolError
from protocols.modbus.line import LineSettings
from sim import SimError

PARTS: Final = ("cost", "link", "work", "efficiency", "age", "crowd", "speed", "plant")
_SLOW_PERIOD_S: Final = 1.0
_SLOW_AT_MOST_S: Final = 30.0
"""Wake-ups need no full minute, memory does."""
_STEPS: Final = {
    "work": "our own work for one poll",
    "age": "age of fast items in virtual time",
    "crowd": "one bad slave of sixteen in virtual time",
    "speed": "one lift in virtual time",
    "plant": "lift-days a second",
}
"""Parts that say nothing of themselves."""
_FAILED: Final = 1
_INTERRUPTED: Final = 130
_EPILOG: Final = """parts:
  cost        CPU per poll and memory of both processes, in real time on a pty each; again with one slave at 1 Hz
  link        the link layer alone, flat out on a pty, at 9600, 19200 and 115200 Bd
  work        our own work for one poll, without anything to wait for
  efficiency  how much of the bus's time is used flat out, 1 and 16 slaves at 9600, 19200 and 115200 Bd
  age         how old the fast items of a profile are
  crowd       what one bad slave of sixteen costs the others
  speed       virtual seconds per real second of one lift
  plant       lift-days per second of the simulated lift, beside the least SimPy model of one

examples:
  make bench                                  everything; about three minutes
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
    measures: dict[str, Callable[[], dict[str, object]]] = {
        "cost": lambda: _costs(given, progress),
        "link": lambda: {"saturated": _saturated(given, progress)},
        "work": lambda: {"work": measure_work()},
        "efficiency": lambda: {"efficiency": _efficiency(progress)},
        "age": lambda: {"age": tuple(map(measure_age, AGES))},
        "crowd": lambda: {"crowd": tuple(map(measure_crowd, BADNESS))},
        "speed": lambda: {"speed": measure_speed(given.virtual_seconds, given.seed)},
        "plant": lambda: {"plant": tuple(measure_plant(number, given.seed) for number in PASSENGERS)},
    }
    results = Results(machine=this_machine())
    for part in PARTS:
        if given.only is None or part in given.only:
            progress(_STEPS.get(part, part))
            results = msgspec.structs.replace(results, **measures[part]())
    return results


def _costs(given: argparse.Namespace, progress: Progress) -> dict[str, object]:
    wish = Wish(seconds=given.seconds, period_s=given.period, seed=given.seed)
    slow = msgspec.structs.replace(wish, seconds=min(given.seconds, _SLOW_AT_MOST_S), period_s=_SLOW_PERIOD_S)
    return {"cost": _cost(wish, progress), "slow": _cost(slow, progress)}


def _cost(wish: Wish, progress: Progress) -> Cost:
    with tempfile.TemporaryDirectory(prefix="liftwarden-bench-") as name:
        return asyncio.run(measure_cost(Path(name), wish, progress))


def _saturated(given: argparse.Namespace, progress: Progress) -> tuple[Saturated, ...]:
    seconds = min(given.seconds, SATURATED_S)
    with tempfile.TemporaryDirectory(prefix="liftwarden-bench-") as name:
        lines = [LineSettings.parse(f"{baud} 8N1") for baud in BAUDS]
        return tuple(asyncio.run(measure_saturated(Path(name), line, progress, seconds)) for line in lines)


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
