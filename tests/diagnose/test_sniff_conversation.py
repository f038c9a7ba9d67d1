"""What a listener makes of a line: bytes and times in, requests, answers and oddities out. Everything by hand."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.diagnose.conversation import ANSWER_WITHIN_NS, Conversation, Heard, Oddity, Role
from edge_agent.diagnose.sniff_frames import SETTLE_NS
from protocols.modbus.crc import append_crc
from protocols.modbus.line import LineSettings

LINE = LineSettings.parse("9600 8N1")
MS = 1_000_000
REQUEST = bytes.fromhex("01 04 00 00 00 01 31 CA")
ANSWER = bytes.fromhex("01 04 02 01 3E 39 70")
"""A request and its answer as captured on a real line (beagleboard list, 2016-12-12)."""
OTHER = append_crc(b"\x02\x03\x00\x10\x00\x02")
OTHER_ANSWER = append_crc(b"\x02\x03\x04\x00\x01\x00\x02")
EXCEPTION = append_crc(b"\x01\x84\x02")


class Listener:
    """Hears what is said at its wire time, and after `gap_ms` each."""

    def __init__(self, grain_ns: int = 0, line: LineSettings = LINE) -> None:
        self.conversation = Conversation(line, grain_ns)
        self.line = line
        self.t_ns = 0
        self.told: list[Heard] = []

    def says(self, *frames: bytes, gap_ms: float = 10) -> "Listener":
        for frame in frames:
            self.t_ns += round(gap_ms * MS) + self.line.wire_ns(len(frame))
            self.told += self.conversation.hear(frame, self.t_ns)
        return self

    def silent(self, ms: float) -> "Listener":
        """Time passes, and every deadline in it is kept."""
        until_ns = self.t_ns + round(ms * MS)
        while (at_ns := self.conversation.next_deadline()) is not None and at_ns <= until_ns:
            self.told += self.conversation.tick(at_ns)
        self.t_ns = until_ns
        return self

    @property
    def story(self) -> list[tuple[Role, bytes, set[Oddity]]]:
        return [(heard.role, heard.data, set(heard.oddities)) for heard in self.told]


def request(data: bytes = REQUEST, *oddities: Oddity) -> tuple[Role, bytes, set[Oddity]]:
    return (Role.REQUEST, data, set(oddities))


def answer(data: bytes = ANSWER, *oddities: Oddity) -> tuple[Role, bytes, set[Oddity]]:
    return (Role.ANSWER, data, set(oddities))


def test_requests_and_answers_are_told_apart_and_belong_together() -> None:
    listener = Listener().says(REQUEST, ANSWER, OTHER, OTHER_ANSWER)
    assert listener.story == [request(), answer(), request(OTHER), answer(OTHER_ANSWER)]
    assert [heard.request for heard in listener.told] == [b"", REQUEST, b"", OTHER]


def test_gaps_and_times_are_those_of_the_wire() -> None:
    told = Listener().says(REQUEST, ANSWER, gap_ms=12).told
    assert [heard.gap_ns for heard in told] == [None, 12 * MS]
    assert (told[1].start_ns, told[1].end_ns) == (24 * MS + LINE.wire_ns(8), 24 * MS + LINE.wire_ns(15))


def test_an_exception_is_an_answer() -> None:
    assert Listener().says(REQUEST, EXCEPTION).story[1] == answer(EXCEPTION, Oddity.EXCEPTION)


def test_a_write_and_its_repetition_are_request_and_answer() -> None:
    write = append_crc(b"\x01\x06\x00\x10\x00\x02")
    assert Listener().says(write, write, write, write).story == [request(write), answer(write)] * 2


def test_a_long_write_is_answered_by_a_short_frame() -> None:
    write = append_crc(b"\x01\x10\x00\x10\x00\x01\x02\x00\x05")
    done = append_crc(b"\x01\x10\x00\x10\x00\x01")
    assert Listener().says(write, done).story == [request(write), answer(done)]


def test_an_answer_of_an_unknown_length_ends_with_the_silence() -> None:
    identify = append_crc(b"\x01\x2b\x0e\x01\x00")
    identity = append_crc(b"\x01\x2b\x0e\x01\x01\x00\x00\x01\x00\x03ABC")
    assert Listener().says(identify, identity).silent(60).story == [request(identify), answer(identity)]


def test_eight_bytes_of_bits_are_an_answer_where_one_is_waited_for() -> None:
    asked = append_crc(b"\x01\x02\x03\x01\x00\x14")
    bits = append_crc(b"\x01\x02\x03\x01\x02\x03")
    assert Listener().says(asked, bits).story == [request(asked), answer(bits)]


def test_a_broadcast_waits_for_no_answer() -> None:
    everybody = append_crc(b"\x00\x06\x00\x10\x00\x02")
    assert Listener().says(everybody).silent(2000).says(REQUEST, ANSWER).story == [
        request(everybody),
        request(),
        answer(),
    ]


def test_a_request_without_an_answer_is_told_when_the_next_one_comes() -> None:
    story = Listener().says(REQUEST).silent(100).says(OTHER, OTHER_ANSWER).story
    assert story == [request(), request(REQUEST, Oddity.NO_ANSWER), request(OTHER), answer(OTHER_ANSWER)]


def test_a_request_without_an_answer_is_told_when_its_time_has_passed() -> None:
    listener = Listener().says(REQUEST)
    end_ns = listener.t_ns
    assert listener.conversation.next_deadline() == end_ns + ANSWER_WITHIN_NS
    assert listener.silent(999).story == [request()]
    assert listener.silent(1).story == [request(), request(REQUEST, Oddity.NO_ANSWER)]


def test_an_answer_that_nobody_asked_for_is_told() -> None:
    assert Listener().says(REQUEST, ANSWER, OTHER_ANSWER).story[2] == answer(OTHER_ANSWER, Oddity.NO_REQUEST)


def test_the_answer_to_a_request_before_our_time_is_not_odd() -> None:
    assert Listener().says(ANSWER, OTHER, OTHER_ANSWER).story[0] == answer()


def test_another_slaves_answer_leaves_the_request_open() -> None:
    story = Listener().says(REQUEST, OTHER_ANSWER, ANSWER).silent(2000).story
    assert story == [request(), answer(OTHER_ANSWER, Oddity.NO_REQUEST), answer()]


@pytest.mark.parametrize(
    "misfit",
    [append_crc(b"\x01\x03\x02\x01\x3e"), append_crc(b"\x01\x04\x04\x01\x3e\x00\x00")],
    ids=["function", "count"],
)
def test_an_answer_of_another_shape_than_asked_for_is_told(misfit: bytes) -> None:
    assert Listener().says(REQUEST, misfit).silent(2000).story == [request(), answer(misfit, Oddity.MISFIT)]


def test_an_answer_that_comes_twice_is_a_duplicate() -> None:
    assert Listener().says(REQUEST, ANSWER, ANSWER).story[2] == answer(ANSWER, Oddity.DUPLICATE)


def test_a_request_repeated_at_once_is_an_echo_and_is_still_answered() -> None:
    story = Listener().says(REQUEST).says(REQUEST, gap_ms=0).says(ANSWER).story
    assert story == [request(), request(REQUEST, Oddity.ECHO, Oddity.SHORT_GAP), answer()]


def test_a_request_repeated_later_is_a_retry() -> None:
    story = Listener().says(REQUEST).silent(50).says(REQUEST, ANSWER).story
    assert story == [request(), request(REQUEST, Oddity.NO_ANSWER), request(), answer()]


def test_a_damaged_answer_is_a_bad_crc_and_the_request_is_not_open_any_more() -> None:
    damaged = ANSWER[:-1] + b"\x71"
    story = Listener().says(REQUEST, damaged).silent(2000).story
    assert story == [request(), (Role.DAMAGED, damaged, {Oddity.BAD_CRC})]


def test_a_damaged_request_is_a_bad_crc() -> None:
    damaged = OTHER[:-1] + bytes((OTHER[-1] ^ 1,))
    assert Listener().says(REQUEST, ANSWER, damaged).silent(60).story[2] == (Role.DAMAGED, damaged, {Oddity.BAD_CRC})


def test_a_torn_answer_is_truncated() -> None:
    cut = OTHER_ANSWER[:4]
    story = Listener().says(OTHER, cut).silent(60).story
    assert story == [request(OTHER), (Role.DAMAGED, cut, {Oddity.TRUNCATED})]


def test_what_comes_after_a_silence_does_not_complete_what_was_before_it() -> None:
    story = Listener().says(OTHER, OTHER_ANSWER[:4]).says(OTHER_ANSWER[4:], gap_ms=51).silent(60).story
    assert story[1] == (Role.DAMAGED, OTHER_ANSWER[:4], {Oddity.TRUNCATED})
    assert answer(OTHER_ANSWER) not in story


def test_an_answer_that_is_under_way_when_its_time_has_passed_is_still_one() -> None:
    listener = Listener().says(REQUEST).says(ANSWER[:3], gap_ms=995).says(ANSWER[3:], gap_ms=3)
    assert listener.silent(2000).story == [request(), answer(ANSWER, Oddity.GAP_INSIDE)]


@pytest.mark.parametrize("noise", [b"\x00", b"\xff\xff\xff\xff"], ids=["00", "FFFFFFFF"])
def test_noise_before_an_answer_is_junk_and_the_answer_is_heard(noise: bytes) -> None:
    story = Listener().says(REQUEST, noise + ANSWER).story
    assert story == [request(), (Role.JUNK, noise, {Oddity.JUNK}), answer()]


def test_noise_on_an_idle_line_is_told_after_a_silence() -> None:
    listener = Listener().says(REQUEST, ANSWER, b"\xf8\x00")
    assert listener.conversation.next_deadline() == listener.t_ns + SETTLE_NS
    assert listener.silent(50).story[2] == (Role.JUNK, b"\xf8\x00", {Oddity.JUNK})


def test_a_silence_inside_a_frame_is_told_once_it_is_longer_than_one_and_a_half_characters() -> None:
    for gap_ns, oddities in ((LINE.t15_ns, set()), (LINE.t15_ns + 1, {Oddity.GAP_INSIDE})):
        story = Listener().says(REQUEST, ANSWER[:3]).says(ANSWER[3:], gap_ms=gap_ns / MS).story
        assert story == [request(), answer(ANSWER, *oddities)]


def test_a_silence_between_frames_is_told_while_it_is_shorter_than_three_and_a_half_characters() -> None:
    for gap_ns, oddities in ((LINE.t35_ns, set()), (LINE.t35_ns - 1, {Oddity.SHORT_GAP})):
        assert Listener().says(REQUEST).says(ANSWER, gap_ms=gap_ns / MS).story[1] == answer(ANSWER, *oddities)


def test_a_port_that_hands_over_late_is_believed_only_what_is_certain() -> None:
    grain_ns = 20 * MS
    assert Listener(grain_ns).says(REQUEST + ANSWER).story == [request(), answer()]
    torn = Listener(grain_ns).says(REQUEST, ANSWER[:3]).says(ANSWER[3:], gap_ms=21).story
    assert torn == [request(), answer()]
    certainly = Listener(grain_ns).says(REQUEST, ANSWER[:3]).says(ANSWER[3:], gap_ms=22).story
    assert certainly == [request(), answer(ANSWER, Oddity.GAP_INSIDE)]


def test_register_values_that_look_like_a_frame_are_part_of_the_answer() -> None:
    """The values hold a whole request and a whole exception, each with its good CRC."""
    asked = append_crc(b"\x01\x03\x00\x00\x00\x08")
    values = append_crc(b"\x01\x03\x10" + OTHER + EXCEPTION + b"\x00\x00\x00")
    assert Listener().says(asked, values).story == [request(asked), answer(values)]


def test_a_request_right_behind_a_damaged_answer_is_found() -> None:
    asked = append_crc(b"\x01\x03\x00\x00\x00\x08")
    damaged = append_crc(b"\x01\x03\x10" + bytes(16))[:-4]
    story = Listener().says(asked, damaged + OTHER, OTHER_ANSWER).story
    assert story[-2:] == [request(OTHER, Oddity.SHORT_GAP), answer(OTHER_ANSWER)]


def test_an_hour_of_garbage_is_handed_over_in_bounded_pieces() -> None:
    noise = random.Random(7)
    listener = Listener()
    for _ in range(40):
        listener.says(noise.randbytes(100), gap_ms=0)
    assert sum(len(heard.data) for heard in listener.told) >= 4000 - 512  # nothing waits for the end of it
    listener.silent(60)
    assert sum(len(heard.data) for heard in listener.told) == 4000
    assert max(len(heard.data) for heard in listener.told) <= 512


FRAMES = st.sampled_from([REQUEST, ANSWER, OTHER, OTHER_ANSWER, EXCEPTION])


@settings(max_examples=60)
@given(st.lists(st.one_of(FRAMES, st.binary(min_size=1, max_size=6)), max_size=8), st.data())
def test_every_byte_is_told_exactly_once_and_in_order_however_the_bytes_are_cut(
    said: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(said)
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(stream))), max_size=5)))
    listener = Listener()
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        if stream[begin:end]:
            listener.says(stream[begin:end], gap_ms=0)
    listener.silent(2000)
    told = [heard for heard in listener.told if Oddity.NO_ANSWER not in heard.oddities]
    assert b"".join(heard.data for heard in told) == stream
    ends = [heard.end_ns for heard in told]
    assert ends == sorted(ends)
