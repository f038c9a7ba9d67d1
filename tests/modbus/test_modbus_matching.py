"""Which frame answers which request: what pymodbus 3.16.1 took for an answer, and what else a bus brings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.modbus.crc import append_crc
from protocols.modbus.matching import Match, match
from protocols.modbus.pdu import ReadFunction, ReadRequest, encode_exception, encode_reply, encode_request

REQUEST = ReadRequest(0xF7, ReadFunction.HOLDING, 0x0010, 2)
BITS = ReadRequest(1, ReadFunction.DISCRETE, 0, 9)


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("F7 03 04 00 01 00 02", Match.ANSWER),
        ("F7 04 04 00 01 00 02", Match.WRONG_FUNCTION),
        ("F7 03 02 00 01", Match.WRONG_COUNT),
        ("F7 03 06 00 01 00 02 00 03", Match.WRONG_COUNT),
        ("F7 03 02 00 01 00 02", Match.WRONG_COUNT),
        ("F6 03 04 00 01 00 02", Match.FOREIGN),
        ("F6 83 02", Match.FOREIGN),
        ("F7 83 02", Match.EXCEPTION),
        ("F7 83 FF", Match.EXCEPTION),
        ("F7 84 02", Match.WRONG_FUNCTION),
        ("F7 03 00 10 00 02", Match.ECHO),
        ("F7 03 00 10 00 03", Match.WRONG_COUNT),
        ("F7 06 00 10 00 02", Match.WRONG_FUNCTION),
    ],
)
def test_every_part_of_a_frame_has_to_fit(body: str, verdict: Match) -> None:
    assert match(REQUEST, append_crc(bytes.fromhex(body))) is verdict


@pytest.mark.parametrize(
    ("body", "verdict"),
    [("01 02 02 FF 01", Match.ANSWER), ("01 02 01 FF", Match.WRONG_COUNT), ("01 01 02 FF 01", Match.WRONG_FUNCTION)],
)
def test_bits_are_counted_in_whole_bytes(body: str, verdict: Match) -> None:
    assert match(BITS, append_crc(bytes.fromhex(body))) is verdict


@given(
    st.builds(
        ReadRequest, st.integers(1, 247), st.just(ReadFunction.INPUT), st.integers(0, 0xFF00), st.integers(1, 125)
    ),
    st.integers(0, 255),
)
def test_own_answer_exception_and_echo_are_told_apart(request: ReadRequest, code: int) -> None:
    assert match(request, encode_reply(request, [0] * request.count)) is Match.ANSWER
    assert match(request, encode_exception(request.slave, request.function, code)) is Match.EXCEPTION
    assert match(request, encode_request(request)) is Match.ECHO


@given(st.binary(max_size=256))
def test_no_bytes_raise(adu: bytes) -> None:
    match(REQUEST, adu)
