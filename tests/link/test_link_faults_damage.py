"""When damage is the slave's own answer, so that it may be asked again at once, and when that is not sure."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from link_bench import (
    LATENCY_NS,
    LINE,
    MS,
    Asker,
    Habit,
    LinkBench,
    answer_with,
    good,
    holding,
    kind_of,
    on_bench,
    serial_answer,
    silent,
)

from edge_agent.link.counters import Counter
from edge_agent.link.damage import Damage, _may_be_anothers
from edge_agent.link.exchange import Exchange
from edge_agent.link.master import MARGIN_NS
from edge_agent.link.outcome import FailureKind, Reply
from protocols.modbus.crc import crc_ok
from protocols.modbus.deframer import Deframer
from protocols.modbus.pdu import ReadFunction, encode_request

REQUEST = holding()
ADU = encode_request(REQUEST)
ANSWER = answer_with(1, 3, [0x1234, 0x5678])


def is_answer(*heard: bytes, after_ns: int = LATENCY_NS) -> bool:
    """Whether what is heard after the request, each piece behind a silence, is its answer."""
    damage = Damage(REQUEST, ADU, LINE, 0, LINE.t35_ns)
    t_ns = 0
    for data in heard:
        t_ns += after_ns + LINE.wire_ns(len(data))
        damage.heard(data, t_ns)
    return damage.is_answer


@pytest.mark.parametrize("bit", range(8 * len(ANSWER)))
def test_one_flipped_bit_anywhere_leaves_it_the_answer(bit: int) -> None:
    damaged = bytearray(ANSWER)
    damaged[bit // 8] ^= 1 << bit % 8
    assert is_answer(bytes(damaged))


@pytest.mark.parametrize("heard", [ANSWER[1:], ANSWER[:-1], ANSWER[:-2], b"\x00\xff" + ANSWER[:-1] + b"\x00"])
def test_a_lost_first_or_last_byte_leaves_it_the_answer(heard: bytes) -> None:
    assert is_answer(heard)


@pytest.mark.parametrize("other", [answer_with(1, 4, [1, 2]), answer_with(7, 3, [1, 2]), answer_with(1, 3, [1, 2, 3])])
@pytest.mark.parametrize("place", range(9))
def test_another_frame_with_a_damaged_byte_is_not_the_answer(other: bytes, place: int) -> None:
    for change in range(1, 256):
        damaged = other[:place] + bytes((other[place] ^ change,)) + other[place + 1 :]
        assert not is_answer(damaged), damaged.hex(" ")


@pytest.mark.parametrize("function", sorted(set(ReadFunction) - {ReadFunction.HOLDING}))
@pytest.mark.parametrize("place", range(9))
def test_another_functions_frame_that_lost_a_byte_is_not_the_answer(function: int, place: int) -> None:
    """Without its first byte it has the asked slave's CRC all the same."""
    other = answer_with(1, function, [1, 2])
    assert not is_answer(other[:place] + other[place + 1 :])


@pytest.mark.parametrize("words", [[1, 2], [0x0304, 2], [1, 2, 3], [1]])
@pytest.mark.parametrize("slave, function", [(1, 1), (1, 2), (1, 4), (3, 3), (3, 4)])
def test_another_frame_with_one_byte_more_is_not_the_answer(slave: int, function: int, words: list[int]) -> None:
    """Such a byte can make the header that was asked for: 03 put into 01 04 makes 01 03 04."""
    other = answer_with(slave, function, words)
    for place in range(len(other) + 1):
        for byte in range(256):
            damaged = other[:place] + bytes((byte,)) + other[place:]
            assert not is_answer(damaged), damaged.hex(" ")
            assert not is_answer(damaged + b"\x00"), damaged.hex(" ")


@pytest.mark.parametrize("words", [[0x0103, 0x0404, 7], [1, 0x0103, 0x0404, 7, 8], [0x0001, 0x0304, 9, 9]])
def test_another_frame_with_the_header_among_its_data_is_not_the_answer_when_damaged(words: list[int]) -> None:
    other = answer_with(1, 4, words)
    for place in range(len(other)):
        lost, altered = other[:place] + other[place + 1 :], bytearray(other)
        altered[place] ^= 0x11
        assert not is_answer(lost), lost.hex(" ")
        assert not is_answer(bytes(altered)), altered.hex(" ")


@pytest.mark.parametrize("place", range(3, len(ANSWER)))
def test_one_byte_more_behind_its_header_leaves_it_the_answer(place: int) -> None:
    """But for one value in ten: there a byte of the header could be what is wrong."""
    frames = [ANSWER[:place] + bytes((byte,)) + ANSWER[place:] for byte in range(256)]
    assert sum(map(is_answer, frames)) >= 230


@pytest.mark.parametrize("kept", range(1, 8))
@pytest.mark.parametrize("noise", [b"", b"\x00", b"\x01\x03", b"\xff\xff\xff\xff"])
def test_what_is_left_of_an_echo_is_not_the_answer(kept: int, noise: bytes) -> None:
    assert not is_answer(ADU[:kept] + noise, after_ns=MS)
    assert not is_answer(ADU[-kept:] + noise, after_ns=MS)


def test_pieces_with_a_silence_between_them_make_no_answer() -> None:
    assert not is_answer(ANSWER[:5], ANSWER[5:8])


def test_what_was_heard_before_the_requests_end_is_not_the_answer() -> None:
    damage = Damage(REQUEST, ADU, LINE, LINE.wire_ns(20), LINE.t35_ns)
    damage.heard(ANSWER[:-1], LINE.wire_ns(20))
    assert not damage.is_answer


def test_a_damaged_answer_glued_to_an_echo_is_the_answer() -> None:
    assert is_answer(ADU[:6] + ANSWER[:-1])


@given(st.binary(min_size=9, max_size=9))
def test_whether_another_header_byte_makes_it_good_is_told_without_trying_them_all(frame: bytes) -> None:
    tried = (
        frame[:place] + bytes((byte,)) + frame[place + 1 :]
        for place in range(3)
        for byte in range(256)
        if byte != frame[place]
    )
    assert crc_ok(frame) or _may_be_anothers(frame) == any(crc_ok(other) for other in tried)


# in the master


def late_behind(first: bytes) -> Habit:
    """These bytes at once, and the right answer after the deadline."""
    return lambda request, serial: [(MS, first), (LATENCY_NS + MARGIN_NS + 10 * MS, serial_answer(request, serial))]


@pytest.mark.parametrize(
    "first",
    [
        answer_with(1, 4, [5, 5])[:-1] + b"\x00",
        answer_with(7, 3, [5, 5])[:-1] + b"\x00",
        b"\x01\x03\x00\x00\x00\x02\x00",
    ],
    ids=["another function's", "another slave's", "an echo's"],
)
def test_damage_of_something_else_does_not_let_a_late_answer_pass_for_the_next(first: bytes) -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        assert kind_of(await asker.ask()) in (FailureKind.CRC, FailureKind.TIMEOUT)
        bench.habits[1] = good
        outcome = await asker.ask()
        assert isinstance(outcome, Reply)
        assert outcome.words == (2, 2)

    on_bench(main, habits={1: late_behind(first)})


def test_behind_another_functions_frame_without_its_first_byte_the_slave_is_left_alone() -> None:
    """Found by the fuzz (seed 1, chunk 465): the right answer came in the next turn, whose own was lost."""

    async def main(bench: LinkBench, asker: Asker) -> None:
        bench.habits[1] = lambda r, n: [(MS, answer_with(1, 4, [n, n])[1:]), (160 * MS, serial_answer(r, n))]
        assert kind_of(await asker.ask()) is FailureKind.CRC
        bench.habits[1] = silent
        assert kind_of(await asker.ask()) is FailureKind.TIMEOUT
        assert asker.count() == {Counter.CRC: 1, Counter.LATE: 1, Counter.TIMEOUT: 1}

    on_bench(main)


def test_behind_another_functions_frame_with_a_byte_more_the_slave_is_left_alone() -> None:
    """The byte makes its header the one that was asked for, and the right answer is late."""

    async def main(bench: LinkBench, asker: Asker) -> None:
        bench.habits[1] = lambda r, n: [
            (MS, (other := answer_with(1, 4, [n, n]))[:1] + b"\x03" + other[1:]),
            (160 * MS, serial_answer(r, n)),
        ]
        assert kind_of(await asker.ask()) is FailureKind.CRC
        bench.habits[1] = silent
        assert kind_of(await asker.ask()) is FailureKind.TIMEOUT
        assert asker.count() == {Counter.CRC: 1, Counter.LATE: 1, Counter.TIMEOUT: 1}

    on_bench(main)


def test_an_answer_that_arrives_over_the_deadline_is_late_and_not_damaged() -> None:
    async def main(bench: LinkBench, asker: Asker) -> None:
        from_ns = LATENCY_NS + MARGIN_NS + LINE.wire_ns(5)
        bench.habits[1] = lambda r, n: [
            (from_ns, serial_answer(r, n)[:5]),
            (from_ns + LINE.wire_ns(5), serial_answer(r, n)[5:]),
        ]
        assert kind_of(await asker.ask()) is FailureKind.TIMEOUT
        await asyncio.sleep(0.1)
        assert asker.count() == {Counter.TIMEOUT: 1, Counter.LATE: 1}

    on_bench(main)


@pytest.mark.parametrize("place", range(8))
def test_an_echo_with_any_byte_altered_is_an_echo_and_hides_no_answer(place: int) -> None:
    adu = encode_request(holding(2))
    for change in range(1, 256):
        exchange = Exchange(holding(2), LINE, Deframer.for_replies(), 0, 10**9, lambda _adu: None)
        exchange.take(adu[:place] + bytes((adu[place] ^ change,)) + adu[place + 1 :], exchange.sent_ns)
        t_ns, outcome = exchange.sent_ns + LATENCY_NS, None
        for byte in answer_with(2, 3, [5, 5]):
            t_ns += LINE.wire_ns(1)
            outcome = exchange.take(bytes((byte,)), t_ns) or outcome
        assert isinstance(outcome, Reply)
        assert exchange.account(None) == [Counter.ECHO]
