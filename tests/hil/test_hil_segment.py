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


def test_an_end_with_other_line_settings_hears_at_the_frames_end_whatever_the_delivery() -> None:
    """0x03 and 0x01 at 8E1: bad and good stop bits for 8N1, the bytes are the same."""

    async def main() -> None:
        bench = Bench(LineSettings.parse("9600 8E1"), Delivery.BYTE)
        heard: Heard = []
        bench.segment.attach("odd", lambda data, t_ns: heard.append((data, t_ns)), LINE)
        end_ns = bench.ends["a"].send(b"\x03\x01")
        await asyncio.sleep(1)
        assert heard == [(b"\x03\x01", end_ns)]

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


# USB adapters


def test_a_usb_adapter_hands_over_at_its_ticks() -> None:
    """16 ms is FTDI's default; a byte at 9600 8N1 takes 1.04 ms, so 15 have passed at 16 ms and 30 at 32 ms."""

    async def main() -> None:
        bench = Bench(delivery=Delivery.USB)
        bench.ends["a"].send(bytes(range(40)))
        await asyncio.sleep(1)
        pieces = [bytes(range(15)), bytes(range(15, 30)), bytes(range(30, 40))]
        assert bench.heard["b"] == list(zip(pieces, (16_000_000, 32_000_000, 48_000_000), strict=True))

    run_virtual(main())


def test_a_usb_adapter_hands_over_a_full_packet_at_once() -> None:
    async def main() -> None:
        fast = LineSettings.parse("115200 8N1")
        bench = Bench(fast, Delivery.USB)
        bench.ends["a"].send(bytes(70))
        await asyncio.sleep(1)
        assert bench.heard["b"] == [(bytes(62), fast.wire_ns(62)), (bytes(8), 16_000_000)]

    run_virtual(main())


def test_a_usb_adapters_tick_can_be_set() -> None:
    async def main() -> None:
        heard: Heard = []
        segment = Segment(running_loop(), LINE, usb_latency_ns=1_000_000)
        segment.attach("usb", lambda data, t_ns: heard.append((data, t_ns)), delivery=Delivery.USB)
        segment.attach("b", lambda _data, _t_ns: None).send(b"xy")
        await asyncio.sleep(1)
        assert heard == [(b"x", 2_000_000), (b"y", 3_000_000)]

    run_virtual(main())


def test_each_end_may_hear_in_its_own_way() -> None:
    async def main() -> None:
        heard: dict[Delivery, Heard] = {delivery: [] for delivery in Delivery}
        segment = Segment(running_loop(), LINE)
        for delivery, found in heard.items():
            segment.attach(delivery.value, lambda data, t_ns, found=found: found.append((data, t_ns)), LINE, delivery)
        end_ns = segment.attach("sender", lambda _data, _t_ns: None).send(b"xy")
        await asyncio.sleep(1)
        assert heard == {
            Delivery.FRAME: [(b"xy", end_ns)],
            Delivery.BYTE: [(b"x", LINE.wire_ns(1)), (b"y", end_ns)],
            Delivery.USB: [(b"xy", 16_000_000)],
        }

    run_virtual(main())


def test_what_a_usb_adapter_holds_is_gone_when_it_is_detached() -> None:
    async def main() -> None:
        bench = Bench(delivery=Delivery.USB)
        bench.ends["a"].send(b"old")
        await asyncio.sleep(0.005)
        bench.ends["b"].detach()
        await asyncio.sleep(1)
        assert bench.heard["b"] == []
        assert b"".join(data for data, _ in bench.heard["c"]) == b"old"

    run_virtual(main())
