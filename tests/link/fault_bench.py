"""Polling under faults of the wire and the port, and what became of it: one run, judged by the rules of the link.

Slaves hear what is on the wire, as devices do: a damaged request gets no answer, and a second master gets one. Every
register of an answer carries the serial number of the request it answers, so that a stale value gives itself away.
"""

import asyncio
import enum
import errno
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from link_bench import LINE, MAX_LATE_NS, MS, TIMEOUT_NS, Habit, LinkBench, PollBench, S, good

from edge_agent.link.device import BACK_OFF_NS
from hil.bus.faults.catalogue import Fault
from hil.bus.faults.echo import Echo
from hil.bus.faults.injector import Firing, Injector
from hil.bus.segment import Delivery, Segment
from protocols.modbus.deframer import Deframer, Frame
from protocols.modbus.pdu import MAX_REGISTERS, REQUEST_LEN, ReadRequest, parse_request

PERIOD_NS = 500 * MS
COUNTS: Mapping[int, Sequence[int]] = {1: (2, 3), 2: (2,)}
"""Slave 1 has two blocks of different lengths, slave 2 one: the bystander."""
ARM_NS = 2_250 * MS
"""Between two cycles; both slaves are up by then."""
SETTLE_NS = 12 * S
"""How long it goes on after the fault's end."""
BUSY_NS = 50 * MS
"""How long a slave is at an answer, at most."""
LONGEST_HEARD = 64
"""Handed over in one piece, more than that is no request."""
JITTER_NS = 100 * MS
"""A block's place in its cycle shifts by the others' turns."""


class Recovery(enum.Enum):
    """By when everything is read at the full rate again, in ns from the fault's end on."""

    CYCLE = PERIOD_NS + TIMEOUT_NS
    """After a wire fault: the next cycle."""
    LATE = MAX_LATE_NS + PERIOD_NS + TIMEOUT_NS
    """After a late answer: `max_late_ms` and the next cycle."""
    UNKNOWN = TIMEOUT_NS + MAX_LATE_NS + PERIOD_NS + TIMEOUT_NS
    """Where nobody can know that the answer will not come: the same, from the deadline on."""
    PROBE = BACK_OFF_NS[-1] + MAX_LATE_NS + PERIOD_NS + TIMEOUT_NS
    """A dead slave: one probe period at its longest, and the quarantine of the last try."""
    PORT = 5 * S + PERIOD_NS + TIMEOUT_NS
    """A dead port: it is tried every five seconds at least."""


class Broken(enum.Enum):
    """A rule that a master broke."""

    WRONG_VALUE = "a value was taken that the slave did not send for this request"
    LOST = "a reading was lost although its answer had come, or a neighbour's was"
    NOT_BACK = "not back to the full rate in time"


class Port(enum.Enum):
    """Faults of the port, by their catalogue names."""

    UNPLUG = "port.unplug"
    RENAME = "port.rename"
    EIO = "port.eio"
    EBUSY = "port.open_error(EBUSY)"
    EACCES = "port.open_error(EACCES)"
    EMPTY_READS = "port.spurious_ready"
    WRITE_BLOCK = "port.write_block"
    STALL = "port.stall"
    ECHO = "turn.echo"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the matrix: a fault, under which names it is counted, and by when it is over.

    `counted[slave]` is exact, `ok` aside; a `None` means "at least once". `may` are names that can come along.
    `serves`: the answers are there all the time, so no reading may be lost. `naive` is what the naive master breaks.
    `by_frame`: whole transmissions are handed over instead of bytes.
    """

    name: str
    naive: frozenset[Broken] = frozenset()
    faults: tuple[dict[str, Any], ...] = ()
    port: Port | None = None
    echo: Echo = Echo()
    dead: bool = False
    lasts_s: float = 2.5
    counted: dict[int, dict[str, int | None]] = {}
    may: tuple[str, ...] = ()
    strays: int | None = 0
    recovery: Recovery = Recovery.CYCLE
    serves: bool = False
    by_frame: bool = False


class Reading(msgspec.Struct, frozen=True):
    """A block that was read: when, and whether every word carries the serial number of this very request."""

    t_ns: int
    slave: int
    block: str
    right: bool


class Run(msgspec.Struct, frozen=True):
    """What a run left behind. `fault_ns` and `over_ns`: when the fault began, and when it was over."""

    readings: tuple[Reading, ...]
    firings: tuple[Firing, ...]
    fault_ns: int
    over_ns: int
    end_ns: int


class Wire:
    """The segment, its slaves and its faults, for whatever master polls them."""

    def __init__(self, bench: LinkBench, seed: str, delivery: Delivery) -> None:
        self.serials: dict[int, int] = {}
        self._bench = bench
        self._deframer = Deframer.for_requests()
        self._heard_ns = self._busy_until_ns = 0
        bench.segment = self.segment = Segment(bench.loop, LINE, bench.taps.append, delivery)
        bench._ends.clear()
        self.segment.attach("ear", self._heard, delivery=self.segment.uart_delivery)
        self.injector = Injector(self.segment, bench.loop, seed)
        self.over_ns = 0
        self.errors: list[dict[str, Any]] = []
        bench.loop.set_exception_handler(lambda _loop, context: self.errors.append(context))

    def _heard(self, data: bytes, t_ns: int) -> None:
        if t_ns - LINE.wire_ns(len(data)) - self._heard_ns >= LINE.t35_ns:
            self._deframer.reset()
        self._heard_ns = t_ns
        if len(data) > LONGEST_HEARD:
            return
        for found in self._deframer.feed(data, t_ns):
            asks = isinstance(found, Frame) and len(found.adu) == REQUEST_LEN
            request = parse_request(found.adu) if asks else None
            if isinstance(request, ReadRequest) and self._is_for_us(request, t_ns):
                self._busy_until_ns = t_ns + BUSY_NS
                self.serials[t_ns] = len(self.serials) + 1
                for after_ns, sent in self._bench.habits[request.slave](request, self.serials[t_ns]):
                    self._bench.drive(request.slave, t_ns + after_ns, sent)

    def _is_for_us(self, request: ReadRequest, t_ns: int) -> bool:
        """Answers pass by here too, and one whose CRC ends in 00 has a good frame in it: a request for absurdly many.

        A slave that is at an answer hears no other master.
        """
        is_busy = t_ns < self._busy_until_ns and self._bench.taps[-1].source != "agent"
        return request.slave in self._bench.habits and 1 <= request.count <= MAX_REGISTERS and not is_busy

    async def trouble(self, row: Row) -> None:
        """Arm a row's faults at ARM_NS, heal them, and go on until all must be well."""
        loop, memory = self._bench.loop, self._bench.memory
        await asyncio.sleep((ARM_NS - loop.now_ns) / S)
        for raw in row.faults:
            self.injector.arm(Fault.of(raw))
        if row.port is not None:
            begin, _ = PORT_FAULTS[row.port]
            begin(memory, row)
        if row.dead:
            habit = self._bench.habits.pop(1)
        await asyncio.sleep(row.lasts_s)
        self.injector.heal()
        if row.port is not None:
            _, end = PORT_FAULTS[row.port]
            end(memory, row)
        if row.dead:
            self._bench.habits[1] = habit
        self.over_ns = self._over_ns(row)
        await asyncio.sleep((SETTLE_NS + max(0, self.over_ns - loop.now_ns)) / S)
        assert not self.errors, self.errors

    def _over_ns(self, row: Row) -> int:
        """A fault that fired once was over then, and not when it could have fired no more."""
        one_shot = row.port is None and not row.dead and all("once" in raw.get("when", {}) for raw in row.faults)
        if not one_shot:
            return self._bench.loop.now_ns
        return max(firing.until_ns for firing in self.injector.firings)


def once(**match: object) -> dict[str, Any]:
    """One answer of slave 1, unless said otherwise."""
    return {"once": True, "match": {"dir": "reply", "slave": 1, **match}}


PORT_FAULTS: Mapping[Port, tuple[Callable[[Any, Row], None], Callable[[Any, Row], None]]] = {
    Port.UNPLUG: (lambda memory, _: memory.unplug(), lambda memory, _: memory.plug()),
    Port.RENAME: (lambda memory, _: memory.unplug(), lambda memory, _: memory.plug("ttyUSB1")),
    Port.EIO: (lambda memory, _: memory.fail(errno.EIO), lambda _memory, _: None),
    Port.EBUSY: (lambda memory, _: _refuse(memory, errno.EBUSY), lambda memory, _: memory.refuse(0)),
    Port.EACCES: (lambda memory, _: _refuse(memory, errno.EACCES), lambda memory, _: memory.refuse(0)),
    Port.EMPTY_READS: (lambda memory, _: memory.empty_reads(True), lambda memory, _: memory.empty_reads(False)),
    Port.WRITE_BLOCK: (lambda memory, _: memory.block_writes(True), lambda memory, _: memory.block_writes(False)),
    Port.STALL: (lambda memory, row: memory.stall(row.lasts_s), lambda _memory, _: None),
    Port.ECHO: (lambda memory, row: memory.echo(row.echo), lambda memory, _: memory.echo(None)),
}


def _refuse(memory: Any, number: int) -> None:
    memory.refuse(number)
    memory.fail(errno.EIO)


def judge(row: Row, run: Run) -> set[Broken]:
    """The rules that a run broke."""
    broken = set()
    if not all(reading.right for reading in run.readings):
        broken.add(Broken.WRONG_VALUE)
    last_fault_ns = run.over_ns
    for slave, counts in COUNTS.items():
        for index in range(len(counts)):
            read_ns = [one.t_ns for one in run.readings if (one.slave, one.block) == (slave, f"b{index}") and one.right]
            if _lost(read_ns, run.fault_ns - PERIOD_NS, run.end_ns) and row.serves:
                broken.add(Broken.LOST)
            after_ns = [t_ns for t_ns in read_ns if t_ns > last_fault_ns]
            if not after_ns or after_ns[0] > last_fault_ns + row.recovery.value or _lost(after_ns, 0, run.end_ns):
                broken.add(Broken.NOT_BACK)
    return broken


def _lost(read_ns: Sequence[int], from_ns: int, end_ns: int) -> bool:
    """Whether more than a period passes between two readings, or after the last."""
    inside = [t_ns for t_ns in read_ns if t_ns >= from_ns]
    return any(
        after - before > PERIOD_NS + JITTER_NS for before, after in zip(inside, [*inside[1:], end_ns], strict=True)
    )


class FaultBench(PollBench):
    """The production poller and master under one row's faults."""

    def __init__(self, row: Row, seed: str, delivery: Delivery | None = None) -> None:
        super().__init__(good_habits(), COUNTS)
        self._row = row
        self.wire = Wire(self, seed, delivery_of(row) if delivery is None else delivery)

    async def run(self) -> Run:
        """Poll through it."""
        polling = asyncio.create_task(self.poller.run(), name="poller")
        await asyncio.sleep((ARM_NS - MS) / S)
        before = self.counters()
        await self.wire.trouble(self._row)
        polling.cancel()
        await asyncio.wait([polling])
        assert polling.cancelled(), polling
        self.counted = {slave: _since(before[slave], counters) for slave, counters in self.counters().items()}
        readings = [
            Reading(to_ns, int(name.rpartition("-")[2]), block, set(words) == {self.wire.serials.get(from_ns)})
            for name, block, words, from_ns, to_ns in self.blocks
        ]
        return Run(tuple(readings), tuple(self.wire.injector.firings), ARM_NS, self.wire.over_ns, self.loop.now_ns)

    @property
    def strays(self) -> int:
        """Frames of slaves that nobody asked."""
        return self.poller._bus.strays

    def counters(self) -> dict[int, dict[str, int]]:
        """Every slave's, by name."""
        return {view.slave: view.counters for view in self.poller.views()}


def _since(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    grown = {name: count - before.get(name, 0) for name, count in after.items() if name != "ok"}
    return {name: count for name, count in grown.items() if count}


def delivery_of(row: Row) -> Delivery:
    """How the row's bench hands bytes over."""
    return Delivery.FRAME if row.by_frame else Delivery.BYTE


def good_habits() -> dict[int, Habit]:
    """Every slave answers rightly."""
    return dict.fromkeys(COUNTS, good)
