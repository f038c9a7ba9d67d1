"""The agent's port in memory fails as a serial port does: gone, renamed, refused, mute, blocked, stalled, echoing."""

import asyncio
import errno
from collections.abc import Callable, Coroutine

import pytest

from edge_agent.ports import BusPort, PortError
from hil.bus.faults.echo import Echo, Heard
from hil.bus.memory import MEMORY_PORT, MemoryBus
from hil.bus.segment import Segment
from hil.loop import run_virtual, running_loop
from protocols.modbus.line import LineSettings

LINE = LineSettings.parse("9600 8N1")
FRAME = bytes(range(8))
S = 1_000_000_000


class Bench:
    """A bus with somebody else on it, and what the port's user was told."""

    def __init__(self) -> None:
        self.loop = running_loop()
        self.segment = Segment(self.loop, LINE)
        self.bus = MemoryBus(lambda: self.segment)
        self.other = self.segment.attach("other", lambda data, _t_ns: self.on_wire.append(data))
        self.on_wire: list[bytes] = []
        self.heard: list[tuple[bytes, int]] = []
        self.lost: list[str] = []

    async def open(self, port: str = MEMORY_PORT) -> BusPort:
        return await self.bus(
            port, LINE, lambda data, t_ns: self.heard.append((data, t_ns)), lambda error: self.lost.append(str(error))
        )


def on_bench(main: Callable[[Bench], Coroutine[object, object, None]]) -> None:
    async def run() -> None:
        await main(Bench())

    run_virtual(run())


def test_an_adapter_back_under_another_name_is_found_by_its_lasting_one() -> None:
    async def main(bench: Bench) -> None:
        await bench.open("ttyUSB0")
        bench.bus.unplug()
        assert len(bench.lost) == 1
        bench.bus.plug("ttyUSB1")
        with pytest.raises(PortError, match="ttyUSB0: no such port"):
            await bench.open("ttyUSB0")
        await bench.open(MEMORY_PORT)

    on_bench(main)


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EACCES])
def test_opening_is_refused_until_it_is_not(number: int) -> None:
    async def main(bench: Bench) -> None:
        bench.bus.refuse(number)
        with pytest.raises(PortError, match=MEMORY_PORT):
            await bench.open()
        bench.bus.refuse(0)
        await bench.open()

    on_bench(main)


def test_a_driver_that_fails_loses_the_port_and_another_opens() -> None:
    async def main(bench: Bench) -> None:
        port = await bench.open()
        bench.bus.fail(errno.EIO)
        assert len(bench.lost) == 1
        with pytest.raises(PortError):
            port.write(FRAME)
        await bench.open()

    on_bench(main)


def test_a_read_that_gives_nothing_loses_the_port_at_every_byte_that_comes() -> None:
    async def main(bench: Bench) -> None:
        bench.bus.empty_reads(True)
        for losses in (1, 2):
            await bench.open()
            bench.other.send(FRAME)
            await asyncio.sleep(1)
            assert len(bench.lost) == losses
        bench.bus.empty_reads(False)
        await bench.open()
        bench.other.send(FRAME)
        await asyncio.sleep(1)
        assert [data for data, _ in bench.heard] == [FRAME]

    on_bench(main)


def test_what_is_written_while_writing_is_blocked_never_leaves() -> None:
    async def main(bench: Bench) -> None:
        port = await bench.open()
        bench.bus.block_writes(True)
        port.write(FRAME)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(port.drained(), 60)
        assert bench.on_wire == []
        bench.bus.block_writes(False)
        port.write(FRAME)
        await port.drained()
        assert bench.on_wire == [FRAME]

    on_bench(main)


@pytest.mark.parametrize("in_adapter", [False, True])
def test_a_stall_ends_in_one_burst_of_what_nobody_asked_for_or_could_get(in_adapter: bool) -> None:
    async def main(bench: Bench) -> None:
        port = await bench.open()
        bench.bus.stall(10, in_adapter=in_adapter)
        bench.other.send(b"early")
        await asyncio.sleep(5)
        port.deliver_input()
        bench.other.send(b"late")
        await asyncio.sleep(10)
        early = [] if in_adapter else [(b"early", 5 * S)]
        assert bench.heard == [*early, (b"earlylate" if in_adapter else b"late", 10 * S)]

    on_bench(main)


@pytest.mark.parametrize(
    ("heard", "back"),
    [(Heard.FULL, FRAME), (Heard.HEAD, FRAME[:6]), (Heard.TAIL, FRAME[2:])],
)
def test_an_echo_comes_as_the_frame_leaves(heard: Heard, back: bytes) -> None:
    async def main(bench: Bench) -> None:
        port = await bench.open()
        bench.bus.echo(Echo(heard=heard))
        port.write(FRAME)
        await asyncio.sleep(1)
        assert bench.heard == [(back, LINE.wire_ns(len(FRAME)))]

    on_bench(main)


def test_a_corrupt_echo_has_one_byte_altered() -> None:
    async def main(bench: Bench) -> None:
        port = await bench.open()
        bench.bus.echo(Echo(heard=Heard.CORRUPT))
        port.write(FRAME)
        await asyncio.sleep(1)
        ((back, _),) = bench.heard
        assert sum(one != other for one, other in zip(back, FRAME, strict=True)) == 1

    on_bench(main)


def test_a_glued_echo_comes_in_one_piece_with_what_follows_or_alone_if_nothing_does() -> None:
    async def main(bench: Bench) -> None:
        port = await bench.open()
        bench.bus.echo(Echo(glued=True))
        port.write(FRAME)
        await port.drained()
        bench.other.send(b"answer")
        await asyncio.sleep(1)
        port.write(FRAME)
        await asyncio.sleep(1)
        assert [data for data, _ in bench.heard] == [FRAME + b"answer", FRAME]

    on_bench(main)
