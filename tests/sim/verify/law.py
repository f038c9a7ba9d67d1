"""Mean and variance of stops and highest floor of equal floors, by enumeration: what a standard error is made of.

A variance estimated from a few hundred trips is wrong where one floor is nearly always the highest.
"""

import math
from collections.abc import Callable

Moments = tuple[float, float]
"""Mean and variance."""


def fixed(floors: int, people: float) -> tuple[Moments, Moments]:
    """Stops and highest floor of whole loads; a part of a person is one more person in that part of the trips."""
    low = math.floor(people)
    more = people - low
    few, many = _whole(floors, low), _whole(floors, low + 1)
    return _mixed(few[0], many[0], more), _mixed(few[1], many[1], more)


def poisson_stops(floors: int, people: float) -> Moments:
    """Floors are visited independently of each other."""
    visited = 1 - math.exp(-people / floors)
    return floors * visited, floors * visited * (1 - visited)


def poisson_highest(floors: int, people: float) -> Moments:
    """An empty trip counts as floor 1."""
    return _highest(floors, lambda floor: math.exp(-people * (1 - floor / floors)))


def _whole(floors: int, people: int) -> tuple[Moments, Moments]:
    one, two = (1 - 1 / floors) ** people, max(0.0, 1 - 2 / floors) ** people
    variance = floors * one * (1 - one) + floors * (floors - 1) * (two - one * one)
    stops = floors * (1 - one), max(0.0, variance)
    return stops, _highest(floors, lambda floor: float((floor / floors) ** people))


def _highest(floors: int, at_most: Callable[[int], float]) -> Moments:
    """From the probability that the highest floor is at most one."""
    odds = {i: at_most(i) - (at_most(i - 1) if i > 1 else 0.0) for i in range(1, floors + 1)}
    mean = math.fsum(i * p for i, p in odds.items())
    return mean, math.fsum((i - mean) ** 2 * p for i, p in odds.items())


def _mixed(few: Moments, many: Moments, more: float) -> Moments:
    mean = few[0] * (1 - more) + many[0] * more
    within = few[1] * (1 - more) + many[1] * more
    return mean, within + (few[0] - mean) ** 2 * (1 - more) + (many[0] - mean) ** 2 * more
