"""The benches that there are, by name."""

from typing import Final

from hil import UsageError
from hil.benches.bench import Bench
from hil.benches.virtual import VirtualBench
from protocols.nearest import hint

BENCHES: Final = {"virtual": VirtualBench}


def bench_named(name: str) -> Bench:
    """The bench of that name. Raises UsageError with the nearest one."""
    if name not in BENCHES:
        raise UsageError(f"no bench {name!r}; {hint(name, BENCHES)}")
    return BENCHES[name]()
