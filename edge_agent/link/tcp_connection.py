"""One TCP connection to a Modbus server through pymodbus's client: used until it ends or speaks out of turn.

pymodbus connects, numbers, frames and decodes. It neither retries, reconnects nor waits here: requests are sent as if
no answer were expected, and every byte that comes goes through its trace hooks, where the turn judges it first.
"""

import asyncio
from typing import TYPE_CHECKING, Final

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.exceptionresponse import ExceptionResponse

from edge_agent.link.outcome import Failure, FailureKind, Reply
from edge_agent.link.tcp_turn import BEFORE_UNIT, TcpTurn
from edge_agent.ports import Clock
from protocols.modbus.pdu import ReadFunction, ReadRequest, exception_name

if TYPE_CHECKING:
    from pymodbus.client import AsyncModbusTcpClient

_MOST_HEARD: Final = 4096
"""A turn that hears more than this is over."""
_NEVER_DROPPED: Final = 1 << 20
"""More than asyncio reads at once: pymodbus would throw away what exceeds its own limit unseen, and lose the frame."""


class TcpConnection:
    """`is_over` once it must not be used any more. `out_of_turn` is what came while nothing was asked."""

    def __init__(self, clock: Clock) -> None:
        self.is_over = False
        self.out_of_turn = b""
        self._clock = clock
        self._client: AsyncModbusTcpClient | None = None
        self._turn: TcpTurn | None = None
        self._begun_ns = self._deadline_ns = self._heard_ns = 0
        self._ended: asyncio.Future[Reply | Failure] = asyncio.get_running_loop().create_future()

    async def open(self, address: str, port: int) -> None:
        """Connect to a numeric address. Raises OSError."""
        # Only who has a TCP device pays for the client.
        from pymodbus.client import AsyncModbusTcpClient  # noqa: PLC0415

        self._client = client = AsyncModbusTcpClient(
            address,
            port=port,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._packet,
            trace_pdu=self._decoded,
            trace_connect=self._connected,
        )
        client.ctx.max_buffer_size = _NEVER_DROPPED
        # What its connect() does, which logs why it failed and only returns that it did.
        await client.ctx.call_create()

    async def ask(self, turn: TcpTurn, begun_ns: int, deadline_ns: int) -> asyncio.Future[Reply | Failure]:
        """Send the turn's request; its end, which nobody but the caller's deadline hurries. Raises ProtocolError."""
        self._turn, self._begun_ns, self._deadline_ns = turn, begun_ns, deadline_ns
        self._ended = ended = asyncio.get_running_loop().create_future()
        if self._client is None or self.is_over:
            self._end(Failure(FailureKind.TIMEOUT, "the connection is closed"))
        else:
            await _send(self._client, turn.request)
        return ended

    def leave(self) -> None:
        """The turn is over: what comes from now on is out of turn."""
        self._turn = None

    def close(self) -> None:
        """Close it; safe to call twice."""
        self.is_over = True
        if self._client is not None:
            self._client.close()
        self._end(Failure(FailureKind.PORT, "the connection was closed here"))

    def _end(self, ended: Reply | Failure) -> None:
        if not self._ended.done():
            self._ended.set_result(ended)

    # pymodbus's hooks; none of them may raise but for what is sent, since asyncio calls the others

    def _packet(self, sending: bool, data: bytes) -> bytes:
        """Bytes to be sent, or all that came since; what pymodbus may take for an answer."""
        turn = self._turn
        if sending:
            return b"" if turn is None else turn.sends(data)
        if turn is None or self._ended.done():
            self.out_of_turn = data[:_MOST_HEARD]
            self.close()
            return b""
        self._heard_ns = self._clock.now_ns()
        if self._heard_ns > self._deadline_ns:
            return b""
        failure = turn.take(data)
        if failure is None and not turn.answer and len(data) > _MOST_HEARD:
            failure = Failure(FailureKind.TIMEOUT, f"{len(data)} bytes came, and no answer", data[:256])
        if failure is not None:
            self._end(failure)
        return b"" if failure is not None else turn.answer

    def _decoded(self, sending: bool, pdu: ModbusPDU) -> ModbusPDU:
        """The answer that went through, as pymodbus reads it."""
        if not sending and self._turn is not None:
            self._end(self._outcome(self._turn, pdu))
        return pdu

    def _outcome(self, turn: TcpTurn, pdu: ModbusPDU) -> Reply | Failure:
        if isinstance(pdu, ExceptionResponse):
            code, told = pdu.exception_code, turn.answer[BEFORE_UNIT:]
            return Failure(FailureKind.EXCEPTION, f"exception {code:02X}h: {exception_name(code)}", told)
        is_bits = turn.request.function <= ReadFunction.DISCRETE
        words = tuple(map(int, pdu.bits[: turn.request.count] if is_bits else pdu.registers))
        return Reply(words, self._begun_ns, self._heard_ns)

    def _connected(self, is_connected: bool) -> None:
        if not is_connected:
            self.is_over = True
            self._end(Failure(FailureKind.TIMEOUT, "the connection was closed instead of an answer"))


async def _send(client: "AsyncModbusTcpClient", request: ReadRequest) -> None:
    reads = {
        ReadFunction.COILS: client.read_coils,
        ReadFunction.DISCRETE: client.read_discrete_inputs,
        ReadFunction.HOLDING: client.read_holding_registers,
        ReadFunction.INPUT: client.read_input_registers,
    }
    read = reads[request.function]
    await read(request.address, count=request.count, device_id=request.slave, no_response_expected=True)
