"""The copper segment: the same as the plain one while all is well, and every electrical fault as a UART sees it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.ports import UartErrors
from hil.bus.copper import Copper
from hil.bus.copper_view import Disturbances
from hil.bus.copper_wiring import Idle, Pair, Wiring
from hil.bus.memory import MEMORY_PORT, MemoryBus
from hil.bus.segment import Collision, Delivery, Drive, Segment, Tapped
from hil.bus.waveform import MARK, SPACE, Merge
from hil.devices.habits import Habits
from hil.devices.profile_device import ProfileDevice
from hil.loop import run_virtual, running_loop
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import ReadFunction, ReadRequest, decode_reply, encode_request
from protocols.profiles.layout import Block, Layout

LINE = LineSettings.parse("9600 8N1")
CHAR_NS = LINE.wire_ns(1)
BIT_NS = CHAR_NS // 10
MS = 1_000_000

Heard = list[tuple[bytes, int]]


def bits_only(copper: Copper) -> Copper:
    """The same segment without its short cut."""

    class Armed(Disturbances):
        @property
        def none(self) -> bool:
            return False

    copper._disturbances = Armed()
    return copper


class Bench:
    """Nodes a, b, c on a segment of the running virtual loop."""

    def __init__(self, segment: Segment, **lines: str) -> None:
        self.segment = segment
        self.heard: dict[str, Heard] = {name: [] for name in "abc"}
        self.ends = {
            name: segment.attach(name, self._hear(name), LineSettings.parse(lines.get(name, str(segment.line))))
            for name in "abc"
        }

    def _hear(self, name: str) -> Callable[[bytes, int], None]:
        return lambda data, t_ns: self.heard[name].append((data, t_ns))

    def bytes_of(self, name: str) -> bytes:
        return b"".join(data for data, _ in self.heard[name])


class CopperBench(Bench):
    """The same on copper, with everything in reach."""

    def __init__(self, pair: Pair | None = None, seed: int = 0, line: LineSettings = LINE, **lines: str) -> None:
        self.taps: list[Tapped] = []
        self.copper = Copper(running_loop(), line, self.taps.append, pair=pair, seed=seed)
        super().__init__(self.copper, **lines)
        self.nodes = {node.name: node for node in self.copper.nodes}

    def wiring(self, name: str) -> Wiring:
        return self.nodes[name].wiring

    def errors(self, name: str) -> UartErrors:
        return self.nodes[name].errors


def on_copper(main: Callable[[CopperBench], Coroutine[object, object, None]], **bench: object) -> None:
    async def run() -> None:
        await main(CopperBench(**bench))  # type: ignore[arg-type]

    run_virtual(run())


NO_ERRORS = UartErrors(0, 0, 0, 0)

# all is well

Turns = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 3 * CHAR_NS), st.binary(min_size=1, max_size=8)), max_size=8
)


async def take_turns(bench: Bench, turns: list[tuple[str, int, bytes]]) -> dict[str, Heard]:
    """One after the other, each so long after the end of the one before."""
    t_ns = 0
    for name, gap_ns, data in turns:
        running_loop().call_at_ns(t_ns + gap_ns, bench.ends[name].send, data)
        t_ns += gap_ns + bench.segment.line.wire_ns(len(data))
    await asyncio.sleep(2)
    return bench.heard


Lines = st.sampled_from(["9600 8N1", "19200 8E1", "115200 8O1", "1200 8N2"]).map(LineSettings.parse)


@given(Turns, st.sampled_from(Delivery), Lines)
def test_with_nothing_armed_copper_is_a_segment(
    turns: list[tuple[str, int, bytes]], delivery: Delivery, line: LineSettings
) -> None:
    async def main(make: Callable[..., Segment]) -> dict[str, Heard]:
        return await take_turns(Bench(make(running_loop(), line, None, delivery)), turns)

    assert run_virtual(main(Copper)) == run_virtual(main(Segment))


@given(Turns, st.sampled_from([Delivery.FRAME, Delivery.BYTE]), Lines)
def test_the_waveform_says_what_the_short_cut_says(
    turns: list[tuple[str, int, bytes]], delivery: Delivery, line: LineSettings
) -> None:
    """An edge is rounded to a ns once, so a character may seem to end a ns late or early."""

    async def main(make: Callable[[Copper], Copper]) -> dict[str, Heard]:
        return await take_turns(Bench(make(Copper(running_loop(), line, None, delivery))), turns)

    by_bits, by_bytes = run_virtual(main(bits_only)), run_virtual(main(lambda copper: copper))
    for name, heard in by_bits.items():
        assert [data for data, _ in heard] == [data for data, _ in by_bytes[name]]
        assert all(abs(t_ns - other_ns) <= 1 for (_, t_ns), (_, other_ns) in zip(heard, by_bytes[name], strict=True))


def test_a_frame_is_tapped_and_nobody_counts_an_error() -> None:
    async def main(bench: CopperBench) -> None:
        end_ns = bench.ends["a"].send(b"\x00\xff")
        await asyncio.sleep(1)
        assert bench.taps == [Tapped(0, end_ns, "a", b"\x00\xff")]
        assert [bench.errors(name) for name in "abc"] == [NO_ERRORS] * 3

    on_copper(main)


def test_faults_on_bytes_come_in_as_on_any_segment() -> None:
    async def main(bench: CopperBench) -> None:
        bench.copper.wire = lambda drive, _line: [Drive(drive.start_ns + MS, "ghost", drive.data[::-1])]
        bench.ends["a"].send(b"ab")
        await asyncio.sleep(1)
        assert bench.taps == [Tapped(MS, MS + LINE.wire_ns(2), "ghost", b"ba")]
        assert bench.bytes_of("b") == b"ba"

    on_copper(main)


class TwoRegisters:
    """Stands in for a Layout."""

    blocks = (Block("two", 3, 0, 2),)

    def encode(self, _block: Block, _values: object) -> tuple[int, ...]:
        return 0x1234, 0x5678


def test_a_served_device_and_a_memory_port_meet_on_copper() -> None:
    async def main(bench: CopperBench) -> None:
        habits = Habits(latency_ns=3 * MS, exceptions=True, checks_crc=True, max_count=2)
        device = ProfileDevice("box", 1, cast(Layout, TwoRegisters()), habits, lambda _t_ns: {})
        device.connect(bench.copper, running_loop())
        heard: Heard = []
        opener = MemoryBus(lambda: bench.copper)
        port = await opener(MEMORY_PORT, LINE, lambda data, t_ns: heard.append((data, t_ns)), lambda _error: None)
        request = ReadRequest(1, ReadFunction.HOLDING, 0, 2)
        port.write(encode_request(request))
        await asyncio.sleep(1)
        assert decode_reply(request, heard[0][0]) == (0x1234, 0x5678)
        assert heard[0][1] == LINE.wire_ns(8) + 3 * MS + LINE.wire_ns(9)

    on_copper(main)


# settings and clocks


def test_each_end_hears_with_its_own_settings_and_counts_its_own_errors() -> None:
    """0x03 has an even number of ones, 0x01 an odd one: a parity bit of 0 stands where the stop bit should."""

    async def main(bench: CopperBench) -> None:
        bench.ends["a"].send(b"\x03\x01\x03")
        await asyncio.sleep(1)
        assert bench.bytes_of("b") == bench.bytes_of("c") == b"\x03\x01\x03"
        assert bench.errors("b") == UartErrors(framing=2, parity=0, overrun=0, breaks=0)
        assert bench.errors("c") == UartErrors(framing=0, parity=3, overrun=0, breaks=0)

    on_copper(main, a="9600 8E1", b="9600 8N1", c="9600 8O1")


@pytest.mark.parametrize(
    ("drift_ppm", "is_heard"), [(-40_000, True), (40_000, True), (-60_000, False), (60_000, False)]
)
def test_a_clock_may_be_off_by_less_than_five_per_cent(drift_ppm: int, is_heard: bool) -> None:
    async def main(bench: CopperBench) -> None:
        bench.wiring("a").drift_ppm = drift_ppm
        end_ns = bench.ends["a"].send(b"\x55" * 20)
        assert abs(end_ns * (1_000_000 + drift_ppm) - LINE.wire_ns(20) * 1_000_000) < 1_100_000
        await asyncio.sleep(1)
        assert (bench.bytes_of("b") == b"\x55" * 20) is is_heard
        assert (bench.errors("b").framing > 0) is not is_heard

    on_copper(main)


# wires


def test_swapped_wires_make_garbage_both_ways_and_other_ends_do_not_mind() -> None:
    async def main(bench: CopperBench) -> None:
        bench.wiring("a").swapped = True
        bench.ends["a"].send(b"\x01\x03\x00\x10")
        await asyncio.sleep(1)
        bench.ends["b"].send(b"\x01\x03\x00\x10")
        await asyncio.sleep(1)
        assert b"\x01\x03\x00\x10" not in bench.bytes_of("a") + bench.bytes_of("b")
        assert bench.bytes_of("c").endswith(b"\x01\x03\x00\x10")

    on_copper(main)


def test_two_swapped_ends_understand_each_other() -> None:
    async def main(bench: CopperBench) -> None:
        bench.wiring("a").swapped = bench.wiring("b").swapped = True
        bench.ends["a"].send(b"hello")
        await asyncio.sleep(1)
        assert b"hello" in bench.bytes_of("b")
        assert b"hello" not in bench.bytes_of("c")

    on_copper(main, pair=Pair(idle=Idle.FAIL_SAFE))


@pytest.mark.parametrize(("idle", "breaks"), [(Idle.BIASED, 1), (Idle.FAIL_SAFE, 0)])
def test_a_swapped_end_takes_the_bias_for_a_break_once_it_stops_driving(idle: Idle, breaks: int) -> None:
    async def main(bench: CopperBench) -> None:
        bench.wiring("a").swapped = True
        end_ns = bench.ends["a"].send(b"\x01\x03")
        await asyncio.sleep(1)
        assert bench.heard["a"] == [(b"\x00", end_ns + CHAR_NS)] * breaks
        assert bench.errors("a") == UartErrors(0, 0, 0, breaks)

    on_copper(main, pair=Pair(idle=idle))


def test_a_cut_direction_carries_nothing_that_way_and_all_the_other_way() -> None:
    async def main(bench: CopperBench) -> None:
        bench.wiring("a").drives = False
        bench.wiring("b").hears = False
        for name in "ac":
            bench.ends[name].send(name.encode())
            await asyncio.sleep(1)
        assert {name: bench.bytes_of(name) for name in "abc"} == {"a": b"c", "b": b"", "c": b""}
        assert [tap.source for tap in bench.taps] == ["c"]
        bench.wiring("a").join()
        bench.ends["a"].send(b"x")
        await asyncio.sleep(1)
        assert bench.bytes_of("c") == b"x"

    on_copper(main)


@pytest.mark.parametrize("drives", [True, False])
def test_an_echo_is_heard_by_the_sender_itself_also_when_the_wire_is_cut(drives: bool) -> None:
    async def main(bench: CopperBench) -> None:
        bench.wiring("a").echo = True
        bench.wiring("a").drives = drives
        end_ns = bench.ends["a"].send(b"12345678")
        await asyncio.sleep(1)
        assert bench.heard["a"] == [(b"12345678", end_ns)]
        assert bench.bytes_of("b") == (b"12345678" if drives else b"")

    on_copper(main)


# reflections, junk, pulses, stuck levels


def damaged_at(baud: int, ringing_ns: int, data: bytes = b"\x55" * 200) -> int:
    """How many of 200 bytes of many edges do not arrive as they were sent."""
    wrong: list[int] = []

    async def main(bench: CopperBench) -> None:
        for byte in data:
            bench.ends["a"].send(bytes((byte,)))
            await asyncio.sleep(0.05)
        wrong.append(len(data) - sum(heard == data[:1] for heard, _ in bench.heard["b"]))

    on_copper(main, pair=Pair(ringing_ns=ringing_ns), line=LineSettings.parse(f"{baud} 8N1"))
    return wrong[0]


def test_reflections_do_harm_at_high_speeds_and_none_at_low() -> None:
    damaged = [damaged_at(baud, 8_000) for baud in (2400, 9600, 19200, 38400)]
    assert damaged[0] == 0
    assert 0 < damaged[1] < damaged[2] < damaged[3]
    assert damaged_at(38400, 0) == 0


def test_reflections_follow_edges() -> None:
    """0x00 has two edges, 0x55 has ten."""
    assert 2 * damaged_at(19200, 8_000, b"\x00" * 200) < damaged_at(19200, 8_000)


def test_a_floating_pair_makes_junk_after_a_turn_and_bias_ends_it() -> None:
    async def main(bench: CopperBench) -> None:
        bench.ends["a"].send(b"?")
        await asyncio.sleep(1)
        (_, answer_ns), (junk, junk_ns) = bench.heard["b"][0], bench.heard["b"][1]
        assert bench.heard["a"] == bench.heard["b"][1:]
        assert len(junk) <= 4
        assert answer_ns < junk_ns < answer_ns + 10 * CHAR_NS
        bench.copper.pair.idle = Idle.BIASED
        bench.heard["b"].clear()
        for _ in range(10):
            bench.ends["a"].send(b"?")
            await asyncio.sleep(1)
        assert bench.bytes_of("b") == b"?" * 10

    on_copper(main, pair=Pair(idle=Idle.FLOATING, float_odds=1.0))


def test_junk_that_comes_from_a_seed_is_the_same_every_time() -> None:
    def heard(seed: int) -> Heard:
        found: list[Heard] = []

        async def main(bench: CopperBench) -> None:
            for _ in range(20):
                bench.ends["a"].send(b"?")
                await asyncio.sleep(0.1)
            found.append(bench.heard["c"])

        on_copper(main, pair=Pair(idle=Idle.FLOATING), seed=seed)
        return found[0]

    assert heard(1) == heard(1) != heard(2)


def test_a_pulse_flips_the_bit_that_it_covers() -> None:
    async def main(bench: CopperBench) -> None:
        end_ns = bench.ends["a"].send(b"\x00\x00")
        middle_of_bit_3_ns = CHAR_NS + 4 * BIT_NS + BIT_NS // 2
        running_loop().call_at_ns(MS, bench.copper.disturb, (middle_of_bit_3_ns - 20_000, middle_of_bit_3_ns + 20_000))
        await asyncio.sleep(1)
        assert bench.heard["b"] == [(b"\x00\x08", end_ns)]

    on_copper(main)


def test_a_pulse_on_an_idle_line_is_a_character_of_ones() -> None:
    async def main(bench: CopperBench) -> None:
        await asyncio.sleep(0.5)
        bench.copper.disturb((500 * MS, 500 * MS + BIT_NS))
        await asyncio.sleep(1)
        assert bench.heard["a"] == bench.heard["b"] == [(b"\xff", 500 * MS + CHAR_NS)]

    on_copper(main)


@given(
    st.lists(st.tuples(st.integers(0, 3 * BIT_NS), st.integers(1000, BIT_NS)), max_size=40), st.sampled_from(Delivery)
)
def test_nothing_is_missed_where_short_pulses_are_not_looked_at(
    pulses: list[tuple[int, int]], delivery: Delivery
) -> None:
    """Who looks in the middle of a stop bit has the character half a bit before its end."""

    async def main(looks: bool) -> Heard:
        copper = Copper(running_loop(), LINE, None, delivery)
        bench = Bench(copper)
        if looks:
            copper._ignores_pulse = lambda _end: False  # type: ignore[method-assign]
        t_ns = MS
        for gap_ns, width_ns in pulses:
            t_ns += gap_ns
            running_loop().call_at_ns(t_ns, copper.disturb, (t_ns, t_ns + width_ns))
        running_loop().call_at_ns(2 * MS, bench.ends["a"].send, b"\x55\x00")
        await asyncio.sleep(1)
        return [*bench.heard["b"], *bench.heard["c"]]

    def joined(heard: Heard) -> bytes:
        return b"".join(data for data, _ in heard)

    quick, thorough = run_virtual(main(False)), run_virtual(main(True))
    assert joined(quick) == joined(thorough)
    if delivery is Delivery.BYTE:
        assert all(abs(one[1] - other[1]) <= BIT_NS for one, other in zip(quick, thorough, strict=True))


def test_a_line_stuck_low_is_one_break_and_then_silence_until_it_is_let_go() -> None:
    async def main(bench: CopperBench) -> None:
        bench.copper.stick(SPACE)
        await asyncio.sleep(5)
        bench.ends["a"].send(b"abc")
        await asyncio.sleep(5)
        assert bench.heard["b"] == [(b"\x00", CHAR_NS)]
        assert bench.errors("b") == UartErrors(0, 0, 0, 1)
        bench.copper.unstick()
        await asyncio.sleep(1)
        bench.ends["a"].send(b"abc")
        await asyncio.sleep(5)
        assert bench.bytes_of("b") == b"\x00abc"

    on_copper(main)


@pytest.mark.parametrize(("level", "heard"), [(SPACE, b""), (MARK, b"\x00")])
def test_a_swapped_end_sees_a_stuck_line_the_other_way_round(level: int, heard: bytes) -> None:
    async def main(bench: CopperBench) -> None:
        bench.wiring("b").swapped = True
        bench.copper.stick(level)
        await asyncio.sleep(1)
        assert bench.bytes_of("b") == heard

    on_copper(main, pair=Pair(idle=Idle.FAIL_SAFE))


def test_an_end_that_is_cut_off_sees_neither_pulses_nor_a_stuck_line() -> None:
    async def main(bench: CopperBench) -> None:
        bench.wiring("b").cut()
        bench.copper.disturb((0, BIT_NS))
        await asyncio.sleep(1)
        bench.copper.stick(SPACE)
        await asyncio.sleep(1)
        assert bench.bytes_of("b") == b""
        assert bench.bytes_of("c") == b"\xff\x00"

    on_copper(main)


def test_a_shorted_line_is_silent() -> None:
    async def main(bench: CopperBench) -> None:
        bench.copper.stick(MARK)
        bench.ends["a"].send(b"abc")
        await asyncio.sleep(1)
        assert bench.bytes_of("b") == b""
        assert bench.errors("b") == NO_ERRORS

    on_copper(main)


# two at once


@pytest.mark.parametrize(("rule", "heard"), [(Merge.AND, b"\x30\x0f"), (Merge.OR, b"\xfc\xff")])
def test_two_drivers_at_once_fight_bit_by_bit_and_hear_nothing_of_it(rule: Merge, heard: bytes) -> None:
    async def main(bench: CopperBench) -> None:
        bench.ends["a"].send(b"\xf0\xff")
        bench.ends["b"].send(b"\x3c\x0f")
        await asyncio.sleep(1)
        assert bench.copper.collisions == [Collision(0, ("a", "b"))]
        assert bench.bytes_of("c") == heard
        assert bench.heard["a"] == bench.heard["b"] == []

    on_copper(main, pair=Pair(merge=rule))


def test_two_that_say_the_same_at_the_same_time_sound_like_one() -> None:
    async def main(bench: CopperBench) -> None:
        for name in "ab":
            bench.ends[name].send(b"same")
        await asyncio.sleep(1)
        assert bench.bytes_of("c") == b"same"
        assert bench.errors("c") == NO_ERRORS

    on_copper(main)


def test_two_that_say_the_same_a_few_bits_apart_are_garbage_with_bad_stop_bits() -> None:
    async def main(bench: CopperBench) -> None:
        bench.ends["a"].send(b"\x01\x03\x04\x12")
        running_loop().call_at_ns(3 * BIT_NS, bench.ends["b"].send, b"\x01\x03\x04\x12")
        await asyncio.sleep(1)
        assert bench.bytes_of("c") != b"\x01\x03\x04\x12"
        assert bench.errors("c") != NO_ERRORS

    on_copper(main)


def test_who_never_stops_driving_does_not_keep_the_others_from_hearing() -> None:
    async def main(bench: CopperBench) -> None:
        for _ in range(10):
            bench.ends["a"].send(b"\x55" * 10)
        await asyncio.sleep(0.05)
        assert len(bench.bytes_of("b")) >= 40

    on_copper(main)


def test_a_detached_end_hears_nothing_more() -> None:
    async def main(bench: CopperBench) -> None:
        bench.copper.stick(SPACE)
        bench.ends["b"].detach()
        await asyncio.sleep(1)
        assert bench.heard["b"] == []
        assert bench.bytes_of("c") == b"\x00"

    on_copper(main)
