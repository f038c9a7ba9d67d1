"""What is asked of the numbers: each measured one beside its bound. Pure."""

from collections.abc import Iterator
from typing import Final

import msgspec

from hil.bench.results import Results

_AGE_PROFILE: Final = "stm32-lift-sensor"
_QUIET_HOUSE: Final = 100
"""Passengers a day that make about 176 starts."""
_PRINTED_ONLY: Final = "115200 8N1"


class Target(msgspec.Struct, frozen=True):
    """A number, its bound, and on which side of it the number has to be."""

    name: str
    measured: float
    bound: float
    at_least: bool
    digits: int = 2

    @property
    def is_met(self) -> bool:
        """Whether the number is on the right side, or on the bound."""
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound


def targets(results: Results) -> Iterator[Target]:
    """Those of the parts that were run."""
    for one in results.efficiency or ():
        name = f"bus flat out in virtual time, {one.line}, slaves: {one.slaves}, of the floor"
        yield _at_least(name, one.agent.efficiency, 0.97)
    if results.work is not None:
        name = f"own work per {results.work.registers}-register poll, us"
        yield _at_most(name, results.work.agent_us, 150, digits=0)
    if results.slow is not None:
        yield _at_most("one slave at 1 Hz: wake-ups a second", results.slow.agent.wake_ups_per_s, 8, digits=1)
    for pty in results.saturated or ():
        if pty.line != _PRINTED_ONLY:
            yield _at_least(f"saturated pty, {pty.line}: bus efficiency ratio", pty.efficiency_ratio, 0.97)
            yield _at_most(f"saturated pty, {pty.line}: CPU ratio", pty.cpu_ratio, 1.6)
    for age in results.age or ():
        if age.profile == _AGE_PROFILE:
            yield _at_most(f"p99 age of fast items, {age.profile}, {age.line}, ms", age.p99_ms, 200, digits=0)
    for load in results.plant or ():
        if load.passengers_per_day == _QUIET_HOUSE:
            name = f"lift-days/s at {load.plant.starts_per_day:.0f} starts a day, all signals read"
            yield _at_least(name, load.signals.lift_days_per_s, 60)
    for crowd in results.crowd or ():
        name = f"one of {crowd.slaves} {crowd.badness}: the others' rate"
        yield _at_least(name, crowd.least, 0.95 if "babbles" in crowd.badness else 0.99)


def _at_least(name: str, measured: float, bound: float) -> Target:
    return Target(name, measured, bound, at_least=True, digits=3)


def _at_most(name: str, measured: float, bound: float, digits: int = 2) -> Target:
    return Target(name, measured, bound, at_least=False, digits=digits)
