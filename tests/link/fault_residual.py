"""What no RTU master can be certain of, measured: damage whose CRC is right, and answers later than `max_late_ms`."""

from bisect import bisect_right
from collections.abc import Callable
from random import Random
from typing import Final

import msgspec
from link_bench import LATENCY_NS, MARGIN_NS, MAX_LATE_NS, Habit, PollBench, Sends, serial_answer

from hil.loop import run_virtual
from protocols.modbus.crc import append_crc, crc_ok
from protocols.modbus.pdu import ReadRequest

LATE_ODDS: Final = 0.1
HOURS: Final = 3


class Odds(msgspec.Struct, frozen=True):
    """One kind of damage: how many candidates with a right header, and how many of them had a right CRC."""

    damage: str
    candidates: int
    passed: int


class TooLate(msgspec.Struct, frozen=True):
    """Answers later than `max_late_ms`, and how many of them were taken for answers to later requests."""

    blocks: str
    shapes: int
    period_s: float
    too_late: int
    taken: int


def crc_odds(candidates: int, seed: int) -> list[Odds]:
    """Damage of three kinds done to answers of 1 to 20 registers; the header stays, or it would be no candidate."""
    rng = Random(f"{seed}/crc")
    kinds = {
        "up to 3 bits flipped": lambda body: _flipped(body, rng.randint(1, 3), rng),
        "a burst of up to 16 bits": lambda body: _burst(body, rng.randint(1, 16), rng),
        "anything behind the header": lambda body: rng.randbytes(len(body)),
    }
    return [
        Odds(name, candidates, sum(_passes(damage, rng) for _ in range(candidates))) for name, damage in kinds.items()
    ]


def _passes(damage: Callable[[bytes], bytes], rng: Random) -> bool:
    words = rng.randbytes(2 * rng.randint(1, 20))
    good = append_crc(bytes((1, 3, len(words))) + words)
    bad = good[:3] + damage(good[3:])
    return bad != good and crc_ok(bad)


def _flipped(body: bytes, count: int, rng: Random) -> bytes:
    number = int.from_bytes(body, "big")
    for bit in rng.sample(range(8 * len(body)), count):
        number ^= 1 << bit
    return number.to_bytes(len(body), "big")


def _burst(body: bytes, bits: int, rng: Random) -> bytes:
    """Bits in a row as they are on the wire: the lowest of a byte goes first."""
    at = rng.randrange(8 * len(body) - bits + 1)
    return (int.from_bytes(body, "little") ^ rng.randrange(1, 1 << bits) << at).to_bytes(len(body), "little")


def too_late(counts: tuple[int, ...], shapes: int, period_s: float, seed: int, hours: float = HOURS) -> TooLate:
    """A slave that now and then answers one to three times `max_late_ms` after the deadline, polled for hours."""
    rng = Random(f"{seed}/late")
    late = 0

    def habit(request: ReadRequest, serial: int) -> Sends:
        nonlocal late
        if rng.random() >= LATE_ODDS:
            return [(LATENCY_NS, serial_answer(request, serial))]
        late += 1
        return [(LATENCY_NS + MARGIN_NS + round(rng.uniform(1, 3) * MAX_LATE_NS), serial_answer(request, serial))]

    async def main() -> int:
        habits: dict[int, Habit] = {1: habit}
        bench = PollBench(habits, {1: counts}, poll_period_s=period_s, shapes=shapes)
        await bench.poll_for(hours * 3600)
        begun_ns = [tapped.t_start_ns for tapped in bench.requests]
        # How many requests had begun by then is the number of the last one.
        return sum(words[0] != bisect_right(begun_ns, from_ns) % 0x10000 for _, _, words, from_ns, _ in bench.blocks)

    taken = run_virtual(main())
    return TooLate(" and ".join(f"{count}" for count in counts), shapes, period_s, late, taken)


LATE_SCENES: Final = (((2, 2), 1), ((2, 3), 1), ((2,), 1), ((2,), 2))
"""Two blocks alike, two that differ, one in one shape, and one in two shapes by turns, as the planner asks."""
PERIODS_S: Final = (0.5, 0.1)


def late_table(seed: int, hours: float = HOURS) -> list[TooLate]:
    """Every scene at every period."""
    return [too_late(counts, shapes, period_s, seed, hours) for counts, shapes in LATE_SCENES for period_s in PERIODS_S]
