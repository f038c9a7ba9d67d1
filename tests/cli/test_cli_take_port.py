"""`--take-port`: what may stop a lift is asked before the agent falls silent, and the port is back in time."""

import asyncio
import socket
import sys
from collections.abc import Callable
from typing import ClassVar

import pytest
from cli_agent import FakeAgent, Invoke
from rich.cells import cell_len

from edge_agent import AgentError
from edge_agent.cli import consent, doctor_run, loan, scan_run, sniff_run
from edge_agent.cli.borrow import FreePort
from edge_agent.cli.loan import Held, held
from edge_agent.clock import NS
from edge_agent.link.framed import framed
from edge_agent.link.serial_port import SerialBus
from edge_agent.local.views import BusDevice, BusView, LentPort, Reply
from protocols.profiles.schema import CommLoss, Framing
from protocols.upstream.messages import Text

COMMANDS = ("doctor", "scan", "sniff")
TRIPS = BusDevice(
    "drive", "stm32-lift-sensor", 1, {}, CommLoss.TRIP, Text("跳闸", "the drive trips and the lift stands")
)
LOCKS = BusDevice("panel", "hpmont-mont70", 2, {}, CommLoss.LOCK, Text("锁梯", "the panel locks until a reset"))
MEEK = BusDevice("box", "stm32-lift-sensor", 247, {}, CommLoss.NONE, Text("无", "nothing"))
FOREVER_S = 20.0
"""Only a hanging test lasts so long."""


def bus_of(*devices: BusDevice, port: str = "/dev/ttyNONE", framing: Framing = Framing.RTU) -> BusView:
    return BusView(port, "9600 8N1", framing, list(devices))


def tells(agent: FakeAgent, bus: BusView, for_s: float | None = None) -> None:
    """The agent tells its bus, and lends it for so long or not at all."""
    agent.will_answer("bus", Reply(bus=bus))
    lent = Reply(error="not now") if for_s is None else Reply(lent=LentPort(bus, for_s))
    agent.will_answer("take_port", lent)


def ops(agent: FakeAgent) -> list[str]:
    return [request.op for request in agent.asked]


# the question comes first


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("answer", ["n\n", ""], ids=["no", "end of input"])
def test_without_a_yes_the_agent_keeps_its_port(ask: Invoke, agent: FakeAgent, command: str, answer: str) -> None:
    tells(agent, bus_of(MEEK, TRIPS, LOCKS))
    result = ask("diag", command, "--take-port", "10m", input=answer)
    assert (result.exit_code, ops(agent)) == (1, ["bus"])
    assert "not started" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_device_that_stops_a_lift_is_named_whichever_is_meant(
    ask: Invoke, agent: FakeAgent, command: str
) -> None:
    tells(agent, bus_of(MEEK, TRIPS, LOCKS))
    more = ("--slave", "247") if command == "doctor" else ()
    result = ask("diag", command, "--take-port", "10m", *more, input="n\n")
    said = " ".join(result.output.split())
    assert "drive (slave 1), when the agent stops asking: the drive trips and the lift stands" in said
    assert "panel (slave 2), when the agent stops asking: the panel locks until a reset" in said


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("said", ["y", "--yes"])
def test_after_a_yes_the_agent_is_told_of_it(ask: Invoke, agent: FakeAgent, command: str, said: str) -> None:
    tells(agent, bus_of(TRIPS))
    if said == "y":
        result = ask("diag", command, "--take-port", "10m", input="y\n")
    else:
        result = ask("diag", command, "--take-port", "10m", "--yes")
    assert ops(agent) == ["bus", "take_port"]
    assert (agent.asked[1].loss_accepted, agent.asked[1].period_s) == (True, 600)
    assert (result.exit_code, result.stderr.endswith("not now\n")) == (1, True)


@pytest.mark.parametrize("command", ["doctor", "sniff"])
def test_where_no_lift_stops_nobody_is_asked(ask: Invoke, agent: FakeAgent, command: str) -> None:
    tells(agent, bus_of(MEEK))
    assert ask("diag", command, "--take-port", "10m").stderr == "not now\n"
    assert ops(agent) == ["bus", "take_port"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_told_before_the_question_fits_40_columns(lang: str) -> None:
    shown = [*consent.loss_lines([TRIPS, LOCKS], lang)]
    assert [line.plain for line in shown if cell_len(line.plain) > 40] == []


def test_a_bus_that_changed_meanwhile_is_not_taken(agent: FakeAgent) -> None:
    tells(agent, bus_of(TRIPS), 600.0)
    free = FreePort("/dev/ttyNONE", "9600 8N1", (MEEK,), 600.0, socket=str(agent.socket), holder="test")
    with pytest.raises(AgentError, match="the agent was started anew"), held(free, loss_accepted=True):
        pytest.fail("taken")


def test_no_standard_input_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert not consent.agreed("Start?")


# what cannot be borrowed for


@pytest.mark.parametrize("command", COMMANDS)
def test_a_tcp_device_is_refused_before_anything_is_borrowed(ask: Invoke, agent: FakeAgent, command: str) -> None:
    tells(agent, bus_of(MEEK, port="tcp://192.0.2.7:502"))
    for port in (("--take-port", "10m"), ("--port", "tcp://192.0.2.7:502")):
        result = ask("diag", command, *port)
        assert result.exit_code == 1
        assert result.stderr == (
            f"tcp://192.0.2.7:502: a Modbus/TCP device has no serial line; diag {command} needs one, as /dev/ttyUSB0\n"
        )
    assert ops(agent) == ["bus"]


def test_a_scan_of_a_bus_that_does_not_speak_rtu_is_refused_in_one_line(ask: Invoke, agent: FakeAgent) -> None:
    tells(agent, bus_of(LOCKS, framing=Framing.HPMONT_CIC))
    (line,) = ask("diag", "scan", "--take-port", "10m", "--yes").stderr.splitlines()
    assert line.startswith("/dev/ttyNONE: its frames are hpmont_cic, not Modbus RTU")
    assert ops(agent) == ["bus"]


@pytest.mark.parametrize("how", ["borrowed", "by profile"])
def test_the_doctor_speaks_the_framing_of_its_patient(
    ask: Invoke, agent: FakeAgent, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []

    class Doctor:
        def __init__(self, open_bus: object, *_: object) -> None:
            opened.append(open_bus)

        async def examine(self) -> None:
            raise AgentError("seen enough")

    monkeypatch.setattr(doctor_run, "Doctor", Doctor)
    tells(agent, bus_of(LOCKS, framing=Framing.HPMONT_CIC), 600.0)
    port = ("--take-port", "10m") if how == "borrowed" else ("--port", "/dev/ttyNONE", "--profile", "hpmont-mont70")
    ask("diag", "doctor", *port, "--yes")
    assert [type(one) for one in opened] == [type(framed(SerialBus(), Framing.HPMONT_CIC))]


# back in time


class Clock:
    """Stands still."""

    def now_ns(self) -> int:
        return 5 * NS


def test_the_port_is_let_go_of_two_seconds_before_the_loan_ends(
    agent: FakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loan, "SystemClock", Clock)
    tells(agent, bus_of(MEEK), 600.0)
    free = FreePort("/dev/ttyNONE", "9600 8N1", (MEEK,), 600.0, socket=str(agent.socket), holder="test")
    with held(free, loss_accepted=True) as hand:
        assert (hand.until_ns, hand.left_ns) == (603 * NS, 598 * NS)


class Endless:
    """Stands in for a doctor, a scanner or a sniffer that never ends."""

    line = None
    also = ()
    found: ClassVar[dict[int, object]] = {}
    uart_errors = None

    def __init__(self, *_: object, **__: object) -> None:
        pass

    async def open(self) -> None:
        """Nothing to open."""

    async def run(self, *_: object) -> None:
        await asyncio.sleep(FOREVER_S)
        pytest.fail("nobody ended it")

    examine = listen = run

    def finish(self) -> None:
        """Nothing was heard."""


@pytest.mark.parametrize(
    ("command", "module", "worker", "code"),
    [("doctor", doctor_run, "Doctor", 1), ("scan", scan_run, "Scanner", 1), ("sniff", sniff_run, "Sniffer", 0)],
)
def test_a_command_ends_with_its_loan(
    ask: Invoke, agent: FakeAgent, monkeypatch: pytest.MonkeyPatch, command: str, module: object, worker: str, code: int
) -> None:
    monkeypatch.setattr(module, worker, Endless)
    tells(agent, bus_of(MEEK), 2.0)
    result = ask("diag", command, "--take-port", "10m", "--yes")
    assert result.exit_code == code, result.output
    assert ("the time is up" in result.stderr) is (code == 1)


def ends_with(hand: Held) -> None:
    """Whether what is done meanwhile is ended by the loan's end."""

    async def wait() -> None:
        with pytest.raises(TimeoutError):
            async with hand.limit():
                await asyncio.sleep(FOREVER_S)
                pytest.fail("nobody ended it")

    asyncio.run(wait())


@pytest.mark.parametrize("farewell", [lambda end: end.close(), lambda end: end.send(b"x")], ids=["closed", "a byte"])
def test_what_is_done_ends_when_the_agent_ends_the_loan(farewell: Callable[[socket.socket], object]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        farewell(theirs)
        ends_with(Held(sys.maxsize, ours.fileno()))


def test_what_is_done_in_time_is_not_disturbed() -> None:
    async def done() -> int:
        async with Held(sys.maxsize).limit():
            await asyncio.sleep(0)
        return 7

    assert asyncio.run(done()) == 7


@pytest.mark.parametrize("seconds", ["1s", "4s", "61m", "soon"])
def test_a_time_to_borrow_for_that_is_too_short_or_none_is_wrong_usage(
    ask: Invoke, agent: FakeAgent, seconds: str
) -> None:
    assert ask("diag", "sniff", "--take-port", seconds).exit_code == 2
    assert agent.asked == []
