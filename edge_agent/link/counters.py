"""What was counted on the wire, per slave, since start. Every fault has its own name."""

import enum


class Counter(enum.Enum):
    """The names.

    `ok`, `timeout`, `crc`, `exception`, `wrong_function` and `wrong_count` say how requests ended (the last two, and
    `crc`, also count what came before a good answer). `echo`, `leading_junk`, `trailing_junk` are bytes around
    answers. `late` counts the slave's frames outside its own turn; `foreign` other slaves' frames in its turn.
    """

    OK = "ok"
    TIMEOUT = "timeout"
    CRC = "crc"
    EXCEPTION = "exception"
    ECHO = "echo"
    LEADING_JUNK = "leading_junk"
    TRAILING_JUNK = "trailing_junk"
    LATE = "late"
    FOREIGN = "foreign"
    WRONG_FUNCTION = "wrong_function"
    WRONG_COUNT = "wrong_count"


class Counters:
    """One slave's counters."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(Counter, 0)

    def add(self, counter: Counter) -> None:
        """Count one."""
        self._counts[counter] += 1

    def __getitem__(self, counter: Counter) -> int:
        return self._counts[counter]

    def by_name(self) -> dict[str, int]:
        """All of them, as a technician reads them."""
        return {counter.value: count for counter, count in self._counts.items()}
