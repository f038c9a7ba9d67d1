"""How much of a bus's time a master uses when it polls as fast as it can, in virtual time.

One exchange takes at least: the request on the wire, the slave's latency, the answer on the wire, and 3.5 characters
of silence. Efficiency is that, divided by what an exchange took. It is read off the wire tap, as the distance from
the first request of the window to the last. The slaves are `QuickSlaves`, and processors take no virtual time: what is
lost here is lost by the master's own rules and waiting.

The agent is the whole one, through its ports. It never polls faster than its poll period, and refuses a period that
its profiles say the wire cannot keep. So its profile here promises an answer at once, where the slaves take
`LATENCY_NS`; the period is the shortest that it then accepts; and each slave has so many blocks to be read that
whatever the phase of its schedule, one of them is always due. The schedule wants more than the wire can carry.
"""

import asyncio
import itertools
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
import yaml

from edge_agent.app import Agent, Ports
from edge_agent.config_types import (
    AgentConfig,
    DeviceConfig,
    FloorConfig,
    JournalConfig,
    LiftConfig,
    LinkConfig,
    LocalConfig,
    UplinkConfig,
)
from hil import BenchError
from hil.bench.bare import Ask, BareMaster
from hil.bench.results import Efficiency, Flow, ms
from hil.bench.slaves import LATENCY_NS, QuickSlaves
from hil.broker import MemoryBroker
from hil.bus.memory import MEMORY_PORT, MemoryBus
from hil.bus.segment import Segment, Tapped
from hil.loop import NS_PER_S, VirtualClock, run_virtual, running_loop
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import REQUEST_LEN, ReadFunction, ReadRequest

BAUDS: Final = (9_600, 19_200, 115_200)
SLAVES: Final = (1, 16)
REGISTERS: Final = 19
"""Read at once: the sensor terminal's block (its profile)."""
_ROOM: Final = REGISTERS + 1
"""A block has one more, so that there are two ways to ask for it, as in any plan that has room: they take turns."""
EXCHANGES: Final = 1_000
_STARTS_WITHIN_S: Final = 1.0
_SHORTEST_PERIOD_NS: Final = 100_000_000
"""The agent's own bound on `link.poll_period_s`."""


class Load(msgspec.Struct, frozen=True):
    """`slaves` slaves on a line, `blocks` blocks each: what has to be read, and how long that takes at least."""

    line: LineSettings
    slaves: int
    blocks: int

    @classmethod
    def flat_out(cls, line: LineSettings, slaves: int) -> "Load":
        """So many blocks that one is always due, and that a cycle is no shorter than the agent's shortest period."""
        one = cls(line, slaves, 1)
        too_much_ns = one.exchange_ns - one.promised_ns
        enough = max(-(-_SHORTEST_PERIOD_NS // one.promised_ns), -(-one.least_ns(_ROOM) // too_much_ns))
        return cls(line, slaves, -(-enough // slaves))

    @property
    def promised_ns(self) -> int:
        """What an exchange takes in the longer way with a slave that answers at once, as the profile promises."""
        return self.least_ns(_ROOM) - LATENCY_NS + 1  # one rounding more than the agent's own reckoning, so never below

    @property
    def exchange_ns(self) -> int:
        """The least an exchange takes, the mean of both ways."""
        return (self.least_ns(REGISTERS) + self.least_ns(_ROOM)) // 2

    def least_ns(self, registers: int) -> int:
        """The least an exchange of so many registers takes."""
        reply_len = ReadRequest(1, ReadFunction.HOLDING, 0, registers).reply_len
        return self.line.wire_ns(REQUEST_LEN) + LATENCY_NS + self.line.wire_ns(reply_len) + self.line.t35_ns

    @property
    def period_s(self) -> float:
        """The shortest poll period that the agent accepts for it."""
        return self.slaves * self.blocks * self.promised_ns / NS_PER_S

    def requests(self) -> Iterator[ReadRequest]:
        """Two cycles, turn by turn through the slaves, each block in the one way and then in the other."""
        for registers in (REGISTERS, _ROOM):
            for block in range(self.blocks):
                for slave in range(1, self.slaves + 1):
                    yield ReadRequest(slave, ReadFunction.HOLDING, block * _ROOM, registers)


def measure_efficiency(line: LineSettings, slaves: int, exchanges: int = EXCHANGES) -> Efficiency:
    """Both masters on a bus of their own each. Raises BenchError if anything but clean exchanges happened."""
    load = Load.flat_out(line, slaves)
    agent, bare = _flow(run_virtual(_agent(load, exchanges)), load), _flow(run_virtual(_bare(load, exchanges)), load)
    return Efficiency(
        line=str(line),
        slaves=slaves,
        registers=REGISTERS,
        blocks_per_slave=load.blocks,
        slave_latency_ms=ms(LATENCY_NS),
        least_exchange_ms=agent.exchange_ms * agent.efficiency,
        agent=agent,
        bare=bare,
    )


class _Wire:
    """A segment with quick slaves, recorded."""

    def __init__(self, load: Load) -> None:
        loop = running_loop()
        self.taps: list[Tapped] = []
        self.segment = Segment(loop, load.line, self.taps.append)
        self.bus = MemoryBus(lambda: self.segment)
        QuickSlaves(loop, self.segment)


def _flow(taps: Sequence[Tapped], load: Load) -> Flow:
    """What the master made of the wire after its first cycle. The last request may have had no time for its answer."""
    pairs = list(itertools.pairwise(tap.source for tap in taps))
    if any(one == other for one, other in pairs):
        raise BenchError("bus efficiency: a request stayed without its answer, so this is no measurement; report it")
    asked = [tap for tap in taps if tap.source == "agent"][load.slaves * load.blocks :]
    exchanges = len(asked) - 1
    if exchanges < 1:
        raise BenchError("bus efficiency: the master asked too little to be measured; report it")
    took_ns = asked[-1].t_start_ns - asked[0].t_start_ns
    least_ns = sum(load.least_ns(int.from_bytes(tap.data[4:6], "big")) for tap in asked[:-1])
    return Flow(exchanges=exchanges, exchange_ms=ms(took_ns / exchanges), efficiency=least_ns / took_ns)


def _span_s(load: Load, exchanges: int) -> float:
    """Long enough to start, for a first cycle and for `exchanges` more."""
    return _STARTS_WITHIN_S + (load.slaves * load.blocks + exchanges + 1) * load.least_ns(_ROOM) / NS_PER_S


async def _bare(load: Load, exchanges: int) -> list[Tapped]:
    wire = _Wire(load)
    master = BareMaster(lambda data: end.send(data))  # noqa: PLW0108  # the end comes later
    end = wire.segment.attach("agent", master.received)
    asks = [Ask.of(request) for request in load.requests()]
    polling = asyncio.create_task(master.poll(asks, load.line.t35_ns / NS_PER_S), name="bare-master")
    await asyncio.sleep(_span_s(load, exchanges))
    polling.cancel()
    return wire.taps


async def _agent(load: Load, exchanges: int) -> list[Tapped]:
    wire, clock, stop = _Wire(load), VirtualClock(), asyncio.Event()
    with tempfile.TemporaryDirectory(prefix="liftwarden-bench-") as name:
        config = _config(load, Path(name))
        ports = Ports(open_bus=wire.bus, broker=MemoryBroker(clock.now_ns), clock=clock, local=False)
        running = asyncio.create_task(Agent(config, ports).run(stop), name="agent")
        await asyncio.sleep(_span_s(load, exchanges))
        taps = list(wire.taps)
        stop.set()
        await running
    return taps


def _config(load: Load, directory: Path) -> AgentConfig:
    profile = directory / "quick.yaml"
    profile.write_text(yaml.safe_dump(_profile(load)), encoding="utf-8")
    floors = (FloorConfig(reported=1, label="1"), FloorConfig(reported=2, label="2"))
    lifts = tuple(
        LiftConfig(
            id=f"lift-{slave}",
            devices=(DeviceConfig(name=f"device-{slave}", profile=str(profile), slave=slave),),
            floors=floors,
        )
        for slave in range(1, load.slaves + 1)
    )
    return AgentConfig(
        terminal_id="bench",
        link=LinkConfig(port=MEMORY_PORT, poll_period_s=load.period_s, max_bus_use=1.0),
        lifts=lifts,
        journal=JournalConfig(path=str(directory / "journal.sqlite")),
        uplink=UplinkConfig(broker="mqtt://127.0.0.1:1883"),
        local=LocalConfig(socket=str(directory / "agent.sock")),
    )


def _profile(load: Load) -> dict[str, object]:
    """A device of many equal blocks that promises to answer at once, on any line."""
    title = {"en": "bench slave", "zh": "台架从站"}
    line = str(load.line)
    return {
        "name": "quick",
        "title": dict(title),
        "kind": "sensor_box",
        "tier": "unverified",
        "hardware_verified": False,
        "sources": {"S-BENCH": "made up by hil.bench"},
        "slave": 1,
        "line": {"default": line, "allowed": [line]},
        "functions": [int(ReadFunction.HOLDING)],
        "max_regs": _ROOM,
        "max_late_ms": 200,
        "behaviour": {"latency_ms": 0},
        "comm_loss": "none",
        "comm_loss_effect": dict(title),
        "blocks": [
            {"name": f"block_{block}", "address": block * _ROOM, "count": _ROOM} for block in range(load.blocks)
        ],
        "rows": [
            {"name": "level", "address": 0, "bits": [0, 0], "item": "door_zone", "status": "C"},
            *(
                {"name": f"register_{address}", "address": address, "rate": "fast", "status": "C"}
                for address in range(1, load.blocks * _ROOM)
                if address % _ROOM < REGISTERS
            ),
        ],
    }
