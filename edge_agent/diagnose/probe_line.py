"""The doctor's port: opened with whatever settings a probe wants, one master on it, and every byte heard kept.

Two reads in a row never ask for the same number of registers, so an answer that comes a turn too late is known as such.
After each turn the line is heard for a while before the next: what comes then belongs to that turn.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from edge_agent.clock import NS
from edge_agent.diagnose.causes_evidence import SHORTEST_ANSWER, Ended, Listened, Turn
from edge_agent.link.bus import Bus
from edge_agent.link.counters import Counter
from edge_agent.link.master import MARGIN_NS, RtuMaster
from edge_agent.link.outcome import Failure, FailureKind, Reply, SlaveTimes
from edge_agent.ports import BusOpener, BusPort, Clock, OnBytes, OnLost, PortError, UartErrors
from protocols.modbus.deframer import Anomaly, Deframer, Frame
from protocols.modbus.line import LineSettings
from protocols.modbus.matching import Match, match
from protocols.modbus.pdu import REQUEST_LEN, ReadRequest, encode_request

KEPT_BYTES: Final = 512
_MOST_BYTES: Final = 65_536
_SETTLE_NS: Final = 60_000_000
"""How long after a turn a second answer to it may still begin."""
QUARANTINE_NS: Final = 250_000_000
"""How long a silent turn is heard beyond its deadline; a device slower than that is found by asking patiently."""
_PULSES: Final = frozenset(0xFF << zeros & 0xFF for zeros in range(9))
_ONES_AROUND_A_PULSE: Final = 6
_CONTACT: Final = frozenset((FailureKind.WRONG_FUNCTION, FailureKind.SHORT, FailureKind.LONG))


class _Chunk(msgspec.Struct, frozen=True):
    t_ns: int
    data: bytes


class _Written:
    """A port that tells when it is written to."""

    def __init__(self, port: BusPort, on_write: Callable[[], None]) -> None:
        self._port = port
        self._on_write = on_write
        self.drained = port.drained
        self.deliver_input = port.deliver_input
        self.uart_errors = port.uart_errors
        self.close = port.close

    @property
    def notes(self) -> tuple[str, ...]:
        return self._port.notes

    @property
    def grain_ns(self) -> int:
        return self._port.grain_ns

    @property
    def takes_time(self) -> bool:
        return self._port.takes_time

    def write(self, data: bytes) -> None:
        self._on_write()
        self._port.write(data)


class ProbeLine:
    """A line to be asked and listened to. Every method raises PortError, one line, when the port is lost or refused."""

    def __init__(self, open_bus: BusOpener, port: str, clock: Clock) -> None:
        self._open_bus = open_bus
        self._port = port
        self._clock = clock
        self._bus: Bus | None = None
        self._master: RtuMaster | None = None
        self._line: LineSettings | None = None
        self._chunks: list[_Chunk] = []
        self._n_bytes = 0
        self._wrote_ns = 0

    async def open(self, line: LineSettings) -> None:
        """Open the port with these settings; nothing is done if it has them."""
        if self._line == line and self._bus is not None and self._bus.port is not None:
            return
        self.close()
        self._bus = Bus(self._open, self._port, line)
        self._master = RtuMaster(self._bus, line, self._clock)
        self._line = line
        self._forget()
        await self._bus.open()

    def close(self) -> None:
        """Close the port, if it is open."""
        bus, self._bus, self._master = self._bus, None, None
        if bus is not None:
            bus.close()

    def uart_errors(self) -> UartErrors | None:
        """What the UART counted since the port was opened."""
        return self._opened()[0].uart_errors()

    async def listen(self, span_ns: int, own: int) -> Listened:
        """Hear what is said while nobody is asked; whole answers of slave `own` are late ones to us, not counted."""
        port, _, line = self._opened()
        before = port.uart_errors()
        self._forget()
        await asyncio.sleep(span_ns / NS)
        port, _, _ = self._opened()
        return _overheard(self._chunks, line, span_ns, port.grain_ns, own, delta(before, port.uart_errors()))

    async def ask(self, request: ReadRequest, times: SlaveTimes, *, is_last: bool = False) -> Turn:
        """Ask once, and hear what comes until the line is settled again, unless it is the last turn at these settings.

        Raises ProtocolError for what `times` denies.
        """
        _, master, line = self._opened()
        before = {counter: master.counters(request.slave)[counter] for counter in Counter}
        self._forget()
        outcome = await master.transact(request, times)
        if isinstance(outcome, Failure) and outcome.kind is FailureKind.PORT:
            raise PortError(outcome.detail)
        if not is_last:
            await self._settle(master, request.slave)
        counts = master.counters(request.slave)
        counted = frozenset(counter for counter in Counter if counts[counter] > before[counter])
        sent_ns = self._wrote_ns + line.wire_ns(REQUEST_LEN)
        return _turn(request, outcome, counted, self._chunks, line, sent_ns, sent_ns + times.latency_ns + MARGIN_NS)

    async def _settle(self, master: RtuMaster, slave: int) -> None:
        now_ns = self._clock.now_ns()
        until_ns = max(master.quarantined_until(slave), now_ns + _SETTLE_NS)
        await asyncio.sleep((until_ns - now_ns) / NS)

    def _opened(self) -> tuple[BusPort, RtuMaster, LineSettings]:
        if self._bus is None or self._master is None or self._line is None:
            raise PortError(f"{self._port}: not open")
        if self._bus.port is None:
            raise PortError(self._bus.problem)
        return self._bus.port, self._master, self._line

    async def _open(self, port: str, line: LineSettings, on_bytes: OnBytes, on_lost: OnLost) -> BusPort:
        def heard(data: bytes, t_ns: int) -> None:
            if self._n_bytes < _MOST_BYTES:
                self._chunks.append(_Chunk(t_ns, data))
                self._n_bytes += len(data)
            on_bytes(data, t_ns)

        return _Written(await self._open_bus(port, line, heard, on_lost), self._written)

    def _written(self) -> None:
        self._wrote_ns = self._clock.now_ns()

    def _forget(self) -> None:
        self._chunks, self._n_bytes = [], 0


def delta(before: UartErrors | None, after: UartErrors | None) -> UartErrors | None:
    """What was counted in between; None where nothing counts."""
    if before is None or after is None:
        return None
    return UartErrors(
        after.framing - before.framing,
        after.parity - before.parity,
        after.overrun - before.overrun,
        after.breaks - before.breaks,
    )


def _turn(
    request: ReadRequest,
    outcome: Reply | Failure,
    counted: frozenset[Counter],
    chunks: list[_Chunk],
    line: LineSettings,
    sent_ns: int,
    latest_ns: int,
) -> Turn:
    answer_len = request.reply_len if isinstance(outcome, Reply) else 0
    heard, echoed = _without_echo(encode_request(request), chunks, sent_ns + line.wire_ns(1), answer_len)
    start_ns = _answer_start_ns(request, chunks, line)
    latency_ns: int | None = None
    if isinstance(outcome, Reply):
        ended, latency_ns = Ended.ANSWERED, outcome.reply_start_ns - outcome.request_end_ns
    elif start_ns is not None:
        # Whatever the master made of it (an exception, one of two): the device answered.
        ended = Ended.ANSWERED if start_ns <= latest_ns else Ended.LATE
        latency_ns = max(0, start_ns - sent_ns)
    elif outcome.kind in _CONTACT:
        ended = Ended.WRONG
    else:
        ended = Ended.DAMAGED if len(heard.strip(b"\x00\xff")) >= SHORTEST_ANSWER else Ended.SILENT
    return Turn(
        slave=request.slave,
        ended=ended,
        expected=request.reply_len,
        latency_ns=latency_ns,
        heard=heard[:KEPT_BYTES],
        junk=len(heard) - _in_frames(heard),
        echoed=echoed,
        counted=counted,
    )


def _without_echo(adu: bytes, chunks: list[_Chunk], sent_ns: int, answer_len: int) -> tuple[bytes, bool]:
    """What was heard but our own transmission, and whether that was read back.

    It is known by what it is, even with two bytes damaged; or, damaged more, by coming while we sent, unless the answer
    itself does (a pty whose other end does not pace).
    """
    joined = b"".join(chunk.data for chunk in chunks)
    equal = sum(one == other for one, other in zip(joined, adu, strict=False))
    n_own = sum(len(chunk.data) for chunk in chunks if chunk.t_ns <= sent_ns)
    came_early = min(n_own, len(joined) - answer_len)
    if equal >= len(adu) - 2 or came_early > len(adu) // 2:
        return joined[max(n_own, len(adu)) :], True
    if len(joined) > len(adu) // 2 and joined in adu:
        return b"", True
    return joined, False


def _answer_start_ns(request: ReadRequest, chunks: list[_Chunk], line: LineSettings) -> int | None:
    """When the first frame began that answers the request, wherever in the turn; None if there is none."""
    deframer = Deframer.for_replies()
    for chunk in chunks:
        for found in deframer.feed(chunk.data, chunk.t_ns):
            if isinstance(found, Frame) and match(request, found.adu) in {Match.ANSWER, Match.EXCEPTION}:
                return found.t_ns - line.wire_ns(len(found.adu))
    return None


def _in_frames(heard: bytes) -> int:
    found = [*(deframer := Deframer.for_replies()).feed(heard, 0), *deframer.flush(0)]
    return sum(len(one.adu) for one in found if isinstance(one, Frame))


def _asks(found: Frame | Anomaly) -> bool:
    """Whether it is a request. The shorter ones are too easily found in noise."""
    return isinstance(found, Frame) and len(found.adu) >= REQUEST_LEN


def _overheard(
    chunks: list[_Chunk], line: LineSettings, span_ns: int, grain_ns: int, own: int, uart: UartErrors | None
) -> Listened:
    asks, says = Deframer.for_requests(), Deframer.for_replies()
    requests, bursts, last_ns = 0, 0, -NS
    found: list[Frame | Anomaly] = []
    for chunk in chunks:
        if chunk.t_ns - line.wire_ns(len(chunk.data)) - last_ns > line.t35_ns + grain_ns:
            bursts += 1
        last_ns = chunk.t_ns
        requests += sum(_asks(one) for one in asks.feed(chunk.data, chunk.t_ns))
        found += says.feed(chunk.data, chunk.t_ns)
    found += says.flush(last_ns)
    junk = b"".join(one.data for one in found if isinstance(one, Anomaly))
    return Listened(
        line=line,
        span_ns=span_ns,
        requests=requests,
        frames=sum(isinstance(one, Frame) and len(one.adu) != REQUEST_LEN and one.adu[0] != own for one in found),
        junk=len(junk),
        pulses=sum(map(_is_pulse, junk)),
        bursts=bursts,
        sample=b"".join(chunk.data for chunk in chunks)[:KEPT_BYTES],
        uart=uart,
    )


def _is_pulse(byte: int) -> bool:
    """Whether one pulse makes this byte: a start bit that was none, perhaps some more zeros behind it, then idle."""
    return byte in _PULSES or byte.bit_count() >= _ONES_AROUND_A_PULSE
