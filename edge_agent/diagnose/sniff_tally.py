"""What a listener counted: frames, oddities, who was asked and who answered, how often the same is asked again."""

from typing import Final

import msgspec

from edge_agent.clock import NS
from edge_agent.diagnose.conversation import Heard, Oddity, Role
from protocols.modbus.line import LineSettings

_MOST_REQUESTS: Final = 256
"""Different requests that are followed for the cycle; a master that sends more has none."""
_REPEATS: Final = 3
"""A cycle is told once a request has come so many times."""
_NS_PER_MS: Final = 1_000_000


class SlaveTally(msgspec.Struct):
    """One address: requests to it, answers from it (exceptions among them), damaged ones."""

    asked: int = 0
    answered: int = 0
    exceptions: int = 0
    damaged: int = 0


class Summary(msgspec.Struct, frozen=True):
    """Everything that was heard, in numbers. `cycle_ms` is the shortest period of a request that came again and again.

    `bus_use` is the part of the time in which anybody drove the line.
    """

    seconds: float
    heard_bytes: int
    requests: int
    answers: int
    oddities: dict[str, int]
    slaves: dict[int, SlaveTally]
    cycle_ms: float | None
    bus_use: float

    @property
    def frames(self) -> int:
        """Whole frames with a good CRC."""
        return self.requests + self.answers


class Tally:
    """Counts. Its size does not grow with the time it listens."""

    def __init__(self, line: LineSettings, begin_ns: int) -> None:
        self._line = line
        self._begin_ns = begin_ns
        self._requests = self._answers = self._bytes = 0
        self._oddities: dict[Oddity, int] = {}
        self._slaves: dict[int, SlaveTally] = {}
        self._repeats: dict[bytes, tuple[int, int, int]] = {}

    def add(self, heard: Heard) -> None:
        """Count one thing heard."""
        if Oddity.NO_ANSWER in heard.oddities:  # told a second time: only this is new
            self._count(Oddity.NO_ANSWER)
            return
        for oddity in heard.oddities:
            self._count(oddity)
        self._bytes += len(heard.data)
        if heard.role is Role.REQUEST:
            self._request(heard)
        elif heard.role is Role.ANSWER:
            self._answers += 1
            slave = self._slave(heard.data[0])
            slave.answered += 1
            slave.exceptions += Oddity.EXCEPTION in heard.oddities
        elif heard.request:
            self._slave(heard.request[0]).damaged += 1

    def _count(self, oddity: Oddity) -> None:
        self._oddities[oddity] = self._oddities.get(oddity, 0) + 1

    def _slave(self, address: int) -> SlaveTally:
        return self._slaves.setdefault(address, SlaveTally())

    def _request(self, heard: Heard) -> None:
        self._requests += 1
        if Oddity.ECHO in heard.oddities:
            return
        self._slave(heard.data[0]).asked += 1
        count, first_ns, _ = self._repeats.get(heard.data, (0, heard.start_ns, 0))
        if count or len(self._repeats) < _MOST_REQUESTS:
            self._repeats[heard.data] = (count + 1, first_ns, heard.start_ns)

    def summary(self, end_ns: int) -> Summary:
        """The numbers until `end_ns`."""
        spent_ns = max(1, end_ns - self._begin_ns)
        return Summary(
            seconds=round(spent_ns / NS, 3),
            heard_bytes=self._bytes,
            requests=self._requests,
            answers=self._answers,
            oddities={oddity.value: self._oddities[oddity] for oddity in Oddity if oddity in self._oddities},
            slaves={address: self._slaves[address] for address in sorted(self._slaves)},
            cycle_ms=self._cycle_ms(),
            bus_use=round(min(1.0, self._line.wire_ns(self._bytes) / spent_ns), 4),
        )

    def _cycle_ms(self) -> float | None:
        periods = [
            (last_ns - first_ns) / (count - 1)
            for count, first_ns, last_ns in self._repeats.values()
            if count >= _REPEATS
        ]
        return round(min(periods) / _NS_PER_MS, 1) if periods else None
