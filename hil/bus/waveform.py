"""A serial line at the level of bits: what a UART puts on a wire, what another one makes of it, and edits between.

A waveform is a list of edges (t_ns, level) in order of time, its levels alternating. Before the first edge the line is
MARK: idle, a one. Times are integer ns; each edge is rounded once, so that n characters end where
`LineSettings.wire_ns(n)` says.

The receiver looks for a falling edge, samples the middle of the start bit and, if that is still low, the middle of
every bit behind it, timed from that same edge. A UART with 16x oversampling does so within a sixteenth of a bit. It
looks for the next start bit from the middle of the first stop bit on. After a stop bit that reads low it needs the
line to go high before the next start bit: a break is one character, however long it lasts.

Drift is a clock's error in ppm: positive runs fast, its bits are short. Every level outside an edit stays as it was.
"""

import enum
import functools
import itertools
import operator
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from protocols.modbus.line import NS_PER_S, LineSettings, Parity

Edge = tuple[int, int]
Levels = Sequence[Edge]
"""Edges in order of time; MARK before the first."""
Window = tuple[int, int]
"""From ns to ns, the end excluded."""

MARK: Final = 1
SPACE: Final = 0
MILLION: Final = 1_000_000


class Merge(enum.Enum):
    """What two drivers that fight make: the space wins, or the mark."""

    AND = "and"
    OR = "or"


class RxChar(msgspec.Struct, frozen=True):
    """One character received. `t_ns`: when its last stop bit ends by the receiver's clock, counted from its start."""

    byte: int
    t_ns: int
    parity_error: bool
    framing_error: bool
    is_break: bool


class Reception(msgspec.Struct, frozen=True):
    """What a receiver has by an instant.

    `armed_ns`: from where to go on; every edge before it is dealt with. `due_ns`: when the character in progress will
    be complete, None on an idle line.
    """

    chars: tuple[RxChar, ...]
    armed_ns: int
    due_ns: int | None


class Drive(msgspec.Struct, frozen=True):
    """A driver that is on from `start_ns` to `end_ns` and makes `levels` there; outside they are MARK."""

    start_ns: int
    end_ns: int
    levels: Levels


def bits_ns(bits_x2: int, baud: int, drift_ppm: int = 0) -> int:
    """How long `bits_x2` half bits take, rounded once to the nearest ns."""
    rate = baud * (MILLION + drift_ppm)
    return (bits_x2 * NS_PER_S * MILLION + rate) // (2 * rate)


def encode(data: bytes, line: LineSettings, t_start_ns: int, drift_ppm: int = 0) -> list[Edge]:
    """The waveform of `data` sent back to back from `t_start_ns` on."""
    shapes, per_char = _shapes(line.parity, line.stop_bits), line.bits_per_char
    rate = line.baud * (MILLION + drift_ppm)
    scale, round_up, divisor = 2 * NS_PER_S * MILLION, rate, 2 * rate
    return [
        (t_start_ns + ((index * per_char + bit) * scale + round_up) // divisor, level)
        for index, byte in enumerate(data)
        for bit, level in shapes[byte]
    ]


@functools.cache
def _shapes(parity: Parity, stop_bits: int) -> tuple[tuple[Edge, ...], ...]:
    """For each byte the edges of its character: (bit number, level), from mark to mark."""
    return tuple(tuple(_edges_of([MARK, *char_bits(byte, parity, stop_bits)])) for byte in range(256))


def _edges_of(bits: list[int]) -> Iterable[Edge]:
    return ((number, bit) for number, (before, bit) in enumerate(itertools.pairwise(bits)) if bit != before)


def char_bits(byte: int, parity: Parity, stop_bits: int) -> list[int]:
    """A character's bits in the order of the wire: start, data from the lowest, parity if any, stop."""
    check = [] if parity is Parity.NONE else [parity_bit(byte, parity)]
    return [SPACE, *(byte >> number & 1 for number in range(8)), *check, *[MARK] * stop_bits]


def parity_bit(byte: int, parity: Parity) -> int:
    """The bit that makes the number of ones even, or odd."""
    return byte.bit_count() + (parity is Parity.ODD) & 1


def decode(levels: Levels, line: LineSettings, drift_ppm: int = 0) -> list[RxChar]:
    """Everything a receiver makes of a whole waveform, with an idle line before and behind it."""
    if not levels:
        return []
    behind_ns = levels[-1][0] + 2 * bits_ns(2 * line.bits_per_char, line.baud, drift_ppm)
    return list(receive(levels, line, levels[0][0], behind_ns, drift_ppm).chars)


class _Uart(msgspec.Struct, frozen=True):
    """Offsets from the start bit's edge: the samples (start, data, parity, stop), and the end of the character."""

    samples: tuple[int, ...]
    char_ns: int


@functools.lru_cache(maxsize=256)
def _uart(line: LineSettings, drift_ppm: int) -> _Uart:
    sampled = line.bits_per_char - line.stop_bits + 1
    samples = tuple(bits_ns(2 * bit + 1, line.baud, drift_ppm) for bit in range(sampled))
    return _Uart(samples, bits_ns(2 * line.bits_per_char, line.baud, drift_ppm))


def receive(levels: Levels, line: LineSettings, from_ns: int, until_ns: int, drift_ppm: int = 0) -> Reception:
    """The characters whose start bit falls at `from_ns` or later and whose stop bit was sampled by `until_ns`."""
    uart = _uart(line, drift_ppm)
    chars: list[RxChar] = []
    index = _first_from(levels, from_ns)
    while index < len(levels):
        t_ns, level = levels[index]
        if level == MARK:
            index += 1
            continue
        if t_ns + uart.samples[0] > until_ns:
            return Reception(tuple(chars), min(t_ns, until_ns), t_ns + uart.char_ns)
        bits, index = _sample(levels, index, t_ns, uart.samples)
        if bits & 1:
            from_ns = t_ns + uart.samples[0] + 1
            index = _first_from(levels, from_ns)
            continue
        if t_ns + uart.samples[-1] > until_ns:
            return Reception(tuple(chars), t_ns, t_ns + uart.char_ns)
        chars.append(_char(bits, line.parity, t_ns + uart.char_ns))
        from_ns = t_ns + uart.samples[-1] + 1
    return Reception(tuple(chars), max(from_ns, until_ns), None)


def _sample(levels: Levels, index: int, t_ns: int, samples: tuple[int, ...]) -> tuple[int, int]:
    """The bits sampled, the first one lowest, and the first edge behind the last sample."""
    bits = 0
    level, index = levels[index][1], index + 1
    for number, offset in enumerate(samples):
        while index < len(levels) and levels[index][0] <= t_ns + offset:
            level = levels[index][1]
            index += 1
        bits |= level << number
    return bits, index


def _char(bits: int, parity: Parity, t_ns: int) -> RxChar:
    byte, rest = bits >> 1 & 0xFF, bits >> 9
    if parity is Parity.NONE:
        return RxChar(byte, t_ns, parity_error=False, framing_error=not rest & 1, is_break=bits == 0)
    wrong = rest & 1 != parity_bit(byte, parity)
    return RxChar(byte, t_ns, parity_error=wrong, framing_error=not rest >> 1 & 1, is_break=bits == 0)


# edits


def level_at(levels: Levels, t_ns: int) -> int:
    """The level at an instant; an edge counts from its own instant on."""
    index = _first_from(levels, t_ns + 1)
    return levels[index - 1][1] if index else MARK


def invert(levels: Levels, windows: Iterable[Window]) -> list[Edge]:
    """Turn the level over inside `windows`, which are in order and do not overlap: a glitch, a flipped bit."""
    edges: list[Edge] = []
    done = 0
    for start, end in windows:
        first, last = _first_from(levels, start), _first_from(levels, end)
        edges += levels[done:first]
        _step(edges, start, 1 - level_at(levels, start))
        for t_ns, level in levels[first:last]:
            _step(edges, t_ns, 1 - level)
        _step(edges, end, level_at(levels, end))
        done = _first_from(levels, end + 1)
    edges += levels[done:]
    return edges


def force(levels: Levels, window: Window, level: int) -> list[Edge]:
    """Hold the line at `level` inside `window`: stuck."""
    start, end = window
    edges = list(levels[: _first_from(levels, start)])
    _step(edges, start, level)
    _step(edges, end, level_at(levels, end))
    edges += levels[_first_from(levels, end + 1) :]
    return edges


def _first_from(levels: Levels, t_ns: int) -> int:
    """The place of the first edge at `t_ns` or later."""
    return bisect_left(levels, (t_ns, SPACE))


def _step(edges: list[Edge], t_ns: int, level: int) -> None:
    """Go to `level`, if that is a change."""
    if level != (edges[-1][1] if edges else MARK):
        edges.append((t_ns, level))


def merge(drives: Sequence[Drive], idle: Levels = (), rule: Merge = Merge.AND) -> list[Edge]:
    """The waveform of a line with these drivers; where none is on it is `idle`."""
    if rule is Merge.AND and not idle:
        return _all_and([drive.levels for drive in drives])
    driven: Levels = []
    on: list[Edge] = [(_EVER, 0)]
    neutral, fight = (MARK, operator.and_) if rule is Merge.AND else (SPACE, operator.or_)
    for number, drive in enumerate(drives):
        mine = _released_at(drive, neutral)
        driven = _sweep(driven, mine, MARK, fight) if number else mine
        on = _sweep(on, [(_EVER, 0), (drive.start_ns, 1), (drive.end_ns, 0)], MARK, operator.or_)
    heard = _sweep(driven, on, MARK, operator.and_)
    return _sweep(heard, _sweep(idle, on, MARK, lambda level, busy: level & ~busy), MARK, operator.or_)


_EVER: Final = -(1 << 62)
"""Before any time."""


def _released_at(drive: Drive, neutral: int) -> Levels:
    """A drive's levels, and `neutral` where it is off."""
    if neutral == MARK:
        return drive.levels
    return _sweep(drive.levels, [(_EVER, 0), (drive.start_ns, 1), (drive.end_ns, 0)], MARK, operator.and_)


def _all_and(waveforms: Sequence[Levels]) -> list[Edge]:
    heard: Levels = []
    for levels in waveforms:
        heard = _and(heard, levels)
    return list(heard)


def _and(one: Levels, other: Levels) -> Levels:
    if one and other and one[-1][1] == MARK and one[-1][0] < other[0][0]:
        return [*one, *other]
    return _sweep(one, other, MARK, operator.and_) if one else other


def _sweep(one: Levels, other: Levels, other_first: int, join: Callable[[int, int], int]) -> list[Edge]:
    """`join` of two waveforms at every instant; `other` begins at `other_first`, `one` at MARK."""
    edges: list[Edge] = []
    level, a, b = MARK, MARK, other_first
    i = j = 0
    while i < len(one) or j < len(other):
        t_ns = min(one[i][0] if i < len(one) else other[j][0], other[j][0] if j < len(other) else one[i][0])
        while i < len(one) and one[i][0] == t_ns:
            a, i = one[i][1], i + 1
        while j < len(other) and other[j][0] == t_ns:
            b, j = other[j][1], j + 1
        joined = join(a, b)
        if joined != level:
            level = joined
            edges.append((t_ns, level))
    return edges
