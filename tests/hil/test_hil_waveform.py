"""The UART model: what goes out comes in, what cannot match goes wrong as on a real line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.bus.waveform import (
    MARK,
    SPACE,
    Drive,
    Edge,
    Merge,
    RxChar,
    decode,
    encode,
    force,
    invert,
    level_at,
    merge,
    receive,
)
from protocols.modbus.line import NS_PER_S, LineSettings

FORMATS = ("8N1", "8N2", "8E1", "8O1", "8E2", "8O2")
SPEEDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
LINE = LineSettings.parse("9600 8N1")
EVEN = LineSettings.parse("9600 8E1")
BIT_NS = NS_PER_S / 9600

LINES = st.builds(
    lambda baud, form: LineSettings.parse(f"{baud} {form}"), st.sampled_from(SPEEDS), st.sampled_from(FORMATS)
)
STARTS = st.integers(0, 10**15)
SOME = st.binary(min_size=1, max_size=40)


def bytes_of(chars: list[RxChar]) -> bytes:
    return bytes(char.byte for char in chars)


def is_clean(chars: list[RxChar]) -> bool:
    return not any(char.parity_error or char.framing_error or char.is_break for char in chars)


def at_bits(*bits: int) -> list[Edge]:
    """Edges at these bit numbers of a 9600 Bd line, the first one falling."""
    return [(round(bit * BIT_NS), number % 2) for number, bit in enumerate(bits)]


def ones(byte: int) -> int:
    return bin(byte).count("1")


# one line


def test_a_character_is_start_data_from_the_lowest_bit_and_stop() -> None:
    """0x4B is 0100 1011: on the wire 0 1101 0010 1."""
    assert encode(b"\x4b", LINE, 0) == at_bits(0, 1, 3, 4, 5, 7, 8, 9)


@pytest.mark.parametrize(("form", "bit"), [("8E1", 1), ("8O1", 0)])
def test_the_parity_bit_makes_the_ones_even_or_odd(form: str, bit: int) -> None:
    """0x07 has three ones: 0 1110 0000 P 1."""
    low_to = 9 if bit else 10
    assert encode(b"\x07", LineSettings.parse(f"9600 {form}"), 0) == at_bits(0, 1, 4, low_to)


@given(SOME, LINES, STARTS)
def test_what_was_sent_is_received_in_every_format_at_every_speed(
    data: bytes, line: LineSettings, start_ns: int
) -> None:
    chars = decode(encode(data, line, start_ns), line)
    assert bytes_of(chars) == data
    assert is_clean(chars)
    assert abs(chars[-1].t_ns - start_ns - line.wire_ns(len(data))) <= 1


@given(SOME, LINES, st.lists(st.integers(1, 40), max_size=30), st.integers(-60_000, 60_000))
def test_a_receiver_that_looks_now_and_then_hears_what_one_hears_that_looks_at_the_end(
    data: bytes, line: LineSettings, looks: list[int], drift_ppm: int
) -> None:
    levels = encode(data, line, 5, drift_ppm)
    heard: list[RxChar] = []
    from_ns = until_ns = 0
    for look in looks:
        until_ns += look * line.wire_ns(1) // 7
        got = receive([edge for edge in levels if edge[0] <= until_ns], line, from_ns, until_ns)
        heard += got.chars
        from_ns = got.armed_ns
    heard += receive(levels, line, from_ns, until_ns + 10**12).chars
    assert heard == decode(levels, line)


def test_a_character_in_progress_is_announced_and_an_idle_line_is_not() -> None:
    levels = encode(b"\x55", LINE, 100)
    middle = receive(levels, LINE, 0, 100 + LINE.wire_ns(1) // 2)
    assert (middle.chars, middle.due_ns) == ((), 100 + LINE.wire_ns(1))
    assert receive(levels, LINE, 0, 100 + LINE.wire_ns(1)).due_ns is None


# lines that do not match


@given(SOME, st.sampled_from(SPEEDS))
def test_even_parity_read_without_parity_has_bad_stop_bits_exactly_where_the_parity_bit_is_0(
    data: bytes, baud: int
) -> None:
    chars = decode(encode(data, LineSettings.parse(f"{baud} 8E1"), 0), LineSettings.parse(f"{baud} 8N1"))
    assert bytes_of(chars) == data
    assert [char.framing_error for char in chars] == [ones(byte) % 2 == 0 for byte in data]


@given(SOME)
def test_no_parity_read_with_even_parity_takes_the_stop_bit_for_it_and_the_next_start_bit_for_the_stop_bit(
    data: bytes,
) -> None:
    for byte in data:
        chars = decode(encode(bytes((byte, 0xFF)), LINE, 0), EVEN)
        assert (chars[0].byte, chars[0].framing_error) == (byte, True)
        assert chars[0].parity_error is (ones(byte) % 2 == 0)


@given(SOME)
def test_odd_parity_read_as_even_is_a_parity_error_in_every_character(data: bytes) -> None:
    chars = decode(encode(data, LineSettings.parse("9600 8O1"), 0), EVEN)
    assert bytes_of(chars) == data
    assert all(char.parity_error and not char.framing_error for char in chars)


@given(SOME, st.sampled_from([("8N1", "8N2"), ("8N2", "8N1")]))
def test_the_number_of_stop_bits_is_invisible_to_a_receiver(data: bytes, forms: tuple[str, str]) -> None:
    sender, receiver = (LineSettings.parse(f"9600 {form}") for form in forms)
    chars = decode(encode(data, sender, 0), receiver)
    assert bytes_of(chars) == data
    assert is_clean(chars)


@given(SOME, LINES, LINES, STARTS)
def test_a_mismatch_gives_the_same_garbage_every_time(
    data: bytes, sender: LineSettings, receiver: LineSettings, start_ns: int
) -> None:
    early, late = (
        [(char.byte, char.parity_error, char.framing_error, char.is_break) for char in decode(levels, receiver)]
        for levels in (encode(data, sender, t_ns) for t_ns in (start_ns, start_ns + 12_345_678))
    )
    assert early == late


def test_a_zero_at_a_third_of_the_speed_is_a_break() -> None:
    """Nine low bits are 27 of the receiver's, more than the ten of its characters."""
    chars = decode(encode(b"\x00", LineSettings.parse("19200 8N1"), 0), LineSettings.parse("57600 8N1"))
    assert [(char.byte, char.is_break) for char in chars] == [(0, True)]


# clocks


@given(SOME, st.integers(-45_000, 45_000))
def test_ten_bits_stand_four_and_a_half_per_cent(data: bytes, drift_ppm: int) -> None:
    """The last sample is 9.5 bits behind the edge and may be half a bit off: 5.2 %."""
    chars = decode(encode(data, LINE, 0, drift_ppm), LINE)
    assert bytes_of(chars) == data
    assert is_clean(chars)


@given(SOME, st.integers(-42_000, 42_000))
def test_eleven_bits_stand_a_little_less(data: bytes, drift_ppm: int) -> None:
    """10.5 bits and half a bit: 4.7 %."""
    chars = decode(encode(data, EVEN, 0, drift_ppm), EVEN)
    assert bytes_of(chars) == data
    assert is_clean(chars)


@pytest.mark.parametrize("drift_ppm", [-60_000, 60_000])
def test_six_per_cent_are_too_much(drift_ppm: int) -> None:
    """A slow sender's last data bit, a fast sender's next start bit stands where the stop bit should."""
    chars = decode(encode(bytes(4), LINE, 0, drift_ppm), LINE)
    assert all(char.framing_error for char in chars[:3])


@given(SOME, st.integers(-60_000, 60_000))
def test_only_the_difference_of_the_clocks_counts(data: bytes, drift_ppm: int) -> None:
    assert bytes_of(decode(encode(data, LINE, 0, drift_ppm), LINE, drift_ppm)) == data


# breaks and glitches


@given(st.integers(10, 500))
def test_a_break_is_one_zero_however_long_it_lasts(bits: int) -> None:
    low_ns = round(bits * BIT_NS)
    after = encode(b"Z", LINE, low_ns + 1_000_000)
    chars = decode([(0, SPACE), (low_ns, MARK), *after], LINE)
    assert [(char.byte, char.is_break) for char in chars] == [(0, True), (ord("Z"), False)]


@pytest.mark.parametrize(("width", "heard"), [(0.4, b""), (0.6, b"\xff"), (1.4, b"\xff"), (1.6, b"\xfe")])
def test_a_low_pulse_on_an_idle_line_is_a_start_bit_from_half_a_bit_on(width: float, heard: bytes) -> None:
    assert bytes_of(decode([(0, SPACE), (round(width * BIT_NS), MARK)], LINE)) == heard


@given(SOME, st.data())
def test_a_pulse_across_the_middle_of_a_bit_flips_that_bit_alone_and_parity_sees_it(
    data: bytes, draw: st.DataObject
) -> None:
    byte, bit = draw.draw(st.integers(0, len(data) - 1)), draw.draw(st.integers(0, 7))
    middle_ns = round((byte * 11 + 1 + bit + 0.5) * BIT_NS)
    chars = decode(invert(encode(data, EVEN, 0), [(middle_ns - 9_000, middle_ns + 9_000)]), EVEN)
    assert [char.byte for char in chars] == [
        value ^ (1 << bit if index == byte else 0) for index, value in enumerate(data)
    ]
    assert [index for index, char in enumerate(chars) if char.parity_error] == [byte]


TICKS = st.integers(-20, 300)
"""A few instants and many edges on them."""
EDGES = st.lists(TICKS, unique=True, max_size=20).map(lambda at: [(t, n % 2) for n, t in enumerate(sorted(at))])


@given(EDGES, st.lists(TICKS, unique=True, max_size=8).map(sorted))
def test_to_invert_turns_the_level_over_inside_the_windows_and_nowhere_else(
    levels: list[Edge], ends: list[int]
) -> None:
    windows = list(zip(ends[::2], ends[1::2], strict=False))
    inverted = invert(levels, windows)
    for t_ns in range(-21, 302):
        inside = any(start <= t_ns < end for start, end in windows)
        assert level_at(inverted, t_ns) == level_at(levels, t_ns) ^ inside
    assert [level for _, level in inverted] == [n % 2 for n in range(len(inverted))]


@given(EDGES, TICKS, TICKS, st.sampled_from([MARK, SPACE]))
def test_to_force_holds_the_level_inside_the_window_and_nowhere_else(
    levels: list[Edge], one: int, other: int, level: int
) -> None:
    start, end = min(one, other), max(one, other) + 1
    forced = force(levels, (start, end), level)
    for t_ns in range(-21, 302):
        assert level_at(forced, t_ns) == (level if start <= t_ns < end else level_at(levels, t_ns))
    assert [level for _, level in forced] == [n % 2 for n in range(len(forced))]


@given(SOME, st.integers(0, 10**7), st.integers(1, 10**7))
def test_to_invert_twice_changes_nothing(data: bytes, start_ns: int, width_ns: int) -> None:
    levels, window = encode(data, LINE, 0), [(start_ns, start_ns + width_ns)]
    assert invert(invert(levels, window), window) == levels


def test_swapped_wires_turn_start_bits_into_silence_and_make_the_same_garbage_every_time() -> None:
    """0xFF is 0 11111111 1: turned over a pulse of nine zeros behind a one; the driver lets go at the end."""
    end_ns = LINE.wire_ns(1)
    levels = invert(encode(b"\xff", LINE, 0), [(0, end_ns)])
    assert levels == [(round(BIT_NS), SPACE), (end_ns, MARK)]
    assert bytes_of(decode(levels, LINE)) == b"\x00"


@pytest.mark.parametrize("level", [MARK, SPACE])
def test_a_stuck_line_says_nothing_of_what_is_sent(level: int) -> None:
    levels = force(encode(b"abc", LINE, 0), (-5, 10**9), level)
    assert levels == ([] if level == MARK else [(-5, SPACE), (10**9, MARK)])


# two drivers


def drives(one: bytes, other: bytes, apart_ns: int) -> list[Drive]:
    return [
        Drive(start, start + LINE.wire_ns(len(data)), encode(data, LINE, start))
        for data, start in ((one, 0), (other, apart_ns))
    ]


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=1, max_size=20), st.sampled_from(Merge))
def test_drivers_in_step_make_the_and_or_the_or_of_their_bytes(pairs: list[tuple[int, int]], rule: Merge) -> None:
    one, other = bytes(a for a, _ in pairs), bytes(b for _, b in pairs)
    expected = bytes(a & b if rule is Merge.AND else a | b for a, b in pairs)
    assert bytes_of(decode(merge(drives(one, other, 0), rule=rule), LINE)) == expected


@given(SOME, SOME, st.integers(0, 10**6), st.sampled_from(Merge))
def test_drivers_one_after_the_other_do_not_touch(one: bytes, other: bytes, gap_ns: int, rule: Merge) -> None:
    merged = merge(drives(one, other, LINE.wire_ns(len(one)) + gap_ns), rule=rule)
    assert bytes_of(decode(merged, LINE)) == one + other


@given(SOME, st.sampled_from(Merge))
def test_junk_of_an_idle_line_is_gone_while_somebody_drives(data: bytes, rule: Merge) -> None:
    start_ns, end_ns = 10_000_000, 10_000_000 + LINE.wire_ns(len(data))
    junk = [(0, SPACE), (500_000, MARK), (start_ns + 1000, SPACE), (start_ns + 400_000, MARK)]
    merged = merge([Drive(start_ns, end_ns, encode(data, LINE, start_ns))], junk, rule)
    assert merged[:2] == junk[:2]
    assert merged[2:] == encode(data, LINE, start_ns)
