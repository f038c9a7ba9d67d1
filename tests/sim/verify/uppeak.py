"""What an up-peak round trip should be: of given destinations exactly, and its mean by enumeration.

Times are the reference's: flights by the closed form, `door_s` at each of S + 1 stops (opening, closing, start delay,
less advance opening) and `transfer_s` in and out for each of P people. The mean needs no Monte Carlo: it is the sum
over pairs of landings of the flight between them times the probability that they are stops with none in between.
"""

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

import msgspec

from verify.oracle import closed_form_s


class House(msgspec.Struct, frozen=True):
    """A case of the reference. `heights_m` begins with the main floor; `shares` are of the floors above it."""

    heights_m: tuple[float, ...]
    shares: tuple[float, ...]
    limits: tuple[float, float, float]
    door_s: float
    transfer_s: float

    def flight_s(self, origin: int, target: int) -> float:
        """From rest at one landing to rest at another."""
        return closed_form_s(abs(self.heights_m[target] - self.heights_m[origin]), *self.limits)


class Mean(msgspec.Struct, frozen=True):
    """Expected stops above the main floor, highest reversal floor and round trip time."""

    stops: float
    highest: float
    seconds: float


def trip_s(house: House, destinations: Sequence[int]) -> float:
    """The round trip of people with these `destinations`."""
    way = [0, *sorted(set(destinations)), 0]
    flights_s = math.fsum(house.flight_s(origin, target) for origin, target in pairwise(way))
    return flights_s + (len(way) - 1) * house.door_s + 2 * len(destinations) * house.transfer_s


def mean(house: House, people: float) -> Mean:
    """Of `people` a trip; a part of a person is one more person in that part of the trips."""
    low = math.floor(people)
    more = people - low
    if not more:
        return _mean(house, low)
    few, many = _mean(house, low), _mean(house, low + 1)
    return Mean(*(a * (1 - more) + b * more for a, b in zip(_numbers(few), _numbers(many), strict=True)))


def _numbers(of: Mean) -> tuple[float, float, float]:
    return of.stops, of.highest, of.seconds


def _mean(house: House, people: int) -> Mean:
    below = [0.0, *accumulate(house.shares)]
    floors = range(1, len(below))
    share = [0.0, *house.shares]

    def nobody(left_out: float) -> float:
        """The probability that nobody goes to floors which hold `left_out` of the people."""
        return float(max(0.0, 1 - left_out) ** people)

    def follow(origin: int, target: int) -> float:
        """The probability that the car goes from `origin` straight up to `target`."""
        between = below[target - 1] - below[origin]
        odds = nobody(between) - nobody(between + share[target])
        if origin:
            odds -= nobody(between + share[origin]) - nobody(between + share[origin] + share[target])
        return odds

    stops = math.fsum(1 - nobody(share[i]) for i in floors)
    ends = [0.0, *(nobody(1 - below[i]) - nobody(1 - below[i - 1]) for i in floors)]
    up_s = math.fsum(follow(i, k) * house.flight_s(i, k) for k in floors for i in range(k))
    down_s = math.fsum(ends[i] * house.flight_s(i, 0) for i in floors)
    seconds = up_s + down_s + (stops + 1) * house.door_s + 2 * people * house.transfer_s
    return Mean(stops, math.fsum(i * ends[i] for i in floors), seconds)
