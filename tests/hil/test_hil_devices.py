"""Served devices on the segment: when they sample, what they refuse and how, and what they take for a request."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import cast

import pytest

from hil.bus.segment import Delivery, Segment, Tapped
from hil.devices.habits import Habits
from hil.devices.profile_device import ProfileDevice, Sample
from hil.loop import run_virtual, running_loop
from protocols.modbus.crc import append_crc
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import ReadFunction, ReadRequest, decode_reply, encode_exception, encode_request
from protocols.profiles.layout import Block, Layout
from protocols.profiles.loader import load_profile

LINE = LineSettings.parse("9600 8N1")
SLAVE = 0xF7
LATENCY_NS = 3_000_000
MS = 1_000_000
STRICT = Habits(latency_ns=LATENCY_NS, exceptions=True, checks_crc=True, max_count=4)
SILENT = Habits(latency_ns=LATENCY_NS, exceptions=False, checks_crc=True, max_count=4)
LAX = Habits(latency_ns=LATENCY_NS, exceptions=False, checks_crc=False, max_count=4)

READ = encode_request(ReadRequest(SLAVE, ReadFunction.HOLDING, 0x10, 2))
WRITES = ("06 00 10 00 01", "05 00 10 FF 00", "10 00 10 00 01 02 00 01", "0F 00 10 00 01 01 01")
"""One register, one coil, and several of each."""


class Registers:
    """Stands in for a Layout: 10h and 11h hold the instant of sampling in us, the others their own address."""

    blocks = (Block("state", 3, 0x10, 4), Block("more", 3, 0x14, 2))

    def encode(self, block: Block, values: Mapping[str, int]) -> tuple[int, ...]:
        image = {0x10: values["t_us"] >> 16, 0x11: values["t_us"] & 0xFFFF}
        return tuple(image.get(address, address) for address in range(block.address, block.address + block.count))


class Bench:
    """One device, and a master that hears what it says."""

    def __init__(self, habits: Habits, delivery: Delivery = Delivery.FRAME) -> None:
        self.samples: list[Sample] = []
        self.taps: list[Tapped] = []
        self.heard = b""
        segment = Segment(running_loop(), LINE, self.taps.append, delivery)
        self.master = segment.attach("master", self._hear)
        layout = cast(Layout, Registers())
        device = ProfileDevice("box", SLAVE, layout, habits, lambda t_ns: {"t_us": t_ns // 1000}, self.samples.append)
        device.connect(segment, running_loop())

    def _hear(self, data: bytes, _t_ns: int) -> None:
        self.heard += data

    async def ask(self, *requests: bytes) -> bytes:
        """What the device says to requests sent back to back."""
        self.heard = b""
        for request in requests:
            self.master.send(request)
        await asyncio.sleep(1)
        return self.heard

    def said(self) -> list[Tapped]:
        return [tap for tap in self.taps if tap.source == "box"]


def on_bench(habits: Habits, act: Callable[[Bench], Awaitable[None]], delivery: Delivery = Delivery.FRAME) -> None:
    async def main() -> None:
        await act(Bench(habits, delivery))

    run_virtual(main())


def asked(habits: Habits, *requests: bytes) -> bytes:
    async def main() -> bytes:
        return await Bench(habits).ask(*requests)

    return run_virtual(main())


def body(text: str) -> bytes:
    """A request to the device, as others would build it."""
    return append_crc(bytes((SLAVE,)) + bytes.fromhex(text))


@pytest.mark.parametrize("delivery", Delivery)
def test_registers_are_sampled_where_the_answer_starts_one_latency_after_the_request(delivery: Delivery) -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(0.123)
        request = ReadRequest(SLAVE, ReadFunction.HOLDING, 0x10, 2)
        high, low = decode_reply(request, await bench.ask(encode_request(request)))
        start_ns = 123 * MS + LINE.wire_ns(8) + LATENCY_NS
        assert high << 16 | low == start_ns // 1000
        assert bench.samples == [Sample(start_ns, "box", SLAVE, 3, 0x10, (high, low))]
        assert [tap.t_start_ns for tap in bench.said()] == [start_ns]

    on_bench(STRICT, act, delivery)


def test_a_second_request_heard_with_the_first_is_answered_and_sampled_once_the_first_answer_is_out() -> None:
    async def act(bench: Bench) -> None:
        long = encode_request(ReadRequest(SLAVE, ReadFunction.HOLDING, 0x10, 4))
        await bench.ask(long + READ)
        first, second = bench.said()
        assert second.t_start_ns == first.t_end_ns
        assert [sample.t_ns for sample in bench.samples] == [first.t_start_ns, second.t_start_ns]

    on_bench(STRICT, act)


@pytest.mark.parametrize(("address", "count"), [(0x10, 4), (0x11, 1), (0x13, 2), (0x15, 1)])
def test_any_run_of_the_devices_registers_can_be_read(address: int, count: int) -> None:
    request = ReadRequest(SLAVE, ReadFunction.HOLDING, address, count)
    words = decode_reply(request, asked(STRICT, encode_request(request)))
    for offset, word in enumerate(words):
        if address + offset >= 0x12:
            assert word == address + offset


REFUSED = [
    ("03 00 0F 00 01", 0x02),  # before the registers
    ("03 00 14 00 03", 0x02),  # runs out of them
    ("03 FF FF 00 02", 0x02),  # runs out of the address space
    ("03 00 10 00 05", 0x03),  # more than the device gives at once
    ("03 00 10 00 00", 0x03),  # nothing
    ("04 00 10 00 01", 0x01),  # a read of another kind
    ("07", 0x01),
    ("41 00 02 00 03", 0x01),  # a maker's own function, of a length nobody states
]


@pytest.mark.parametrize(("request_", "code"), REFUSED)
def test_what_cannot_be_served_is_refused_with_its_exception(request_: str, code: int) -> None:
    assert asked(STRICT, body(request_)) == encode_exception(SLAVE, int(request_[:2], 16), code)


@pytest.mark.parametrize("request_", [request for request, _ in REFUSED])
def test_a_device_without_exceptions_is_silent_where_others_refuse(request_: str) -> None:
    assert asked(SILENT, body(request_)) == b""


@pytest.mark.parametrize("habits", [STRICT, SILENT, LAX], ids=["strict", "silent", "lax"])
@pytest.mark.parametrize("write", WRITES)
def test_a_write_gets_exception_01_from_every_device(habits: Habits, write: str) -> None:
    assert asked(habits, body(write)) == encode_exception(SLAVE, int(write[:2], 16), 0x01)


@pytest.mark.parametrize("delivery", Delivery)
@pytest.mark.parametrize(("habits", "answers"), [(STRICT, 0), (SILENT, 0), (LAX, 1)], ids=["strict", "silent", "lax"])
def test_a_request_with_a_bad_crc_is_answered_only_by_a_device_that_does_not_look(
    habits: Habits, answers: int, delivery: Delivery
) -> None:
    async def act(bench: Bench) -> None:
        await bench.ask(READ[:-1] + bytes((READ[-1] ^ 0xFF,)))
        assert len(bench.said()) == answers
        assert len(bench.samples) == answers

    on_bench(habits, act, delivery)


@pytest.mark.parametrize(
    "other",
    [
        encode_request(ReadRequest(SLAVE - 1, ReadFunction.HOLDING, 0x10, 2)),
        append_crc(bytes.fromhex("00 06 00 10 00 01")),
        append_crc(bytes.fromhex("F6 03 04 F7 03 00 10")),
    ],
    ids=["to another slave", "to everybody", "another slave's answer"],
)
@pytest.mark.parametrize("habits", [STRICT, LAX], ids=["strict", "lax"])
def test_what_is_not_for_this_slave_gets_no_answer(other: bytes, habits: Habits) -> None:
    assert asked(habits, other) == b""


@pytest.mark.parametrize("noise", [b"\x00", b"\xff\x00", b"\x01\x03\x00"])
def test_a_request_behind_noise_is_answered(noise: bytes) -> None:
    assert len(asked(STRICT, noise, READ)) == 9


@pytest.mark.parametrize("habits", [STRICT, LAX], ids=["strict", "lax"])
@pytest.mark.parametrize("torn", range(1, 8))
def test_a_torn_request_does_not_spoil_the_next_after_a_silence(torn: int, habits: Habits) -> None:
    async def act(bench: Bench) -> None:
        assert await bench.ask(READ[:torn]) == b""
        assert len(await bench.ask(READ)) == 9
        assert len(bench.said()) == 1

    on_bench(habits, act)


def test_a_torn_request_is_no_part_of_what_a_device_that_checks_no_crc_hears_next() -> None:
    async def act(bench: Bench) -> None:
        await bench.ask(READ[:4])
        assert await bench.ask(READ[:-2] + b"\x00\x00")
        assert [(sample.address, len(sample.words)) for sample in bench.samples] == [(0x10, 2)]

    on_bench(LAX, act)


def test_habits_are_those_the_profile_states() -> None:
    """S-STM: no CRC check, silence on errors, 19 registers. S-CHV: exceptions, 16 registers."""
    box, drive = Habits.of(load_profile("stm32-lift-sensor")), Habits.of(load_profile("invt-chv180"))
    assert (box.exceptions, box.checks_crc, box.max_count) == (False, False, 19)
    assert (drive.exceptions, drive.checks_crc, drive.max_count) == (True, True, 16)
    assert box.latency_ns == load_profile("stm32-lift-sensor").behaviour.latency_ms * MS
