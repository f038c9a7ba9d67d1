"""What the bench measured, as values: this is also the shape of `--json`."""

from typing import Self

import msgspec

_NS_PER_MS = 1_000_000


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when it was measured. `load_1min` is the load average before the first measurement."""

    date: str
    cpu: str
    cores: int
    kernel: str
    python: str
    load_1min: float


class ProcessCost(msgspec.Struct, frozen=True, kw_only=True):
    """One master's process over the window. `polls` were counted at the slave; memory is that at the window's end."""

    polls: int
    cpu_ms_per_poll: float
    cpu_ms_until_polling: float
    wake_ups_per_s: float
    rss_anon_bytes: int
    rss_bytes: int


class CostRatios(msgspec.Struct, frozen=True, kw_only=True):
    """Agent divided by bare master."""

    cpu_per_poll: float
    rss_anon: float
    rss: float

    @classmethod
    def of(cls, agent: ProcessCost, bare: ProcessCost) -> Self:
        """The three that matter."""
        return cls(
            cpu_per_poll=agent.cpu_ms_per_poll / bare.cpu_ms_per_poll,
            rss_anon=agent.rss_anon_bytes / bare.rss_anon_bytes,
            rss=agent.rss_bytes / bare.rss_bytes,
        )


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """Part 1: the agent's process beside the bare master's, in real time on equal ptys."""

    profile: str
    line: str
    reads: str
    seconds: float
    seed: int
    broker: str
    agent: ProcessCost
    bare: ProcessCost
    ratios: CostRatios


class Drive(msgspec.Struct, frozen=True, kw_only=True):
    """A master flat out on a pty: `efficiency` is the fraction of the possible that it polled."""

    polls: int
    cpu_us_per_poll: float
    wake_ups_per_poll: float
    efficiency: float


class Saturated(msgspec.Struct, frozen=True, kw_only=True):
    """The link layer beside the bare master on a saturated pty; the ratios are agent divided by bare master."""

    line: str
    registers: int
    seconds: float
    least_exchange_ms: float
    agent: Drive
    bare: Drive
    cpu_ratio: float
    efficiency_ratio: float


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """The processor's time for one poll without anything to wait for: medians, and agent divided by bare master."""

    registers: int
    items: int
    polls: int
    agent_us: float
    bare_us: float
    ratio: float


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """A master flat out: exchanges in the window, how long each took on average, and the fraction of the possible."""

    exchanges: int
    exchange_ms: float
    efficiency: float


class Efficiency(msgspec.Struct, frozen=True, kw_only=True):
    """Part 2, one line: slaves flat out in virtual time. `least_exchange_ms` is the theoretical minimum."""

    line: str
    slaves: int
    registers: int
    blocks_per_slave: int
    slave_latency_ms: float
    least_exchange_ms: float
    agent: Flow
    bare: Flow


class Crowd(msgspec.Struct, frozen=True, kw_only=True):
    """One bad slave among others: the fraction of their polls that these were answered, before and during it."""

    badness: str
    line: str
    slaves: int
    registers: int
    period_s: float
    seconds: float
    before: float
    least: float
    mean: float
    longest_gap_s: float


class Age(msgspec.Struct, frozen=True, kw_only=True):
    """How old the fast items of one device are, over every instant, under the plan made of its profile."""

    profile: str
    line: str
    fast_period_s: float
    bus_use: float
    p50_ms: float
    p99_ms: float
    max_ms: float


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in virtual time: how long the span took in real time, and virtual seconds per real second."""

    real_s: float
    times_real: float
    polls: int


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """Part 3: one lift in virtual time: its plant alone; plant, device and bus under the bare master; the agent."""

    virtual_s: float
    period_s: float
    seed: int
    published: int
    plant: Pace
    bare: Pace
    agent: Pace


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way to let a lift live: medians of the rounds."""

    lift_days_per_s: float
    starts_per_day: float
    events_per_start: float


class LiftDays(msgspec.Struct, frozen=True, kw_only=True):
    """One load on one lift. `kib_per_lift` is what a plant holds after a day."""

    passengers_per_day: int
    days: int
    bare: Way
    plant: Way
    truth: Way
    signals: Way
    kib_per_lift: float


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """A run; a part that was not asked for is null. `slow` is part 1 again with one slave at 1 Hz."""

    machine: Machine
    cost: Cost | None = None
    slow: Cost | None = None
    saturated: tuple[Saturated, ...] | None = None
    work: Work | None = None
    efficiency: tuple[Efficiency, ...] | None = None
    age: tuple[Age, ...] | None = None
    crowd: tuple[Crowd, ...] | None = None
    speed: Speed | None = None
    plant: tuple[LiftDays, ...] | None = None


def ms(t_ns: float) -> float:
    """Nanoseconds as milliseconds."""
    return t_ns / _NS_PER_MS
