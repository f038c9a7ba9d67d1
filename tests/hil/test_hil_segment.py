"""The segment: wire-exact times, half duplex, collisions."""

import asyncio
import itertools

from hypothesis import given
from hypothesis import strategies as st

from hil.bus.segment import Collision, Delivery, Segment, Tapped
from hil.loop import run_virtual, running_loop
from protocols.modbus.line import LineSettings

LINE = LineSettings.parse("9600 8N1")
CHAR_9600_8N1_NS = 1_041_667
"""10 bits at 9600 Bd, to the nearest ns."""

Heard = list[tuple[bytes, int]]


class Bench:
    """Nodes a, b, c on a segment of the running virtual loop."""

    def __init__(self, line: LineSettings = LINE, delivery: Delivery = Delivery.FRAME) -> None:
        self.taps: list[Tapped] = []
        self.segment = Segment(running_loop(), line, self.taps.append, delivery)
        self.heard: dict[str, Heard] = {name: [] for name in "abc"}
        self.ends = {name: self.segment.attach(name, self._hear(name)) for name in "abc"}

    def _hear(self, name: str):  # type: ignore[no-untyped-def]
        return lambda data, t_ns: self.heard[name].append((data, t_ns))


def test_a_frame_is_heard_by_everybody_else_when_its_last_stop_bit_has_passed() -> None:
    async def main() -> None:
        bench = Bench()
        end_ns = bench.ends["a"].send(b"\x01\x02\x03\x04\x05\x06\x07\x08")
        await asyncio.sleep(1)
        assert end_ns == LINE.wire_ns(8)
        assert abs(end_ns - 8 * CHAR_9600_8N1_NS) <= 8
        expected = [(b"\x01\x02\x03\x04\x05\x06\x07\x08", end_ns)]
        assert bench.heard == {"a": [], "b": expected, "c": expected}
        assert bench.taps == [Tapped(0, end_ns, "a", b"\x01\x02\x03\x04\x05\x06\x07\x08")]

    run_virtual(main())


def test_bytes_are_heard_one_by_one_at_their_own_stop_bits() -> None:
    async def main() -> None:
        bench = Bench(delivery=Delivery.BYTE)
        bench.ends["a"].send(b"xyz")
        await asyncio.sleep(1)
        assert bench.heard["b"] == [(b"x", LINE.wire_ns(1)), (b"y", LINE.wire_ns(2)), (b"z", LINE.wire_ns(3))]
        assert len(bench.taps) == 1

    run_virtual(main())


def test_what_one_end_sends_twice_goes_out_back_to_back() -> None:
    async def main() -> None:
        bench = Bench()
        first_ns = bench.ends["a"].send(b"ab")
        second_ns = bench.ends["a"].send(b"c")
        assert second_ns == first_ns + LINE.wire_ns(1)
        await asyncio.sleep(1)
        assert bench.heard["b"] == [(b"ab", first_ns), (b"c", second_ns)]
        assert bench.segment.collisions == []

    run_virtual(main())


def test_two_ends_at_once_collide_and_a_third_hears_the_and_of_both() -> None:
    async def main() -> None:
        bench = Bench()
        bench.ends["a"].send(b"\xf0\xff")
        bench.ends["b"].send(b"\x3c\x0f")
        await asyncio.sleep(1)
        assert bench.segment.collisions == [Collision(0, ("a", "b"))]
        assert b"".join(data for data, _ in bench.heard["c"]) == b"\x30\x0f"
        assert bench.heard["a"] == bench.heard["b"] == []

    run_virtual(main())


def test_an_end_that_drove_hears_only_the_tail_that_outlasts_it() -> None:
    async def main() -> None:
        bench = Bench()
        bench.ends["a"].send(b"12")
        bench.ends["b"].send(b"wxyz")
        await asyncio.sleep(1)
        assert b"".join(data for data, _ in bench.heard["a"]) == b"yz"
        assert bench.heard["b"] == []

    run_virtual(main())


def test_frames_that_touch_do_not_collide() -> None:
    async def main() -> None:
        bench = Bench()
        end_ns = bench.ends["a"].send(b"12")
        running_loop().call_at_ns(end_ns, bench.ends["b"].send, b"34")
        await asyncio.sleep(1)
        assert bench.segment.collisions == []
        assert bench.heard["c"] == [(b"12", end_ns), (b"34", end_ns + LINE.wire_ns(2))]

    run_virtual(main())


def test_an_end_with_other_line_settings_hears_what_its_uart_makes_of_the_waveform() -> None:
    """0x61 at 9600 8N1 is 0 10000110 1 on the wire; at 19200 every bit is sampled twice: 00 11000000001111 00 11."""

    async def main() -> None:
        bench = Bench()
        heard: Heard = []
        bench.segment.attach("odd", lambda data, t_ns: heard.append((data, t_ns)), LineSettings.parse("19200 8N1"))
        bench.ends["a"].send(b"a")
        await asyncio.sleep(1)
        # start 0, data 0110 0000, stop 0; then from the next falling edge start 0, data 0111 1111, stop 1
        assert heard == [(b"\x06\xfe", LINE.wire_ns(1))]

    run_virtual(main())


def test_a_detached_end_hears_nothing_more() -> None:
    async def main() -> None:
        bench = Bench()
        bench.ends["a"].send(b"ab")
        bench.ends["b"].detach()
        await asyncio.sleep(1)
        assert bench.heard["b"] == []
        assert [data for data, _ in bench.heard["c"]] == [b"ab"]

    run_virtual(main())


Sends = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 20_000_000), st.binary(min_size=1, max_size=6)), max_size=8
)


@given(Sends)
def test_delivery_by_byte_and_by_frame_tell_a_listener_the_same(sends: list[tuple[str, int, bytes]]) -> None:
    async def main(delivery: Delivery) -> tuple[bytes, list[Tapped], int]:
        bench = Bench(delivery=delivery)
        for name, t_ns, data in sends:
            running_loop().call_at_ns(t_ns, bench.ends[name].send, data)
        await asyncio.sleep(1)
        return b"".join(data for data, _ in bench.heard["c"]), bench.taps, len(bench.segment.collisions)

    by_frame, frame_taps, collisions = run_virtual(main(Delivery.FRAME))
    by_byte, byte_taps, _ = run_virtual(main(Delivery.BYTE))
    assert sorted(by_frame) == sorted(by_byte)
    assert frame_taps == byte_taps
    assert sum(len(tap.data) for tap in frame_taps) == sum(len(data) for _, _, data in sends)
    overlapping = [
        (one, other)
        for one, other in itertools.combinations(frame_taps, 2)
        if one.t_start_ns < other.t_end_ns and other.t_start_ns < one.t_end_ns
    ]
    assert collisions == len(overlapping)
    if not overlapping:
        assert by_frame == b"".join(tap.data for tap in frame_taps)
