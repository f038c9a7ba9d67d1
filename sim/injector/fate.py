"""One lift's fate: lets causes strike when they are due, and sends the technician."""

from collections import Counter as Counted
from collections.abc import Sequence
from functools import partial
from typing import Final, final

import msgspec

from sim.agenda import to_ns
from sim.injector.draws import Gaps, factor, mains_return_ns
from sim.injector.model import Cause, Deed, Driver, Ending, FaultModel, Occasion
from sim.injector.occasions import Counter, Wanted, When, meets
from sim.injector.technician import Technician
from sim.injector.world import Place
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind, TruthRecord

UNDER_WAY_NS: Final = 2_000_000_000
"""After a start every trip is under way, and none has begun to slow down much (a design value)."""
AGAIN: Final = When(Occasion.OCCUPIED)
"""When a cause that waited for nothing tries again: what is armed happens on such a trip."""
_TRIPS: Final = frozenset({Occasion.OCCUPIED, Occasion.RUNNING})


class Strike(msgspec.Struct, frozen=True):
    """A cause that is due; `event` tells it from its others, alike for every lift of a feeder."""

    cause: str
    event: str


class Struck(msgspec.Struct, frozen=True):
    """A cause that struck, and whether the lift felt it."""

    t_ns: int
    cause: str
    effect: Effect
    car: int = 0


@final
class Fate:
    """From t = 0. `at_random` causes strike by their rates; `wanted` ones do in any case.

    What is building-wide is the first lift's fate, and reaches all of them. A cause that finds another one
    armed waits for its next occasion.
    """

    def __init__(
        self, model: FaultModel, seed: int | str, feeder: int, at_random: bool, wanted: Sequence[Wanted], place: Place
    ) -> None:
        self.factor: Final = factor(model, seed)
        self.struck: Final[list[Struck]] = []
        self.pending: Final[list[tuple[When, Strike]]] = []
        """What waits for its occasion."""
        self._model: Final = model
        self._place: Final = place
        self._gaps: Final = {
            name: Gaps(name, cause, model, seed, feeder, self.factor)
            for name, cause in model.causes.items()
            if at_random and cause.rate is not None and not (cause.is_building_wide and place.car)
        }
        self._starts: Final = Counter()
        self._cycles: Final = Counter()
        self._feeder: Final = feeder
        self._events: Final = Counted[str]()
        self._technician: Final = Technician(model, seed, place)
        for name in self._gaps:
            self._expect(name)
        for number, one in enumerate(wanted):
            strike = Strike(one.cause, f"wanted {number}")
            if isinstance(one.when, When):
                self.pending.append((one.when, strike))
            else:
                place.after(one.when, partial(self._strike, strike, AGAIN))

    def hear(self, record: TruthRecord) -> None:
        """Something happened to this lift."""
        kind = record.kind
        if kind is TruthKind.DEPARTED:
            self._starts.step()
        elif kind is TruthKind.DOOR_CLOSED:
            self._cycles.step()
        self._technician.hear(kind)
        if self.pending:
            self._look(record)

    def _expect(self, name: str) -> None:
        gaps = self._gaps[name]
        due, gap = partial(self._is_due, name), gaps.next()
        match gaps.driver:
            case Driver.HOUR:
                self._place.after(gap, due)
            case Driver.START:
                self._starts.after(gap, due)
            case Driver.DOOR_CYCLE:
                self._cycles.after(gap, due)

    def _is_due(self, name: str) -> None:
        self._expect(name)
        self._events[name] += 1
        strike, occasion = Strike(name, f"{name} {self._events[name]}"), self._model.causes[name].occasion
        if occasion is None:
            self._place.after(0, partial(self._strike, strike, AGAIN))
        else:
            self.pending.append((When(occasion), strike))

    def _look(self, record: TruthRecord) -> None:
        for one in [one for one in self.pending if meets(one[0], record, self._starts.count)]:
            self.pending.remove(one)
            wait_ns = UNDER_WAY_NS if one[0].occasion in _TRIPS else 0
            self._place.after(wait_ns, partial(self._strike, one[1], one[0]))

    def _strike(self, strike: Strike, again: When) -> None:
        place, cause = self._place, self._model.causes[strike.cause]
        if place.refuses(cause.does[0].stimulus):
            self.pending.append((again, strike))
            return
        place.tell(TruthKind.CAUSE, cause=strike.cause, booked=cause.booked.value, symptom=cause.symptom.value)
        first, *rest = cause.does
        for deed in rest:
            place.after(to_ns(deed.after_s), partial(self._do, deed))
        effect = place.apply(first.stimulus, first.lasts_s)
        self.struck.append(Struck(place.now_ns, strike.cause, effect, place.car))
        self._provide(cause, strike.event, effect)

    def _provide(self, cause: Cause, event: str, effect: Effect) -> None:
        if effect is Effect.NONE:
            return
        if cause.ends is Ending.MAINS:
            self._place.after(mains_return_ns(self._model, self._feeder, event), partial(self._do, _MAINS_BACK))
        elif cause.ends is Ending.TECHNICIAN:
            self._technician.is_needed(now=effect is Effect.NOW)

    def _do(self, deed: Deed) -> None:
        self._place.apply(deed.stimulus, deed.lasts_s)


_MAINS_BACK: Final = Deed(Stimulus.POWER_RESTORE)
