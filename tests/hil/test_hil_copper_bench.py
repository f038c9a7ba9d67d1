"""The copper bench under the agent's own master in virtual time: every fault bites, and a hand takes it away again."""

import asyncio
from collections import Counter as Tally
from collections.abc import Callable, Sequence

import pytest

from edge_agent.link.bus import Bus
from edge_agent.link.master import RtuMaster
from edge_agent.link.outcome import FailureKind, Reply, SlaveTimes
from edge_agent.ports import BusPort, PortError, UartErrors
from hil import BenchError
from hil.bus.copper_bench import CopperBench
from hil.bus.copper_nodes import NO_ERRORS, AsksSpec, BabbleSpec, SlaveSpec
from hil.bus.copper_port import COPPER_PORT, Adapter
from hil.bus.copper_wiring import Idle, Noise, Pair
from hil.bus.segment import Delivery
from hil.bus.waveform import SPACE
from hil.loop import NS_PER_S, VirtualClock, run_virtual, running_loop
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import ReadFunction, ReadRequest, encode_request

MS = 1_000_000
TIMES = SlaveTimes(latency_ns=20 * MS, max_late_ns=100 * MS, min_gap_ns=0)
ASKS = 20
REGISTERS = tuple(range(1000, 1016))
"""What a slave of the bench has in its first 16 registers."""


class Asked:
    """What became of some requests: how often the right answer came, and what failed."""

    def __init__(self, bench: CopperBench, bus: Bus, master: RtuMaster) -> None:
        self.bench = bench
        self._bus = bus
        self._master = master

    async def ask(
        self, times: int = ASKS, slave: int = 1, function: ReadFunction = ReadFunction.HOLDING
    ) -> Tally[object]:
        """True for a right answer, False for a wrong one, and the kinds of failures."""
        told: Tally[object] = Tally()
        for _ in range(times):
            outcome = await self._master.transact(ReadRequest(slave, function, 0, 16), TIMES)
            told[outcome.words == REGISTERS if isinstance(outcome, Reply) else outcome.kind] += 1
        return told

    async def works(self) -> bool:
        """Whether nothing at all goes wrong, neither to the master nor to its UART."""
        before = self.errors
        return await self.ask() == {True: ASKS} and self.errors == before

    @property
    def port(self) -> BusPort:
        assert self._bus.port is not None
        return self._bus.port

    @property
    def errors(self) -> UartErrors | None:
        return self.port.uart_errors()


def on_bench(
    main: Callable[[Asked], object], line: str = "9600 8N1", opened: str | None = None, **bench: object
) -> None:
    async def run() -> None:
        made = CopperBench(line=LineSettings.parse(line), **bench)  # type: ignore[arg-type]
        settings = LineSettings.parse(opened or line)
        bus = Bus(made.opener, COPPER_PORT, settings)
        master = RtuMaster(bus, settings, VirtualClock())
        await bus.open()
        await main(Asked(made, bus, master))  # type: ignore[misc]

    run_virtual(run())


# all is well


@pytest.mark.parametrize("line", ["9600 8N1", "9600 8E1", "19200 8O1", "115200 8N2", "1200 8E1"])
@pytest.mark.parametrize("delivery", Delivery)
def test_a_sound_bus_works_at_every_speed_in_every_format(line: str, delivery: Delivery) -> None:
    async def main(asked: Asked) -> None:
        assert await asked.works()
        assert asked.errors == NO_ERRORS

    on_bench(main, line, adapter=Adapter(delivery=delivery))


def test_a_slave_refuses_what_it_does_not_have() -> None:
    async def main(asked: Asked) -> None:
        assert await asked.ask(1, function=ReadFunction.COILS) == {FailureKind.EXCEPTION: 1}

    on_bench(main)


def test_the_port_is_held_by_one_at_a_time_and_opens_again_after_a_close() -> None:
    async def main(asked: Asked) -> None:
        line = LineSettings.parse("19200 8E1")
        with pytest.raises(PortError, match="held"):
            await asked.bench.opener(COPPER_PORT, line, lambda _data, _t_ns: None, lambda _error: None)
        asked.port.close()
        port = await asked.bench.opener(COPPER_PORT, line, lambda _data, _t_ns: None, lambda _error: None)
        port.close()
        with pytest.raises(PortError, match="closed"):
            port.write(b"x")

    on_bench(main)


def test_the_ticks_of_a_usb_adapter_delay_an_answer() -> None:
    """A request of 8 bytes, 10 ms, a reply of 37 bytes: 56.9 ms on the wire, 64 ms with ticks of 16 ms."""

    async def main(asked: Asked) -> None:
        await asked.ask(1)
        spent_ns.append(running_loop().now_ns)

    spent_ns: list[int] = []
    for latency_ms in (16, 1):
        on_bench(main, adapter=Adapter(delivery=Delivery.USB), usb_latency_ns=latency_ms * MS)
    on_wire_ns = spent_ns[1]
    assert spent_ns[0] % (16 * MS) == spent_ns[1] % MS == 0
    assert 0 < spent_ns[0] - on_wire_ns < 16 * MS


# what a hand arms and takes away


def broken(fault: str) -> Callable[[CopperBench], None]:
    def arm(bench: CopperBench) -> None:
        match fault:
            case "swapped wires":
                bench.swap_wires()
            case "no bias":
                bench.pair.idle = Idle.FLOATING
            case "no terminator":
                bench.pair.ringing_ns = 10_000
            case "cut at the slave":
                bench.disconnect("slave 1")
            case "cut both ways":
                bench.adapter.wiring.cut()
            case "stuck":
                bench.copper.stick(SPACE)

    return arm


def mended(fault: str) -> Callable[[CopperBench], None]:
    return {
        "swapped wires": CopperBench.swap_wires,
        "no bias": CopperBench.fit_bias,
        "no terminator": CopperBench.fit_terminator,
        "cut at the slave": lambda bench: bench.reconnect("slave 1"),
        "cut both ways": lambda bench: bench.adapter.wiring.join(),
        "stuck": lambda bench: bench.copper.unstick(),
    }[fault]


@pytest.mark.parametrize(
    "fault", ["swapped wires", "no bias", "no terminator", "cut at the slave", "cut both ways", "stuck"]
)
def test_a_fault_bites_until_a_hand_takes_it_away(fault: str) -> None:
    async def main(asked: Asked) -> None:
        assert await asked.works()
        broken(fault)(asked.bench)
        before = asked.errors
        told = await asked.ask()
        assert told[True] < ASKS or asked.errors != before  # our master bears a floating line; its UART sees it
        assert told[False] == 0
        mended(fault)(asked.bench)
        await asyncio.sleep(1)
        assert await asked.works()

    on_bench(main)


def test_a_fault_may_come_at_an_instant() -> None:
    async def main(asked: Asked) -> None:
        asked.bench.at(5 * NS_PER_S, asked.bench.swap_wires)
        assert await asked.works()
        await asyncio.sleep(5)
        assert await asked.ask() == {FailureKind.TIMEOUT: ASKS}

    on_bench(main)


# noise of the drive


def test_the_drive_disturbs_while_it_runs_and_not_while_it_is_stopped() -> None:
    async def main(asked: Asked) -> None:
        assert (await asked.ask())[True] < ASKS
        asked.bench.stop_drive()
        await asyncio.sleep(1)
        assert await asked.works()
        asked.bench.start_drive()
        assert (await asked.ask())[True] < ASKS

    on_bench(main, noise=Noise())


def test_the_drive_disturbs_only_at_the_times_that_it_runs() -> None:
    async def main(asked: Asked) -> None:
        assert await asked.works()
        await asyncio.sleep(30)
        assert (await asked.ask())[True] < ASKS

    on_bench(main, noise=Noise(), runs=lambda t_ns: t_ns > 20 * NS_PER_S)


# slaves


@pytest.mark.parametrize("slave_line", ["19200 8N1", "4800 8N1", "9600 8E1", "9600 8O1"])
def test_a_slave_with_other_settings_is_heard_with_those_settings_alone(slave_line: str) -> None:
    async def silent(asked: Asked) -> None:
        assert await asked.ask() == {FailureKind.TIMEOUT: ASKS}

    async def heard(asked: Asked) -> None:
        assert await asked.works()

    slaves = [SlaveSpec(1, line=LineSettings.parse(slave_line))]
    on_bench(silent, slaves=slaves)
    on_bench(heard, opened=slave_line, slaves=slaves)


def test_a_slave_that_does_not_check_parity_answers_and_the_masters_uart_counts_every_byte() -> None:
    async def main(asked: Asked) -> None:
        assert await asked.ask() == {True: ASKS}
        assert asked.errors == UartErrors(framing=0, parity=ASKS * 37, overrun=0, breaks=0)

    slaves = [SlaveSpec(1, line=LineSettings.parse("9600 8O1"), checks_chars=False)]
    on_bench(main, "9600 8E1", slaves=slaves)


def test_a_slave_that_checks_parity_is_silent_where_it_is_wrong() -> None:
    async def main(asked: Asked) -> None:
        assert await asked.ask() == {FailureKind.TIMEOUT: ASKS}
        assert asked.bench.taps
        assert {tap.source for tap in asked.bench.taps} == {"agent"}

    on_bench(main, "9600 8E1", slaves=[SlaveSpec(1, line=LineSettings.parse("9600 8O1"))])


def test_a_request_torn_by_a_silence_is_none() -> None:
    async def main(asked: Asked) -> None:
        request = encode_request(ReadRequest(1, ReadFunction.HOLDING, 0, 16))
        for piece in (request[:4], request[4:]):
            asked.port.write(piece)
            await asyncio.sleep(1)
        assert {tap.source for tap in asked.bench.taps} == {"agent"}
        assert await asked.works()

    on_bench(main)


def test_an_adapter_may_be_unable_to_count() -> None:
    async def main(asked: Asked) -> None:
        await asked.ask()
        assert asked.errors is None

    on_bench(main, adapter=Adapter(counts_errors=False))


def test_dead_and_slow_slaves() -> None:
    async def main(asked: Asked) -> None:
        slave = asked.bench.slaves["slave 1"]
        slave.latency_ns = 400 * MS
        assert await asked.ask(1) == {FailureKind.TIMEOUT: 1}
        await asyncio.sleep(1)
        slave.latency_ns, slave.dead = 10 * MS, True
        assert await asked.ask(2) == {FailureKind.TIMEOUT: 2}
        slave.dead = False
        await asyncio.sleep(1)
        assert await asked.works()

    on_bench(main)


def test_an_echo_with_the_slave_dead_is_no_answer() -> None:
    async def main(asked: Asked) -> None:
        asked.bench.adapter.wiring.echo = True
        assert await asked.works()
        asked.bench.slaves["slave 1"].dead = True
        assert await asked.ask() == {FailureKind.TIMEOUT: ASKS}

    on_bench(main)


TWINS: Sequence[SlaveSpec] = (SlaveSpec(1, jitter_ns=2 * MS), SlaveSpec(1, jitter_ns=2 * MS), SlaveSpec(2))


def test_two_slaves_with_one_id_fight_until_one_is_taken_off() -> None:
    async def main(asked: Asked) -> None:
        assert (await asked.ask())[True] < ASKS // 2  # the same answers within half a bit sound like one
        assert await asked.ask(slave=2) == {True: ASKS}
        assert asked.bench.copper.collisions[0].sources == ("slave 1", "slave 1 (2)")
        asked.bench.disconnect("slave 1 (2)")
        assert await asked.works()

    on_bench(main, slaves=TWINS)


def test_a_slave_that_is_not_there_cannot_be_taken_off() -> None:
    async def main(asked: Asked) -> None:
        with pytest.raises(BenchError, match=r"^slave 9: no such slave on the bench; there are slave 1$"):
            asked.bench.disconnect("slave 9")

    on_bench(main)


# others on the bus


@pytest.mark.parametrize("slave", [1, 2])
def test_a_second_master_gets_in_the_way_until_it_is_switched_off(slave: int) -> None:
    async def main(asked: Asked) -> None:
        told = await asked.ask()
        assert 0 < told[True] < ASKS
        assert told[False] == 0
        assert asked.bench.copper.collisions
        asked.bench.switch_off_second_master()
        await asyncio.sleep(1)
        assert await asked.works()
        asked.bench.switch_on_second_master()
        assert (await asked.ask())[True] < ASKS

    on_bench(main, slaves=TWINS[1:], second_master=AsksSpec(slave, count=4))


def test_a_babbler_gets_in_the_way_until_it_is_off() -> None:
    async def main(asked: Asked) -> None:
        assert (await asked.ask())[True] < ASKS
        assert asked.bench.babbler is not None
        asked.bench.babbler.on = False
        await asyncio.sleep(1)
        assert await asked.works()

    on_bench(main, babbler=BabbleSpec())


# seeds


def test_the_same_seed_gives_the_same_trace() -> None:
    def trace(seed: int) -> object:
        found: list[object] = []

        async def main(asked: Asked) -> None:
            found.append((sorted((await asked.ask()).items(), key=str), asked.errors, asked.bench.taps))

        on_bench(
            main,
            slaves=TWINS[1:],
            pair=Pair(idle=Idle.FLOATING, ringing_ns=6_000),
            noise=Noise(),
            second_master=AsksSpec(2),
            babbler=BabbleSpec(),
            seed=seed,
        )
        return found[0]

    assert trace(1) == trace(1)
    assert trace(1) != trace(2)
