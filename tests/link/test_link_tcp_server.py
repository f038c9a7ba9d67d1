"""The Modbus/TCP master against pymodbus's own server on loopback, which shares no code with it but the PDUs."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge_agent import AgentError
from edge_agent.clock import SystemClock
from edge_agent.link import tcp
from edge_agent.link.counters import Counter
from edge_agent.link.outcome import Failure, FailureKind, Reply, SlaveTimes
from edge_agent.link.tcp import TcpMaster, parse_tcp
from edge_agent.link.tcp_address import tcp_name
from edge_agent.link.transport import Transport
from edge_agent.ports import PortError
from protocols import ProtocolError
from protocols.modbus.pdu import ReadFunction, ReadRequest

S = 1_000_000_000
TIMES = SlaveTimes(latency_ns=60 * S, max_late_ns=0, min_gap_ns=0)
"""No deadline of a test here depends on how busy the machine is."""
WORDS = [0x1234, 0xFFFF, 0, 7, 8]
BITS = [True, False, True, True, False, False, True, False, False, True]


def device(slave: int, words: list[int]) -> SimDevice:
    bits = [SimData(0, values=BITS, datatype=DataType.BITS)]
    registers = [SimData(0, values=words, datatype=DataType.REGISTERS)]
    return SimDevice(slave, simdata=(bits, bits, registers, registers), action=busy if slave == 9 else None)


async def busy(*_request: object) -> ExcCodes:
    return ExcCodes.DEVICE_BUSY


@pytest.fixture
async def server() -> AsyncIterator[int]:
    """Its port."""
    serving = ModbusTcpServer([device(1, WORDS), device(2, [2] * 5), device(9, WORDS)], address=("127.0.0.1", 0))
    await serving.serve_forever(background=True)
    listening = serving.transport
    assert isinstance(listening, asyncio.Server)
    yield listening.sockets[0].getsockname()[1]
    await serving.shutdown()


@pytest.fixture
async def master(server: int) -> AsyncIterator[TcpMaster]:
    opened = TcpMaster("127.0.0.1", server, SystemClock())
    await opened.open()
    yield opened
    opened.close()


def read(
    function: ReadFunction = ReadFunction.HOLDING, address: int = 0, count: int = 5, slave: int = 1
) -> ReadRequest:
    return ReadRequest(slave, function, address, count)


async def answered(master: TcpMaster, request: ReadRequest) -> Reply:
    reply = await master.transact(request, TIMES)
    assert isinstance(reply, Reply), reply
    return reply


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (read(), tuple(WORDS)),
        (read(ReadFunction.INPUT, 1, 2), (0xFFFF, 0)),
        (read(ReadFunction.COILS, 0, 10), tuple(map(int, BITS))),
        (read(ReadFunction.DISCRETE, 0, 3), (1, 0, 1)),
    ],
)
async def test_every_read_function_is_answered(
    master: TcpMaster, request_: ReadRequest, words: tuple[int, ...]
) -> None:
    assert (await answered(master, request_)).words == words


async def test_a_value_was_sampled_between_sending_and_hearing(master: TcpMaster) -> None:
    clock = SystemClock()
    before_ns = clock.now_ns()
    reply = await answered(master, read())
    assert before_ns <= reply.request_end_ns <= reply.reply_start_ns <= clock.now_ns()


async def test_answers_are_counted_with_their_latency(master: TcpMaster) -> None:
    for _ in range(3):
        await answered(master, read())
    assert master.counters(1)[Counter.OK] == 3
    assert sum(master.counters(1).latencies().values()) == 3


async def test_units_behind_one_address_are_asked_on_one_connection(master: TcpMaster) -> None:
    assert (await answered(master, read())).words == tuple(WORDS)
    connection = master._connection
    assert (await answered(master, read(slave=2))).words == (2,) * 5
    assert master._connection is connection


async def test_an_exception_has_its_name_and_leaves_the_connection(master: TcpMaster) -> None:
    refused = await master.transact(read(address=100), TIMES)
    assert isinstance(refused, Failure)
    assert (refused.kind, refused.detail) == (FailureKind.EXCEPTION, "exception 02h: illegal data address")
    connection = master._connection
    busy_one = await master.transact(read(slave=9), TIMES)
    assert isinstance(busy_one, Failure)
    assert busy_one.detail == "exception 06h: device busy"
    assert master._connection is connection
    own = SlaveTimes(latency_ns=S, max_late_ns=0, min_gap_ns=0, exceptions={6: "parameter store busy"})
    assert own.understood(busy_one).detail == "exception 06h: parameter store busy"  # type: ignore[union-attr]
    assert master.counters(9).by_name({})["exception 06h device busy"] == 1
    assert master.counters(9)[Counter.EXCEPTION] == 1


async def test_requests_at_once_are_asked_one_after_the_other(master: TcpMaster) -> None:
    replies = await asyncio.gather(*(answered(master, read(count=1 + n % 5, slave=1 + n % 2)) for n in range(20)))
    wanted = [tuple(WORDS[: 1 + n % 5]) if n % 2 == 0 else (2,) * (1 + n % 5) for n in range(20)]
    assert [reply.words for reply in replies] == wanted


async def test_what_a_profile_denies_is_never_asked(master: TcpMaster) -> None:
    times = SlaveTimes(latency_ns=S, max_late_ns=0, min_gap_ns=0, denied=((3, 9, None),))
    with pytest.raises(ProtocolError, match="which its profile denies"):
        await master.transact(read(), times)
    assert master.counters(1)[Counter.OK] == 0


async def test_a_write_cannot_leave_though_pymodbus_can_build_it(master: TcpMaster) -> None:
    await answered(master, read())
    assert master._connection is not None
    client = master._connection._client
    assert client is not None
    await client.write_register(0, 99, device_id=1, no_response_expected=True)
    assert (await answered(master, read())).words == tuple(WORDS)


def test_the_master_is_a_transport() -> None:
    async def made() -> Transport:
        return TcpMaster("127.0.0.1", 1, SystemClock())

    assert asyncio.run(made()).name == "tcp://127.0.0.1:1"


# connecting


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


async def test_a_refused_connection_says_where_why_and_what_to_do() -> None:
    port = closed_port()
    master = TcpMaster("127.0.0.1", port, SystemClock())
    with pytest.raises(PortError) as caught:
        await master.open()
    assert str(caught.value) == (
        f"tcp://127.0.0.1:{port}: cannot connect: Connection refused; check the device, the network and link.port"
    )
    assert not master.is_open
    assert master.problem == str(caught.value)


@pytest.mark.parametrize("error", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")])
async def test_a_name_that_nobody_knows_is_one_line(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def unknown(*_args: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(PortError, match=r"tcp://lift-7:502: cannot connect: .*known|.*no such name"):
        await TcpMaster("lift-7", 502, SystemClock()).open()


async def test_a_name_is_tried_at_every_address_it_has(server: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_args: object, **_options: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", (address, server)) for address in ("127.0.0.2", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    master = TcpMaster("lift-7", server, SystemClock())
    await master.open()
    await answered(master, read())
    master.close()


async def test_a_connection_that_nobody_takes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_args: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(tcp.TcpConnection, "open", never)
    monkeypatch.setattr(tcp, "CONNECT_WITHIN_S", 0.01)
    with pytest.raises(PortError, match=r"no connection within 0\.01 s; check the device"):
        await TcpMaster("127.0.0.1", 502, SystemClock()).open()


async def test_a_master_that_was_never_opened_asks_nothing() -> None:
    master = TcpMaster("127.0.0.1", closed_port(), SystemClock())
    failure = await master.transact(read(), TIMES)
    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.PORT
    assert failure.detail.endswith("not open")


def test_an_agent_on_a_serial_line_never_loads_the_tcp_client() -> None:
    asks = "import sys, edge_agent.app, edge_agent.link.tcp; print('pymodbus.client' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", asks], capture_output=True, check=True, text=True)
    assert said.stdout == "False\n"


# the address


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("tcp://10.0.0.5", ("10.0.0.5", 502)),
        ("tcp://10.0.0.5:1502", ("10.0.0.5", 1502)),
        ("TCP://gateway.shaft-2.example:502", ("gateway.shaft-2.example", 502)),
        ("tcp://[fd00::5]:503", ("fd00::5", 503)),
        ("/dev/ttyUSB0", None),
        ("COM3", None),
    ],
)
def test_a_tcp_device_is_named_by_host_and_port(text: str, wanted: tuple[str, int] | None) -> None:
    assert parse_tcp(text) == wanted
    if wanted is not None:
        assert parse_tcp(tcp_name(*wanted)) == wanted


@pytest.mark.parametrize(
    "text",
    [
        *(
            "tcp:",
            "tcp://",
            "tcp:10.0.0.5",
            "tcp://:502",
            "tcp://10.0.0.5:",
            "tcp://10.0.0.5:0",
            "tcp://10.0.0.5:65536",
        ),
        *(
            "tcp://fd00::5",
            "tcp://[fd00::5",
            "tcp://[1:2]",
            "tcp://a b",
            "tcp://user@host",
            "tcp://host/path",
            "tcp://-h",
        ),
    ],
)
def test_a_wrong_tcp_address_is_one_line_with_what_to_write(text: str) -> None:
    with pytest.raises(AgentError) as caught:
        parse_tcp(text)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(repr(text))
