"""The link layer alone, as the bench measures it below the agent: the production poller, its master, its port.

Flat out one read is due at any time, so the poller asks as fast as its own rules let it. As in any plan that has room
for it there are two ways to ask, one register apart, by turns: an answer to the one never passes for one to the other.
This is the one module of the bench that knows the agent from the inside. `python -m hil.bench.link` polls a port for
ever.
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from edge_agent.clock import SystemClock
from edge_agent.config_types import FloorConfig, LiftConfig
from edge_agent.link.bus import Bus
from edge_agent.link.master import RtuMaster
from edge_agent.link.outcome import SlaveTimes
from edge_agent.link.plan import Job
from edge_agent.link.poller import OnBlock, PolledDevice, Poller
from edge_agent.link.serial_port import SerialBus
from edge_agent.ports import BusOpener, Clock
from edge_agent.state.fusion import Fusion
from hil.bench.slaves import LATENCY_NS
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import ReadFunction, ReadRequest
from protocols.profiles.layout import Block, Layout, Part

SLAVE: Final = 1
_ALWAYS_DUE_NS: Final = 1
_DOWN_AFTER_NS: Final = 3_000_000_000
_TIMES: Final = SlaveTimes(latency_ns=LATENCY_NS, max_late_ns=1_000_000_000, min_gap_ns=0)


def requests_of(registers: int) -> tuple[ReadRequest, ReadRequest]:
    """The two ways in which the registers are asked for in turns."""
    (shorter, _), (longer, _) = _ways(plain_layout(registers).blocks[0], SLAVE)
    return shorter, longer


def _ways(block: Block, slave: int) -> tuple[tuple[ReadRequest, int], tuple[ReadRequest, int]]:
    longer = ReadRequest(slave, ReadFunction(block.function), block.address, block.count + 1)
    return (block.request(slave), 0), (longer, 0)


def flat_out(
    layout: Layout, port: str, line: LineSettings, open_bus: BusOpener, clock: Clock, on_block: OnBlock
) -> Poller:
    """The poller that reads the layout's only block without a pause."""
    master = RtuMaster(Bus(open_bus, port, line), line, clock)
    return _poller([_device(SLAVE, layout, _ALWAYS_DUE_NS)], master, clock, on_block)


def at_a_period(
    slaves: range,
    layout: Layout,
    period_ns: int,
    line: LineSettings,
    open_bus: BusOpener,
    clock: Clock,
    on_block: OnBlock,
) -> Poller:
    """The poller that reads the layout's only block of every slave; devices are named by their addresses."""
    master = RtuMaster(Bus(open_bus, "bus", line), line, clock)
    return _poller([_device(slave, layout, period_ns) for slave in slaves], master, clock, on_block)


def _device(slave: int, layout: Layout, period_ns: int) -> PolledDevice:
    (block,) = layout.blocks
    return PolledDevice(str(slave), "by hand", slave, layout, _TIMES, (Job(block, period_ns, _ways(block, slave)),))


def _poller(devices: Sequence[PolledDevice], master: RtuMaster, clock: Clock, on_block: OnBlock) -> Poller:
    return Poller(devices, master, clock, _DOWN_AFTER_NS, on_block, lambda *_said: None)


def plain_layout(registers: int) -> Layout:
    """A block of registers that mean nothing."""
    return Layout([Part(Block("all", ReadFunction.HOLDING, 0, registers), ())])


def into_snapshots(layout: Layout, clock: Clock, done: Callable[[], None]) -> OnBlock:
    """What the agent does with an answer before it judges: decode it, and bring the lift's snapshot up to date."""
    floors = tuple(FloorConfig(reported=number, label=str(number)) for number in range(1, 10))
    fusion = Fusion(LiftConfig(id="lift", devices=(), floors=floors), {str(SLAVE): layout}, stale_s=3.0)

    def on_block(device: str, block: Block, words: tuple[int, ...], from_ns: int, to_ns: int) -> None:
        fusion.take(device, block.name, layout.decode(block, words), from_ns, to_ns)
        fusion.snapshot(clock.now_ns())
        done()

    return on_block


def main() -> None:
    """Poll until ended."""
    parser = argparse.ArgumentParser(description="the agent's link layer alone: polls one slave flat out, for ever")
    parser.add_argument("port")
    parser.add_argument("line", type=LineSettings.parse, help='as in "9600 8N1"')
    parser.add_argument("registers", type=int)
    given = parser.parse_args()
    bus = SerialBus(time.monotonic_ns)
    layout = plain_layout(given.registers)
    poller = flat_out(layout, given.port, given.line, bus, SystemClock(), lambda *_block: None)
    asyncio.run(poller.run())


if __name__ == "__main__":
    main()
