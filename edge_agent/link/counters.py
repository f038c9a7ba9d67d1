"""What was counted on the wire, per slave, since start. Every fault has its own name."""

import enum
from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

from protocols.modbus.pdu import exception_name

_NS_PER_MS: Final = 1_000_000
LATENCY_EDGES_MS: Final = (2, 5, 10, 20, 50, 100, 200, 500, 1000)
"""Upper edges of the latency histogram; what is slower falls into one last bucket."""


class Counter(enum.Enum):
    """The names.

    `ok`, `timeout`, `crc`, `exception`, `wrong_function`, `short`, `long` and `doubtful` say how requests ended; `crc`
    and the three after `exception` also count what came before a good answer, doubtful is one answer of two. `echo`,
    `leading_junk`, `trailing_junk` are bytes around answers, `noise` bytes on an idle line, `gap` a silence inside an
    answer. Of whole frames, `late` counts the slave's own after a turn that ended without one, `duplicate` its last
    answer once more, `unsolicited` any other outside its turn; `foreign` other slaves' frames in its turn,
    `other_master` somebody else's requests.
    """

    OK = "ok"
    TIMEOUT = "timeout"
    CRC = "crc"
    EXCEPTION = "exception"
    ECHO = "echo"
    LEADING_JUNK = "leading_junk"
    TRAILING_JUNK = "trailing_junk"
    NOISE = "noise"
    GAP = "gap"
    LATE = "late"
    DUPLICATE = "duplicate"
    UNSOLICITED = "unsolicited"
    FOREIGN = "foreign"
    OTHER_MASTER = "other_master"
    WRONG_FUNCTION = "wrong_function"
    SHORT = "short"
    LONG = "long"
    DOUBTFUL = "doubtful"


class Counters:
    """One slave's counters, its exceptions by code, and how long its answers took to begin."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(Counter, 0)
        self._exceptions: dict[int, int] = {}
        self._latencies = [0] * (len(LATENCY_EDGES_MS) + 1)

    def add(self, counter: Counter) -> None:
        """Count one."""
        self._counts[counter] += 1

    def add_exception(self, code: int) -> None:
        """Count an exception answer's code; the answer itself is counted as any other end."""
        self._exceptions[code] = self._exceptions.get(code, 0) + 1

    def add_latency(self, latency_ns: int) -> None:
        """Count an answer that began so long after its request's end."""
        self._latencies[bisect_left(LATENCY_EDGES_MS, latency_ns / _NS_PER_MS)] += 1

    def __getitem__(self, counter: Counter) -> int:
        return self._counts[counter]

    def by_name(self, exceptions: Mapping[int, str]) -> dict[str, int]:
        """All of them, as a technician reads them; exceptions also by code and by the slave's own or usual name."""
        named = {counter.value: count for counter, count in self._counts.items()}
        return named | {
            f"exception {code:02X}h {exceptions.get(code) or exception_name(code)}": count
            for code, count in sorted(self._exceptions.items())
        }

    def latencies(self) -> dict[str, int]:
        """The histogram: answers by the upper edge of their latency, empty buckets left out."""
        names = [f"<= {edge} ms" for edge in LATENCY_EDGES_MS] + [f"> {LATENCY_EDGES_MS[-1]} ms"]
        return {name: count for name, count in zip(names, self._latencies, strict=True) if count}
