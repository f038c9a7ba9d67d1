"""A bus as found in machine rooms, drawn from a seed: speeds, formats, devices, adapters; and the person beside it."""

import random
from typing import Final

import msgspec

from edge_agent.diagnose.causes import Hand
from hil.bus.copper_bench import CopperBench
from hil.bus.copper_nodes import AsksSpec, SlaveSpec
from hil.bus.copper_port import COPPER_PORT, Adapter
from hil.bus.copper_wiring import Idle, Noise, Pair
from hil.bus.segment import Delivery
from hil.score.case import Act, Patient
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import ReadFunction, ReadRequest

_MS: Final = 1_000_000
LINES: Final = ("9600 8N1", "9600 8E1", "19200 8N1", "19200 8E1", "38400 8N1", "4800 8N1", "57600 8N1", "115200 8N1")
_REGISTERS: Final = 64


class Plan(msgspec.Struct):
    """What was drawn, to be changed by a case before the bus is built. `asked` is the address that is examined."""

    chance: random.Random
    seed: int
    line: LineSettings
    slaves: list[SlaveSpec]
    asked: int
    count: int
    latency_ns: int
    pair: Pair
    adapter: Adapter
    noise: Noise | None = None
    second_master: AsksSpec | None = None


def draw(seed: int, lines: tuple[str, ...] = LINES) -> Plan:
    """A good bus."""
    chance = random.Random(seed)
    line = LineSettings.parse(lines[seed % len(lines)])
    latency_ns = chance.choice((2, 5, 10, 20, 40)) * _MS
    addresses = chance.sample(range(1, 11), chance.choice((1, 1, 2, 4)))
    slaves = [slave(chance, address, latency_ns) for address in addresses]
    adapter = Adapter(
        delivery=chance.choice((Delivery.FRAME, Delivery.BYTE, Delivery.USB)), counts_errors=chance.random() < 0.5
    )
    pair = Pair(idle=chance.choice((Idle.BIASED, Idle.FAIL_SAFE)))
    count = chance.choice((8, 16, 19, 32))
    return Plan(chance, seed, line, slaves, addresses[0], count, latency_ns, pair, adapter)


def slave(chance: random.Random, address: int, latency_ns: int) -> SlaveSpec:
    """A device that answers within its latency, with registers that are not all alike."""
    registers = {number: chance.choice((0, 0, 1, chance.randrange(0x10000))) for number in range(_REGISTERS)}
    return SlaveSpec(
        address, latency_ns=latency_ns * 3 // 4, jitter_ns=latency_ns // 4, registers=registers, drift_ppm=0
    )


def built(plan: Plan) -> CopperBench:
    """The bus. Inside `run_virtual`."""
    return CopperBench(
        plan.slaves,
        line=plan.line,
        pair=plan.pair,
        adapter=plan.adapter,
        second_master=plan.second_master,
        noise=plan.noise,
        seed=plan.seed,
    )


def patient(plan: Plan, bench: CopperBench, line: LineSettings | None = None) -> Patient:
    """The doctor's view of it, and what hands do on any such bus; `line` is what the technician believes."""
    device = bench.slaves[f"slave {plan.asked}"]

    def swap_at_device() -> None:
        device.wiring.swapped = not device.wiring.swapped

    wirings = (bench.adapter.wiring, device.wiring)
    joined = [(wiring, wiring.drives, wiring.hears) for wiring in wirings]

    def as_installed() -> None:
        for wiring, drives, hears in joined:
            wiring.drives, wiring.hears = drives, hears

    def connect_directly() -> None:
        bench.adapter.wiring.join()
        device.wiring.join()

    hands: dict[Hand, Act] = {
        Hand.SWAP_WIRES: bench.swap_wires,
        Hand.SWAP_AT_DEVICE: swap_at_device,
        Hand.FIT_TERMINATOR: bench.fit_terminator,
        Hand.FIT_BIAS: bench.fit_bias,
        Hand.STOP_DRIVE: bench.stop_drive,
        Hand.REMOVE_DEVICE: lambda: bench.disconnect(device.name),
        Hand.CONNECT_DIRECTLY: connect_directly,
    }
    idle, ringing_ns = plan.pair.idle, plan.pair.ringing_ns
    undo: dict[Hand, Act] = {
        Hand.SWAP_WIRES: bench.swap_wires,
        Hand.SWAP_AT_DEVICE: swap_at_device,
        Hand.FIT_TERMINATOR: lambda: setattr(bench.pair, "ringing_ns", ringing_ns),
        Hand.FIT_BIAS: lambda: setattr(bench.pair, "idle", idle),
        Hand.STOP_DRIVE: bench.start_drive,
        Hand.REMOVE_DEVICE: lambda: bench.reconnect(device.name),
        Hand.CONNECT_DIRECTLY: as_installed,
    }
    return Patient(
        opener=bench.opener,
        port=COPPER_PORT,
        line=plan.line if line is None else line,
        request=ReadRequest(plan.asked, ReadFunction.HOLDING, 0, plan.count),
        latency_ns=plan.latency_ns,
        hands=hands,
        undo=undo,
    )
