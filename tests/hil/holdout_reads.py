"""A plain master at a hold-out case: what it reads at the settings that the technician believes."""

import asyncio

import msgspec

from edge_agent.link.bus import Bus
from edge_agent.link.counters import Counter
from edge_agent.link.master import RtuMaster
from edge_agent.link.outcome import Failure, FailureKind, Reply, SlaveTimes
from edge_agent.ports import UartErrors
from hil.loop import VirtualClock, run_virtual, running_loop
from hil.score.case import Case, Hand, Patient
from protocols.modbus.deframer import Deframer, Frame
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import encode_request

READS = 200
PACE_S = 0.15
"""200 reads take half a minute or more: longer than a trip and the wait behind it."""
_MAX_LATE_NS = 500_000_000


class Reads(msgspec.Struct):
    """What a run of reads gave. `uart` is None where the adapter counts nothing."""

    ends: list[FailureKind | None] = []
    words: list[tuple[int, ...]] = []
    counted: dict[Counter, int] = {}
    uart: UartErrors | None = None
    ended_ns: int = 0

    @property
    def answers(self) -> int:
        """How many reads gave values."""
        return self.ends.count(None)

    @property
    def is_clean(self) -> bool:
        """Every read gave values, and nothing else was counted anywhere."""
        only_ok = set(self.counted) <= {Counter.OK} and set(self.ends) <= {None}
        return only_ok and self.uart in (None, UartErrors(0, 0, 0, 0))


async def read(
    patient: Patient,
    reads: int = READS,
    line: LineSettings | None = None,
    latency_ns: int | None = None,
    *,
    stop_when_sick: bool = False,
) -> Reads:
    """So many reads, or up to the first sign of trouble; `line` and `latency_ns` instead of what is believed."""
    line = patient.line if line is None else line
    bus = Bus(patient.opener, patient.port, line)
    master = RtuMaster(bus, line, VirtualClock())
    await bus.open()
    assert bus.port is not None
    times = SlaveTimes(patient.latency_ns if latency_ns is None else latency_ns, _MAX_LATE_NS, 0)
    got = Reads()
    for _ in range(reads):
        outcome = await master.transact(patient.request, times)
        got.ends.append(outcome.kind if isinstance(outcome, Failure) else None)
        if isinstance(outcome, Reply):
            got.words.append(outcome.words)
        await asyncio.sleep(PACE_S)
        counters = master.counters(patient.request.slave)
        got.counted = {counter: counters[counter] for counter in Counter if counters[counter]}
        got.uart = bus.port.uart_errors()
        if stop_when_sick and not got.is_clean:
            break
    got.ended_ns = running_loop().now_ns
    bus.close()
    return got


async def listen(patient: Patient, seconds: float) -> tuple[bytes, list[bytes]]:
    """Everything heard by a port that says nothing, and the requests in it."""
    heard = bytearray()
    requests: list[bytes] = []
    deframer = Deframer.for_requests()

    def on_bytes(data: bytes, t_ns: int) -> None:
        heard.extend(data)
        requests.extend(found.adu for found in deframer.feed(data, t_ns) if isinstance(found, Frame))

    port = await patient.opener(patient.port, patient.line, on_bytes, lambda _error: None)
    await asyncio.sleep(seconds)
    port.close()
    return bytes(heard), requests


async def asked_in_vain(patient: Patient, asks: int) -> bytes:
    """What a port hears in three seconds after each of so many requests."""
    heard = bytearray()
    port = await patient.opener(patient.port, patient.line, lambda data, _t_ns: heard.extend(data), lambda _error: None)
    for _ in range(asks):
        port.write(encode_request(patient.request))
        await asyncio.sleep(3.0)
    port.close()
    return bytes(heard)


def reads_of(
    case: Case,
    seed: int,
    *hands: Hand,
    reads: int = READS,
    line: LineSettings | None = None,
    latency_ns: int | None = None,
    stop_when_sick: bool = False,
) -> Reads:
    """A new bench, hands laid on it, and the reads as `read` makes them."""

    async def main() -> Reads:
        patient = case.build(seed)
        for hand in hands:
            patient.hands[hand]()
        return await read(patient, reads, line, latency_ns, stop_when_sick=stop_when_sick)

    return run_virtual(main())


def patient_of(case: Case, seed: int) -> Patient:
    """A patient to look at only."""

    async def main() -> Patient:
        return case.build(seed)

    return run_virtual(main())


def undone(patient: Patient, hand: Hand) -> None:
    """Do it and put it back."""
    for acts in (patient.hands, patient.undo):
        acts[hand]()
