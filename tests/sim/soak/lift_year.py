"""One lift for one year: its traffic, its misfortunes, and the safety rules where they could be broken.

All year the books of people are kept from the truth log, and entrapments alternate with rescues. The rules that need
looking cost ten times the plant's own time: they are tried on one day in `EVERY_DAYS`, and from each misfortune until
`CALM_S` after the last sign of it.
"""

from typing import Final, final

import msgspec
from msgspec.structs import replace
from verify.findings import PlantWrong
from verify.watch import Watch

from protocols.resources import config_names
from sim.agenda import NS_PER_S
from sim.building import Building, load_building
from sim.injector.injector import Injector
from sim.injector.model import DAYS_PER_YEAR, Cause, Driver, FaultModel, Rate, load_faults
from sim.truth import TruthKind, TruthRecord

MODEL: Final = load_faults("china-residential")
PASSENGERS_PER_DAY: Final = 100.0
"""Of each lift: about 176 starts in a residential house (simulation.md 2.5, M)."""
EVERY_DAYS: Final = 25
CALM_S: Final = 1800
BAD_YEAR_IN: Final = 10
"""One lift-year in so many is a bad one: all causes, also those without a known rate, equally often."""
BAD_PER_DAY: Final = 0.5
SLICE_DAYS: Final = 30
STARTS_BAND: Final = (0.3, 2.4)
"""Starts per passenger. One each if everybody rides alone and the car is always there; two if it always comes first;
fewer when people ride together. Only those count who come while the lift is switched on and has power."""
CYCLES_BAND: Final = (0.8, 2.5)
"""Door cycles per start: 199 / 176 = 1.13 in a residential house (simulation.md 2.5, M), more with re-openings."""
LEAST_PASSENGERS: Final = 50
"""Half a day's of the usual ones."""
_OUT: Final = {
    "out_of_service": True,
    "in_service": False,
    "repair_begins": True,
    "repair_ends": False,
    "power_loss": True,
    "power_restore": False,
}
"""Who comes while the lift serves nobody counts for no start."""
_DAY_NS: Final = 86400 * NS_PER_S
_SIGNS: Final = frozenset(
    {TruthKind.CAUSE, TruthKind.TECHNICIAN, TruthKind.POWER, TruthKind.TRAPPED_SINCE, TruthKind.FREED}
)


class Slice(msgspec.Struct):
    """Some days of one lift."""

    days: int
    starts: int
    door_cycles: int
    passengers: int


class LiftYear(msgspec.Struct):
    """What one year was, and what it broke."""

    building: str
    days: float
    slices: list[Slice]
    starts: int = 0
    door_cycles: int = 0
    passengers: int = 0
    looks: int = 0
    """Events at which everything was looked at."""
    watched_s: float = 0.0
    causes: dict[str, int] = {}
    trapping: dict[str, int] = {}
    """Entrapments by what the plant says caused them."""
    is_bad: bool = False
    broken: str = ""


def play(number: int, seed: int, days: float = DAYS_PER_YEAR) -> LiftYear:
    """The lift-year of that number."""
    names = config_names("buildings")
    turn = number + number // BAD_YEAR_IN  # bad years come to every building
    building = alone(load_building(names[turn % len(names)]))
    is_bad = number % BAD_YEAR_IN == BAD_YEAR_IN - 1
    model = all_equally(MODEL, BAD_PER_DAY) if is_bad else MODEL
    year = _Year(building, seed * 1_000_003 + number, model)
    return year.play(days, is_bad)


def alone(building: Building) -> Building:
    """One car of it, with the traffic of one lift; the day keeps its shape."""
    traffic = building.traffic
    if not traffic.day:
        quiet = replace(traffic, passengers_per_hour=PASSENGERS_PER_DAY / 24)
        return replace(building, cars=1, traffic=quiet)
    ends = [*(period.from_h for period in traffic.day[1:]), 24.0]
    whole = sum(
        (end_h - period.from_h) * period.passengers_per_hour for period, end_h in zip(traffic.day, ends, strict=True)
    )
    day = tuple(
        replace(period, passengers_per_hour=period.passengers_per_hour * PASSENGERS_PER_DAY / whole)
        for period in traffic.day
    )
    return replace(building, cars=1, traffic=replace(traffic, day=day))


def all_equally(model: FaultModel, per_day: float) -> FaultModel:
    """Every cause, whether its rate is known or not, so often that all together strike `per_day`."""
    each = Rate(per_day * DAYS_PER_YEAR / len(model.causes), Driver.HOUR, "soak", "D")
    causes: dict[str, Cause] = {name: replace(cause, rate=each) for name, cause in model.causes.items()}
    return replace(model, causes=causes)


@final
class _Year:
    def __init__(self, building: Building, seed: int, model: FaultModel) -> None:
        self._building: Final = building
        self._seed: Final = seed
        self._sign_ns = -CALM_S * NS_PER_S
        self._starts = self._cycles = self._passengers = 0
        self._is_out = False
        self._trapping: Final[dict[str, int]] = {}
        self._injector: Final = Injector(model, seed, feeder=seed)
        self._watch: Final = Watch(building, seed, self)
        self._watched_ns = 0

    def begin(self, world: object) -> None:
        """The plant is new."""
        self._injector.begin(world)  # type: ignore[arg-type]

    def hear(self, record: TruthRecord) -> None:
        """Something happened."""
        self._injector.hear(record)
        if record.kind is TruthKind.DEPARTED:
            self._starts += 1  # the lift's own counter begins anew with its controller
        elif record.kind is TruthKind.DOOR_CLOSED:
            self._cycles += 1
        elif record.kind is TruthKind.WAITING:
            self._passengers += not self._is_out
        elif record.kind is TruthKind.STIMULUS:
            self._is_out = _OUT.get(str(record.data["stimulus"]), self._is_out)
        elif record.kind in _SIGNS:
            self._sign_ns = record.t_ns
            if record.kind is TruthKind.TRAPPED_SINCE:
                cause = str(record.data["cause"])
                self._trapping[cause] = self._trapping.get(cause, 0) + 1

    def play(self, days: float, is_bad: bool) -> LiftYear:
        """All of it, or until a rule is broken."""
        year = LiftYear(self._building.name, days, [], is_bad=is_bad)
        try:
            self._days(year, days)
        except PlantWrong as wrong:
            year.broken = f"{self._building.name}, seed {self._seed}: {wrong}"
        whole = self._so_far(0)
        year.starts, year.door_cycles, year.passengers = whole.starts, whole.door_cycles, whole.passengers
        year.looks, year.watched_s = self._watch.seen.events, self._watched_ns / NS_PER_S
        for struck in self._injector.struck:
            year.causes[struck.cause] = year.causes.get(struck.cause, 0) + 1
        year.trapping = self._trapping
        return year

    def _days(self, year: LiftYear, days: float) -> None:
        last = Slice(0, 0, 0, 0)
        whole = int(days)
        for day in range(whole):
            self._day(day)
            if (day + 1) % SLICE_DAYS == 0 or day + 1 == whole:
                so_far = self._so_far(day + 1)
                piece = Slice(
                    day + 1 - last.days,
                    so_far.starts - last.starts,
                    so_far.door_cycles - last.door_cycles,
                    so_far.passengers - last.passengers,
                )
                year.slices.append(piece)
                judge(piece, day)
                last = so_far

    def _day(self, day: int) -> None:
        plant, until_ns = self._watch.plant, (day + 1) * _DAY_NS
        chosen = (day + self._seed) % EVERY_DAYS == 0
        while (now_ns := plant.now_ns) < until_ns:
            if chosen or not self._is_calm():
                self._watch.advance(until_ns if chosen else min(until_ns, now_ns + CALM_S * NS_PER_S))
                self._watched_ns += plant.now_ns - now_ns
            else:
                self._watch.skip(until_ns, self._is_calm)

    def _is_calm(self) -> bool:
        return self._watch.plant.now_ns - self._sign_ns >= CALM_S * NS_PER_S

    def _so_far(self, days: int) -> Slice:
        return Slice(days, self._starts, self._cycles, self._passengers)


def judge(piece: Slice, day: int) -> None:
    """Raises PlantWrong if a lift that had people to carry did not, or did nothing but open and close.

    Fewer than `LEAST_PASSENGERS` say nothing: it was under repair nearly all the while.
    """
    if piece.passengers < LEAST_PASSENGERS:
        return
    for what, ratio, band in (
        ("starts per passenger", piece.starts / max(1, piece.passengers), STARTS_BAND),
        ("door cycles per start", piece.door_cycles / max(1, piece.starts), CYCLES_BAND),
    ):
        if not band[0] <= ratio <= band[1]:
            raise PlantWrong(f"{ratio:.3f} {what} up to day {day}, out of the band {band[0]:g} to {band[1]:g}: {piece}")
