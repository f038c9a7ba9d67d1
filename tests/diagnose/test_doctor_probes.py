"""What a probe makes of a line: turns and silences on buses in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from edge_agent.diagnose.causes_evidence import Ended, Listened, Turn
from edge_agent.diagnose.probe_line import QUARANTINE_NS, ProbeLine
from edge_agent.link.outcome import SlaveTimes
from edge_agent.ports import PortError, UartErrors
from hil.bus.copper_bench import CopperBench
from hil.bus.copper_nodes import AsksSpec, BabbleSpec, SlaveSpec
from hil.bus.copper_port import COPPER_PORT
from hil.bus.copper_wiring import Noise
from hil.bus.memory import MemoryBus
from hil.bus.segment import Delivery, Segment
from hil.loop import VirtualClock, run_virtual, running_loop
from protocols import ProtocolError
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import ReadFunction, ReadRequest, encode_reply, encode_request, parse_request
from tests.support.answering_port import AnsweringPort

LINE = LineSettings.parse("9600 8N1")
MS = 1_000_000
S = 1_000_000_000
REQUEST = ReadRequest(1, ReadFunction.HOLDING, 0, 2)
TIMES = SlaveTimes(10 * MS, QUARANTINE_NS, 0)
T = TypeVar("T")


def on_line(
    act: Callable[[CopperBench, ProbeLine], Awaitable[T]],
    slaves: tuple[SlaveSpec, ...] = (SlaveSpec(1),),
    **bench: object,
) -> T:
    """Act on a fresh bench with the line open."""

    async def main() -> T:
        made = CopperBench(slaves, line=LINE, seed=3, **bench)  # type: ignore[arg-type]
        line = ProbeLine(made.opener, COPPER_PORT, VirtualClock())
        await line.open(LINE)
        try:
            return await act(made, line)
        finally:
            line.close()

    return run_virtual(main())


def asking(change: Callable[[CopperBench], None], **bench: object) -> Turn:
    """One turn after a change to the bench."""

    async def act(made: CopperBench, line: ProbeLine) -> Turn:
        change(made)
        line.close()
        await line.open(LINE)
        return await line.ask(REQUEST, TIMES)

    return on_line(act, **bench)  # type: ignore[arg-type]


def listening(seconds: int = 4, **bench: object) -> Listened:
    async def act(_made: CopperBench, line: ProbeLine) -> Listened:
        return await line.listen(seconds * S, own=1)

    return on_line(act, **bench)  # type: ignore[arg-type]


def test_an_answer_is_a_turn_with_its_latency() -> None:
    turn = asking(lambda _bench: None)
    assert (turn.ended, turn.latency_ns, turn.junk, turn.echoed) == (Ended.ANSWERED, 10 * MS, 0, False)


def test_nobody_there_is_silence() -> None:
    def kill(bench: CopperBench) -> None:
        bench.slaves["slave 1"].dead = True

    turn = asking(kill)
    assert (turn.ended, turn.heard) == (Ended.SILENT, b"")


def test_an_answer_behind_the_deadline_belongs_to_its_own_turn() -> None:
    def slow_down(bench: CopperBench) -> None:
        bench.slaves["slave 1"].latency_ns = 200 * MS

    turn = asking(slow_down)
    assert (turn.ended, turn.latency_ns) == (Ended.LATE, 200 * MS)


@pytest.mark.parametrize("delivery", list(Delivery))
def test_an_echo_is_neither_heard_nor_junk_however_it_is_handed_over(delivery: Delivery) -> None:
    def echo(bench: CopperBench) -> None:
        bench.adapter.wiring.echo = True
        bench.adapter.delivery = delivery

    turn = asking(echo)
    assert (turn.ended, turn.echoed, turn.junk, len(turn.heard)) == (Ended.ANSWERED, True, 0, REQUEST.reply_len)


@pytest.mark.parametrize("delivery", list(Delivery))
def test_an_echo_with_the_device_dead_is_silence(delivery: Delivery) -> None:
    def echo(bench: CopperBench) -> None:
        bench.adapter.wiring.echo = True
        bench.adapter.delivery = delivery
        bench.slaves["slave 1"].dead = True

    turn = asking(echo)
    assert (turn.ended, turn.echoed, turn.heard) == (Ended.SILENT, True, b"")


@pytest.mark.parametrize("delivery", [Delivery.FRAME, Delivery.BYTE])
def test_an_echo_damaged_beyond_recognition_is_known_by_coming_while_we_sent(delivery: Delivery) -> None:
    def echo(bench: CopperBench) -> None:
        bench.adapter.wiring.echo = True
        bench.adapter.delivery = delivery
        bench.slaves["slave 1"].dead = True

    noisy = Noise(700.0, 60_000, 90_000)
    turn = asking(echo, noise=noisy, runs=lambda t_ns: t_ns < 20 * MS)
    assert (turn.ended, turn.echoed, turn.junk) == (Ended.SILENT, True, len(turn.heard))
    assert len(turn.heard) < len(encode_request(REQUEST)) // 2


class Unpaced(AnsweringPort):
    """A pty's other end: the answer is there as soon as the request is written."""

    def write(self, data: bytes) -> None:
        request = parse_request(data)
        assert isinstance(request, ReadRequest)
        self.answer(encode_reply(request, [0] * request.count), MS)


def test_an_answer_that_is_there_at_once_is_no_echo() -> None:
    async def main() -> Turn:
        line = ProbeLine(Unpaced(), "pty", VirtualClock())
        await line.open(LINE)
        return await line.ask(REQUEST, TIMES)

    turn = run_virtual(main())
    assert (turn.ended, turn.echoed, turn.junk, len(turn.heard)) == (Ended.ANSWERED, False, 0, REQUEST.reply_len)


def test_a_second_devices_answer_is_heard_in_the_turn_that_it_answers() -> None:
    twins = (SlaveSpec(1), SlaveSpec(1, latency_ns=50 * MS))
    turn = asking(lambda _bench: None, slaves=twins)
    assert (turn.ended, len(turn.heard)) == (Ended.ANSWERED, 2 * REQUEST.reply_len)


def test_swapped_wires_on_a_biased_pair_leave_one_empty_character() -> None:
    turn = asking(CopperBench.swap_wires)
    assert (turn.ended, turn.heard) == (Ended.SILENT, b"\x00")


def test_listening_on_a_quiet_line_hears_nothing() -> None:
    heard = listening()
    assert (heard.span_ns, heard.requests, heard.frames, heard.junk, heard.bursts) == (4 * S, 0, 0, 0, 0)


def test_listening_hears_who_asks_and_who_answers() -> None:
    heard = listening(slaves=(SlaveSpec(1), SlaveSpec(2)), second_master=AsksSpec(2, period_ns=S, jitter_ns=0))
    assert (heard.requests, heard.frames, heard.junk) == (3, 3, 0)


def test_answers_of_the_device_that_is_asked_otherwise_are_not_strangers() -> None:
    heard = listening(second_master=AsksSpec(1, period_ns=S, jitter_ns=0))
    assert (heard.requests, heard.frames) == (3, 0)


def test_pulses_are_told_from_talk() -> None:
    pulses = listening(noise=Noise(50.0, 60_000, 80_000))
    talk = listening(babbler=BabbleSpec())
    assert pulses.junk > 50
    assert pulses.pulses == pulses.junk
    assert talk.pulses < talk.junk / 2


def test_uart_errors_are_those_of_the_span() -> None:
    heard = listening(noise=Noise(50.0, 60_000, 80_000))
    assert heard.uart is not None
    assert heard.uart.framing + heard.uart.breaks <= heard.junk
    assert listening().uart == UartErrors(0, 0, 0, 0)


def test_a_request_that_the_deny_list_names_is_not_sent() -> None:
    async def act(bench: CopperBench, line: ProbeLine) -> None:
        denied = SlaveTimes(10 * MS, QUARANTINE_NS, 0, denied=((1, 1, None),))
        with pytest.raises(ProtocolError, match="denies"):
            await line.ask(REQUEST, denied)
        assert bench.taps == []

    on_line(act)


def test_asking_a_closed_line_is_one_line_of_error() -> None:
    async def act(_bench: CopperBench, line: ProbeLine) -> None:
        line.close()
        with pytest.raises(PortError, match="not open"):
            await line.ask(REQUEST, TIMES)

    on_line(act)


def test_opening_with_the_same_settings_keeps_the_port() -> None:
    async def act(_bench: CopperBench, line: ProbeLine) -> None:
        await line.ask(REQUEST, TIMES)
        before_ns = running_loop().now_ns
        await line.open(LINE)
        await asyncio.sleep(0)
        assert running_loop().now_ns == before_ns
        assert (await line.ask(REQUEST, TIMES)).ended is Ended.ANSWERED

    on_line(act)


def test_what_is_kept_is_bounded_whatever_pours_in() -> None:
    async def main() -> int:
        segment = Segment(running_loop(), LINE, delivery=Delivery.FRAME)
        flood = segment.attach("flood", lambda _data, _t_ns: None)
        line = ProbeLine(MemoryBus(lambda: segment), "memory", VirtualClock())
        await line.open(LINE)
        for _ in range(40):
            flood.send(bytes(2048))
        await line.listen(90 * S, own=1)
        return sum(len(chunk.data) for chunk in line._chunks)

    assert 65_536 <= run_virtual(main()) < 65_536 + 2048
