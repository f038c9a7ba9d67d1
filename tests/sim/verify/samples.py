"""Means with their standard errors, and how far they are from what they should be."""

import math
from collections.abc import Iterable, Sequence
from statistics import fmean, stdev

import msgspec


class Sample(msgspec.Struct, frozen=True):
    """A measured mean, its standard error, and the value it is held against."""

    mean: float
    error: float
    wanted: float

    @property
    def z(self) -> float:
        """The distance in standard errors."""
        return distance(self.mean - self.wanted, self.error)


def sample(values: Sequence[float], wanted: float, variance: float | None = None) -> Sample:
    """The mean of independent `values`, whose variance is estimated from them if it is not known."""
    spread = stdev(values) if variance is None else math.sqrt(variance)
    return Sample(fmean(values), spread / math.sqrt(len(values)), wanted)


def distance(off: float, error: float) -> float:
    """`off` in standard errors; without any spread only the value itself is near."""
    if error:
        return off / error
    return 0.0 if abs(off) < 1e-9 else math.copysign(math.inf, off)


def farthest(samples: Iterable[Sample]) -> float:
    """The greatest distance of any, without sign."""
    return max(abs(one.z) for one in samples)


def together(samples: Sequence[Sample]) -> float:
    """The distance of all of them as one: a small error that all have in common shows here first."""
    off = math.fsum(one.mean - one.wanted for one in samples)
    return distance(off, math.sqrt(math.fsum(one.error**2 for one in samples)))
