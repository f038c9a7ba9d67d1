"""A Modbus/TCP server that misbehaves by script: no value is good that it did not send for this very request."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from pymodbus.client import AsyncModbusTcpClient

from edge_agent.clock import SystemClock
from edge_agent.link.counters import Counter
from edge_agent.link.outcome import Failure, FailureKind, Reply, SlaveTimes
from edge_agent.link.tcp import TcpMaster
from edge_agent.ports import Clock
from protocols.modbus.pdu import ReadFunction, ReadRequest
from tests.link.tcp_frames import REQUEST, answer, frame

S = 1_000_000_000
PATIENT = SlaveTimes(latency_ns=60 * S, max_late_ns=0, min_gap_ns=0)
"""For what ends by itself: no test depends on how busy the machine is."""
HASTY = SlaveTimes(latency_ns=0, max_late_ns=0, min_gap_ns=0)
"""For what never comes; with a margin of a few ms."""
FIRST, SECOND = (0x1111, 0x2222), (0x3333, 0x4444)

Habit = Callable[["Talk", bytes, int], Awaitable[None]]
"""From a connection, a request and its serial number since start to what the server does about it."""


def good(asked: bytes, words: tuple[int, ...] = FIRST) -> bytes:
    return frame(int.from_bytes(asked[:2], "big"), asked[6], answer(words))


class Talk:
    """One connection, from the server's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def left(self) -> None:
        """Until the other side has closed."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(100):
                pass


class Server:
    """`connections` and `requests` since start; `ended` once a connection has."""

    def __init__(self, habit: Habit) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self.port = 0
        self.ended = asyncio.Event()
        self.stop: Callable[[], None] = self.ended.set
        self._habit = habit
        self._talks: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._talks.append(writer)
        talk = Talk(reader, writer)
        try:
            while True:
                asked = await reader.readexactly(12)
                self.requests.append(asked)
                await self._habit(talk, asked, len(self.requests))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self.ended.set()


@asynccontextmanager
async def serving(habit: Habit) -> AsyncIterator[Server]:
    server = Server(habit)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port, server.stop = listening.sockets[0].getsockname()[1], listening.close
    yield server
    listening.close()
    for writer in server._talks:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def asking(server: Server, margin_ns: int = 0, clock: Clock | None = None) -> AsyncIterator[TcpMaster]:
    master = TcpMaster("127.0.0.1", server.port, SystemClock() if clock is None else clock, margin_ns)
    await master.open()
    yield master
    master.close()


def says(*pieces: Callable[[bytes], bytes]) -> Habit:
    """To the first request these pieces, joined; to others the right answer."""

    async def habit(talk: Talk, asked: bytes, serial: int) -> None:
        talk.say(b"".join(piece(asked) for piece in pieces) if serial == 1 else good(asked, SECOND))

    return habit


def number(asked: bytes) -> int:
    return int.from_bytes(asked[:2], "big")


def with_pdu(pdu: bytes) -> Callable[[bytes], bytes]:
    return lambda asked: frame(number(asked), asked[6], pdu)


def counted(master: TcpMaster, slave: int = 1) -> dict[Counter, int]:
    counters = master.counters(slave)
    return {counter: counters[counter] for counter in Counter if counters[counter]}


async def fails(habit: Habit, kind: FailureKind, name: Counter, *also: Counter) -> Failure:
    """The first request fails so, is counted so, and the connection is not used again; the second is answered."""
    async with serving(habit) as server, asking(server) as master:
        failure = await master.transact(REQUEST, PATIENT)
        assert isinstance(failure, Failure), failure
        assert failure.kind is kind
        assert counted(master) == dict.fromkeys((name, *also), 1)
        after = await master.transact(REQUEST, PATIENT)
        assert isinstance(after, Reply), after
        assert after.words == SECOND
        assert server.connections == 2
        return failure


# answers with our number that do not fit


@pytest.mark.parametrize(
    ("pdu", "kind", "name"),
    [
        (answer((1,)), FailureKind.SHORT, Counter.SHORT),
        (answer((1, 2, 3)), FailureKind.LONG, Counter.LONG),
        (b"\x03\x03\x00\x01\x02", FailureKind.SHORT, Counter.SHORT),
        (b"\x03\x06" + b"\0\1\0\2", FailureKind.LONG, Counter.LONG),
        (b"\x03\x04" + b"\0\1\0\2\0", FailureKind.LONG, Counter.LONG),
        (b"\x03\x02" + b"\0\1\0\2", FailureKind.SHORT, Counter.SHORT),
        (b"\x03\x00", FailureKind.SHORT, Counter.SHORT),
        (b"\x03", FailureKind.SHORT, Counter.SHORT),
        (answer((1, 2), function=4), FailureKind.WRONG_FUNCTION, Counter.WRONG_FUNCTION),
        (b"\x84\x02", FailureKind.WRONG_FUNCTION, Counter.WRONG_FUNCTION),
        (b"\x83\x02\x00", FailureKind.WRONG_FUNCTION, Counter.WRONG_FUNCTION),
        (b"\x10\x00\x00\x00\x02", FailureKind.WRONG_FUNCTION, Counter.WRONG_FUNCTION),
    ],
)
async def test_an_answer_that_does_not_fit_is_named_and_never_a_value(
    pdu: bytes, kind: FailureKind, name: Counter
) -> None:
    failure = await fails(says(with_pdu(pdu)), kind, name)
    assert failure.data[7:] == pdu


async def taken_by_pymodbus(reply: Callable[[bytes], bytes]) -> bool:
    async with serving(says(reply)) as server:
        client = AsyncModbusTcpClient("127.0.0.1", port=server.port, retries=0, timeout=60, reconnect_delay=0)
        await client.connect()
        response = await client.read_holding_registers(0, count=2, device_id=1)
        client.close()
        return not response.isError()


@pytest.mark.parametrize(
    "reply",
    [
        with_pdu(answer((1,))),
        with_pdu(answer((1, 2, 3))),
        with_pdu(answer((1, 2), function=4)),
        with_pdu(b"\x03\x02" + b"\0\1\0\2"),
        lambda asked: frame(0, asked[6], answer(FIRST)),
    ],
)
async def test_the_bare_pymodbus_client_would_have_taken_it(reply: Callable[[bytes], bytes]) -> None:
    """Why its answers are judged before it sees them."""
    assert await taken_by_pymodbus(reply)


# frames that are not for us


@pytest.mark.parametrize(
    ("stranger", "name"),
    [
        (lambda asked: frame(number(asked), 7, answer((9, 9))), Counter.FOREIGN),
        (lambda asked: frame(number(asked) + 1, 7, answer((9, 9))), Counter.FOREIGN),
        (lambda asked: frame(number(asked) + 1, 1, answer((9, 9))), Counter.UNSOLICITED),
        (lambda asked: frame(0, 1, answer((9, 9))), Counter.UNSOLICITED),
        (lambda asked: asked, Counter.ECHO),
    ],
)
async def test_what_is_not_for_us_is_named_and_the_answer_behind_it_taken(
    stranger: Callable[[bytes], bytes], name: Counter
) -> None:
    async with serving(says(stranger, good)) as server, asking(server) as master:
        reply = await master.transact(REQUEST, PATIENT)
        assert isinstance(reply, Reply), reply
        assert reply.words == FIRST
        assert counted(master) == {name: 1, Counter.OK: 1}
        assert server.connections == 1


async def test_the_answer_to_the_last_request_once_more_is_a_duplicate() -> None:
    said: list[bytes] = []

    async def habit(talk: Talk, asked: bytes, _serial: int) -> None:
        said.append(good(asked, FIRST if not said else SECOND))
        talk.say(b"".join(said))

    async with serving(habit) as server, asking(server) as master:
        for words in (FIRST, SECOND):
            reply = await master.transact(REQUEST, PATIENT)
            assert isinstance(reply, Reply), reply
            assert reply.words == words
        assert counted(master) == {Counter.OK: 2, Counter.DUPLICATE: 1}


async def test_frames_of_units_that_nobody_asked_are_strays() -> None:
    habit = says(lambda asked: frame(number(asked), 7, answer((9, 9))), good)
    async with serving(habit) as server, asking(server) as master:
        await master.transact(REQUEST, PATIENT)
        assert master.strays == 1


# no answer


class HeldClock(SystemClock):
    """A clock that can be moved on by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead_ns = 0

    def now_ns(self) -> int:
        return super().now_ns() + self.ahead_ns


async def silence(talk: Talk, asked: bytes, serial: int) -> None:
    if serial == 1:
        await talk.left()
    else:
        talk.say(good(asked, SECOND))


async def test_silence_is_a_timeout_and_the_next_request_goes_over_a_new_connection() -> None:
    async with serving(silence) as server, asking(server, margin_ns=1_000_000) as master:
        failure = await master.transact(REQUEST, HASTY)
        assert isinstance(failure, Failure)
        assert (failure.kind, failure.detail) == (FailureKind.TIMEOUT, "no answer within 1 ms")
        assert counted(master) == {Counter.TIMEOUT: 1}
        assert master.is_open
        after = await master.transact(REQUEST, PATIENT)
        assert isinstance(after, Reply)
        assert after.words == SECOND
        assert server.connections == 2


async def test_a_late_answer_comes_to_nobody() -> None:
    """It is sent on the old connection while the next request waits, and the new answer after it."""
    late: list[tuple[Talk, bytes]] = []

    async def habit(talk: Talk, asked: bytes, serial: int) -> None:
        if serial == 1:
            late.append((talk, good(asked, FIRST)))
            await talk.left()
            return
        old, data = late[0]
        old.say(data)
        with contextlib.suppress(ConnectionError):
            await old.writer.drain()
        talk.say(good(asked, SECOND))

    async with serving(habit) as server, asking(server, margin_ns=1_000_000) as master:
        assert isinstance(await master.transact(REQUEST, HASTY), Failure)
        for _ in range(3):
            reply = await master.transact(REQUEST, PATIENT)
            assert isinstance(reply, Reply), reply
            assert reply.words == SECOND


async def test_an_answer_seen_after_its_deadline_is_none_though_it_waited_in_the_socket() -> None:
    """The machine stood still meanwhile: the value is as old as the stall was long."""
    clock = HeldClock()

    async def habit(talk: Talk, asked: bytes, serial: int) -> None:
        clock.ahead_ns = 3600 * S if serial == 1 else clock.ahead_ns
        talk.say(good(asked))

    async with serving(habit) as server, asking(server, margin_ns=50_000_000, clock=clock) as master:
        failure = await master.transact(REQUEST, HASTY)
        assert isinstance(failure, Failure)
        assert failure.kind is FailureKind.TIMEOUT
        assert isinstance(await master.transact(REQUEST, PATIENT), Reply)


@pytest.mark.parametrize("piece", [b"", b"\0\1\0\0\0\7", b"\0\1\0\0\0\7\1\3\4\0\1"])
async def test_a_connection_closed_in_the_middle_of_an_answer_is_no_answer(piece: bytes) -> None:
    async def habit(talk: Talk, asked: bytes, serial: int) -> None:
        talk.say(piece if serial == 1 else good(asked, SECOND))
        if serial == 1:
            talk.writer.close()

    failure = await fails(habit, FailureKind.TIMEOUT, Counter.TIMEOUT)
    assert failure.detail == "the connection was closed instead of an answer"


async def test_a_host_that_is_gone_is_a_port_failure_until_it_is_opened_again() -> None:
    async def hangs_up(talk: Talk, _asked: bytes, _serial: int) -> None:
        talk.writer.close()

    async with serving(hangs_up) as server, asking(server) as master:
        await master.transact(REQUEST, PATIENT)
        server.stop()
        failure = await master.transact(REQUEST, PATIENT)
        assert isinstance(failure, Failure)
        assert failure.kind is FailureKind.PORT
        assert f"tcp://127.0.0.1:{server.port}: cannot connect: Connection refused" in failure.detail
        assert not master.is_open
        assert counted(master) == {Counter.TIMEOUT: 1}


# streams that are no Modbus/TCP, or more than an answer


@pytest.mark.parametrize(
    "junk",
    [
        lambda asked: frame(number(asked), 1, answer(FIRST), protocol=1),
        lambda asked: frame(number(asked), 1, answer(FIRST), length=1),
        lambda asked: frame(number(asked), 1, answer(FIRST), length=300),
        lambda _asked: b"HTTP/1.1 400 Bad Request\r\n\r\n",
        lambda _asked: b"\0",
    ],
    ids=["protocol", "length 1", "length 300", "HTTP", "one byte before"],
)
async def test_what_is_no_modbus_ends_the_connection(junk: Callable[[bytes], bytes]) -> None:
    failure = await fails(says(junk, good), FailureKind.TIMEOUT, Counter.TIMEOUT, Counter.LEADING_JUNK)
    assert failure.detail == "what came is not Modbus/TCP"


async def test_a_flood_without_an_answer_ends_the_turn() -> None:
    async def habit(talk: Talk, asked: bytes, serial: int) -> None:
        talk.say(frame(number(asked), 7, answer(FIRST)) * 50_000 if serial == 1 else good(asked, SECOND))

    async with serving(habit) as server, asking(server) as master:
        failure = await master.transact(REQUEST, PATIENT)
        assert isinstance(failure, Failure)
        assert failure.detail.endswith("bytes came, and no answer")
        assert isinstance(await master.transact(REQUEST, PATIENT), Reply)


@pytest.mark.parametrize(
    ("glued", "name"),
    [(good, Counter.DUPLICATE), (lambda _asked: b"\0\0\0", Counter.TRAILING_JUNK)],
    ids=["duplicate", "junk"],
)
async def test_what_is_glued_to_an_answer_ends_the_connection_not_the_answer(
    glued: Callable[[bytes], bytes], name: Counter
) -> None:
    async with serving(says(good, glued)) as server, asking(server) as master:
        reply = await master.transact(REQUEST, PATIENT)
        assert isinstance(reply, Reply), reply
        assert reply.words == FIRST
        assert counted(master) == {Counter.OK: 1, name: 1}
        after = await master.transact(REQUEST, PATIENT)
        assert isinstance(after, Reply)
        assert after.words == SECOND
        assert server.connections == 2


async def test_a_connection_that_speaks_out_of_turn_is_not_asked_again() -> None:
    talks: list[Talk] = []

    async def habit(talk: Talk, asked: bytes, serial: int) -> None:
        talks.append(talk)
        talk.say(good(asked, FIRST if serial == 1 else SECOND))

    async with serving(habit) as server, asking(server) as master:
        assert isinstance(await master.transact(REQUEST, PATIENT), Reply)
        talks[0].say(frame(2, 1, answer((9, 9))))
        await server.ended.wait()
        reply = await master.transact(REQUEST, PATIENT)
        assert isinstance(reply, Reply), reply
        assert reply.words == SECOND
        assert server.connections == 2
        assert counted(master) == {Counter.OK: 2, Counter.UNSOLICITED: 1}


async def test_an_answer_in_single_bytes_is_an_answer() -> None:
    async def habit(talk: Talk, asked: bytes, _serial: int) -> None:
        for byte in good(asked):
            talk.say(bytes((byte,)))
            await talk.writer.drain()
            await asyncio.sleep(0)

    async with serving(habit) as server, asking(server) as master:
        reply = await master.transact(REQUEST, PATIENT)
        assert isinstance(reply, Reply), reply
        assert reply.words == FIRST


# quarantine, for gateways


@pytest.mark.parametrize(
    ("pdu", "quarantined"),
    [(b"\x83\x0b", True), (b"\x83\x0a", True), (b"\x83\x02", False), (answer(FIRST), False), (answer((1,)), True)],
)
async def test_a_slave_behind_a_gateway_is_left_alone_while_its_answer_may_come_yet(
    pdu: bytes, quarantined: bool
) -> None:
    times = SlaveTimes(latency_ns=60 * S, max_late_ns=1000 * S, min_gap_ns=0)
    clock = SystemClock()
    async with serving(says(with_pdu(pdu))) as server, asking(server) as master:
        await master.transact(REQUEST, times)
        assert (master.quarantined_until(1) > clock.now_ns()) is quarantined
        other = await master.transact(ReadRequest(2, ReadFunction.HOLDING, 0, 2), times)
        assert isinstance(other, Reply), "the others are served at once"


async def test_a_turn_cancelled_half_way_closes_its_connection() -> None:
    asked_once = asyncio.Event()

    async def habit(talk: Talk, asked: bytes, serial: int) -> None:
        if serial == 1:
            asked_once.set()
            await talk.left()
        else:
            talk.say(good(asked, SECOND))

    async with serving(habit) as server, asking(server) as master:
        task = asyncio.create_task(master.transact(REQUEST, PATIENT), name="cancelled")
        await asked_once.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        reply = await master.transact(REQUEST, PATIENT)
        assert isinstance(reply, Reply)
        assert server.connections == 2


async def test_a_port_that_is_closed_fails_the_turn_in_flight() -> None:
    asked_once = asyncio.Event()

    async def habit(talk: Talk, _asked: bytes, _serial: int) -> None:
        asked_once.set()
        await talk.left()

    async with serving(habit) as server, asking(server) as master:
        task = asyncio.create_task(master.transact(REQUEST, PATIENT), name="in flight")
        await asked_once.wait()
        master.close()
        failure = await task
        assert isinstance(failure, Failure)
        assert failure.kind is FailureKind.PORT
