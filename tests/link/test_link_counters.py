"""What is counted beyond mere names: exceptions by code, latencies, and whose a stray frame was."""

import asyncio

import pytest
from link_bench import (
    LATENCY_NS,
    LINE,
    MS,
    Asker,
    LinkBench,
    altered,
    good,
    holding,
    on_bench,
    says,
    serial_answer,
    silent,
)

from edge_agent.link.counters import LATENCY_EDGES_MS, Counter, Counters
from edge_agent.link.outcome import Reply, SlaveTimes
from protocols import ProtocolError
from protocols.modbus.crc import append_crc
from protocols.modbus.pdu import ReadRequest


def test_exceptions_are_counted_by_code_and_name() -> None:
    counters = Counters()
    for code in (0x06, 0x17, 0x17, 0xFE):
        counters.add_exception(code)
    named = counters.by_name({})
    assert named["exception 06h device busy"] == 1
    assert named["exception 17h wrong number of registers"] == 2
    assert any(name.startswith("exception FEh") for name in named)


@pytest.mark.parametrize("edge", LATENCY_EDGES_MS)
def test_a_latency_on_an_edge_falls_below_it(edge: int) -> None:
    counters = Counters()
    counters.add_latency(edge * MS)
    counters.add_latency(edge * MS + 1)
    names = list(counters.latencies())
    assert names[0] == f"<= {edge} ms"
    assert len(names) == 2


def test_an_answers_latency_is_counted_from_the_requests_end() -> None:
    async def main(_bench: LinkBench, asker: Asker) -> None:
        await asker.ask()
        assert asker.master.counters(1).latencies() == {f"<= {LATENCY_NS // MS} ms": 1}

    on_bench(main, habits={1: good})


def test_an_exceptions_code_is_counted_for_its_slave() -> None:
    async def main(_bench: LinkBench, asker: Asker) -> None:
        await asker.ask()
        assert asker.master.counters(1).by_name({})["exception 06h device busy"] == 1

    on_bench(main, habits={1: says(append_crc(bytes((1, 0x83, 6))))})


def test_bytes_on_a_line_that_was_idle_are_noise() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        await asker.ask()
        bench.drive(200, bench.loop.now_ns + 500 * MS, b"\x55\x00")
        await asyncio.sleep(1)
        await asker.ask(holding(slave=9))
        assert asker.count() == {Counter.OK: 1, Counter.NOISE: 1}

    on_bench(main, habits={1: good})


def test_a_frame_that_nobody_asked_for_is_unsolicited() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        await asker.ask()
        bench.drive(1, bench.loop.now_ns + 500 * MS, serial_answer(holding(), 77))
        await asyncio.sleep(1)
        assert asker.count() == {Counter.OK: 1, Counter.UNSOLICITED: 1}

    on_bench(main, habits={1: good})


def test_a_frame_in_quarantine_is_late() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        await asker.ask()
        bench.drive(1, bench.loop.now_ns + 100 * MS, serial_answer(holding(), 1))
        await asyncio.sleep(0.5)
        assert asker.count() == {Counter.TIMEOUT: 1, Counter.LATE: 1}

    on_bench(main, habits={1: silent})


@pytest.mark.parametrize(("address", "count"), [(0x1000, 1), (0x0FFF, 2), (0x1002, 4), (0x0F00, 0x80 * 2 - 1)])
def test_what_the_deny_list_names_is_never_asked(address: int, count: int) -> None:
    times = SlaveTimes(
        LATENCY_NS, 1000 * MS, 0, denied=((0x1000, 0x1002, None), (0x0F80, 0x0F80, 3), (0x1003, 0x1009, 4))
    )

    async def main(bench: LinkBench, asker: Asker) -> None:
        with pytest.raises(ProtocolError, match="denies"):
            await asker.ask(holding(address=address, count=count), times)
        await asker.ask(holding(address=0x1003), times)
        assert [tapped.data[2:4].hex() for tapped in bench.requests] == ["1003"]

    on_bench(main, habits={1: good})


def test_the_last_answer_once_more_in_the_next_turn_is_a_duplicate() -> None:
    """The two turns ask for different counts, so the copy cannot pass for the second answer."""

    async def main(bench: LinkBench, asker: Asker) -> None:
        first = await asker.ask()
        bench.drive(1, bench.loop.now_ns + 25 * MS, serial_answer(holding(), 1))
        bench.habits[1] = lambda request, serial: [(50 * MS, serial_answer(request, serial))]
        second = await asker.ask(holding(count=3))
        assert (first.words, second.words) == ((1, 1), (2, 2, 2))  # type: ignore[union-attr]
        assert asker.count() == {Counter.OK: 2, Counter.DUPLICATE: 1}

    on_bench(main, habits={1: altered(lambda adu: adu)})


@pytest.mark.parametrize(("gap_ns", "gaps"), [(LINE.t15_ns, 0), (LINE.t15_ns + 1, 1), (LINE.t35_ns + 1, 1)])
def test_a_silence_inside_an_answer_is_counted_and_the_answer_taken(gap_ns: int, gaps: int) -> None:
    def torn(request: ReadRequest, serial: int) -> list[tuple[int, bytes]]:
        adu = serial_answer(request, serial)
        return [(LATENCY_NS, adu[:4]), (LATENCY_NS + LINE.wire_ns(4) + gap_ns, adu[4:])]

    async def main(_bench: LinkBench, asker: Asker) -> None:
        assert isinstance(await asker.ask(), Reply)
        assert asker.count().get(Counter.GAP, 0) == gaps

    on_bench(main, habits={1: torn})
