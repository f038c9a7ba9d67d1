"""Our own work for one poll: the processor's time from one decoded answer to the next, with nothing to wait for.

The production poller and the bare master drive the same stub of a port in virtual time, in turns in one process. An
answer is there as soon as virtual time has come; there is no kernel, no wire and no cold cache in it, but the virtual
loop is. The agent's side ends with the answer decoded and the lift's snapshot brought up to date; the bare master's
with a CRC checked. The median of many is what the work takes when nothing disturbs it.
"""

import asyncio
import statistics
import time
from typing import Final

import msgspec

from edge_agent.ports import BusPort, OnBytes, OnLost, UartErrors
from hil.bench.bare import Ask, BareMaster
from hil.bench.link import flat_out, into_snapshots, requests_of
from hil.bench.results import Work
from hil.bench.slaves import LATENCY_NS, answer_of
from hil.loop import NS_PER_S, VirtualClock, VirtualLoop, run_virtual, running_loop
from protocols.modbus.line import LineSettings
from protocols.profiles.layout import Layout, compile_layout
from protocols.profiles.loader import load_profile

REGISTERS: Final = 39
ROUNDS: Final = 20
POLLS: Final = 200
"""In each round, of each master."""
_LINE: Final = LineSettings.parse("9600 8N1")
_PROFILE: Final = "stm32-lift-sensor"
_NS_PER_US: Final = 1_000


class _Stub:
    """A port whose other end has the answer ready after the wire's time; nothing else happens."""

    def __init__(self, loop: VirtualLoop, on_bytes: OnBytes) -> None:
        self._loop = loop
        self._on_bytes = on_bytes

    @property
    def notes(self) -> tuple[str, ...]:
        return ()

    @property
    def grain_ns(self) -> int:
        return 0

    @property
    def takes_time(self) -> bool:
        return True

    def write(self, data: bytes) -> None:
        answer = answer_of(data[0], data[1], int.from_bytes(data[4:6], "big"))
        at_ns = self._loop.now_ns + _LINE.wire_ns(len(data) + len(answer)) + LATENCY_NS
        self._loop.call_at_ns(at_ns, self._on_bytes, answer, at_ns)

    async def drained(self) -> None:
        return

    def deliver_input(self) -> None:
        return

    def uart_errors(self) -> UartErrors | None:
        return None

    def close(self) -> None:
        return


class _Laps:
    """The real time between calls; `done` is set once there are enough."""

    def __init__(self) -> None:
        self.done = asyncio.Event()
        self.times_ns: list[int] = []
        self._last_ns = 0

    def lap(self) -> None:
        now_ns = time.perf_counter_ns()
        if self._last_ns:
            self.times_ns.append(now_ns - self._last_ns)
            if len(self.times_ns) >= POLLS:
                self.done.set()
        self._last_ns = time.perf_counter_ns()


def measure_work(rounds: int = ROUNDS) -> Work:
    """Both in turns."""
    agent_ns: list[int] = []
    bare_ns: list[int] = []
    layout = _layout()
    for _ in range(rounds):
        agent_ns += run_virtual(_agent(layout))
        bare_ns += run_virtual(_bare())
    agent, bare = (statistics.median(times) / _NS_PER_US for times in (agent_ns, bare_ns))
    return Work(
        registers=REGISTERS,
        items=len(layout.items),
        polls=len(agent_ns),
        agent_us=agent,
        bare_us=bare,
        ratio=agent / bare,
    )


def _layout() -> Layout:
    """The sensor terminal's rows in a block of 39 registers."""
    profile = load_profile(_PROFILE)
    (block,) = profile.blocks
    wider = msgspec.structs.replace(
        profile, blocks=(msgspec.structs.replace(block, address=block.address, count=REGISTERS),)
    )
    return compile_layout(wider, {name: next(iter(asks.values)) for name, asks in profile.options.items()})


async def _agent(layout: Layout) -> list[int]:
    loop, laps, clock = running_loop(), _Laps(), VirtualClock()

    async def open_bus(port: str, line: LineSettings, on_bytes: OnBytes, on_lost: OnLost) -> BusPort:
        return _Stub(loop, on_bytes)

    poller = flat_out(layout, "stub", _LINE, open_bus, clock, into_snapshots(layout, clock, laps.lap))
    polling = asyncio.create_task(poller.run(), name="poller")
    await laps.done.wait()
    polling.cancel()
    return laps.times_ns


async def _bare() -> list[int]:
    laps = _Laps()

    def write(frame: bytes) -> None:
        laps.lap()
        stub.write(frame)

    master = BareMaster(write)
    stub = _Stub(running_loop(), master.received)
    asks = [Ask.of(request) for request in requests_of(REGISTERS)]
    polling = asyncio.create_task(master.poll(asks, _LINE.t35_ns / NS_PER_S), name="bare-master")
    await laps.done.wait()
    polling.cancel()
    return laps.times_ns
