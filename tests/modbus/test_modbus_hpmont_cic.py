"""HPMONT's framing: translated both ways, and never more believed than Modbus RTU is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import ProtocolError
from protocols.modbus.crc import append_crc
from protocols.modbus.hpmont_cic import AnswerEar, RequestEar, to_answer
from protocols.modbus.pdu import ReadFunction, ReadRequest, encode_reply, encode_request

WHOLE = ReadRequest(2, ReadFunction.HOLDING, 0xC800, 39)
ASKED = bytes.fromhex("02 03 C8 00 27 9C 60")
"""The server's request for the whole block (S-MONT, CRC computed: controller_maps.md, 1.1)."""


def ear(request: ReadRequest = WHOLE) -> AnswerEar:
    made = AnswerEar()
    made.asks(encode_request(request))
    return made


def cic_answer(request: ReadRequest, words: tuple[int, ...]) -> bytes:
    """Put together by hand: slave, function, start, count, words, CRC."""
    data = b"".join(word.to_bytes(2, "big") for word in words)
    return append_crc(bytes((request.slave, 3)) + request.address.to_bytes(2, "big") + bytes((request.count,)) + data)


def test_the_request_is_the_servers() -> None:
    assert AnswerEar().asks(encode_request(WHOLE)) == ASKED


def test_a_slave_hears_the_request_that_it_stands_for() -> None:
    assert RequestEar().hear(b"\x00\xff" + ASKED + b"\x00") == [encode_request(WHOLE)]


def test_a_damaged_request_is_none() -> None:
    assert RequestEar().hear(ASKED[:-1] + b"\x61") == []


def test_a_write_is_refused_and_not_heard() -> None:
    with pytest.raises(ProtocolError, match="only reads"):
        AnswerEar().asks(append_crc(bytes.fromhex("02 06 64 00 00 01")))
    assert RequestEar().hear(append_crc(bytes.fromhex("02 06 64 00 01"))) == []


@given(st.integers(1, 40), st.integers(0, 0xFFFF), st.lists(st.integers(1, 20), max_size=8), st.binary(max_size=4))
def test_an_answer_comes_out_as_rtu_however_it_is_cut_and_whatever_stands_before_it(
    count: int, word: int, cuts: list[int], noise: bytes
) -> None:
    request = ReadRequest(2, ReadFunction.HOLDING, 0xC800, count)
    words = (word,) * count
    listening, heard, rest = ear(request), b"", noise + cic_answer(request, words)
    for cut in cuts:
        heard += listening.hear(rest[:cut])
        rest = rest[cut:]
    heard += listening.hear(rest)
    assert heard == noise + encode_reply(request, words)


def test_what_a_device_answers_is_what_a_master_hears() -> None:
    words = tuple(range(39))
    rtu = encode_reply(WHOLE, words)
    framed = to_answer(encode_request(WHOLE), rtu)
    assert framed == cic_answer(WHOLE, words)
    assert ear().hear(framed) == rtu


def test_an_exception_has_no_form_here() -> None:
    assert to_answer(encode_request(WHOLE), append_crc(bytes.fromhex("02 83 02"))) == b""


@pytest.mark.parametrize(
    "other",
    [
        ReadRequest(3, ReadFunction.HOLDING, 0xC800, 39),
        ReadRequest(2, ReadFunction.HOLDING, 0xC801, 39),
        ReadRequest(2, ReadFunction.HOLDING, 0xC800, 38),
    ],
    ids=["slave", "start", "count"],
)
def test_an_answer_to_another_request_is_passed_on_as_it_came(other: ReadRequest) -> None:
    answer = cic_answer(other, (7,) * other.count)
    assert ear().hear(answer) == answer


def test_a_damaged_answer_is_passed_on_as_it_came() -> None:
    answer = bytearray(cic_answer(WHOLE, (1,) * 39))
    answer[10] ^= 1
    assert ear().hear(bytes(answer)) == bytes(answer)


def test_an_echo_comes_out_as_the_rtu_request_and_the_answer_after_it() -> None:
    answer = cic_answer(WHOLE, (5,) * 39)
    assert ear().hear(ASKED + answer) == encode_request(WHOLE) + encode_reply(WHOLE, (5,) * 39)


def test_a_new_request_forgets_what_was_heard_before() -> None:
    listening = ear()
    listening.hear(cic_answer(WHOLE, (1,) * 39)[:20])
    listening.asks(encode_request(WHOLE))
    assert listening.hear(cic_answer(WHOLE, (2,) * 39)) == encode_reply(WHOLE, (2,) * 39)
