"""Random faults in random order: what a sequence is made of, and the one rule it is judged by.

Every register says for which request it was sent, so no stale one passes. A sequence mixes what slaves do by
themselves (late, other, damaged answers) with faults of the wire, an echo, and noise on the idle line. Nothing is later
than `max_late_ms` allows: beyond that no master can be certain. Left out is what nobody can tell from a right answer:
a slave that lies under its own name, or says again in the next turn what it said before.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec
from fault_bench import Wire
from hypothesis import strategies as st
from link_bench import (
    LATENCY_NS,
    LINE,
    MARGIN_NS,
    MAX_LATE_NS,
    MS,
    REQUEST_NS,
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

from edge_agent.link.counters import Counter
from edge_agent.link.outcome import Reply
from hil.bus.faults.catalogue import Fault
from hil.bus.segment import Delivery
from hil.loop import run_virtual
from protocols.modbus.crc import append_crc
from protocols.modbus.pdu import ReadRequest

OWN: Final = (1, 2, 3)
STRANGER: Final = 99
WIRE_DELAY_NS: Final = 60 * MS
"""What three faults of the wire can add to an answer's time, at most."""
LATEST_NS: Final = MARGIN_NS + MAX_LATE_NS - WIRE_DELAY_NS
"""From the stated latency: the deadline's margin, and as late as an answer may be, less what the wire adds."""


class Played(msgspec.Struct, frozen=True):
    """What came of a sequence: requests, good readings, answers that came damaged, and readings that must not be.

    `stale` values were sent for another request: none may be. `residual` ones nobody sent: damage whose CRC is right
    by chance, once in 65 536 candidates.
    """

    asked: int
    good: int
    damaged: int
    stale: tuple[str, ...]
    residual: int


Plan = Sequence[tuple[int, int, Habit]]


def flipped(bits: list[int]) -> Callable[[bytes], bytes]:
    def change(adu: bytes) -> bytes:
        data = bytearray(adu)
        for bit in bits:
            data[bit // 8 % len(data)] ^= 1 << bit % 8
        return bytes(data)

    return change


FrameOf = Callable[[ReadRequest, int], bytes]

SAYS_FIRST: Final[WeakKeyDictionary[Habit, FrameOf]] = WeakKeyDictionary()
"""What habits say that answer a request with two frames, of which the second is right."""


def promised(drawn: "Drawn") -> bool:
    """Whether no stale value may come of it: not all that can happen can be told (docs/link.md).

    A first frame that the wire made an exception is an answer, and what follows says more. So is one of a register
    more that the wire made one shorter: that is the right answer, and what follows its copy. A second master's request
    that the wire damaged on its way to us is not heard by us, and its answer may be.
    """
    plan, *_, faults, _ = drawn
    first = {SAYS_FIRST[habit] for _, _, habit in plan if habit in SAYS_FIRST}
    refuses = any(raw["fault"] == "pdu.exception" for raw in faults)
    shortens = any(raw["fault"] == "pdu.wrong_count" and raw["more"] == -1 for raw in faults)
    says_more = (refuses and bool(first)) or (shortens and one_more in first)
    unheard = len(faults) > 1 and any(raw["fault"] == "bus.second_master" and raw["slave"] in OWN for raw in faults)
    return not says_more and not unheard


def sent(after_ns: int, change: Callable[[bytes], bytes]) -> Habit:
    return lambda request, serial: [(LATENCY_NS + after_ns, change(serial_answer(request, serial)))]


def other(adu_of: FrameOf, after_ns: int, then_ns: int | None) -> Habit:
    """Something else first, and perhaps the right answer later."""

    def habit(request: ReadRequest, serial: int) -> Sends:
        first = adu_of(request, serial)
        if then_ns is None:
            return [(after_ns, first)]
        behind_ns = after_ns + LINE.wire_ns(len(first))
        return [(after_ns, first), (max(LATENCY_NS + then_ns, behind_ns), serial_answer(request, serial))]

    if then_ns is not None:
        SAYS_FIRST[habit] = adu_of
    return habit


def another_function(request: ReadRequest, serial: int) -> bytes:
    return append_crc(bytes((request.slave, 4)) + serial_answer(request, serial)[2:-2])


def one_more(request: ReadRequest, serial: int) -> bytes:
    return answer_with(request.slave, 3, [serial] * (request.count + 1))


def neighbour(request: ReadRequest, serial: int) -> bytes:
    return answer_with(request.slave + 10, 3, [serial] * request.count)


def refusal(request: ReadRequest, _serial: int) -> bytes:
    return append_crc(bytes((request.slave, 0x83, 6)))


NOISE = st.binary(min_size=1, max_size=4) | st.sampled_from([b"\x00", b"\xff", b"\x01\x03", b"\x02\x03\x04"])
LATENESS = st.integers(0, LATEST_NS) | st.integers(0, 3 * MS) | st.integers(MARGIN_NS - 50 * MS, MARGIN_NS + 200 * MS)
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
        st.sampled_from([another_function, one_more, neighbour])
        | NOISE.map(lambda noise: lambda _request, _serial: noise),
        st.integers(0, 150 * MS),
        st.none() | LATENESS,
    ),
    st.builds(other, st.just(refusal), st.integers(0, 50 * MS), st.none()),
)
PLANS = st.lists(st.tuples(st.sampled_from(OWN), st.sampled_from([1, 2, 2, 2, 5]), HABITS), min_size=2, max_size=12)
STRAYS = st.lists(st.tuples(st.integers(0, 3000 * MS), NOISE), max_size=6)
ECHOES = st.none() | st.sampled_from([lambda adu: adu, lambda adu: adu[:6], lambda adu: adu[2:], lambda _adu: b"\x00"])

KINDS: Final[list[dict[str, Any]]] = [
    {"fault": "line.bitflip", "ber": 0.001},
    {"fault": "line.bitflip", "ber": 0.01},
    {"fault": "line.bitflip", "ber": 0.0001, "p_gb": 0.005, "p_bg": 0.1},
    {"fault": "line.burst", "bits": 9},
    {"fault": "line.burst", "bits": 24},
    {"fault": "line.stuck_idle"},
    {"fault": "line.float", "mean_ms": 80},
    {"fault": "char.drop"},
    {"fault": "char.insert"},
    {"fault": "char.dup"},
    {"fault": "char.replace"},
    {"fault": "turn.lead_noise", "n": 1},
    {"fault": "turn.lead_noise", "n": 4, "alphabet": "random", "before_ms": 5},
    {"fault": "turn.trail_noise", "n": 1, "alphabet": "FF"},
    {"fault": "turn.trail_noise", "n": 4, "alphabet": "random", "after_ms": 4},
    {"fault": "turn.first_byte_lost"},
    {"fault": "turn.last_byte_lost"},
    {"fault": "gap.t15"},
    {"fault": "gap.t35", "chars": 12},
    {"fault": "gap.none"},
    {"fault": "jitter", "ms": 8, "spread_ms": 8},
    {"fault": "frame.truncate_head", "n": 3},
    {"fault": "frame.truncate_tail", "n": 3},
    {"fault": "frame.merge"},
    {"fault": "frame.merge", "before": True},
    {"fault": "crc.wrong", "how": "zero"},
    {"fault": "crc.wrong", "how": "other_data"},
    {"fault": "pdu.wrong_slave", "slave": STRANGER},
    {"fault": "pdu.wrong_fc"},
    {"fault": "pdu.unknown_fc"},
    {"fault": "pdu.wrong_count", "more": -1},
    {"fault": "pdu.wrong_count", "more": 1},
    {"fault": "pdu.wrong_count", "more": 0, "lies": True},
    {"fault": "pdu.exception", "code": 6},
    {"fault": "resp.none"},
    {"fault": "resp.duplicate", "after_ms": 1},
    {"fault": "resp.for_other_master"},
    {"fault": "bus.babble", "n": 6, "pause_ms": 90},
    {"fault": "bus.babble_after", "n": 12},
    {"fault": "bus.second_master", "slave": STRANGER, "every_ms": 137},
    {"fault": "bus.second_master", "slave": 1, "every_ms": 97},
]
WHENS = st.sampled_from([{}, {"once": True}, {"p": 0.5}, {"every": 3}])
MATCHES = st.sampled_from([{}, {"dir": "reply"}, {"dir": "request"}, {"slave": 1}, {"dir": "reply", "slave": 2}])
FAULTS = st.lists(
    st.builds(
        lambda kind, when, match: kind | {"when": when | {"match": match}}, st.sampled_from(KINDS), WHENS, MATCHES
    ),
    max_size=3,
)
Drawn = tuple[
    Plan,
    Sequence[tuple[int, bytes]],
    Callable[[bytes], bytes] | None,
    bool,
    Delivery,
    Sequence[dict[str, Any]],
    int,
]
"""Plan, strays, echo, whether that is glued to what follows, delivery, faults of the wire, and their seed."""
SEQUENCES: st.SearchStrategy[Drawn] = st.tuples(
    PLANS, STRAYS, ECHOES, st.booleans(), st.sampled_from(Delivery), FAULTS, st.integers(0, 999)
).filter(promised)


def play(sequence: Drawn) -> Played:
    """Ask one slave after the other through all of it."""
    plan, strays, echo, glued, delivery, faults, seed = sequence

    async def main() -> Played:
        bench = LinkBench(echo=echo, glued=glued)
        wire = Wire(bench, str(seed), delivery)
        asker = await bench.master()
        for at_ns, noise in strays:
            bench.drive(200, at_ns, noise)
        for number, raw in enumerate(faults):
            wire.injector.arm(Fault.of(raw | {"id": f"{number} {raw['fault']}"}))
        replies = []
        for slave, count, habit in plan:
            bench.habits[slave] = habit
            outcome = await asker.ask(holding(slave, count=count), TIMES)
            if isinstance(outcome, Reply):
                assert outcome.request_end_ns <= outcome.reply_start_ns <= bench.loop.now_ns
                replies.append((outcome, count))
        assert not wire.errors, wire.errors
        wrong = [reply for reply, count in replies if not _is_right(wire, reply, count)]
        stale = tuple(str(reply) for reply in wrong if _is_somebodys(wire, reply))
        damaged = sum(asker.master.counters(slave)[Counter.CRC] for slave in OWN)
        return Played(len(plan), len(replies) - len(wrong), damaged, stale, len(wrong) - len(stale))

    return run_virtual(main())


def _is_right(wire: Wire, reply: Reply, count: int) -> bool:
    """Whether it answers the request that the slave heard in this turn.

    A fault of the wire may have delayed that, or, where noise stands in for a byte that was lost, have it whole a byte
    before its end.
    """
    begun_ns = reply.request_end_ns - REQUEST_NS
    heard = {serial for t_ns, serial in wire.serials.items() if begun_ns < t_ns <= reply.reply_start_ns}
    return len(reply.words) == count and len(set(reply.words)) == 1 and reply.words[0] in heard


def _is_somebodys(wire: Wire, reply: Reply) -> bool:
    """Whether the words are those of an answer to another request, and not a product of damage."""
    return len(set(reply.words)) == 1 and reply.words[0] in wire.serials.values()
