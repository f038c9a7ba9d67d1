"""Finds speed, format and slaves of a line: listens first, then asks, function 03 only.

A line on which somebody speaks is not scanned: two masters damage each other's questions. Who answers, refuses, or
sends what can only be a damaged answer is there. All devices of a bus share its line, so once somebody has answered on
one line, every address is asked there and nowhere else.

Parity is another matter: a receiver passes on what came with a wrong parity bit, and many slaves do not mind either. So
the other formats of that speed are tried with whoever answered, and the UART's own error counters decide; where there
are none, every format that works is told.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import msgspec

from edge_agent.diagnose.scan_found import FoundSlave, How, judge
from edge_agent.diagnose.scan_identity import likenesses
from edge_agent.diagnose.scan_plan import BRISK, PATIENT, SLOW, Question, ScanPlan, longest_ns, question_ns
from edge_agent.diagnose.scan_quiet import LineInUse, Quiet, has_errors
from edge_agent.link.bus import Bus
from edge_agent.link.counters import Counter
from edge_agent.link.master import RtuMaster
from edge_agent.link.outcome import Failure, FailureKind, Reply, SlaveTimes
from edge_agent.ports import BusOpener, Clock, PortError
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import ReadRequest
from protocols.profiles.schema import Profile

_ASKED_AGAIN: Final = 2
"""How often a damaged answer is asked for once more."""
_LATE: Final = (Counter.LATE, Counter.UNSOLICITED, Counter.DUPLICATE)


class Progress(msgspec.Struct, frozen=True):
    """Where the scan is: the line, the address (None: it listens), and what is left of it at most."""

    line: LineSettings
    slave: int | None
    done: float
    left_ns: int


class _Open(msgspec.Struct, frozen=True):
    """A line that is open to be asked on."""

    line: LineSettings
    bus: Bus
    master: RtuMaster

    @property
    def has_errors(self) -> bool | None:
        """Whether the UART received bits that do not fit the line since it was opened; None if it does not count."""
        return None if self.bus.port is None else has_errors(self.bus.port.uart_errors())


class Scanner:
    """One scan of one port. `found` and `line` are what is known so far, also when it is cut off.

    `also`: other formats of the line's speed that work as well, and that this port cannot tell from it.
    """

    def __init__(
        self,
        open_bus: BusOpener,
        port: str,
        clock: Clock,
        plan: ScanPlan,
        profiles: Sequence[Profile],
        on_progress: Callable[[Progress], None],
        *,
        force: bool = False,
    ) -> None:
        self.line: LineSettings | None = None
        self.also: tuple[LineSettings, ...] = ()
        self.found: dict[int, FoundSlave] = {}
        self._open_bus = open_bus
        self._port = port
        self._clock = clock
        self._plan = plan
        self._profiles = profiles
        self._on_progress = on_progress
        self._force = force
        self._quiet = Quiet(open_bus, port, clock, self._listens)
        self._known: dict[int, Question] = {}  # by which each slave was found
        self._where: dict[int, LineSettings] = {}  # and on which line
        self._begun_ns = clock.now_ns()
        self._left_ns = longest_ns(plan)

    async def run(self) -> None:
        """Scan. Raises PortError, or LineInUse unless forced."""
        lines = await self._quiet.free_lines(self._plan.lines, force=self._force)
        for line in lines:
            if line != lines[0] and not self._force:
                await self._quiet.still_free(line, lines)
            if await self._settles(line, self._plan.likely(line), PATIENT):
                return
        for line in lines:
            if await self._settles(line, self._plan.sweep(), BRISK):
                return
        if self.found:  # all of it damaged
            await self._finish(next(iter(self._where.values())))

    async def _settles(self, line: LineSettings, questions: Sequence[Question], times: SlaveTimes) -> bool:
        """Ask on one line, and everything else if somebody was understood; damaged bytes could be another line's."""
        async with self._open(line) as at:
            await self._ask(at, questions, times)
        if not self._understood():
            return False
        await self._finish(line)
        return True

    def _understood(self) -> list[int]:
        return [slave for slave, one in self.found.items() if one.how is not How.DAMAGED]

    async def _finish(self, line: LineSettings) -> None:
        """Everybody on this line, and what they may be."""
        for slave in [slave for slave, where in self._where.items() if where != line]:
            del self.found[slave], self._where[slave]
        self.line = line
        self.line, *also = await self._formats(line)
        self.also = tuple(also)
        async with self._open(self.line) as at:
            questions = self._plan.sweep(self._understood())
            self._left_ns = len(questions) * question_ns(self.line, BRISK)
            await self._ask(at, questions, BRISK)
            late = [slave for slave in self._plan.slaves if slave not in self.found and _was_late(at.master, slave)]
            await self._ask(at, [one for one in self._plan.sweep() if one.slave in late], SLOW)
            for slave in sorted(self.found):
                self._tell(self.line, slave)
                likely = await likenesses(slave, (self.line, *also), self._profiles, partial(self._transact, at.master))
                self.found[slave] = msgspec.structs.replace(self.found[slave], likenesses=tuple(likely))
        self._left_ns = 0
        self._tell(self.line, None)

    async def _formats(self, line: LineSettings) -> list[LineSettings]:
        """The formats of this speed that work, this one first; only those without UART errors, if there are any."""
        slave = next(iter(self._understood()), None)
        if slave is None:
            return [line]
        works, clean = [line], list[LineSettings]()
        same_speed = [other for other in self._plan.lines if other.baud == line.baud and other != line]
        for one in (line, *same_speed):
            async with self._open(one) as at:
                self._tell(one, slave)
                found = judge(self._known[slave], await self._transact(at.master, self._known[slave].request, PATIENT))
                if found is not None and found.how is not How.DAMAGED:
                    works.append(one)
                    clean += [one] if at.has_errors is False else []
        return list(dict.fromkeys(clean or works))

    # asking

    @asynccontextmanager
    async def _open(self, line: LineSettings) -> AsyncIterator[_Open]:
        bus = Bus(self._open_bus, self._port, line)
        master = RtuMaster(bus, line, self._clock)
        await bus.open()
        try:
            yield _Open(line, bus, master)
        finally:
            bus.close()

    async def _ask(self, at: _Open, questions: Sequence[Question], times: SlaveTimes) -> None:
        for question in questions:
            self._tell(at.line, question.slave)
            before = self.found.get(question.slave)
            if before is None or before.how is How.DAMAGED:
                await self._ask_one(at, question, times)
            self._left_ns = max(0, self._left_ns - question_ns(at.line, times))

    async def _ask_one(self, at: _Open, question: Question, times: SlaveTimes) -> None:
        for _ in range(1 + _ASKED_AGAIN):
            found = judge(question, await self._transact(at.master, question.request, times))
            if found is None:
                return
            self.found[question.slave] = found
            self._where[question.slave] = at.line
            self._known[question.slave] = question
            if found.how is not How.DAMAGED:
                return

    async def _transact(self, master: RtuMaster, request: ReadRequest, times: SlaveTimes) -> Reply | Failure:
        outcome = await master.transact(request, msgspec.structs.replace(times, denied=self._plan.denied))
        if isinstance(outcome, Failure) and outcome.kind is FailureKind.PORT:
            raise PortError(outcome.detail)
        if master.counters(request.slave)[Counter.OTHER_MASTER] and not self._force:
            raise LineInUse(
                f"{self._port}: another master asks slaves on this line; stop it, or scan all the same with --force"
            )
        return outcome

    # telling

    def _listens(self, line: LineSettings, for_ns: int) -> None:
        self._tell(line, None)
        self._left_ns = max(0, self._left_ns - for_ns)

    def _tell(self, line: LineSettings, slave: int | None) -> None:
        spent_ns = self._clock.now_ns() - self._begun_ns
        total_ns = spent_ns + self._left_ns
        self._on_progress(Progress(line, slave, spent_ns / total_ns if total_ns else 0.0, self._left_ns))


def _was_late(master: RtuMaster, slave: int) -> bool:
    counters = master.counters(slave)
    return any(counters[counter] for counter in _LATE)
