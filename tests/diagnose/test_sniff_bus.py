"""The listener on a bus in virtual time: hears master and slave, sends nothing, tells silences when they are over."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from edge_agent.diagnose.conversation import ANSWER_WITHIN_NS, Heard, Oddity, Role
from edge_agent.diagnose.sniff import Sniffer
from edge_agent.diagnose.sniff_tally import Summary, Tally
from edge_agent.link.bus import Bus
from edge_agent.ports import PortError
from hil.bus.memory import MEMORY_PORT, MemoryBus
from hil.bus.segment import Delivery, Segment, Tapped
from hil.loop import VirtualClock, run_virtual, running_loop
from protocols.modbus.crc import append_crc
from protocols.modbus.line import LineSettings

LINE = LineSettings.parse("9600 8N1")
MS = 1_000_000
S = 1000 * MS
REQUEST = bytes.fromhex("01 04 00 00 00 01 31 CA")
ANSWER = bytes.fromhex("01 04 02 01 3E 39 70")


class Room:
    """A master and a slave that say what the test tells them, and a listener."""

    def __init__(self, delivery: Delivery = Delivery.FRAME) -> None:
        self.taps: list[Tapped] = []
        self.told: list[tuple[int, Heard]] = []
        loop = running_loop()
        segment = Segment(loop, LINE, self.taps.append, delivery)
        self.ends = {name: segment.attach(name, lambda _data, _t_ns: None) for name in ("master", "slave")}
        self.port = MemoryBus(lambda: segment)
        self.clock = VirtualClock()
        self.tally = Tally(LINE, 0)
        bus = Bus(self.port, MEMORY_PORT, LINE)
        self.sniffer = Sniffer(bus, LINE, self.clock, self._tell)

    def _tell(self, heard: Heard) -> None:
        self.told.append((self.clock.now_ns(), heard))
        self.tally.add(heard)

    def at(self, ms: float, who: str, data: bytes) -> None:
        running_loop().call_at_ns(round(ms * MS), self.ends[who].send, data)

    async def listen(self, ms: float) -> Summary:
        await self.sniffer.open()
        await self.sniffer.listen(round(ms * MS))
        self.sniffer.finish()
        return self.tally.summary(self.clock.now_ns())


def in_room(script: Callable[[Room], Coroutine[object, object, None]], delivery: Delivery = Delivery.FRAME) -> Room:
    async def run() -> Room:
        room = Room(delivery)
        await script(room)
        return room

    return run_virtual(run())


@pytest.mark.parametrize("delivery", [Delivery.FRAME, Delivery.BYTE])
def test_both_sides_are_heard_with_the_silence_between_them_and_nothing_is_sent(delivery: Delivery) -> None:
    async def script(room: Room) -> None:
        room.at(10, "master", REQUEST)
        room.at(30, "slave", ANSWER)
        await room.listen(100)

    room = in_room(script, delivery)
    heard = [one for _, one in room.told]
    assert [(one.role, one.data, one.oddities) for one in heard] == [
        (Role.REQUEST, REQUEST, ()),
        (Role.ANSWER, ANSWER, ()),
    ]
    assert [one.start_ns for one in heard] == [10 * MS, 30 * MS]
    assert heard[1].gap_ns == 20 * MS - LINE.wire_ns(8)
    assert {tapped.source for tapped in room.taps} == {"master", "slave"}


def test_a_request_without_an_answer_is_told_when_its_time_is_over_although_the_line_stays_silent() -> None:
    async def script(room: Room) -> None:
        room.at(0, "master", REQUEST)
        await room.listen(5000)

    room = in_room(script)
    assert [(at_ns, one.oddities) for at_ns, one in room.told] == [
        (LINE.wire_ns(8), ()),
        (LINE.wire_ns(8) + ANSWER_WITHIN_NS, (Oddity.NO_ANSWER,)),
    ]


def test_what_was_half_heard_is_told_at_the_end() -> None:
    async def script(room: Room) -> None:
        room.at(0, "master", REQUEST)
        room.at(85, "slave", ANSWER[:5])
        await room.listen(100)

    room = in_room(script)
    assert [(one.role, one.data) for _, one in room.told] == [(Role.REQUEST, REQUEST), (Role.DAMAGED, ANSWER[:5])]


def test_a_port_that_is_lost_ends_the_listening_with_its_own_line() -> None:
    async def script(room: Room) -> None:
        room.at(0, "master", REQUEST)
        running_loop().call_at_ns(50 * MS, room.port.unplug)
        with pytest.raises(PortError, match="unplugged"):
            await room.listen(1000)
        assert running_loop().now_ns == 50 * MS

    assert len(in_room(script).told) == 1


def test_more_than_can_be_shown_ends_the_listening_instead_of_growing_without_end() -> None:
    async def script(room: Room) -> None:
        await room.sniffer.open()
        for tick in range(5000):
            room.at(2 * tick, "master", b"\x00")
        await asyncio.sleep(11)
        with pytest.raises(PortError, match="more comes than can be shown"):
            await room.sniffer.listen(None)

    in_room(script)


def test_the_port_is_free_again_when_the_listening_is_cut_off() -> None:
    async def script(room: Room) -> None:
        task = asyncio.create_task(room.listen(10_000))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        await room.port(MEMORY_PORT, LINE, lambda _data, _t_ns: None, lambda _error: None)

    in_room(script)


def test_the_summary_counts_frames_slaves_damage_and_the_cycle() -> None:
    summary: list[Summary] = []
    other = append_crc(b"\x02\x03\x00\x10\x00\x02")
    refusal = append_crc(b"\x02\x83\x02")

    async def script(room: Room) -> None:
        for turn in range(4):
            room.at(500 * turn, "master", REQUEST)
            room.at(500 * turn + 20, "slave", ANSWER if turn else ANSWER[:-1] + b"\x00")
            room.at(500 * turn + 250, "master", other)
            room.at(500 * turn + 270, "slave", refusal)
        summary.append(await room.listen(2000))

    in_room(script)
    (told,) = summary
    assert (told.seconds, told.frames, told.requests, told.answers, told.cycle_ms) == (2.0, 15, 8, 7, 500.0)
    assert told.oddities == {"exception": 4, "bad_crc": 1}
    assert {
        address: (one.asked, one.answered, one.exceptions, one.damaged) for address, one in told.slaves.items()
    } == {
        1: (4, 3, 0, 1),
        2: (4, 4, 4, 0),
    }
    assert told.bus_use == pytest.approx(LINE.wire_ns(4 * (8 + 7 + 8 + 5)) / (2 * S), abs=1e-4)
