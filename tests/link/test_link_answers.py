"""What comes back: damage, wrong answers, noise and echoes; none is ever taken for the answer."""

import asyncio
from collections.abc import Callable

import pytest
from link_bench import (
    LATENCY_NS,
    LINE,
    MS,
    REPLY_NS,
    Asker,
    LinkBench,
    altered,
    answer_with,
    expect,
    good,
    holding,
    kind_of,
    late_by,
    on_bench,
    says,
    serial_answer,
)

from edge_agent.link.counters import Counter
from edge_agent.link.master import MARGIN_NS
from edge_agent.link.outcome import Failure, FailureKind, Reply
from hil.bus.segment import Delivery
from protocols.modbus.crc import append_crc
from protocols.modbus.pdu import ReadFunction, ReadRequest

# damage

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a flipped bit in the data": lambda adu: adu[:4] + bytes((adu[4] ^ 1,)) + adu[5:],
    "a flipped bit in the slave": lambda adu: bytes((adu[0] ^ 0x40,)) + adu[1:],
    "a flipped bit in the function": lambda adu: adu[:1] + bytes((adu[1] ^ 0x10,)) + adu[2:],
    "a flipped bit in the byte count": lambda adu: adu[:2] + bytes((adu[2] ^ 0x08,)) + adu[3:],
    "the first byte lost": lambda adu: adu[1:],
    "the last byte lost": lambda adu: adu[:-1],
    "the CRC zero": lambda adu: adu[:-2] + b"\x00\x00",
    "the CRC swapped": lambda adu: adu[:-2] + adu[:-3:-1],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_answer_is_crc_and_costs_no_quarantine(damage: Callable[[bytes], bytes]) -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        outcome = await asker.ask()
        deadline_ns = bench.loop.now_ns
        assert kind_of(outcome) is FailureKind.CRC, outcome
        assert isinstance(outcome, Failure)
        assert outcome.data == damage(answer_with(1, 3, [1, 1]))
        bench.habits[1] = good
        assert kind_of(await asker.ask()) is None
        assert bench.starts(1)[1] == deadline_ns
        assert asker.count()[Counter.CRC] == 1

    on_bench(main, habits={1: altered(damage)})


def test_damage_that_may_be_another_slaves_late_answer_does_not_pass_for_this_ones() -> None:
    """Slave 2 answers late and damaged while slave 1 is late as well: slave 1's answer is still to come."""

    async def main(bench: LinkBench, asker: Asker) -> None:
        await asker.ask(holding(slave=2))
        await asker.ask()
        bench.habits[1] = good
        outcome = await asker.ask()
        assert isinstance(outcome, Reply)
        assert outcome.words == (3, 3)

    on_bench(
        main,
        habits={
            1: late_by(MARGIN_NS + 20 * MS),
            2: lambda request, n: [(LATENCY_NS + MARGIN_NS + 30 * MS, serial_answer(request, n)[:-1] + b"\x00")],
        },
    )


# wrong answers


def test_another_function_is_no_answer() -> None:
    expect(FailureKind.WRONG_FUNCTION, {Counter.WRONG_FUNCTION: 1}, habits={1: says(answer_with(1, 4, [1, 1]))})


@pytest.mark.parametrize(
    ("count", "kind", "counter"),
    [
        (1, FailureKind.SHORT, Counter.SHORT),
        (3, FailureKind.LONG, Counter.LONG),
        (30, FailureKind.LONG, Counter.LONG),
    ],
)
def test_another_number_of_registers_is_no_answer(count: int, kind: FailureKind, counter: Counter) -> None:
    expect(kind, {counter: 1}, habits={1: says(answer_with(1, 3, [1] * count))})


def test_a_wrong_answer_before_the_right_one_is_passed_over() -> None:
    def twice(request: ReadRequest, serial: int) -> list[tuple[int, bytes]]:
        return [(MS, answer_with(1, 3, [7])), (LATENCY_NS + 20 * MS, serial_answer(request, serial))]

    expect(None, {Counter.SHORT: 1, Counter.OK: 1}, habits={1: twice})


def test_another_slaves_frame_is_no_answer() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        assert kind_of(await asker.ask()) is FailureKind.TIMEOUT
        assert asker.count() == {Counter.FOREIGN: 1, Counter.TIMEOUT: 1}
        assert asker.master.strays == 1

    on_bench(main, habits={1: says(answer_with(2, 3, [1, 1]))})


def test_an_answer_to_a_second_master_is_not_taken_for_ours() -> None:
    """Both asked slave 1 for two registers; whose answer comes cannot be told, so nobody's is taken."""
    strangers = append_crc(bytes.fromhex("01 03 00 20 00 02"))

    async def main(bench: LinkBench, asker: Asker) -> None:
        assert kind_of(await asker.ask()) is FailureKind.TIMEOUT
        assert asker.count() == {Counter.OTHER_MASTER: 1, Counter.FOREIGN: 1, Counter.TIMEOUT: 1}

    on_bench(main, habits={1: lambda r, n: [(MS, strangers), (20 * MS, serial_answer(r, n))]})


@pytest.mark.parametrize(("code", "name"), [(0x02, "address"), (0x06, "busy")])
def test_an_exception_ends_the_turn_at_once_under_its_name(code: int, name: str) -> None:
    """Codes: Modbus application protocol V1.1b3, chapter 7."""

    async def main(bench: LinkBench, asker: Asker) -> None:
        outcome = await asker.ask()
        assert isinstance(outcome, Failure)
        assert outcome.kind is FailureKind.EXCEPTION
        assert f"{code:02X}h" in outcome.detail
        assert name in outcome.detail.lower()
        assert bench.loop.now_ns == bench.requests[0].t_end_ns + LATENCY_NS + LINE.wire_ns(5)
        assert asker.master.quarantined_until(1) <= bench.loop.now_ns
        assert asker.count() == {Counter.EXCEPTION: 1}

    on_bench(main, habits={1: says(append_crc(bytes((1, 0x83, code))))})


# noise around answers


@pytest.mark.parametrize("noise", [b"\x00", b"\xff", b"\x00\x00\xff\xff", b"\x01", b"\x01\x03", b"\x80\x3c\x01"])
@pytest.mark.parametrize("delivery", Delivery)
def test_noise_before_an_answer_is_passed_over_and_counted(noise: bytes, delivery: Delivery) -> None:
    expect(
        None,
        {Counter.LEADING_JUNK: 1, Counter.OK: 1},
        habits={1: altered(lambda adu: noise + adu)},
        delivery=delivery,
    )


def test_the_turnaround_noise_of_a_real_capture_costs_nothing() -> None:
    """beagleboard list, 2016-12-12: send 01 04 00 00 00 01 31 CA, receive 00 01 04 02 01 3E 39 70."""

    async def main(bench: LinkBench, asker: Asker) -> None:
        outcome = await asker.ask(ReadRequest(1, ReadFunction.INPUT, 0, 1))
        assert bench.requests[0].data == bytes.fromhex("01 04 00 00 00 01 31 CA")
        assert isinstance(outcome, Reply)
        assert outcome.words == (0x013E,)

    on_bench(main, habits={1: says(bytes.fromhex("00 01 04 02 01 3E 39 70"))})


@pytest.mark.parametrize("noise", [b"\x00", b"\xff\xff\xff\xff"])
@pytest.mark.parametrize("delivery", Delivery)
def test_noise_behind_an_answer_is_counted(noise: bytes, delivery: Delivery) -> None:
    expect(
        None,
        {Counter.TRAILING_JUNK: 1, Counter.OK: 1},
        habits={1: altered(lambda adu: adu + noise)},
        delivery=delivery,
    )


def test_a_doubled_answer_is_a_duplicate_not_the_next_one() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        await asker.ask()
        await asyncio.sleep(0.05)
        outcome = await asker.ask()
        assert isinstance(outcome, Reply)
        assert outcome.words == (2, 2)
        assert asker.count()[Counter.DUPLICATE] >= 1

    on_bench(main, habits={1: lambda r, n: [(LATENCY_NS, serial_answer(r, n)), (30 * MS, serial_answer(r, n))]})


def test_of_two_answers_that_differ_to_two_requests_that_are_alike_none_is_believed() -> None:
    """The copy of the first answer comes in the second turn, before the right one; then all is as before."""

    async def main(bench: LinkBench, asker: Asker) -> None:
        await asker.ask()
        bench.drive(1, bench.loop.now_ns + REPLY_NS + LINE.wire_ns(8) + LINE.t35_ns + MS, serial_answer(holding(), 1))
        assert kind_of(await asker.ask()) is FailureKind.DOUBTFUL
        assert asker.count()[Counter.DOUBTFUL] == 1
        third = await asker.ask()
        assert isinstance(third, Reply)
        assert third.words == (3, 3)

    on_bench(main, habits={1: late_by(30 * MS)})


@pytest.mark.parametrize(("count", "kind"), [(2, FailureKind.DOUBTFUL), (3, None)], ids=["alike", "not alike"])
def test_behind_a_damaged_answer_the_right_one_of_a_request_like_the_last_may_be_that_ones(
    count: int, kind: FailureKind | None
) -> None:
    """Found by the fuzz (seed 1, chunk 142): a slave that says again what it said, after a damaged answer."""

    async def main(bench: LinkBench, asker: Asker) -> None:
        first = await asker.ask()
        assert isinstance(first, Reply)
        request = holding(count=count)
        bench.habits[1] = lambda r, n: [
            (LATENCY_NS, serial_answer(holding(), n)[:-1] + b"\x00"),
            (70 * MS, serial_answer(r, 1 if count == 2 else n)),
        ]
        assert kind_of(await asker.ask(request)) is kind
        assert asker.count()[Counter.CRC] == 1

    on_bench(main, habits={1: good})


@pytest.mark.parametrize("delivery", Delivery)
def test_before_a_request_like_the_last_a_copy_under_way_is_waited_for(delivery: Delivery) -> None:
    """Three copies in a row keep the line busy, also where whole frames are heard only at their end."""

    async def main(bench: LinkBench, asker: Asker) -> None:
        await asker.ask()
        for copy in range(1, 4):
            bench.drive(1, bench.loop.now_ns + copy * (REPLY_NS + MS) - REPLY_NS, serial_answer(holding(), 1))
        second = await asker.ask()
        assert isinstance(second, Reply)
        assert second.words == (2, 2)

    on_bench(main, habits={1: good}, delivery=delivery)


def test_a_second_exception_may_be_the_first_ones_copy() -> None:
    refusal = append_crc(bytes((1, 0x83, 6)))

    async def main(bench: LinkBench, asker: Asker) -> None:
        await asker.ask()
        bench.habits[1] = says(refusal)
        assert kind_of(await asker.ask(holding(count=5))) is FailureKind.EXCEPTION
        bench.drive(1, bench.loop.now_ns + LINE.wire_ns(8) + LINE.t35_ns + MS, refusal)
        bench.habits[1] = late_by(30 * MS)
        assert kind_of(await asker.ask(holding(count=3))) is FailureKind.DOUBTFUL
        third = await asker.ask(holding(count=4))
        assert isinstance(third, Reply)
        assert third.words == (4,) * 4

    on_bench(main, habits={1: late_by(30 * MS)})


# echo

ECHOES: dict[str, Callable[[bytes], bytes]] = {
    "full": lambda adu: adu,
    "without its end": lambda adu: adu[:5],
    "without its start": lambda adu: adu[3:],
    "corrupted": lambda adu: adu[:3] + b"\xa5" + adu[4:],
}


@pytest.mark.parametrize("glued", [False, True], ids=["apart", "glued"])
@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES.keys())
def test_an_echo_before_the_answer_is_told_from_it(echo: Callable[[bytes], bytes], glued: bool) -> None:
    expect(None, {Counter.ECHO: 1, Counter.OK: 1}, habits={1: good}, echo=echo, glued=glued)


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES.keys())
def test_an_echo_with_the_device_dead_is_never_an_answer(echo: Callable[[bytes], bytes]) -> None:
    expect(FailureKind.TIMEOUT, {Counter.ECHO: 1, Counter.TIMEOUT: 1}, echo=echo)


@pytest.mark.parametrize("glued", [False, True], ids=["apart", "glued"])
def test_an_echo_whose_address_reads_as_a_byte_count_does_not_delay_the_answer(glued: bool) -> None:
    request = holding(address=0x2000)

    async def main(bench: LinkBench, asker: Asker) -> None:
        reply = await asker.ask(request)
        assert isinstance(reply, Reply)
        assert bench.loop.now_ns == reply.reply_start_ns + REPLY_NS
        assert asker.count() == {Counter.ECHO: 1, Counter.OK: 1}

    on_bench(main, habits={1: good}, echo=lambda adu: adu, glued=glued)


def test_an_echo_that_has_the_very_shape_of_an_answer_is_none() -> None:
    """17 coils from 0300h: the request's third byte reads as a byte count of three, its length as the answer's."""
    request = ReadRequest(1, ReadFunction.COILS, 0x0300, 20)

    async def main(bench: LinkBench, asker: Asker) -> None:
        assert kind_of(await asker.ask(request)) is FailureKind.TIMEOUT
        assert asker.count() == {Counter.ECHO: 1, Counter.TIMEOUT: 1}

    on_bench(main, echo=lambda adu: adu)
