"""Which registers are asked for together, how often, and what that costs the bus. Pure.

Rows that detectors relate are read at the fast rate, the rest at the slow one. Within a range that the profile calls
readable, neighbours share a request where the hole between them costs less wire time than a request of its own. A
plan that would take more of the bus than `max_bus_use` is refused: we are guests on the controller's port.

Each read can be asked in two shapes where the range has room: a register more, and dropped again. So two requests in a
row to one slave ask for different numbers of registers, and an answer to the one never fits the other.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Self

import msgspec

from edge_agent.link.outcome import SlaveTimes
from protocols import ProtocolError
from protocols.lift.vocabulary import Rate
from protocols.modbus.line import NS_PER_S, LineSettings
from protocols.modbus.pdu import MAX_BITS, REQUEST_LEN, ReadFunction, ReadRequest
from protocols.profiles.layout import Block, Layout, Span, compile_layout
from protocols.profiles.place import FIRST_PLACE, Place
from protocols.profiles.schema import Profile

MAX_USE: Final = 0.6
"""The share of the bus that we take if nobody says otherwise: it is the controller's."""
FASTEST_NS: Final = 100_000_000
SLOWEST_FAST_NS: Final = 60 * NS_PER_S
SLOW_NS: Final = 1_000_000_000
"""Default periods; on a slower bus they are stretched until the plan fits."""
_STEP_NS: Final = 10_000_000
_GRAIN_NS: Final = 20_000_000
"""How much later than on the wire a serial port may see bytes (`SerialPort.grain_ns`)."""
_BITS_A_BYTE: Final = 8
_NS_PER_MS: Final = 1_000_000


class PlanRefused(ProtocolError):
    """What is asked for does not fit on the wire; the text has the arithmetic and what to change."""


class Shape(msgspec.Struct, frozen=True):
    """One way to ask for a read: `skip` registers of the answer come before the first that was wanted."""

    address: int
    count: int
    skip: int = 0


class Read(msgspec.Struct, frozen=True):
    """Registers read in one request, so at one instant: which, how often, in which shapes, whether they feed items."""

    block: Block
    rate: Rate
    shapes: tuple[Shape, ...]
    feeds: bool

    def request(self, slave: int, shape: Shape) -> ReadRequest:
        """The request that asks `slave` for it in a shape."""
        return ReadRequest(slave, ReadFunction(self.block.function), shape.address, shape.count)


class Job(msgspec.Struct, frozen=True):
    """A read of one slave again and again: `ways` are its requests, each with how much of the answer to skip."""

    block: Block
    period_ns: int
    ways: tuple[tuple[ReadRequest, int], ...]


class Station(msgspec.Struct, frozen=True):
    """A slave as the plan sees it. `layout` has the profile's readable ranges as its blocks."""

    layout: Layout
    times: SlaveTimes
    max_regs: int

    @classmethod
    def of(cls, profile: Profile, options: Mapping[str, str], place: Place = FIRST_PLACE) -> Self:
        """The device of a profile in an installation that answers its options so. Raises ProtocolError."""
        most = profile.max_regs if profile.ask_at_most is None else profile.ask_at_most
        return cls(compile_layout(profile, options, place), SlaveTimes.of(profile), most)


class Wish(msgspec.Struct, frozen=True):
    """What the configuration says; None: as fast as is useful and fits."""

    fast_ns: int | None
    slow_ns: int | None
    max_use: float


class Plan(msgspec.Struct, frozen=True):
    """`reads` of each station, the two periods, the share of the bus taken, and the age that fast items reach.

    Age counts from the request's end, when the registers may have been sampled, to the next answer. It is reached when
    a slow read has just begun as a fast one falls due; beside other devices' fast reads it may be exceeded by theirs.
    """

    reads: tuple[tuple[Read, ...], ...]
    fast_ns: int
    slow_ns: int
    use: float
    age_ns: int

    @property
    def slowest_item_ns(self) -> int:
        """The longest period of a read that somebody may judge."""
        rates = {read.rate for own in self.reads for read in own if read.feeds}
        return self.slow_ns if Rate.SLOW in rates else self.fast_ns

    def jobs(self, station: int, slave: int) -> tuple[Job, ...]:
        """What is to be read of a station, at its address on the bus."""
        return tuple(
            Job(
                read.block,
                self.fast_ns if read.rate is Rate.FAST else self.slow_ns,
                tuple((read.request(slave, shape), shape.skip) for shape in read.shapes),
            )
            for read in self.reads[station]
        )


def exchange_ns(line: LineSettings, times: SlaveTimes, request: ReadRequest) -> int:
    """What one exchange takes of the bus: request, latency, answer and the silence before the next request."""
    bytes_ns = line.wire_ns(REQUEST_LEN + request.reply_len)
    return bytes_ns + times.latency_ns + max(line.t35_ns, times.min_gap_ns)


def reads_of(station: Station, line: LineSettings, *, one_rate: bool = False) -> tuple[Read, ...]:
    """The reads that cover every row of a station, fast ones first; with one rate for all, fewer and larger ones."""
    fast: list[Read] = []
    slow: list[Read] = []
    for block in station.layout.blocks:
        spans = station.layout.spans(block)
        quick = _groups([span for span in spans if one_rate or span.rate is Rate.FAST], block, station, line)
        left = [span for span in spans if not any(_covers(group, span) for group in quick)]
        rest = _groups(left, block, station, line)
        is_whole = len(quick) + len(rest) == 1
        fast += [_read(block, group, Rate.FAST, station, is_whole) for group in quick]
        slow += [_read(block, group, Rate.SLOW, station, is_whole) for group in rest]
    return (*fast, *slow)


class _Cost(msgspec.Struct, frozen=True):
    """What all reads of one rate take of the bus each time."""

    reads: int
    ns: int


def plan(stations: Sequence[Station], line: LineSettings, wish: Wish) -> Plan:
    """Fit all stations on one bus. Raises PlanRefused with the arithmetic."""
    made = _plan(stations, line, wish, one_rate=False)
    return _plan(stations, line, wish, one_rate=True) if made.fast_ns == made.slow_ns else made


def plan_alone(profile: Profile) -> Plan:
    """The default plan of a device alone on its bus, at the line it comes with."""
    options = {name: next(iter(option.values)) for name, option in profile.options.items()}
    return plan([Station.of(profile, options)], LineSettings.parse(profile.line.default), Wish(None, None, MAX_USE))


def _plan(stations: Sequence[Station], line: LineSettings, wish: Wish, *, one_rate: bool) -> Plan:
    reads = tuple(reads_of(station, line, one_rate=one_rate) for station in stations)
    asked = [(station.times, read) for station, own in zip(stations, reads, strict=True) for read in own]
    costs = [(read.rate, _cost_ns(line, times, read)) for times, read in asked]
    fast, slow = (_cost([ns for of, ns in costs if of is rate]) for rate in (Rate.FAST, Rate.SLOW))
    fast_ns, slow_ns = _periods(fast, slow, wish)
    use = fast.ns / fast_ns + slow.ns / slow_ns
    if use > wish.max_use:
        raise PlanRefused(_refusal(fast, slow, line, wish))
    longest_slow_ns = max((ns for rate, ns in costs if rate is Rate.SLOW), default=0)
    tail_ns = max((_tail_ns(line, times, read) for times, read in asked if read.rate is Rate.FAST), default=0)
    return Plan(reads, fast_ns, slow_ns, use, age_ns=fast_ns + tail_ns + longest_slow_ns)


def _cost_ns(line: LineSettings, times: SlaveTimes, read: Read) -> int:
    """What a read takes in its longer shape; with one shape only, also the waits before and after it (`RtuMaster`)."""
    longest_ns = max(exchange_ns(line, times, read.request(1, shape)) for shape in read.shapes)
    if len(read.shapes) > 1:
        return longest_ns
    reply_ns = line.wire_ns(read.request(1, read.shapes[0]).reply_len)
    return longest_ns + reply_ns + times.latency_ns + line.t35_ns + 2 * _GRAIN_NS


def _tail_ns(line: LineSettings, times: SlaveTimes, read: Read) -> int:
    """What of an exchange comes before the answer is believed and after the instant from which its age counts."""
    return times.latency_ns + line.wire_ns(read.request(1, read.shapes[0]).reply_len)


def _cost(each_ns: Sequence[int]) -> _Cost:
    return _Cost(len(each_ns), sum(each_ns))


def _groups(spans: Sequence[Span], block: Block, station: Station, line: LineSettings) -> list[Span]:
    """Spans joined to reads: as few bytes on the wire as can be."""
    is_bits = block.function <= ReadFunction.DISCRETE
    most = MAX_BITS if is_bits else station.max_regs
    alone = ReadRequest(1, ReadFunction(block.function), block.address, 1)
    alone_ns = exchange_ns(line, station.times, alone)
    unit_ns = line.wire_ns(2) // (2 * _BITS_A_BYTE if is_bits else 1)
    groups: list[Span] = []
    for span in spans:
        if groups:
            last = groups[-1]
            end = max(last.address + last.count, span.address + span.count)
            hole = span.address - (last.address + last.count)
            if end - last.address <= most and hole * unit_ns < alone_ns:
                groups[-1] = Span(last.address, end - last.address, last.rate, last.feeds or span.feeds)
                continue
        groups.append(span)
    return groups


def _covers(group: Span, span: Span) -> bool:
    return group.address <= span.address and span.address + span.count <= group.address + group.count


def _read(block: Block, group: Span, rate: Rate, station: Station, is_whole: bool) -> Read:
    name = block.name if is_whole else f"{block.name}_{group.address:04x}"
    own = Block(name, block.function, group.address, group.count)
    return Read(own, rate, tuple(_shapes(block, group, station)), group.feeds)


def _shapes(block: Block, group: Span, station: Station) -> Iterator[Shape]:
    yield Shape(group.address, group.count)
    is_bits = block.function <= ReadFunction.DISCRETE
    more, most = (_BITS_A_BYTE, MAX_BITS) if is_bits else (1, station.max_regs)
    if group.count + more > most:
        return
    if group.address + group.count + more <= block.address + block.count:
        yield Shape(group.address, group.count + more)
    elif group.address - more >= block.address:
        yield Shape(group.address - more, group.count + more, skip=more)


def _periods(fast: _Cost, slow: _Cost, wish: Wish) -> tuple[int, int]:
    """As wished; else the defaults, stretched until they fit: slow reads take half of what we may use at most."""
    slow_ns = max(SLOW_NS, _rounded_up(2 * slow.ns / wish.max_use)) if wish.slow_ns is None else wish.slow_ns
    left = wish.max_use - slow.ns / slow_ns
    least_ns = _rounded_up(fast.ns / left) if left > 0 else SLOWEST_FAST_NS
    fast_ns = max(FASTEST_NS, least_ns) if wish.fast_ns is None else wish.fast_ns
    return fast_ns, max(slow_ns, fast_ns)


def _rounded_up(ns: float) -> int:
    return -int(-ns // _STEP_NS) * _STEP_NS


def _refusal(fast: _Cost, slow: _Cost, line: LineSettings, wish: Wish) -> str:
    fast_ns, slow_ns = _periods(fast, slow, wish)
    fit_fast_ns, fit_slow_ns = _periods(fast, slow, Wish(None, None, wish.max_use))
    use = fast.ns / fast_ns + slow.ns / slow_ns
    terms = " and ".join(
        f"{cost.reads} {rate.value} reads take {cost.ns / _NS_PER_MS:.0f} ms every {period_ns / NS_PER_S:g} s"
        for rate, cost, period_ns in ((Rate.FAST, fast, fast_ns), (Rate.SLOW, slow, slow_ns))
        if cost.reads
    )
    return (
        f"{terms}: {use:.0%} of the bus at {line}, more than max_bus_use {wish.max_use:.0%}; leave poll_period_s and"
        f" slow_period_s out, or set at least {fit_fast_ns / NS_PER_S:g} and {fit_slow_ns / NS_PER_S:g}, or put fewer"
        " devices on this bus"
    )
