"""The deframer: every good frame is found, wherever it stands and however it is cut; the rest has a name."""

import itertools
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from modbus_vectors import ANSWERS, READS, WRITES

from protocols.modbus.crc import append_crc
from protocols.modbus.deframer import Anomaly, AnomalyKind, Deframer, Frame
from protocols.modbus.pdu import ReadFunction, ReadRequest, encode_exception, encode_reply, encode_request

LEADING, TRAILING = AnomalyKind.LEADING_JUNK, AnomalyKind.TRAILING_JUNK
BAD, TRUNCATED, OVERSIZE = AnomalyKind.BAD_CRC, AnomalyKind.TRUNCATED, AnomalyKind.OVERSIZE

ASK = bytes.fromhex("F7 03 00 10 00 13 11 54")
ANSWER = encode_reply(ReadRequest(0xF7, ReadFunction.HOLDING, 0x10, 4), (1, 2, 3, 4))
CAPTURED = bytes.fromhex("00 01 04 02 01 3E 39 70")
"""S-BEAGLE: an answer behind a byte of turnaround noise."""
LIKE_AN_ANSWER = bytes.fromhex("01 03 30 00 00 10 4B 06")
"""S-CHV: a request whose address begins with 30h, which in an answer would be the byte count."""
UNKNOWN = append_crc(bytes.fromhex("05 41 00 02 00 03"))
"""A write by function 41h, a maker's own (S-EV), of a length nobody states."""


def damaged(adu: bytes) -> bytes:
    return adu[:-1] + bytes((adu[-1] ^ 0x01,))


def told(found: Iterable[Frame | Anomaly]) -> list[tuple[AnomalyKind | None, bytes]]:
    return [(None, one.adu) if isinstance(one, Frame) else (one.kind, one.data) for one in found]


def frames(found: Iterable[Frame | Anomaly]) -> list[bytes]:
    return [one.adu for one in found if isinstance(one, Frame)]


def run(deframer: Deframer, chunks: Iterable[bytes]) -> list[Frame | Anomaly]:
    """Everything said about chunks that are followed by silence."""
    found = [one for chunk in chunks for one in deframer.feed(chunk, 1)]
    return found + deframer.flush(2)


def one_by_one(data: bytes) -> list[bytes]:
    return [bytes((byte,)) for byte in data]


def both() -> tuple[Deframer, Deframer]:
    return Deframer.for_requests(), Deframer.for_replies()


# frames


@pytest.mark.parametrize("text", [*READS, *WRITES])
def test_a_request_is_found_with_its_last_byte(text: str) -> None:
    adu = bytes.fromhex(text)
    deframer = Deframer.for_requests()
    assert deframer.feed(adu[:-1], 1) == []
    assert deframer.feed(adu[-1:], 2) == [Frame(adu, 2)]
    assert deframer.flush(3) == []


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_is_found_with_its_last_byte(text: str) -> None:
    adu = bytes.fromhex(text)
    deframer = Deframer.for_replies()
    assert deframer.feed(adu[:-1], 1) == []
    assert deframer.feed(adu[-1:], 2) == [Frame(adu, 2)]
    assert deframer.flush(3) == []


@pytest.mark.parametrize("chunks", [[CAPTURED], [CAPTURED[:1], CAPTURED[1:]], one_by_one(CAPTURED)])
def test_a_byte_of_turnaround_noise_costs_nothing(chunks: list[bytes]) -> None:
    """Where pymodbus 3.16.1 loses every frame (serial faults, finding 3)."""
    deframer = Deframer.for_replies()
    found = [one for chunk in chunks for one in deframer.feed(chunk, 1)]
    assert told(found) == [(LEADING, b"\x00"), (None, CAPTURED[1:])]


@pytest.mark.parametrize("noise", [b"\x12", b"\x01\x01", b"\x05\x03", b"\xff\x00\xff\x00", b"\x01\x10\x00\x00"])
@pytest.mark.parametrize("cut", [False, True])
def test_noise_that_looks_like_the_head_of_a_longer_frame_delays_nothing(noise: bytes, cut: bool) -> None:
    data = noise + CAPTURED[1:]
    deframer = Deframer.for_replies()
    found = [one for chunk in (one_by_one(data) if cut else [data]) for one in deframer.feed(chunk, 1)]
    assert frames(found) == [CAPTURED[1:]]


def test_a_frame_begun_before_one_that_lies_inside_it_is_found_too() -> None:
    """Bytes in an answer may happen to be a frame; the answer is not lost by it."""
    inner = encode_reply(ReadRequest(9, ReadFunction.HOLDING, 0, 1), (5,))
    outer = append_crc(b"\x01\x03\x10" + inner + bytes(16 - len(inner)))
    deframer = Deframer.for_replies()
    found = [one for byte in one_by_one(outer) for one in deframer.feed(byte, 1)]
    assert frames(found) == [inner, outer]
    assert frames(Deframer.for_replies().feed(outer, 1)) == [outer]


def test_an_echo_glued_to_its_answer_is_a_frame_of_its_own() -> None:
    assert told(Deframer.for_replies().feed(ASK + ANSWER, 1)) == [(None, ASK), (None, ANSWER)]


@pytest.mark.parametrize("cut", [False, True])
def test_an_echo_that_looks_like_an_answers_head_waits_for_what_follows(cut: bool) -> None:
    answer = encode_reply(ReadRequest(1, ReadFunction.HOLDING, 0x3000, 16), range(16))
    data = LIKE_AN_ANSWER + answer
    deframer = Deframer.for_replies()
    found = [one for chunk in (one_by_one(data) if cut else [data]) for one in deframer.feed(chunk, 1)]
    assert told(found) == [(None, LIKE_AN_ANSWER), (None, answer)]


def test_an_echo_that_looks_like_an_answers_head_is_told_by_silence() -> None:
    deframer = Deframer.for_replies()
    assert deframer.feed(LIKE_AN_ANSWER, 1) == []
    assert deframer.flush(2) == [Frame(LIKE_AN_ANSWER, 2)]


@pytest.mark.parametrize("after", [b"", ASK])
def test_a_request_of_unknown_length_is_found_by_what_ends_it(after: bytes) -> None:
    deframer = Deframer.for_requests()
    assert frames(deframer.feed(UNKNOWN + after, 1)) == [UNKNOWN] + [after] * bool(after)
    assert deframer.flush(2) == []


def test_an_echo_is_found_at_once_where_no_answer_of_the_length_it_claims_is() -> None:
    echo = encode_request(ReadRequest(1, ReadFunction.HOLDING, 0x0200, 1))  # 02h as a byte count makes 7 bytes
    assert Deframer.for_replies().feed(echo, 1) == [Frame(echo, 1)]


@pytest.mark.parametrize("cut", [False, True])
def test_no_frame_begins_inside_a_good_one_and_ends_behind_it(cut: bool) -> None:
    answer = encode_reply(ReadRequest(1, ReadFunction.HOLDING, 0, 3), (5, 0x0903, 0x0A00))
    behind = append_crc(answer[5:] + bytes(7))[len(answer) - 5 :]  # makes "09 03 0A 00 ..." a good frame, too
    deframer = Deframer.for_replies()
    data = answer + behind
    found = [one for chunk in (one_by_one(data) if cut else [data]) for one in deframer.feed(chunk, 1)]
    assert frames(found + deframer.flush(2)) == [answer]


# anomalies


@pytest.mark.parametrize("chunks", [[damaged(ASK)], one_by_one(damaged(ASK)), [ASK[:3], damaged(ASK)[3:]]])
def test_a_damaged_request_is_told_whole_with_its_last_byte(chunks: list[bytes]) -> None:
    deframer = Deframer.for_requests()
    assert [one for chunk in chunks[:-1] for one in deframer.feed(chunk, 1)] == []
    assert deframer.feed(chunks[-1], 2) == [Anomaly(BAD, damaged(ASK), 2)]
    assert deframer.flush(3) == []


@given(
    st.builds(
        ReadRequest, st.integers(1, 247), st.sampled_from(ReadFunction), st.integers(0, 0xFF00), st.integers(1, 125)
    ),
    st.integers(1, 0xFFFF),
)
def test_a_read_with_any_wrong_crc_is_told_at_once(request: ReadRequest, wrong: int) -> None:
    body, crc = encode_request(request)[:-2], encode_request(request)[-2:]
    adu = body + (int.from_bytes(crc, "big") ^ wrong).to_bytes(2, "big")
    assert told(Deframer.for_requests().feed(adu, 1)) == [(BAD, adu)]


def test_damaged_requests_in_a_row_are_told_one_by_one() -> None:
    data = damaged(ASK) + damaged(ASK)
    assert told(Deframer.for_requests().feed(data, 1)) == [(BAD, damaged(ASK))] * 2
    deframer = Deframer.for_requests()
    assert told(deframer.feed(damaged(ASK), 1) + deframer.feed(damaged(ASK), 2)) == [(BAD, damaged(ASK))] * 2


def test_a_damaged_request_before_a_good_one_is_told_before_it() -> None:
    assert told(Deframer.for_requests().feed(damaged(ASK) + ASK, 1)) == [(BAD, damaged(ASK)), (None, ASK)]


def test_a_frame_that_begins_among_bytes_already_told_is_found_all_the_same() -> None:
    data = b"\x01\x03" + ASK
    found = run(Deframer.for_requests(), one_by_one(data))
    assert told(found) == [(BAD, data[:8]), (None, ASK)]


def test_a_damaged_answer_is_told_with_its_last_byte() -> None:
    assert told(Deframer.for_replies().feed(damaged(ANSWER), 1)) == [(BAD, damaged(ANSWER))]
    assert told(Deframer.for_replies().feed(b"\x00" + damaged(ANSWER), 1)) == [
        (LEADING, b"\x00"),
        (BAD, damaged(ANSWER)),
    ]


def test_a_damaged_answer_is_not_told_while_a_good_one_may_begin_in_it() -> None:
    answer = encode_reply(ReadRequest(1, ReadFunction.HOLDING, 0, 2), (7, 8))
    noise = b"\x01"  # before the answer it reads: function 01, 3 bytes of data
    assert frames(Deframer.for_replies().feed(noise + answer, 1)) == [answer]
    deframer = Deframer.for_replies()
    assert [one for byte in one_by_one(noise + answer[:-1]) for one in deframer.feed(byte, 1)] == []
    assert told(deframer.feed(answer[-1:], 1)) == [(LEADING, noise), (None, answer)]


@pytest.mark.parametrize("noise", [b"\x00", b"\xff", b"\x00\x00", b"\x01\x02\x03\x04"])
def test_noise_around_an_answer_is_told_by_its_side(noise: bytes) -> None:
    found = run(Deframer.for_replies(), [noise + ANSWER + noise])
    assert told(found) == [(LEADING, noise), (None, ANSWER), (TRAILING, noise)]


@pytest.mark.parametrize("missing", [1, 2, len(ANSWER) - 4])
def test_an_answer_without_its_end_is_truncated_once_the_line_is_silent(missing: int) -> None:
    deframer = Deframer.for_replies()
    assert deframer.feed(ANSWER[:-missing], 1) == []
    assert deframer.flush(2) == [Anomaly(TRUNCATED, ANSWER[:-missing], 2)]


def test_an_answer_without_its_beginning_is_junk() -> None:
    answer = encode_reply(ReadRequest(0xF7, ReadFunction.HOLDING, 0x10, 5), (1, 2, 3, 4, 5))
    assert told(run(Deframer.for_replies(), [answer[1:]])) == [(LEADING, answer[1:])]


def test_a_babbling_line_is_told_piece_by_piece_and_a_frame_in_it_is_found() -> None:
    babble = bytes(1000)
    found = run(Deframer.for_replies(), [babble, ANSWER, babble])
    assert frames(found) == [ANSWER]
    assert OVERSIZE in [one.kind for one in found if isinstance(one, Anomaly)]
    assert b"".join(data for _, data in told(found)) == babble + ANSWER + babble


def test_silence_ends_what_was_begun() -> None:
    deframer = Deframer.for_requests()
    deframer.feed(ASK[:5], 1)
    deframer.flush(2)
    assert deframer.feed(ASK[5:], 3) == []
    assert frames(deframer.feed(ASK, 4)) == [ASK]


def test_reset_forgets_without_a_word() -> None:
    deframer = Deframer.for_requests()
    deframer.feed(ASK[:5], 1)
    deframer.reset()
    assert told(deframer.feed(ASK, 2)) == [(None, ASK)]
    assert deframer.flush(3) == []


# properties

Junk = st.one_of(
    st.just(b""), st.binary(max_size=4), st.sampled_from([b"\x00", b"\xff", b"\x00\xff\x00\xff", b"\xff\xff\x00\x00"])
)
Slaves = st.integers(1, 247)
Words = st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=40)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    slave, function = draw(Slaves), draw(st.sampled_from([ReadFunction.HOLDING, ReadFunction.INPUT]))
    if draw(st.integers(0, 4)) == 0:
        return encode_exception(slave, draw(st.integers(1, 127)), draw(st.integers(0, 255)))
    words = draw(Words)
    return encode_reply(ReadRequest(slave, function, 0, len(words)), words)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    head = bytes((draw(Slaves),))
    kind = draw(st.sampled_from(["read", "write", "write many"]))
    if kind == "read":
        function = draw(st.sampled_from(ReadFunction))
        return encode_request(ReadRequest(head[0], function, draw(st.integers(0, 0xFF00)), draw(st.integers(1, 125))))
    four = draw(st.binary(min_size=4, max_size=4))
    if kind == "write":
        return append_crc(head + bytes((draw(st.sampled_from([5, 6])),)) + four)
    data = draw(st.binary(min_size=1, max_size=40))
    return append_crc(head + bytes((draw(st.sampled_from([15, 16])),)) + four + bytes((len(data),)) + data)


def cut(data: bytes, at: Sequence[int]) -> list[bytes]:
    marks = [0, *sorted(mark % (len(data) + 1) for mark in at), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(marks)]


def is_in_order(wanted: list[bytes], found: list[bytes]) -> bool:
    rest = iter(found)
    return all(any(one == other for other in rest) for one in wanted)


Cuts = st.lists(st.integers(0, 1000), max_size=30)


@given(st.lists(answers(), min_size=1, max_size=5), Cuts)
def test_glued_answers_are_found_however_they_are_cut(sent: list[bytes], at: list[int]) -> None:
    assert frames(run(Deframer.for_replies(), [b"".join(sent)])) == sent
    assert is_in_order(sent, frames(run(Deframer.for_replies(), cut(b"".join(sent), at))))


@given(st.lists(requests(), min_size=1, max_size=5), Cuts)
def test_glued_requests_are_found_however_they_are_cut(sent: list[bytes], at: list[int]) -> None:
    assert frames(run(Deframer.for_requests(), [b"".join(sent)])) == sent
    assert is_in_order(sent, frames(run(Deframer.for_requests(), cut(b"".join(sent), at))))


@given(st.lists(st.tuples(Junk, answers()), min_size=1, max_size=4), Junk, Cuts)
def test_answers_among_noise_are_found_however_they_are_cut(
    sent: list[tuple[bytes, bytes]], tail: bytes, at: list[int]
) -> None:
    data = b"".join(junk + adu for junk, adu in sent) + tail
    for chunks in ([data], cut(data, at)):
        deframer = Deframer.for_replies()
        fed = [one for chunk in chunks for one in deframer.feed(chunk, 1)]
        assert is_in_order([adu for _, adu in sent], frames(fed))


@given(st.lists(st.tuples(Junk, requests()), min_size=1, max_size=4), Junk, Cuts)
def test_requests_among_noise_are_found_however_they_are_cut(
    sent: list[tuple[bytes, bytes]], tail: bytes, at: list[int]
) -> None:
    data = b"".join(junk + adu for junk, adu in sent) + tail
    for chunks in ([data], cut(data, at)):
        deframer = Deframer.for_requests()
        fed = [one for chunk in chunks for one in deframer.feed(chunk, 1)]
        assert is_in_order([adu for _, adu in sent], frames(fed))


Bytes = st.one_of(
    st.binary(max_size=700), st.lists(st.sampled_from([0x00, 0x01, 0x03, 0x10, 0xF7, 0xFF]), max_size=700).map(bytes)
)


@given(Bytes, Cuts)
def test_any_bytes_are_told_completely_and_in_bounded_space(data: bytes, at: list[int]) -> None:
    for deframer in both():
        said = 0
        for chunk in cut(data, at):
            said += sum(len(piece) for _, piece in told(deframer.feed(chunk, 1)))
            assert len(deframer._buffer) <= 256
        said += sum(len(piece) for _, piece in told(deframer.flush(2)))
        assert said >= len(data)
        assert deframer.flush(3) == []


@given(Bytes, answers())
def test_after_silence_no_noise_spoils_the_next_answer(noise: bytes, adu: bytes) -> None:
    deframer = Deframer.for_replies()
    run(deframer, [noise])
    assert told(deframer.feed(adu, 3)) == [(None, adu)]
