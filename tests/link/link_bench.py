"""A segment in virtual time with hand-made slaves on it that misbehave by script, and the master at its end."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence

from edge_agent.link.bus import Bus
from edge_agent.link.counters import Counter
from edge_agent.link.master import MARGIN_NS, RtuMaster
from edge_agent.link.outcome import Failure, FailureKind, Reply, SlaveTimes
from edge_agent.link.plan import Job
from edge_agent.link.poller import PolledDevice, Poller
from edge_agent.ports import BusPort, OnBytes, OnLost
from hil.bus.memory import MEMORY_PORT, MemoryBus, MemoryPort
from hil.bus.segment import Delivery, End, Segment, Tapped
from hil.loop import VirtualClock, run_virtual, running_loop
from protocols.modbus.crc import append_crc
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import ReadFunction, ReadRequest
from protocols.profiles.layout import Block, Layout, Part

LINE = LineSettings.parse("9600 8N1")
MS = 1_000_000
S = 1_000_000_000
LATENCY_NS = 10 * MS
MAX_LATE_NS = 1000 * MS
TIMES = SlaveTimes(latency_ns=LATENCY_NS, max_late_ns=MAX_LATE_NS, min_gap_ns=0)

Sends = Sequence[tuple[int, bytes]]
"""What a slave drives: ns after the request's end, and the bytes."""
Habit = Callable[[ReadRequest, int], Sends]
"""From a request and its serial number on the bus to what the slave does about it."""


def holding(slave: int = 1, address: int = 0, count: int = 2) -> ReadRequest:
    return ReadRequest(slave, ReadFunction.HOLDING, address, count)


def answer_with(slave: int, function: int, words: Sequence[int]) -> bytes:
    """A normal reply, put together by hand (Modbus application protocol V1.1b3, 6.3)."""
    data = b"".join(word.to_bytes(2, "big") for word in words)
    return append_crc(bytes((slave, function, len(data))) + data)


def serial_answer(request: ReadRequest, serial: int) -> bytes:
    """The right reply, every register of which carries the request's serial number."""
    return answer_with(request.slave, int(request.function), [serial % 0x10000] * request.count)


def good(request: ReadRequest, serial: int) -> Sends:
    return [(LATENCY_NS, serial_answer(request, serial))]


def silent(_request: ReadRequest, _serial: int) -> Sends:
    return []


def late_by(late_ns: int) -> Habit:
    """The right answer, starting `late_ns` after the slave's stated latency."""
    return lambda request, serial: [(LATENCY_NS + late_ns, serial_answer(request, serial))]


def says(data: bytes) -> Habit:
    """Always these bytes, whatever was asked."""
    return lambda _request, _serial: [(LATENCY_NS, data)]


def altered(change: Callable[[bytes], bytes]) -> Habit:
    """The right answer, changed on its way."""
    return lambda request, serial: [(LATENCY_NS, change(serial_answer(request, serial)))]


class EchoingBus:
    """An adapter that hears itself: `echo` makes what is read back; `glued` hands it over with the next bytes."""

    def __init__(self, bus: MemoryBus, echo: Callable[[bytes], bytes], glued: bool) -> None:
        self._bus = bus
        self._echo = echo
        self._glued = glued

    async def __call__(self, port: str, line: LineSettings, on_bytes: OnBytes, on_lost: OnLost) -> BusPort:
        held: list[bytes] = []

        def heard(data: bytes, t_ns: int) -> None:
            on_bytes(b"".join((*held, data)), t_ns)
            held.clear()

        opened = await self._bus(port, line, heard, on_lost)
        assert isinstance(opened, MemoryPort)
        write, loop = opened.write, running_loop()

        def write_and_hear(data: bytes) -> None:
            write(data)
            if self._glued:
                held.append(self._echo(data))
            else:
                t_ns = loop.now_ns + line.wire_ns(len(data))
                loop.call_at_ns(t_ns, on_bytes, self._echo(data), t_ns)

        opened.write = write_and_hear  # type: ignore[method-assign]
        return opened


class LinkBench:
    """Make one inside `run_virtual`. `habits[slave]` may be changed at any time; absent slaves are silent.

    `taps` has what anybody drove, `requests` what the agent did.
    """

    def __init__(
        self,
        habits: Mapping[int, Habit] | None = None,
        *,
        delivery: Delivery = Delivery.FRAME,
        echo: Callable[[bytes], bytes] | None = None,
        glued: bool = False,
    ) -> None:
        self.loop = running_loop()
        self.clock = VirtualClock()
        self.taps: list[Tapped] = []
        self.requests: list[Tapped] = []
        self.habits: dict[int, Habit] = {} if habits is None else dict(habits)
        self.serial = 0
        self.segment = Segment(self.loop, LINE, self._tap, delivery)
        self._ends: dict[int, End] = {}
        self.segment.attach("ear", self._heard, delivery=self.segment.uart_delivery)
        self.memory = MemoryBus(lambda: self.segment)
        self.opener = self.memory if echo is None else EchoingBus(self.memory, echo, glued)

    def _tap(self, tapped: Tapped) -> None:
        self.taps.append(tapped)
        if tapped.source == "agent":
            self.requests.append(tapped)

    def _heard(self, _data: bytes, _t_ns: int) -> None:
        """The tap has every transmission at its end, before it is heard, and names who drove."""
        while self.serial < len(self.requests):
            tapped = self.requests[self.serial]
            self.serial += 1
            slave, function, address, count = _parse(tapped.data)
            habit = self.habits.get(slave, silent)
            request = ReadRequest(slave, ReadFunction(function), address, count)
            for after_ns, sent in habit(request, self.serial):
                self.drive(slave, tapped.t_end_ns + after_ns, sent)

    def drive(self, slave: int, at_ns: int, data: bytes) -> None:
        """Let a slave send bytes at an instant."""
        if slave not in self._ends:
            self._ends[slave] = self.segment.attach(f"slave {slave}", lambda _data, _t_ns: None)
        self.loop.call_at_ns(at_ns, self._ends[slave].send, data)

    def starts(self, slave: int) -> list[int]:
        """When the agent began its requests to a slave."""
        return [tapped.t_start_ns for tapped in self.requests if tapped.data[0] == slave]

    async def master(self) -> "Asker":
        """The master, on an open bus."""
        bus = Bus(self.opener, MEMORY_PORT, LINE)
        master = RtuMaster(bus, LINE, self.clock)
        await bus.open()
        return Asker(master, bus)


def _parse(adu: bytes) -> tuple[int, int, int, int]:
    return adu[0], adu[1], int.from_bytes(adu[2:4], "big"), int.from_bytes(adu[4:6], "big")


class Asker:
    """A master with short words for tests."""

    def __init__(self, master: RtuMaster, bus: Bus) -> None:
        self.master = master
        self.bus = bus

    async def ask(self, request: ReadRequest | None = None, times: SlaveTimes = TIMES) -> Reply | Failure:
        return await self.master.transact(holding() if request is None else request, times)

    def count(self, slave: int = 1) -> dict[Counter, int]:
        """What was counted for a slave, without the zeros."""
        counters = self.master.counters(slave)
        return {counter: counters[counter] for counter in Counter if counters[counter]}


def kind_of(outcome: Reply | Failure) -> FailureKind | None:
    """None for an answer."""
    return outcome.kind if isinstance(outcome, Failure) else None


class PollBench(LinkBench):
    """The poller on the bench: `blocks` and `links` are what it reported."""

    def __init__(
        self,
        habits: Mapping[int, Habit],
        counts: Mapping[int, Sequence[int]],
        *,
        poll_period_s: float = 0.5,
        down_after_s: float = 3.0,
        shapes: int = 1,
    ) -> None:
        """`counts[slave]`: how many registers each of its blocks has, each to be asked for in so many shapes."""
        super().__init__(habits)
        self.blocks: list[tuple[str, str, tuple[int, ...], int, int]] = []
        self.links: list[tuple[str, bool, int, int]] = []
        period_ns = round(poll_period_s * S)
        self.poller = Poller(
            [device(slave, own, period_ns, shapes) for slave, own in counts.items()],
            RtuMaster(Bus(self.opener, MEMORY_PORT, LINE), LINE, self.clock),
            self.clock,
            round(down_after_s * S),
            on_block=lambda name, block, words, a, b: self.blocks.append((name, block.name, words, a, b)),
            on_link=lambda *said: self.links.append(said),
            line_is_fresh=True,
        )

    async def poll_for(self, seconds: float) -> None:
        """Run the poller from now for so long, or go on with it."""
        task = asyncio.create_task(self.poller.run(), name="poller")
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    def state(self, slave: int = 1) -> str:
        return next(view.state for view in self.poller.views() if view.slave == slave)


def device(slave: int, counts: Sequence[int], period_ns: int, shapes: int = 1) -> PolledDevice:
    """A device with one block of holding registers for each count, each to be asked for in so many shapes."""
    blocks = [Block(f"b{index}", 3, 100 * index, count) for index, count in enumerate(counts)]
    jobs = tuple(
        Job(block, period_ns, tuple((holding(slave, block.address, block.count + more), 0) for more in range(shapes)))
        for block in blocks
    )
    return PolledDevice(f"device-{slave}", "by hand", slave, Layout([Part(block, ()) for block in blocks]), TIMES, jobs)


REQUEST_NS = LINE.wire_ns(8)
REPLY_NS = LINE.wire_ns(holding().reply_len)
TIMEOUT_NS = REQUEST_NS + LATENCY_NS + REPLY_NS + MARGIN_NS


def on_bench(main: Callable[[LinkBench, Asker], Coroutine[object, object, None]], **bench: object) -> None:
    async def run() -> None:
        made = LinkBench(**bench)  # type: ignore[arg-type]
        await main(made, await made.master())

    run_virtual(run())


def expect(ask_kind: FailureKind | None, counted: dict[Counter, int], **bench: object) -> None:
    """One request's outcome and everything it counted."""

    async def main(made: LinkBench, asker: Asker) -> None:
        outcome = await asker.ask()
        assert kind_of(outcome) is ask_kind, outcome
        if isinstance(outcome, Reply):
            assert outcome.words == (1, 1)
        await asyncio.sleep(0.02)
        await asker.ask(holding(slave=9))  # what came behind the answer is counted when the next turn begins
        assert asker.count() == counted

    on_bench(main, **bench)
