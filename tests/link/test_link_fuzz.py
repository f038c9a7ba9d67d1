"""Random faults in random order: every register says for which request it was sent, so no stale one passes."""

import random
from collections.abc import Callable

from hypothesis import event, given, settings
from hypothesis import strategies as st
from link_bench import (
    LATENCY_NS,
    MAX_LATE_NS,
    MS,
    TIMES,
    Habit,
    LinkBench,
    Sends,
    answer_with,
    good,
    holding,
    late_by,
    serial_answer,
    silent,
)

from edge_agent.link.master import MARGIN_NS
from edge_agent.link.outcome import Reply
from hil.bus.segment import Delivery
from hil.loop import run_virtual
from protocols.modbus.crc import append_crc, crc_ok
from protocols.modbus.pdu import ReadRequest

SLAVES = st.sampled_from([1, 2, 3])
COUNTS = st.sampled_from([1, 2, 2, 2, 5])
NOISE = st.binary(min_size=1, max_size=4) | st.sampled_from([b"\x00", b"\xff", b"\x01\x03", b"\x02\x03\x04"])
LATEST_NS = MARGIN_NS + MAX_LATE_NS
"""From the stated latency: the deadline's margin, and as late as an answer may be."""


def flipped(bits: list[int]) -> Callable[[bytes], bytes]:
    def change(adu: bytes) -> bytes:
        data = bytearray(adu)
        for bit in bits:
            data[bit // 8 % len(data)] ^= 1 << bit % 8
        return bytes(data)

    return change


def sent(after_ns: int, change: Callable[[bytes], bytes]) -> Habit:
    return lambda request, serial: [(LATENCY_NS + after_ns, change(serial_answer(request, serial)))]


def other(adu_of: Callable[[ReadRequest, int], bytes], after_ns: int, then_ns: int | None) -> Habit:
    """Something else first, and perhaps the right answer later."""

    def habit(request: ReadRequest, serial: int) -> Sends:
        right = [] if then_ns is None else [(LATENCY_NS + then_ns, serial_answer(request, serial))]
        return [(after_ns, adu_of(request, serial)), *right]

    return habit


def stale(request: ReadRequest, serial: int) -> bytes:
    return append_crc(bytes((request.slave, 4)) + serial_answer(request, serial)[2:-2])


def short(request: ReadRequest, serial: int) -> bytes:
    return answer_with(request.slave, 3, [serial] * (request.count + 1))


def neighbour(request: ReadRequest, serial: int) -> bytes:
    return answer_with(request.slave + 10, 3, [serial] * request.count)


def refusal(request: ReadRequest, _serial: int) -> bytes:
    return append_crc(bytes((request.slave, 0x83, 6)))


def made_by_damage(bench: LinkBench, slave: int, reply: Reply) -> bool:
    """Whether nobody drove this answer: a collision made it, and its CRC is right by chance (one in 65 536).

    serial_faults.md, 2.1: CRC-16 is the only guard of a frame's content. What is stale was driven by somebody.
    """
    adu = answer_with(slave, 3, reply.words)
    damaged = bool(bench.segment.collisions) and not any(adu in tapped.data for tapped in bench.taps)
    if damaged:
        event("CRC-16 residual")
    return damaged


LATENESS = st.integers(0, LATEST_NS) | st.integers(0, 3 * MS) | st.integers(MARGIN_NS - MS, MARGIN_NS + 200 * MS)
HABITS = st.one_of(
    st.just(good),
    st.just(silent),
    st.builds(late_by, LATENESS),
    st.builds(sent, LATENESS, st.builds(flipped, st.lists(st.integers(0, 4000), min_size=1, max_size=3))),
    st.builds(sent, LATENESS, st.integers(1, 4).map(lambda n: lambda adu: adu[n:])),
    st.builds(sent, LATENESS, st.integers(1, 4).map(lambda n: lambda adu: adu[:-n])),
    st.builds(sent, LATENESS, NOISE.map(lambda noise: lambda adu: noise + adu)),
    st.builds(sent, LATENESS, NOISE.map(lambda noise: lambda adu: adu + noise)),
    st.builds(
        other,
        st.sampled_from([stale, short, neighbour]) | NOISE.map(lambda noise: lambda _request, _serial: noise),
        st.integers(0, 150 * MS),
        st.none() | LATENESS,
    ),
    st.builds(other, st.just(refusal), st.integers(0, 50 * MS), st.none()),
)
ECHOES = st.none() | st.sampled_from([lambda adu: adu, lambda adu: adu[:6], lambda adu: adu[2:], lambda _adu: b"\x00"])
PLANS = st.lists(st.tuples(SLAVES, COUNTS, HABITS), min_size=2, max_size=12)
STRAY_TIMES = st.lists(st.tuples(st.integers(0, 3000 * MS), NOISE), max_size=6)


@settings(max_examples=200)
@given(PLANS, STRAY_TIMES, ECHOES, st.booleans(), st.sampled_from(Delivery))
def test_no_accepted_value_was_sent_for_another_request(plan, strays, echo, glued, delivery) -> None:  # type: ignore[no-untyped-def]
    async def main() -> None:
        bench = LinkBench(delivery=delivery, echo=echo, glued=glued)
        asker = await bench.master()
        for at_ns, noise in strays:
            bench.drive(200, at_ns, noise)
        for slave, count, habit in plan:
            bench.habits[slave] = habit
            outcome = await asker.ask(holding(slave, count=count), TIMES)
            if isinstance(outcome, Reply) and not made_by_damage(bench, slave, outcome):
                assert outcome.words == (bench.serial,) * count
                last = bench.requests[-1]
                assert last.t_end_ns <= outcome.request_end_ns <= outcome.reply_start_ns <= bench.loop.now_ns
        assert all(len(one.data) == 8 and 1 <= one.data[1] <= 4 and crc_ok(one.data) for one in bench.requests)

    run_virtual(main())


def test_after_any_faults_a_healthy_slave_is_read_again() -> None:
    """One seeded hour of faults on the wire, and then none."""
    rng = random.Random("any faults")

    async def main() -> None:
        bench = LinkBench({1: good})
        asker = await bench.master()
        for _ in range(200):
            bench.habits[1] = rng.choice(
                [good, silent, late_by(rng.randrange(LATEST_NS)), sent(0, flipped([rng.randrange(60)]))]
            )
            await asker.ask()
        bench.habits[1] = good
        assert isinstance(await asker.ask(), Reply)
        assert isinstance(await asker.ask(), Reply)

    run_virtual(main())
