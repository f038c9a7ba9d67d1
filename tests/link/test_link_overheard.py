"""Another master's request that lies across the beginning of our turn is put together; answers and noise are none."""

import pytest
from link_bench import answer_with, holding

from edge_agent.link.overheard import Overheard, Request
from protocols.modbus.crc import crc_ok
from protocols.modbus.pdu import encode_request

ASKS = encode_request(holding(2, 0x0100, 5))
ASKS_AT_0400 = encode_request(holding(2, 0x0400, 5))
"""Its address looks like an answer's byte count."""


@pytest.mark.parametrize("before", range(1, 8))
@pytest.mark.parametrize("noise", [b"", b"\x00", b"\x02\x03\x0a\x00"])
def test_a_request_is_known_wherever_it_is_cut_and_by_how_many_bytes_are_its_own(before: int, noise: bytes) -> None:
    overheard = Overheard()
    overheard.cut(noise + ASKS[:before])
    assert overheard.hear(ASKS[before:] + b"\x02\x03") == Request(ASKS, 8 - before)
    assert not overheard.waits


@pytest.mark.parametrize("asks", [ASKS, ASKS_AT_0400])
def test_a_request_that_comes_byte_by_byte_over_two_cuts_is_known(asks: bytes) -> None:
    overheard = Overheard()
    overheard.cut(b"\x07" + asks[:3])
    found = [overheard.hear(asks[at : at + 1]) for at in (3, 4)]
    overheard.cut(asks[3:5])
    found += [overheard.hear(asks[at : at + 1]) for at in (5, 6, 7)]
    overheard.cut(b"")
    found.append(overheard.hear(b"\x02"))
    assert [one.adu for one in found if one is not None] == [asks]


def test_an_answer_that_begins_with_a_good_frame_of_a_requests_length_is_none() -> None:
    answers = (answer_with(2, 3, [0, word]) for word in range(0x10000))
    answer = next(answer for answer in answers if answer.endswith(b"\x00"))
    assert crc_ok(answer[:8])
    for before in range(1, 8):
        overheard = Overheard()
        overheard.cut(answer[:before])
        assert overheard.hear(answer[before:8]) is None
        assert overheard.hear(answer[8:]) is None


@pytest.mark.parametrize("heard", [ASKS[3:6] + b"\x00" + ASKS[7:], b"\x00" + ASKS[3:], b"\xff" * 30])
def test_anything_else_is_no_request_and_soon_given_up(heard: bytes) -> None:
    overheard = Overheard()
    overheard.cut(ASKS[:3])
    assert overheard.hear(heard + b"\x02\x03\x04") is None
    assert not overheard.waits


def test_what_lies_across_no_cut_is_left_to_the_deframer() -> None:
    overheard = Overheard()
    overheard.cut(b"")
    assert not overheard.waits
    overheard.cut(b"\x01\x03")
    assert overheard.hear(ASKS) is None
