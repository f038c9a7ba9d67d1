"""The plan: what is read together, how often, in which shapes, and what the bus can carry."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.link.outcome import SlaveTimes
from edge_agent.link.plan import FASTEST_NS, Plan, PlanRefused, Read, Station, Wish, exchange_ns, plan
from protocols.lift.vocabulary import Rate
from protocols.modbus.line import LineSettings
from protocols.profiles.layout import Layout, compile_layout
from protocols.profiles.loader import load_profile, parse_profile
from protocols.resources import config_text

MS = 1_000_000
S = 1_000_000_000
LINE = LineSettings.parse("9600 8N1")
DEFAULTS = Wish(fast_ns=None, slow_ns=None, max_use=0.6)
BOX, _ = config_text("profiles", "stm32-lift-sensor")


def box() -> Station:
    profile = load_profile("stm32-lift-sensor")
    return Station(compile_layout(profile, {"door_switch": "open_end"}), SlaveTimes.of(profile), profile.max_regs)


def station(rows: str, blocks: str = "{name: all, address: 0, count: 100}", max_regs: int = 125) -> Station:
    head = BOX[: BOX.index("blocks:")].replace("max_regs: 19", f"max_regs: {max_regs}")
    profile = parse_profile(f"{head}blocks: [{blocks}]\nrows: [{rows}]\n", "by hand")
    return Station(compile_layout(profile, {"door_switch": "open_end"}), SlaveTimes.of(profile), profile.max_regs)


def row(address: int, rate: str = "fast", words: int = 1) -> str:
    return f"{{name: r{address}, address: {address}, words: {words}, rate: {rate}, status: C}}, "


def ranges(reads: tuple[Read, ...]) -> list[tuple[str, int, int]]:
    return [(read.rate.value, read.block.address, read.block.count) for read in reads]


def reads_of(one: Station) -> tuple[Read, ...]:
    return plan([one], LINE, DEFAULTS).reads[0]


def test_the_sensor_terminal_is_read_in_two_parts() -> None:
    """Everything that a detector relates stands in 0010h to 0012h (S-STM)."""
    assert ranges(reads_of(box())) == [("fast", 0x10, 3), ("slow", 0x13, 16)]


def test_its_plan_by_hand() -> None:
    """9600 8N1: a character takes 10/9600 s; the profile states 10 ms latency and 10 ms of silence.

    The bus is reckoned with each read's longer shape: 4 registers and 17.
    """
    made = plan([box()], LINE, DEFAULTS)
    fast_ms, slow_ms = (8 + 13) * 10 / 9.6 + 20, (8 + 39) * 10 / 9.6 + 20
    assert (made.fast_ns, made.slow_ns) == (100 * MS, 1 * S)
    assert made.use == pytest.approx(fast_ms / 100 + slow_ms / 1000, abs=1e-6)
    assert made.age_ns / MS == pytest.approx(100 + 10 + 11 * 10 / 9.6 + slow_ms, abs=1e-3)


@pytest.mark.parametrize(("hole", "reads"), [(17, 1), (18, 2)])
def test_a_hole_is_read_when_it_costs_less_than_a_request(hole: int, reads: int) -> None:
    """A request for one register takes 8 + 7 characters of 10/9600 s and 20 ms, 35.6 ms; a register 2.08 ms."""
    assert len(reads_of(station(row(0) + row(1 + hole)))) == reads


def test_no_read_asks_for_more_than_the_device_allows_nor_across_ranges() -> None:
    rows = "".join(row(address) for address in (0, 1, 2, 3, 4, 5, 10, 11))
    blocks = "{name: one, address: 0, count: 6}, {name: two, address: 10, count: 2}"
    assert ranges(reads_of(station(rows, blocks, max_regs=4))) == [("fast", 0, 4), ("fast", 4, 2), ("fast", 10, 2)]


def test_a_number_over_two_registers_is_never_torn() -> None:
    rows = row(0) + row(1) + row(2) + row(3, words=2)
    assert ranges(reads_of(station(rows, max_regs=4))) == [("fast", 0, 3), ("fast", 3, 2)]


def test_what_lies_among_fast_rows_is_not_read_twice() -> None:
    rows = row(0) + row(1, "slow") + row(2) + row(40, "slow")
    assert ranges(reads_of(station(rows))) == [("fast", 0, 3), ("slow", 40, 1)]


@pytest.mark.parametrize(
    ("start", "count", "ways"),
    [(0, 3, [(0, 3, 0), (0, 4, 0)]), (97, 3, [(97, 3, 0), (96, 4, 1)]), (0, 10, [(0, 10, 0)])],
)
def test_a_read_can_be_asked_in_two_shapes_where_there_is_room(
    start: int, count: int, ways: list[tuple[int, int, int]]
) -> None:
    (read,) = reads_of(station("".join(row(start + offset) for offset in range(count)), max_regs=10))
    assert [(shape.address, shape.count, shape.skip) for shape in read.shapes] == ways


def test_a_slower_bus_stretches_the_periods_until_the_plan_fits() -> None:
    made = plan([box()] * 16, LINE, DEFAULTS)
    assert 0.5 < made.use <= 0.6
    assert made.fast_ns > FASTEST_NS
    assert made.slow_ns >= made.fast_ns


def test_periods_that_do_not_fit_are_refused_with_the_arithmetic_and_a_way_out() -> None:
    with pytest.raises(PlanRefused) as refused:
        plan([box()] * 4, LINE, Wish(100 * MS, None, 0.6))
    said = str(refused.value)
    assert "4 fast reads take 168 ms every 0.1 s and 4 slow reads take 276 ms every 1 s: 195%" in said
    assert "max_bus_use 60%" in said
    assert "set at least 0.52 and 1" in said
    assert plan([box()] * 4, LINE, Wish(520 * MS, 1000 * MS, 0.6)).use <= 0.6


def regs(layout: Layout, read_plan: Plan) -> set[int]:
    return {read.block.address + offset for read in read_plan.reads[0] for offset in range(read.block.count)}


def again_ns(read: Read) -> int:
    """With one shape only a copy is waited for before, and what may be owed after; a port sees both 20 ms late."""
    reply_ns = LINE.wire_ns(read.request(1, read.shapes[0]).reply_len)
    return 0 if len(read.shapes) > 1 else reply_ns + box().times.latency_ns + LINE.t35_ns + 40 * MS


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 90), st.sampled_from(Rate)), min_size=1, max_size=30, unique_by=lambda one: one[0]
    ),
    st.integers(1, 30),
    st.floats(0.05, 1.0),
)
def test_every_row_is_read_and_the_bus_is_never_overbooked(
    rows: list[tuple[int, Rate]], max_regs: int, max_use: float
) -> None:
    one = station("".join(row(address, rate.value) for address, rate in rows), max_regs=max_regs)
    try:
        made = plan([one], LINE, Wish(None, None, max_use))
    except PlanRefused:
        pytest.fail("with nothing asked for there is always a plan")
    assert {address for address, _ in rows} <= regs(one.layout, made)
    costs = [
        (max(exchange_ns(LINE, one.times, read.request(1, shape)) for shape in read.shapes) + again_ns(read))
        / (made.fast_ns if read.rate is Rate.FAST else made.slow_ns)
        for read in made.reads[0]
    ]
    assert sum(costs) == pytest.approx(made.use)
    assert made.use <= max_use
    assert all(shape.count <= max_regs for read in made.reads[0] for shape in read.shapes)


def test_with_one_period_for_all_there_is_one_read() -> None:
    made = plan([box()], LINE, Wish(1 * S, 1 * S, 0.6))
    assert ranges(made.reads[0]) == [("fast", 0x10, 19)]
