"""One turn of a Modbus/TCP master by itself: what it lets out, and what it takes for its answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.link.tcp_turn import TcpTurn
from protocols import ProtocolError
from tests.link.tcp_frames import REQUEST, answer, frame

SENT = frame(5, 1, b"\x03\0\0\0\2")


def sent_turn() -> TcpTurn:
    turn = TcpTurn(REQUEST)
    assert turn.sends(SENT) == SENT
    return turn


@pytest.mark.parametrize(
    "packet",
    [
        frame(5, 1, b"\x06\0\0\0\2"),
        frame(5, 1, b"\x10\0\0\0\2\4\0\1\0\2"),
        frame(5, 2, b"\x03\0\0\0\2"),
        frame(5, 1, b"\x03\0\0\0\3"),
        frame(5, 1, b"\x03\0\0\0\2", protocol=1),
        SENT + b"\0",
    ],
)
def test_nothing_leaves_but_the_request(packet: bytes) -> None:
    with pytest.raises(ProtocolError, match="nothing was sent"):
        TcpTurn(REQUEST).sends(packet)


def test_the_unit_that_answered_instead_is_named_when_the_slave_does_not() -> None:
    """Some devices answer with a unit of their own, whatever was asked."""
    turn = sent_turn()
    assert turn.take(frame(5, 255, answer((0x1111, 0x2222)))) is None
    assert turn.expire(70).detail == (
        "no answer within 70 ms, only frames of unit 255; that may be the slave's address here"
    )


FRAMES = st.builds(
    frame,
    st.sampled_from([0, 4, 5, 6]),
    st.sampled_from([0, 1, 2, 255]),
    st.one_of(
        st.builds(answer, st.lists(st.integers(0, 0xFFFF), max_size=4).map(tuple), st.sampled_from([1, 3, 4, 16])),
        st.binary(min_size=1, max_size=8),
        st.builds(lambda code: bytes((0x83, code)), st.integers(0, 255)),
    ),
    st.sampled_from([0, 0, 0, 1]),
    st.one_of(st.none(), st.none(), st.integers(0, 300)),
)


@given(st.lists(st.one_of(FRAMES, st.binary(max_size=9)), max_size=6), st.lists(st.integers(0, 200), max_size=5))
def test_nothing_but_the_exact_answer_ever_goes_through(pieces: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(pieces)
    turn = sent_turn()
    failure = None
    for end in [*sorted(cuts), len(stream)]:
        failure = turn.take(stream[:end])
        if failure is not None or turn.answer:
            break
    if turn.answer:
        assert failure is None
        is_answer = turn.answer[:9] == b"\0\5\0\0\0\7\1\3\4" and len(turn.answer) == 13
        is_exception = turn.answer[:8] == b"\0\5\0\0\0\3\1\x83" and len(turn.answer) == 9
        assert is_answer or is_exception
        assert turn.answer in stream


@given(st.lists(st.integers(0, 0xFFFF), min_size=2, max_size=2).map(tuple), st.integers(0, 13))
def test_the_right_answer_goes_through_however_it_is_cut(words: tuple[int, ...], cut: int) -> None:
    turn, whole = sent_turn(), frame(5, 1, answer(words))
    if cut < len(whole):
        assert turn.take(whole[:cut]) is None
        assert turn.answer == b""
    assert turn.take(whole) is None
    assert turn.answer == whole
