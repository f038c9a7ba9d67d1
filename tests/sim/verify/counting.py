"""Whether a count, a shape or a sample is one that could have come from what it is held against."""

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, variance
from typing import Final

KS_1_PERCENT: Final = 1.628
"""Kolmogorov: sqrt(n) D exceeds this once in a hundred (large n)."""


def poisson_tails(count: int, mean: float) -> tuple[float, float]:
    """The probabilities of at most `count` and of at least `count`."""
    below = math.fsum(_poisson(k, mean) for k in range(count))
    here = _poisson(count, mean)
    return min(1.0, below + here), max(0.0, 1 - below)


def is_within(count: int, mean: float, confidence: float) -> bool:
    """Whether `mean` is in the exact two-sided Poisson interval of `count`."""
    return min(poisson_tails(count, mean)) >= (1 - confidence) / 2


def shape_of(counts: Sequence[int]) -> float:
    """The shape of the gamma distribution behind Poisson counts, by moments."""
    mean = fmean(counts)
    return mean**2 / (variance(counts) - mean)


def shape_error(k: float, counts: Sequence[int]) -> float:
    """The standard error of `shape_of`, if the shape is `k`: sqrt(2 k (k + 1) (m + k)^2 / (n m^2)), Anscombe 1950."""
    mean = fmean(counts)
    return math.sqrt(2 * k * (k + 1) * (mean + k) ** 2 / (len(counts) * mean**2))


def ks_distance(values: Sequence[float], mu: float, sigma: float) -> float:
    """sqrt(n) times the greatest distance of the values' distribution from the lognormal one."""
    normal, n = NormalDist(mu, sigma), len(values)
    ranked = [normal.cdf(math.log(value)) for value in sorted(values)]
    return math.sqrt(n) * max(max((i + 1) / n - p, p - i / n) for i, p in enumerate(ranked))


def _poisson(k: int, mean: float) -> float:
    return math.exp(k * math.log(mean) - mean - math.lgamma(k + 1))
