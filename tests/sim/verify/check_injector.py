"""Item 7: what is injected comes as often as its model says, to unlike lifts, and a technician takes as long.

The draws by themselves, for more lift-years than any plant could run; and the plant, with all rates raised.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec
from msgspec.structs import replace

from sim.agenda import NS_PER_S
from sim.injector.draws import Gaps, Times, factor
from sim.injector.injector import Injector
from sim.injector.model import DAYS_PER_YEAR, NS_PER_YEAR, Cause, Driver, FaultModel, Lognormal, Rate, load_faults
from sim.plant import Plant
from sim.truth import TruthKind, TruthRecord
from verify.counting import KS_1_PERCENT, is_within, ks_distance, shape_error, shape_of
from verify.findings import Finding, Outcome, judged
from verify.house import RESIDENTIAL

MODEL: Final = load_faults("china-residential")
YEARS: Final = 20
_CONFIDENCE: Final = 0.95
_STANDARD_ERRORS: Final = 4.0
_STEPS: Final = (("called", "arrived"), ("arrived", "released"), ("released", "repaired"))
_ALL: Final = "all"
_NAMES: Final = ("arrival", "release", "repair")


class Tally(msgspec.Struct):
    """How often each cause struck, and how often it should have: the mean of a Poisson count."""

    struck: Counter[str] = msgspec.field(default_factory=Counter)
    expected: dict[str, float] = {}
    per_lift: list[int] = []
    times_s: dict[str, list[float]] = {}

    def expect(self, name: str, mean: float) -> None:
        """So many more."""
        self.expected[name] = self.expected.get(name, 0.0) + mean

    def add(self, other: "Tally") -> None:
        """Both together."""
        self.struck.update(other.struck)
        for name, mean in other.expected.items():
            self.expect(name, mean)
        self.per_lift.extend(other.per_lift)
        for name, values in other.times_s.items():
            self.times_s.setdefault(name, []).extend(values)


def draw_lifts(seed: int, lifts: int) -> Tally:
    """`lifts` lifts for `YEARS` years that start and open exactly as often as the model's usage says: draws alone."""
    tally = Tally()
    usage = MODEL.usage
    whole = {
        Driver.HOUR: YEARS * NS_PER_YEAR,
        Driver.START: round(YEARS * DAYS_PER_YEAR * usage.starts_per_day),
        Driver.DOOR_CYCLE: round(YEARS * DAYS_PER_YEAR * usage.door_cycles_per_day),
    }
    often = _often(MODEL.causes["control_fault"])
    for lift in range(seed * lifts, (seed + 1) * lifts):
        worse = factor(MODEL, lift)
        for name, cause, rate in rated(MODEL):
            gaps = Gaps(name, cause, MODEL, lift, lift, worse)
            tally.struck[name] += strikes(gaps, whole[rate.driver])
            tally.expect(name, rate.per_lift_year * YEARS * (1.0 if cause.whole_feeder else worse))
        tally.per_lift.append(strikes(Gaps("often", often, MODEL, lift, lift, worse), whole[Driver.START]))
    return tally


def strikes(gaps: Gaps, whole: int) -> int:
    """How many strikes fall into `whole` units."""
    count, at = 0, gaps.next()
    while at <= whole:
        count, at = count + 1, at + gaps.next()
    return count


def rated(model: FaultModel) -> list[tuple[str, Cause, Rate]]:
    """The causes that strike by themselves."""
    return [(name, cause, cause.rate) for name, cause in model.causes.items() if cause.rate is not None]


def raised(model: FaultModel, per_lift_day: float) -> FaultModel:
    """The causes that strike by themselves, all equally often, and together so often at the model's usage."""
    each = per_lift_day * DAYS_PER_YEAR / len(rated(model))
    causes = {name: replace(cause, rate=replace(rate, per_lift_year=each)) for name, cause, rate in rated(model)}
    return replace(model, causes=causes)


def play_lift(seed: int, days: float, per_lift_day: float) -> Tally:
    """One lift of a residential house on the plant, with raised rates."""
    model, truth = raised(MODEL, per_lift_day), list[TruthRecord]()
    injector = Injector(model, seed, feeder=seed)
    Plant(RESIDENTIAL, seed, truth.append, injector).advance_to(round(days * 86400 * NS_PER_S))
    tally = Tally()
    units = {
        Driver.HOUR: round(days * 86400 * NS_PER_S),
        Driver.START: sum(record.kind is TruthKind.DEPARTED for record in truth),
        Driver.DOOR_CYCLE: sum(record.kind is TruthKind.DOOR_CLOSED for record in truth),
    }
    for name, cause, rate in rated(model):
        worse = 1.0 if cause.whole_feeder else injector.fates[0].factor
        tally.expect(name, model.per_unit(rate) * units[rate.driver] * worse)
    tally.struck.update(str(record.data["cause"]) for record in truth if record.kind is TruthKind.CAUSE)
    tally.times_s = visits(truth)
    return tally


def visits(truth: Sequence[TruthRecord]) -> dict[str, list[float]]:
    """How long each technician was on the way, let people out, and repaired."""
    told = [(str(record.data["does"]), record.t_ns) for record in truth if record.kind is TruthKind.TECHNICIAN]
    spans: dict[str, list[float]] = {name: [] for name in _NAMES}
    for (before, from_ns), (now, to_ns) in pairwise(told):
        if (before, now) in _STEPS:
            spans[_NAMES[_STEPS.index((before, now))]].append((to_ns - from_ns) / NS_PER_S)
    return spans


def outcome(drawn: Sequence[Tally], played: Sequence[Tally], seed: int) -> Outcome:
    """Rates, heterogeneity and times."""
    draws, plays = _together(drawn), _together(played)
    lifts = len(draws.per_lift)
    return Outcome(
        (
            _rates(draws, f"rates, {lifts * YEARS} lift-years of draws"),
            _rates(plays, "rates, on the plant with raised ones"),
            _shape(draws.per_lift),
            *(_times(name, shape, _drawn(shape, f"{seed}/{name}"), "drawn") for name, shape in _shapes()),
            *(_times(name, shape, _in_units(plays.times_s[name], shape), "on the plant") for name, shape in _shapes()),
        )
    )


def _rates(tally: Tally, what: str) -> Finding:
    """Each cause and all of them together; so many judgements at once are wrong by chance no oftener than one is."""
    struck = {**tally.struck, _ALL: tally.struck.total()}
    expected = {**tally.expected, _ALL: sum(tally.expected.values())}
    each = 1 - (1 - _CONFIDENCE) / len(expected)
    off = [name for name, mean in expected.items() if not is_within(struck.get(name, 0), mean, each)]
    result = f"{len(tally.expected)} causes: {struck[_ALL]} strikes, {expected[_ALL]:.1f} expected"
    return Finding(
        7,
        what,
        "simulation.md 3.5",
        "Poisson 95 %, of each cause and of all, judged together",
        f"{result}; off: {', '.join(off)}" if off else result,
        judged(not off),
    )


def _shape(counts: Sequence[int]) -> Finding:
    wanted = MODEL.heterogeneity.shape
    k, error = shape_of(counts), shape_error(wanted, counts)
    return Finding(
        7,
        "how unlike lifts are: shape of the gamma distribution, from counts per lift",
        "simulation.md 3.4: 1.0 to 1.4",
        f"{_STANDARD_ERRORS:g} standard errors of {wanted:g}",
        f"{k:.3f}, standard error {error:.3f}, {len(counts)} lifts",
        judged(abs(k - wanted) <= _STANDARD_ERRORS * error),
    )


def _times(name: str, shape: Lognormal, values: Sequence[float], where: str) -> Finding:
    distance = ks_distance(values, shape.mu, shape.sigma)
    return Finding(
        7,
        f"{name} times, {where}: lognormal, mu {shape.mu:g}, sigma {shape.sigma:g} ({shape.unit})",
        "simulation.md 3.4 and 3.5",
        f"Kolmogorov-Smirnov, 1 %: {KS_1_PERCENT}",
        f"{distance:.3f}, {len(values)} times",
        judged(distance <= KS_1_PERCENT),
    )


def _shapes() -> list[tuple[str, Lognormal]]:
    staff = MODEL.technician
    return list(zip(_NAMES, (staff.arrival, staff.release, staff.repair), strict=True))


def _drawn(shape: Lognormal, stream: str, count: int = 5000) -> list[float]:
    times = Times(shape, stream)
    return [times.next_ns() / NS_PER_S / shape.unit_s for _ in range(count)]


def _in_units(values_s: Sequence[float], shape: Lognormal) -> list[float]:
    return [value / shape.unit_s for value in values_s]


def _often(cause: Cause) -> Cause:
    """Fifty times in the whole, so that counts tell lifts apart."""
    return replace(cause, rate=Rate(50 / YEARS, Driver.START, "check", "D"))


def _together(tallies: Sequence[Tally]) -> Tally:
    whole = Tally()
    for tally in tallies:
        whole.add(tally)
    return whole
