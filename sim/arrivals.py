"""When people come: a Poisson process whose rate is steady, or changes by the periods of a day, by exact inversion.

The waiting time is a unit exponential draw, spent period by period at the period's rate; nothing ticks. Who come at
one instant are a batch with a geometric size: `passengers_per_hour` counts people, so batches come less often.
"""

import math
import random
from bisect import bisect
from collections.abc import Sequence
from typing import Final, final

from sim.agenda import NS_PER_S, to_ns
from sim.building import Traffic
from sim.demand import Period

HOUR_NS: Final = 3600 * NS_PER_S
DAY_NS: Final = 24 * HOUR_NS


@final
class DayClock:
    """The periods of a day that repeats, in which people come in batches; t = 0 is at `starts_at_h` of it."""

    __slots__ = ("_day", "_ends_ns", "_offset_ns", "_rates", "_starts_ns", "_whole_day")

    def __init__(self, day: Sequence[Period], starts_at_h: float, batch_mean: float) -> None:
        self._day: Final = tuple(day)
        self._starts_ns: Final = tuple(round(period.from_h * HOUR_NS) for period in day)
        self._ends_ns: Final = (*self._starts_ns[1:], DAY_NS)
        self._offset_ns: Final = round(starts_at_h * HOUR_NS)
        self._rates: Final = tuple(period.passengers_per_hour / batch_mean / HOUR_NS for period in day)
        spans = zip(self._rates, self._starts_ns, self._ends_ns, strict=True)
        self._whole_day: Final = math.fsum(rate * (end_ns - start_ns) for rate, start_ns, end_ns in spans)

    def period_at(self, t_ns: int) -> Period:
        """The period at `t_ns`."""
        return self._day[self._index(self._time_of_day_ns(t_ns))]

    def after(self, t_ns: int, hazard: float) -> int | None:
        """When `hazard` expected batches have come since `t_ns`; None if nobody ever comes."""
        if self._whole_day <= 0:
            return None
        days, left = divmod(hazard, self._whole_day)
        clock_ns = self._time_of_day_ns(t_ns)
        index, t_ns = self._index(clock_ns), t_ns + int(days) * DAY_NS
        while left > (here := self._rates[index] * (self._ends_ns[index] - clock_ns)) or not self._rates[index]:
            left -= here
            t_ns += self._ends_ns[index] - clock_ns
            index = (index + 1) % len(self._rates)
            clock_ns = self._starts_ns[index]
        return t_ns + round(left / self._rates[index])

    def _time_of_day_ns(self, t_ns: int) -> int:
        return (t_ns + self._offset_ns) % DAY_NS

    def _index(self, clock_ns: int) -> int:
        return bisect(self._starts_ns, clock_ns) - 1


@final
class Arrivals:
    """When the next batch comes, how many they are, and the mix of traffic at an instant."""

    def __init__(self, traffic: Traffic, seed: int) -> None:
        self._batch_mean: Final = traffic.batch_mean
        self._steady_per_s: Final = traffic.passengers_per_hour / 3600 / traffic.batch_mean
        self._steady_mix: Final = (traffic.incoming, traffic.outgoing)
        self._clock: Final = DayClock(traffic.day, traffic.starts_at_h, traffic.batch_mean) if traffic.day else None
        self._gaps: Final = random.Random(f"{seed}/arrivals")
        self._batches: Final = random.Random(f"{seed}/batches")

    def gap_ns(self, now_ns: int) -> int | None:
        """From now until the next batch; None if nobody ever comes."""
        if self._clock is None:
            return to_ns(self._gaps.expovariate(self._steady_per_s)) if self._steady_per_s else None
        next_ns = self._clock.after(now_ns, self._gaps.expovariate(1.0))
        return None if next_ns is None else next_ns - now_ns

    def batch(self) -> int:
        """How many come at once: geometric, with the building's mean."""
        if self._batch_mean <= 1:
            return 1
        return 1 + math.floor(math.log(1 - self._batches.random()) / math.log(1 - 1 / self._batch_mean))

    def mix(self, now_ns: int) -> tuple[float, float]:
        """The shares of incoming and outgoing traffic."""
        if self._clock is None:
            return self._steady_mix
        period = self._clock.period_at(now_ns)
        return period.incoming, period.outgoing
