"""One lift's misfortunes: lets causes strike when they are due, and sends the technician."""

from collections.abc import Sequence
from functools import partial
from typing import Final, final

import msgspec

from sim.agenda import to_ns
from sim.injector.draws import Gaps, Times, factor
from sim.injector.model import Cause, Deed, Driver, Ending, FaultModel, Occasion
from sim.injector.occasions import Counter, Wanted, When, meets
from sim.injector.technician import Technician
from sim.injector.world import World
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind, TruthRecord

UNDER_WAY_NS: Final = 2_000_000_000
"""After a start every trip is under way, and none has begun to slow down much (a design value)."""


class Struck(msgspec.Struct, frozen=True):
    """A cause that struck, and whether the lift felt it."""

    t_ns: int
    cause: str
    effect: Effect


@final
class Injector:
    """Give it to a plant. Same model, seed and feeder: the same misfortunes, whoever looks.

    `feeder` seeds what comes to a whole feeder at once. With `at_random` causes strike by their rates; `wanted` ones do
    in any case.
    """

    def __init__(
        self, model: FaultModel, seed: int, *, feeder: int = 0, at_random: bool = True, wanted: Sequence[Wanted] = ()
    ) -> None:
        for one in wanted:
            model.cause(one.cause)
        self.model: Final = model
        self.factor: Final = factor(model, seed)
        self.struck: Final[list[Struck]] = []
        self.pending: Final[list[tuple[When, str]]] = []
        """What waits for its occasion."""
        self._wanted: Final = tuple(wanted)
        self._gaps: Final = {
            name: Gaps(name, cause, model, seed, feeder, self.factor)
            for name, cause in model.causes.items()
            if at_random and cause.rate is not None
        }
        self._starts: Final = Counter()
        self._cycles: Final = Counter()
        self._mains_off: Final = Times(model.mains_return, f"{feeder}/mains return")
        self._technician: Final = Technician(model, seed)
        self._world: World | None = None

    def begin(self, world: World) -> None:
        """The lift is new, at t = 0. Once only."""
        self._world = world
        self._technician.begin(world)
        for name in self._gaps:
            self._expect(name)
        for one in self._wanted:
            if isinstance(one.when, When):
                self.pending.append((one.when, one.cause))
            else:
                world.at(one.when, partial(self._strike, one.cause))

    def hear(self, record: TruthRecord) -> None:
        """Something happened."""
        kind = record.kind
        if kind is TruthKind.DEPARTED:
            self._starts.step()
        elif kind is TruthKind.DOOR_CLOSED:
            self._cycles.step()
        self._technician.hear(kind)
        if self.pending:
            self._look(record)

    def _expect(self, name: str) -> None:
        gaps, world = self._gaps[name], self._in_world()
        due, gap = partial(self._is_due, name), gaps.next()
        if gaps.driver is Driver.HOUR:
            world.at(world.now_ns + gap, due)
        else:
            (self._starts if gaps.driver is Driver.START else self._cycles).after(gap, due)

    def _is_due(self, name: str) -> None:
        self._expect(name)
        occasion = self.model.causes[name].occasion
        if occasion is None:
            self._in_world().at(self._in_world().now_ns, partial(self._strike, name))
        else:
            self.pending.append((When(occasion), name))

    def _look(self, record: TruthRecord) -> None:
        """In order; never inside what just happens, but right behind it."""
        world = self._in_world()
        for one in [one for one in self.pending if meets(one[0], record, self._starts.count)]:
            self.pending.remove(one)
            wait_ns = UNDER_WAY_NS if one[0].occasion is Occasion.RUNNING else 0
            world.at(world.now_ns + wait_ns, partial(self._strike, one[1]))

    def _strike(self, name: str) -> None:
        world, cause = self._in_world(), self.model.causes[name]
        world.tell(TruthKind.CAUSE, cause=name, booked=cause.booked.value, symptom=cause.symptom.value)
        first, *rest = cause.does
        for deed in rest:
            world.at(world.now_ns + to_ns(deed.after_s), partial(_just_do, world, deed))
        effect = _do(world, first)
        self.struck.append(Struck(world.now_ns, name, effect))
        if effect is not Effect.NONE:
            self._provide(cause, effect)

    def _provide(self, cause: Cause, effect: Effect) -> None:
        world = self._in_world()
        if cause.ends is Ending.TECHNICIAN:
            self._technician.is_needed(now=effect is Effect.NOW)
        elif cause.ends is Ending.MAINS:
            world.at(world.now_ns + self._mains_off.next_ns(), partial(_just_do, world, _MAINS_BACK))

    def _in_world(self) -> World:
        if self._world is None:
            raise ValueError("give the injector to a plant first")
        return self._world


_MAINS_BACK: Final = Deed(Stimulus.POWER_RESTORE)


def _do(world: World, deed: Deed) -> Effect:
    return world.apply(deed.stimulus, deed.lasts_s)


def _just_do(world: World, deed: Deed) -> None:
    _do(world, deed)
