"""One bad slave of sixteen: what the production poller leaves the others of their rate, in virtual time.

The bus is that on which the peers were measured: sixteen slaves, ten registers of each once a second, 19200 Bd. After
`GOES_BAD_S` one of them goes bad. Counted are good answers that reached the poller's callback. The peers were measured
on a pty in real time, with all that they do besides; here processors take no time, and only the poller's rules count.
"""

import asyncio
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Final

from hil.bench.link import at_a_period, plain_layout
from hil.bench.results import Crowd
from hil.bench.slaves import QuickSlaves
from hil.bus.memory import MemoryBus
from hil.bus.segment import Delivery, Segment
from hil.loop import NS_PER_S, VirtualClock, run_virtual, running_loop
from protocols.modbus.line import LineSettings
from protocols.profiles.layout import Block

SLAVES: Final = range(1, 17)
BAD: Final = 16
REGISTERS: Final = 10
PERIOD_S: Final = 1.0
LINE: Final = LineSettings.parse("19200 8N1")
GOES_BAD_S: Final = 10
_BEFORE_S: Final = 5.0
"""Of the time before: what comes first is the start."""
SECONDS: Final = 60.0
"""As long as the peers had a dead slave."""
LONG_S: Final = 600.0
"""The poller takes a babbler for one when it does it again: what that leaves the others shows in the long run."""
_MS: Final = 1_000_000

Instead = Callable[[bytes, int], bytes]


def _dead(_answer: bytes, _t_ns: int) -> bytes:
    return b""


def _flapping(answer: bytes, t_ns: int) -> bytes:
    """Three seconds good, three silent."""
    return answer if t_ns // NS_PER_S % 6 < 3 else b""


def _babbling(for_ms: int) -> Instead:
    rng = random.Random(for_ms)
    return lambda _answer, _t_ns: rng.randbytes(for_ms * _MS // LINE.wire_ns(1))


BADNESS: Final[dict[str, tuple[Instead, float]]] = {
    "dies": (_dead, SECONDS),
    "flaps: 3 s good, 3 s silent": (_flapping, SECONDS),
    "babbles for 0.3 s when asked": (_babbling(300), SECONDS),
    "babbles for 3 s when asked": (_babbling(3_000), LONG_S),
}
"""What the bad slave does, and for how long it is watched."""


def measure_crowd(name: str) -> Crowd:
    """One kind of badness."""
    instead, seconds = BADNESS[name]
    answers = run_virtual(_poll(instead, seconds))
    bad_ns = GOES_BAD_S * NS_PER_S
    others = [times_ns for slave, times_ns in answers.items() if slave != BAD]
    began_ns = bad_ns - round(_BEFORE_S * NS_PER_S)
    before = [sum(began_ns <= t_ns < bad_ns for t_ns in times_ns) / (_BEFORE_S / PERIOD_S) for times_ns in others]
    during = [sum(t_ns >= bad_ns for t_ns in times_ns) / (seconds / PERIOD_S) for times_ns in others]
    return Crowd(
        badness=name,
        line=str(LINE),
        slaves=len(SLAVES),
        registers=REGISTERS,
        period_s=PERIOD_S,
        seconds=seconds,
        before=min(before),
        least=min(during),
        mean=sum(during) / len(during),
        longest_gap_s=max(later - sooner for times_ns in others for sooner, later in pairwise(times_ns)) / NS_PER_S,
    )


async def _poll(instead: Instead, seconds: float) -> dict[int, list[int]]:
    """When each slave was read."""
    loop, answers = running_loop(), {slave: list[int]() for slave in SLAVES}
    segment = Segment(loop, LINE, delivery=Delivery.BYTE)
    slaves = QuickSlaves(loop, segment)

    def on_block(name: str, _block: Block, _words: tuple[int, ...], _from_ns: int, to_ns: int) -> None:
        answers[int(name)].append(to_ns)

    bus, period_ns = MemoryBus(lambda: segment), round(PERIOD_S * NS_PER_S)
    poller = at_a_period(SLAVES, plain_layout(REGISTERS), period_ns, LINE, bus, VirtualClock(), on_block)
    polling = asyncio.create_task(poller.run(), name="poller")
    await asyncio.sleep(GOES_BAD_S)
    slaves.instead[BAD] = instead
    await asyncio.sleep(seconds)
    polling.cancel()
    return answers
