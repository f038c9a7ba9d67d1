"""The benches that there are, by name."""

from collections.abc import Callable
from typing import Final

from hil import UsageError
from hil.benches.bench import Bench
from hil.benches.real import PtyBench, bench_of
from hil.benches.recorded import SUFFIX, CaptureBench
from hil.benches.virtual import VirtualBench
from protocols.nearest import hint

BENCHES: Final[dict[str, Callable[[], Bench]]] = {"virtual": VirtualBench, "pty": PtyBench}


def bench_named(name: str) -> Bench:
    """The bench of that name, the one that a YAML file describes, or that of a capture.

    Raises UsageError with the nearest name, BenchError, or the loader's ConfigError.
    """
    if name.endswith((".yaml", ".yml")):
        return bench_of(name)
    if name.endswith(SUFFIX):
        return CaptureBench(name)
    if name not in BENCHES:
        raise UsageError(f"no bench {name!r}; {hint(name, BENCHES)}")
    return BENCHES[name]()
