"""The one master on the bus: one request at a time, and no value that the slave did not send for this request.

RTU carries no number that ties an answer to its request. So after any turn that did not end conclusively the slave is
in quarantine for as long as its answer may still come (`max_late_ns` past the deadline): nothing is asked of it, and
what it sends is counted as late. Others are served meanwhile; a frame from another slave never matches.

Before every transmission the line is silent for 3.5 characters or the slave's `min_gap_ns`, counted from the last byte
heard and from the end of our own sending. How long it waits for that, and what becomes of a slave that holds the line,
is `Wire`'s.

An answer that could be the one to the slave's request before is believed only when it is the only one (`Proof`), and if
a wire can have carried it since the request (`Pace`).

Residual: an answer later than `max_late_ns`, and what a slave says beyond its answers, if it falls into a turn of its
own shape, cannot be told from the right one by any RTU master.
"""

import asyncio
from collections import defaultdict, deque
from typing import Final

from edge_agent.clock import NS
from edge_agent.link.bus import Bus
from edge_agent.link.counters import Counter, Counters
from edge_agent.link.exchange import Exchange, asks
from edge_agent.link.others import Others
from edge_agent.link.outcome import Failure, FailureKind, Reply, SlaveTimes
from edge_agent.link.overheard import Overheard
from edge_agent.link.pace import Pace
from edge_agent.link.proof import Proof, needs_proof
from edge_agent.link.wire import Wire
from edge_agent.ports import BusPort, Clock, PortError
from protocols.modbus.deframer import Anomaly, Deframer, Frame
from protocols.modbus.frames import LONGEST
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import REQUEST_LEN, ReadRequest

__all__ = ["MARGIN_NS", "Failure", "FailureKind", "Reply", "RtuMaster", "SlaveTimes"]

MARGIN_NS: Final = 100_000_000
"""Beyond wire and latency: two 16 ms ticks of an FTDI adapter, and a busy host (46 ms p99 measured at 2x load)."""
_DRAIN_WITHIN_NS: Final = 1_000_000_000
"""Beyond the wire time: an adapter that does not send eight bytes within a second is stuck."""
_TICK_NS: Final = 20_000_000
"""An FTDI adapter hands over every 16 ms what it has, so bytes look that much later than they were."""
_LATENCIES: Final = 64
"""How many of a slave's last answers tell how long its next one may take."""
_ENDS: Final = {
    FailureKind.TIMEOUT: Counter.TIMEOUT,
    FailureKind.CRC: Counter.CRC,
    FailureKind.EXCEPTION: Counter.EXCEPTION,
    FailureKind.WRONG_FUNCTION: Counter.WRONG_FUNCTION,
    FailureKind.SHORT: Counter.SHORT,
    FailureKind.LONG: Counter.LONG,
    FailureKind.DOUBTFUL: Counter.DOUBTFUL,
    FailureKind.PORT: None,
}


class RtuMaster:
    """The `Transport` of a serial line. While its bus is not open every request fails with PORT."""

    def __init__(self, bus: Bus, line: LineSettings, clock: Clock) -> None:
        self.strays = 0
        self._bus = bus
        self._line = line
        self._clock = clock
        self._deframer = Deframer.for_replies()
        self._overheard = Overheard()
        self._turn = asyncio.Lock()
        self._counters: defaultdict[int, Counters] = defaultdict(Counters)
        self._quarantine: dict[int, int] = {}
        self._exchange: Exchange | None = None
        self._last: Exchange | None = None
        self._last_heard_ns = self._turn_ended_ns = 0
        self._answers: dict[int, bytes] = {}
        self._others = Others()
        self._ended: asyncio.Future[Reply | Failure | None] | None = None
        self._wire = Wire(line)
        self._pace = Pace()
        self._asked: dict[int, ReadRequest] = {}
        self._latencies_ns: defaultdict[int, deque[int]] = defaultdict(lambda: deque([0], maxlen=_LATENCIES))
        self._proof: Proof | None = None
        self._spoken_on: BusPort | None = None
        bus.listen(self._received, self._lost)

    @property
    def name(self) -> str:
        """The port as the configuration names it."""
        return self._bus.name

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent now."""
        return self._bus.port is not None

    @property
    def problem(self) -> str:
        """Why it is not open, in one line."""
        return self._bus.problem

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of how it was opened."""
        return self._bus.notes

    async def open(self) -> None:
        """Open the port, again if need be. Raises PortError, one line."""
        await self._bus.open()

    def close(self) -> None:
        """Close the port, if it is open."""
        self._bus.close()

    def counters(self, slave: int) -> Counters:
        """What was counted for a slave so far."""
        return self._counters[slave]

    def quarantined_until(self, slave: int) -> int:
        """When the slave may be asked again; an instant in the past if it may be now."""
        return self._quarantine.get(slave, 0)

    async def transact(self, request: ReadRequest, slave_times: SlaveTimes) -> Reply | Failure:
        """Ask, and wait for the answer until the deadline; waits out the slave's quarantine before.

        Raises ProtocolError for what the slave's deny-list names, and sends nothing.
        """
        slave_times.check(request)
        async with self._turn:
            await self._until(self.quarantined_until(request.slave))
            if self._bus.port is not None:
                await self._silence(request.slave, self._gap_ns(request, slave_times, self._bus.port))
            if self._bus.port is None:
                return Failure(FailureKind.PORT, self._bus.problem)
            return await self._take_turn(request, slave_times)

    async def _until(self, t_ns: int) -> None:
        while True:
            left_ns = t_ns - self._clock.now_ns()
            if left_ns <= 0:
                return
            await asyncio.sleep(left_ns / NS)

    def _gap_ns(self, request: ReadRequest, times: SlaveTimes, port: BusPort) -> int:
        """The silence to keep before a request; before one like the last, a copy of that answer may be under way."""
        gap_ns = max(self._line.t35_ns, times.min_gap_ns)
        before = self._asked.get(request.slave)
        if before is None or not request.is_like(before):
            return gap_ns
        return gap_ns + self._line.wire_ns(request.reply_len) + port.grain_ns

    async def _silence(self, slave: int, gap_ns: int) -> None:
        if self._bus.port is not None and self._bus.port is not self._spoken_on:
            self._spoken_on = self._bus.port
            self._wire.opened(self._clock.now_ns(), self._bus.port.grain_ns)
        since_ns = self._clock.now_ns()
        while (now_ns := self._heard_up_to_ns()) < self._wire.free_at(since_ns, gap_ns):
            await self._until(self._wire.free_at(since_ns, gap_ns))
        holder = self._wire.asked(slave, now_ns, now_ns + self._line.wire_ns(REQUEST_LEN), gap_ns)
        if holder is not None and len(self._counters) > 1:
            self._quarantine[holder.slave] = max(self.quarantined_until(holder.slave), holder.until_ns)

    def _heard_up_to_ns(self) -> int:
        """Now, with all heard that the kernel has: it is evidence of who asked, and too old for the next turn."""
        if self._bus.port is not None:
            self._bus.port.deliver_input()
        return self._clock.now_ns()

    async def _take_turn(self, request: ReadRequest, times: SlaveTimes) -> Reply | Failure:
        self._clear_line()
        self.counters(request.slave)  # from now on its frames are known as its own
        exchange = self._begin(request, times)
        ended: Reply | Failure | None = None
        self._exchange = self._last = exchange
        self._ended = asyncio.get_running_loop().create_future()
        try:
            ended = await self._ask(exchange)
            if needs_proof(request, self._asked.get(request.slave), ended):
                ended = await self._proved(exchange, ended, times)
        except PortError as error:
            self._bus.close()
            ended = Failure(FailureKind.PORT, str(error))
        finally:
            # Also when cancelled half-way: the request may be on the wire, and its answer will come.
            self._exchange = self._ended = self._proof = None
            self._turn_ended_ns = self._clock.now_ns()
            self._asked[request.slave] = request
            self._settle(exchange, ended, times)
        return ended

    def _begin(self, request: ReadRequest, times: SlaveTimes) -> Exchange:
        begun_ns, port = self._clock.now_ns(), self._bus.port
        sent_ns = begun_ns + self._line.wire_ns(REQUEST_LEN)
        return Exchange(
            request,
            self._line,
            self._deframer,
            begun_ns,
            sent_ns + times.latency_ns + self._line.wire_ns(request.reply_len) + MARGIN_NS,
            self._heard_stray,
            before=self._answers.get(request.slave, b""),
            contested=self._is_asked_by_others(request, times),
            grain_ns=0 if port is None else port.grain_ns,
            pace_tells=self._pace.tells(request, self._asked.get(request.slave), port),
        )

    async def _ask(self, exchange: Exchange) -> Reply | Failure:
        ended, port = self._ended, self._bus.port
        if port is None or ended is None:
            raise PortError(self._bus.problem)
        port.write(exchange.adu)
        left_ns = exchange.deadline_ns - self._clock.now_ns()
        timer = asyncio.get_running_loop().call_later(left_ns / NS, _expire, ended)
        try:
            outcome = await ended
        finally:
            timer.cancel()
        if outcome is not None:
            return outcome
        await self._check_drained(port, exchange)
        return exchange.expire(self._clock.now_ns())

    async def _proved(self, exchange: Exchange, ended: Reply | Failure, times: SlaveTimes) -> Reply | Failure:
        """The outcome, once the slave had the time of its slowest answers of late to say something else."""
        self._exchange = self._ended = None
        self._turn_ended_ns = now_ns = self._clock.now_ns()
        took_ns = max(times.latency_ns, *self._latencies_ns[exchange.request.slave])
        grain_ns = 0 if self._bus.port is None else self._bus.port.grain_ns
        adu = exchange.answer if isinstance(ended, Reply) else ended.data
        doubt = exchange.doubt if isinstance(ended, Reply) else b""
        self._proof = proof = Proof(ended, adu, now_ns + took_ns + self._line.t35_ns + grain_ns, doubt)
        await self._until(proof.until_ns)
        await self._until(self._wire.free_at(proof.until_ns, self._line.t35_ns))  # it may have begun
        self._clear_line()
        return proof.verdict()

    async def _check_drained(self, port: BusPort, exchange: Exchange) -> None:
        """An answer shows that the request left; without one ask, since an adapter may be late with it, or stuck."""
        asked_ns = self._clock.now_ns()
        try:
            async with asyncio.timeout(_DRAIN_WITHIN_NS / NS):
                await port.drained()
        except TimeoutError as error:
            raise PortError(f"{self._bus.name}: the adapter does not send; unplug it and plug it in again") from error
        drained_ns = self._clock.now_ns()
        if drained_ns > asked_ns:  # it had not left before
            self._wire.drives_until(drained_ns)
            exchange.deadline_ns = max(exchange.deadline_ns, drained_ns)

    def _is_asked_by_others(self, request: ReadRequest, times: SlaveTimes) -> bool:
        """Whether another master's answer from this slave can still come, and would be taken for ours."""
        wait_ns = times.latency_ns + times.max_late_ns + self._line.wire_ns(LONGEST) + MARGIN_NS
        return self._others.may_be_answered(request.slave, self._clock.now_ns() - wait_ns)

    def _settle(self, exchange: Exchange, ended: Reply | Failure | None, times: SlaveTimes) -> None:
        slave = exchange.request.slave
        is_answered = self._is_conclusive(exchange, ended)
        self._pace.ended(slave, is_answered=is_answered, too_soon=exchange.too_soon and isinstance(ended, Reply))
        if not is_answered:
            reply_ns = self._line.wire_ns(exchange.request.reply_len)
            self._quarantine[slave] = exchange.deadline_ns + times.max_late_ns + reply_ns + exchange.grain_ns
        name = Counter.OK if isinstance(ended, Reply) else None if ended is None else _ENDS[ended.kind]
        counters = self.counters(slave)
        for counter in exchange.account(name):
            counters.add(counter)
        if isinstance(ended, Reply):
            self._answers[slave] = exchange.answer
            self._wire.answered(slave)
            latency_ns = ended.reply_start_ns - ended.request_end_ns
            self._latencies_ns[slave].append(latency_ns)
            counters.add_latency(latency_ns)
        elif ended is not None and ended.kind is FailureKind.EXCEPTION:
            counters.add_exception(ended.data[2])

    def _is_conclusive(self, exchange: Exchange, ended: Reply | Failure | None) -> bool:
        """Whether the slave has certainly sent what it had to send for this request."""
        if ended is None or isinstance(ended, Reply):
            return ended is not None
        if ended.kind is FailureKind.CRC:
            # A damaged answer is the slave's own, unless another slave's late one is about and may be it.
            slave, now_ns = exchange.request.slave, self._clock.now_ns()
            others_late = any(until_ns > now_ns for other, until_ns in self._quarantine.items() if other != slave)
            return not others_late and exchange.heard_damaged_answer
        return ended.kind is FailureKind.EXCEPTION

    def _clear_line(self) -> None:
        """What was heard before a request has nothing to do with its answer."""
        self._overheard.cut(self._deframer.held)
        for found in self._deframer.flush(self._clock.now_ns()):
            self._idle(found)

    # from the port

    def _received(self, data: bytes, t_ns: int) -> None:
        self._wire.heard(t_ns - self._line.wire_ns(len(data)), t_ns)
        exchange, ended = self._exchange, self._ended
        in_turn = exchange is not None and exchange.begun_ns < t_ns <= exchange.deadline_ns
        if exchange is None or ended is None or ended.done() or not in_turn:
            self._last_heard_ns = t_ns - self._line.wire_ns(len(data))
            self._heard_idle(data, t_ns)
            return
        if self._overheard.waits and (request := self._overheard.hear(data)) is not None:
            exchange.overheard(request.adu)
            data = data[request.n_bytes :]
        outcome = exchange.take(data, t_ns)
        if outcome is not None:
            ended.set_result(outcome)

    def _heard_idle(self, data: bytes, t_ns: int) -> None:
        if self._overheard.waits and (request := self._overheard.hear(data)) is not None:
            self._heard_stray(request.adu)
        for found in self._deframer.feed(data, t_ns):
            self._idle(found)

    def _idle(self, found: Frame | Anomaly) -> None:
        """Something heard while no answer is waited for."""
        last = self._last
        if self._proof is not None:
            self._proof.hear(found)
        if isinstance(found, Frame) and (last is None or found.adu != last.adu):
            self._heard_stray(found.adu)
        elif last is not None:
            self.counters(last.request.slave).add(Counter.ECHO if isinstance(found, Frame) else self._idle_junk())

    def _idle_junk(self) -> Counter:
        """What bytes on the idle line are: what trails a turn, or noise of its own."""
        trails = self._last_heard_ns <= self._turn_ended_ns + self._line.t35_ns + _TICK_NS
        return Counter.TRAILING_JUNK if trails else Counter.NOISE

    def _heard_stray(self, adu: bytes) -> None:
        """A whole frame outside its sender's turn."""
        slave = adu[0]
        if asks(adu):
            self._others.asked(adu, self._clock.now_ns())
        if slave not in self._counters:
            self.strays += 1
        elif asks(adu):
            self._counters[slave].add(Counter.OTHER_MASTER)
        elif self._may_be_late(slave):
            self._counters[slave].add(Counter.LATE)
        else:
            self._others.answered(adu)
            is_again = adu == self._answers.get(slave)
            self._counters[slave].add(Counter.DUPLICATE if is_again else Counter.UNSOLICITED)

    def _may_be_late(self, slave: int) -> bool:
        in_turn = self._exchange is not None and self._exchange.request.slave == slave
        return in_turn or self.quarantined_until(slave) > self._clock.now_ns()

    def _lost(self, error: PortError) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(Failure(FailureKind.PORT, str(error)))


def _expire(ended: asyncio.Future[Reply | Failure | None]) -> None:
    if not ended.done():
        ended.set_result(None)
