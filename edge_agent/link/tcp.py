"""The one master on a Modbus/TCP device, below the same seam as that on a serial line; or on the bus behind a gateway.

TCP carries a number that ties an answer to its request, and no answer crosses from one connection to the next. So a
turn that ends with anything but a fitting answer or an exception closes its connection: what comes late comes to
nobody. The next turn connects anew. A gateway, though, is an RTU master with an RTU master's faults behind it, and may
put the number of one request on the late answer to another: after a time-out, and after an exception that tells of
one, the slave is in quarantine for `max_late_ns` as on a serial line.

`min_gap_ns` is a serial line's: a gateway keeps the silences of its own bus. Modbus RTU framing over TCP is not spoken.

Residual: what a gateway stamps wrongly later than `max_late_ns` nobody can tell from the right answer.
"""

import asyncio
import ipaddress
import os
import socket
from collections import defaultdict
from typing import Final

from pymodbus.exceptions import ModbusException

from edge_agent.clock import NS
from edge_agent.daemon_thread import in_daemon_thread
from edge_agent.link.counters import Counter, Counters
from edge_agent.link.outcome import Failure, FailureKind, Reply, SlaveTimes
from edge_agent.link.tcp_address import parse_tcp, tcp_name
from edge_agent.link.tcp_connection import TcpConnection
from edge_agent.link.tcp_turn import TcpTurn
from edge_agent.ports import Clock, PortError
from protocols.modbus.pdu import ReadRequest

__all__ = ["NETWORK_MARGIN_NS", "TcpMaster", "parse_tcp"]

NETWORK_MARGIN_NS: Final = 500_000_000
"""Beyond the slave's latency: a lost segment sent again (200 ms at least on Linux), and 125 registers at 9600 Bd behind
a gateway (300 ms). While one unit is silent the others wait that long."""
CONNECT_WITHIN_S: Final = 3.0
"""A first SYN that is lost is sent again after 1 s (RFC 6298)."""
_NS_PER_MS: Final = 1_000_000
_GATEWAY_TIMEOUTS: Final = frozenset((0x0A, 0x0B))
"""Exceptions of a gateway whose slave did not answer (Modbus application protocol V1.1b3, chapter 7)."""
_CHECK: Final = "check the device, the network and link.port"
_ENDS: Final = {
    FailureKind.TIMEOUT: Counter.TIMEOUT,
    FailureKind.CRC: None,
    FailureKind.EXCEPTION: Counter.EXCEPTION,
    FailureKind.WRONG_FUNCTION: Counter.WRONG_FUNCTION,
    FailureKind.SHORT: Counter.SHORT,
    FailureKind.LONG: Counter.LONG,
    FailureKind.PORT: None,
}


class TcpMaster:
    """The `Transport` of a Modbus/TCP device. It stays open while its host can be connected to."""

    def __init__(self, host: str, port: int, clock: Clock, margin_ns: int = NETWORK_MARGIN_NS) -> None:
        self.strays = 0
        self._host = host
        self._port = port
        self._clock = clock
        self._margin_ns = margin_ns
        self._name = tcp_name(host, port)
        self._problem = f"{self._name}: not open"
        self._is_open = False
        self._turn = asyncio.Lock()
        self._connection: TcpConnection | None = None
        self._counters: defaultdict[int, Counters] = defaultdict(Counters)
        self._quarantine: dict[int, int] = {}
        self._last: TcpTurn | None = None

    @property
    def name(self) -> str:
        """The port as the configuration names it, in full."""
        return self._name

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent now; a connection that ended is made anew by the next of them."""
        return self._is_open

    @property
    def problem(self) -> str:
        """Why it is not open, in one line."""
        return self._problem

    @property
    def notes(self) -> tuple[str, ...]:
        """Nothing: a connection is there or not."""
        return ()

    def counters(self, slave: int) -> Counters:
        """What was counted for a slave so far."""
        return self._counters[slave]

    def quarantined_until(self, slave: int) -> int:
        """When the slave may be asked again; an instant in the past if it may be now."""
        return self._quarantine.get(slave, 0)

    async def open(self) -> None:
        """Connect. Raises PortError, one line."""
        self.close()
        await self._connect()

    def close(self) -> None:
        """Close the connection, if there is one; a turn in flight fails."""
        self._is_open = False
        self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def _connect(self) -> None:
        self._is_open = False
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                self._connection = await self._first_that_takes(await self._addresses())
        except TimeoutError as error:
            self._problem = f"{self._name}: no connection within {CONNECT_WITHIN_S:g} s; {_CHECK}"
            raise PortError(self._problem) from error
        except (OSError, UnicodeError) as error:  # the latter from names that no look-up takes
            self._problem = f"{self._name}: cannot connect: {_reason(error)}; {_CHECK}"
            raise PortError(self._problem) from error
        self._is_open = True

    async def _addresses(self) -> list[str]:
        """Numeric ones. A name is looked up in a thread that nobody has to wait for."""
        try:
            return [str(ipaddress.ip_address(self._host))]
        except ValueError:
            host, port = self._host, self._port
        found = await in_daemon_thread(
            lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), f"look-up-{host}", lambda _found: None
        )
        return [str(address[0]) for *_, address in found]

    async def _first_that_takes(self, addresses: list[str]) -> TcpConnection:
        refused: OSError = OSError("the name has no address")
        for address in addresses:
            connection = TcpConnection(self._clock)
            try:
                await connection.open(address, self._port)
            except OSError as error:
                refused = error
            else:
                return connection
        raise refused

    async def transact(self, request: ReadRequest, slave_times: SlaveTimes) -> Reply | Failure:
        """Ask, and wait for the answer until the deadline; waits out the slave's quarantine before.

        Raises ProtocolError for what the slave's deny-list names, and sends nothing.
        """
        slave_times.check(request)
        async with self._turn:
            await self._until(self.quarantined_until(request.slave))
            if not self._is_open:
                return Failure(FailureKind.PORT, self._problem)
            try:
                connection = await self._connected()
            except PortError as error:
                return Failure(FailureKind.PORT, str(error))
            return await self._take_turn(connection, request, slave_times)

    async def _until(self, t_ns: int) -> None:
        while True:
            left_ns = t_ns - self._clock.now_ns()
            if left_ns <= 0:
                return
            await asyncio.sleep(left_ns / NS)

    async def _connected(self) -> TcpConnection:
        connection = self._connection
        if connection is None or connection.is_over:
            self._name_idle(connection)
            self._drop()
            await self._connect()
            connection = self._connection
        if connection is None:
            raise PortError(self._problem)
        return connection

    def _name_idle(self, connection: TcpConnection | None) -> None:
        """Count what a connection said while nothing was asked."""
        if connection is not None and connection.out_of_turn and self._last is not None:
            again = connection.out_of_turn == self._last.answer
            counters = self.counters(self._last.request.slave)
            counters.add(Counter.DUPLICATE if again else Counter.UNSOLICITED)

    async def _take_turn(self, connection: TcpConnection, request: ReadRequest, times: SlaveTimes) -> Reply | Failure:
        self.counters(request.slave)  # from now on its frames are known as its own
        self._last = turn = TcpTurn(request)
        ended: Reply | Failure | None = None
        try:
            ended = await self._ask(connection, turn, times)
        finally:
            # Also when cancelled half-way: the request left, and its answer must come to nobody.
            connection.leave()
            self._settle(connection, turn, ended, times)
        return ended

    async def _ask(self, connection: TcpConnection, turn: TcpTurn, times: SlaveTimes) -> Reply | Failure:
        begun_ns = self._clock.now_ns()
        deadline_ns = begun_ns + times.latency_ns + self._margin_ns
        try:
            ended = await connection.ask(turn, begun_ns, deadline_ns)
        except ModbusException:  # it ended in this very moment
            return Failure(FailureKind.TIMEOUT, "the connection was closed before the request")
        await asyncio.wait((ended,), timeout=max(0, deadline_ns - self._clock.now_ns()) / NS)
        return ended.result() if ended.done() else turn.expire((deadline_ns - begun_ns) // _NS_PER_MS)

    def _settle(
        self, connection: TcpConnection, turn: TcpTurn, ended: Reply | Failure | None, times: SlaveTimes
    ) -> None:
        slave = turn.request.slave
        counters = self.counters(slave)
        for counter in turn.counted:
            counters.add(counter)
        self.strays += sum(unit not in self._counters for unit in turn.strangers)
        if isinstance(ended, Reply):
            counters.add(Counter.OK)
            counters.add_latency(ended.reply_start_ns - ended.request_end_ns)
        elif ended is not None:
            self._count_failure(counters, ended)
        if turn.surplus and turn.answer:
            counters.add(Counter.DUPLICATE if turn.surplus == turn.answer else Counter.TRAILING_JUNK)
        answered = isinstance(ended, Reply) or (ended is not None and ended.kind is FailureKind.EXCEPTION)
        if not answered or turn.surplus:
            connection.close()
        if _may_come_yet(ended):
            self._quarantine[slave] = self._clock.now_ns() + times.max_late_ns

    def _count_failure(self, counters: Counters, failure: Failure) -> None:
        name = _ENDS[failure.kind]
        if name is not None:
            counters.add(name)
        if failure.kind is FailureKind.EXCEPTION:
            counters.add_exception(failure.data[-1])


def _may_come_yet(ended: Reply | Failure | None) -> bool:
    """Whether a slave behind a gateway may answer this request yet."""
    if isinstance(ended, Failure) and ended.kind is FailureKind.EXCEPTION:
        return ended.data[-1] in _GATEWAY_TIMEOUTS
    return not isinstance(ended, Reply)


def _reason(error: OSError | UnicodeError) -> str:
    """Without the address and the number that asyncio puts around it."""
    if isinstance(error, UnicodeError):
        return "no such name"
    if isinstance(error, socket.gaierror) or error.errno is None:
        return str(error.args[-1] if error.args else error)
    return os.strerror(error.errno)
