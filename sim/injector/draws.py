"""When a cause strikes next, and how long a technician takes: drawn ahead, one draw for each happening.

Each concern has a stream of its own, so that a cause more or less changes nothing for the others.
"""

import math
import random
from typing import Final, final

from sim.agenda import to_ns
from sim.injector.model import Cause, Driver, FaultModel, Lognormal


def factor(model: FaultModel, seed: int | str) -> float:
    """How much worse than the mean this lift is: Gamma with mean 1."""
    shape = model.heterogeneity.shape
    return random.Random(f"{seed}/lift factor").gammavariate(shape, 1 / shape)


@final
class Gaps:
    """The distances from one strike of a cause to the next: nanoseconds, starts or door cycles.

    Exponential in time; geometric in starts and door cycles, which is what a draw at every one of them would give.
    """

    def __init__(
        self, name: str, cause: Cause, model: FaultModel, seed: int | str, feeder: int, lift_factor: float
    ) -> None:
        """`feeder` seeds what comes to all lifts of a feeder at once."""
        rate = cause.rate
        if rate is None:
            raise ValueError(f"{name} has no rate")
        self.driver: Final = rate.driver
        whole = cause.whole_feeder
        self._per_unit: Final = model.per_unit(rate) * (1.0 if whole else lift_factor)
        self._draw: Final = random.Random(f"{feeder}/feeder/{name}" if whole else f"{seed}/fault/{name}")

    def next(self) -> int:
        """The next distance; 0 only in time."""
        if self._per_unit < _TINY:
            return _NEVER
        if self.driver is Driver.HOUR:
            return round(min(_NEVER, self._draw.expovariate(self._per_unit)))
        if self._per_unit >= 1:
            return 1
        survived = math.log(1 - self._draw.random()) / math.log1p(-self._per_unit)
        return 1 + math.floor(min(_NEVER, survived))


@final
class Times:
    """Draws from one lognormal distribution."""

    def __init__(self, shape: Lognormal, stream: str) -> None:
        self._shape: Final = shape
        self._draw: Final = random.Random(stream)

    def next_ns(self) -> int:
        """The next time."""
        shape = self._shape
        return to_ns(self._draw.lognormvariate(shape.mu, shape.sigma) * shape.unit_s)


def mains_return_ns(model: FaultModel, feeder: int, event: str) -> int:
    """How long the power cut `event` lasts: the same for every lift of the feeder, whatever else has happened."""
    return Times(model.mains_return, f"{feeder}/mains return/{event}").next_ns()


_TINY: Final = 1e-300
_NEVER: Final = 1 << 62
"""146 years of nanoseconds, or as many starts: past the end of any run."""
