"""Requests and answers, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from modbus_vectors import ANSWERS, READS, WRITES

from protocols import ProtocolError
from protocols.modbus import frames
from protocols.modbus.crc import append_crc, crc_ok
from protocols.modbus.pdu import (
    OtherRequest,
    ReadFunction,
    ReadRequest,
    decode_reply,
    encode_exception,
    encode_reply,
    encode_request,
    exception_name,
    parse_request,
)


@st.composite
def reads(draw: st.DrawFn) -> ReadRequest:
    function = draw(st.sampled_from(ReadFunction))
    most = 2000 if function in (ReadFunction.COILS, ReadFunction.DISCRETE) else 125
    count = draw(st.integers(1, most))
    return ReadRequest(draw(st.integers(1, 247)), function, draw(st.integers(0, 0x10000 - count)), count)


def words_for(request: ReadRequest) -> st.SearchStrategy[list[int]]:
    limit = 1 if request.function in (ReadFunction.COILS, ReadFunction.DISCRETE) else 0xFFFF
    return st.lists(st.integers(0, limit), min_size=request.count, max_size=request.count)


@pytest.mark.parametrize(("text", "request_"), READS.items())
def test_requests_are_the_frames_that_others_printed(text: str, request_: ReadRequest) -> None:
    assert encode_request(request_) == bytes.fromhex(text)
    assert parse_request(bytes.fromhex(text)) == request_


@pytest.mark.parametrize(("text", "asked", "words"), [(text, *rest) for text, rest in ANSWERS.items()])
def test_answers_are_the_frames_that_others_printed(text: str, asked: str, words: tuple[int, ...]) -> None:
    request = READS[asked]
    assert decode_reply(request, bytes.fromhex(text)) == words
    assert encode_reply(request, words) == bytes.fromhex(text)
    assert request.reply_len == len(bytes.fromhex(text))


def test_bits_come_lowest_first_and_fill_up_with_zeros() -> None:
    """Modbus application protocol V1.1b3, 6.1: coils 20-38 as CD 6B 05."""
    request = ReadRequest(0x11, ReadFunction.COILS, 0x0013, 19)
    states = (1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1)
    adu = append_crc(bytes.fromhex("11 01 03 CD 6B 05"))
    assert decode_reply(request, adu) == states
    assert encode_reply(request, states) == adu


def test_exception_is_the_frame_of_the_standard() -> None:
    """Modbus application protocol V1.1b3, chapter 7: 81 02 for illegal data address in answer to 01."""
    assert encode_exception(0x0A, 0x01, 0x02) == append_crc(bytes.fromhex("0A 81 02"))


@given(reads())
def test_requests_round_trip(request: ReadRequest) -> None:
    assert parse_request(encode_request(request)) == request


@given(st.data())
def test_answers_round_trip_and_have_the_length_foretold(data: st.DataObject) -> None:
    request = data.draw(reads())
    words = data.draw(words_for(request))
    adu = encode_reply(request, words)
    assert len(adu) == request.reply_len
    assert crc_ok(adu)
    assert decode_reply(request, adu) == tuple(words)


@given(st.integers(0, 255), st.binary(min_size=1, max_size=253))
def test_frames_come_apart_as_they_were_joined(slave: int, rest: bytes) -> None:
    pdu = b"\x83" + rest[1:]
    adu = frames.join(slave, pdu)
    assert crc_ok(adu)
    assert frames.split(adu) == (slave, pdu, int.from_bytes(adu[-2:], "little"))


@pytest.mark.parametrize("text", WRITES)
def test_a_write_is_heard_as_something_else_than_a_read(text: str) -> None:
    adu = bytes.fromhex(text)
    assert parse_request(adu) == OtherRequest(adu[0], 6)


@pytest.mark.parametrize("count", [0, 126, 0xFFFF])
def test_a_senseless_count_is_told_as_it_stands(count: int) -> None:
    adu = append_crc(bytes.fromhex("01 03 00 00") + count.to_bytes(2, "big"))
    assert parse_request(adu) == ReadRequest(1, ReadFunction.HOLDING, 0, count)


@pytest.mark.parametrize(
    "request_",
    [
        ReadRequest(0, ReadFunction.HOLDING, 0, 1),
        ReadRequest(248, ReadFunction.HOLDING, 0, 1),
        ReadRequest(1, ReadFunction.HOLDING, 0, 0),
        ReadRequest(1, ReadFunction.HOLDING, 0, 126),
        ReadRequest(1, ReadFunction.COILS, 0, 2001),
        ReadRequest(1, ReadFunction.HOLDING, -1, 1),
        ReadRequest(1, ReadFunction.HOLDING, 0xFFFF, 2),
    ],
)
def test_what_cannot_be_asked_is_refused(request_: ReadRequest) -> None:
    with pytest.raises(ProtocolError):
        encode_request(request_)


@pytest.mark.parametrize("words", [(), (1,), (1, 2, 3), (1, 65536), (-1, 0)])
def test_values_that_do_not_fit_the_request_are_refused(words: tuple[int, ...]) -> None:
    with pytest.raises(ProtocolError):
        encode_reply(ReadRequest(1, ReadFunction.HOLDING, 0, 2), words)


@pytest.mark.parametrize(
    "body",
    [
        "02 03 04 00 01 00 02",
        "01 04 04 00 01 00 02",
        "01 03 02 00 01",
        "01 03 06 00 01 00 02 00 03",
        "01 83 02",
        "01 03 02 00 01 00 02",
    ],
)
def test_a_frame_that_does_not_answer_is_not_decoded(body: str) -> None:
    with pytest.raises(ProtocolError):
        decode_reply(ReadRequest(1, ReadFunction.HOLDING, 0, 2), append_crc(bytes.fromhex(body)))


@given(st.binary(max_size=300))
def test_parsing_raises_nothing_but_protocol_errors(adu: bytes) -> None:
    try:
        parse_request(adu)
    except ProtocolError:
        pass


@pytest.mark.parametrize("code", [0x01, 0x02, 0x03, 0x06, 0x0B, 0x10, 0x16, 0x17, 0x18, 0x20, 0x21, 0x22])
def test_exception_codes_that_lift_devices_send_have_names(code: int) -> None:
    """S-CHV 10h; S-HD5 16h-18h, 20h-22h; S-EV 18h, 20h-22h; the rest is the standard's."""
    assert exception_name(code) != exception_name(0xFF)
