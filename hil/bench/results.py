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


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """A run; a part that was not asked for is null."""

    machine: Machine
    cost: Cost | None = None
    efficiency: tuple[Efficiency, ...] | None = None
    speed: Speed | None = None


def ms(t_ns: float) -> float:
    """Nanoseconds as milliseconds."""
    return t_ns / _NS_PER_MS
