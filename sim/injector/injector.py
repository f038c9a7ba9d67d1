"""Gives each lift of a plant its fate."""

from collections.abc import Sequence
from typing import Final, final

from sim.injector.fate import Fate, Struck
from sim.injector.model import FaultModel
from sim.injector.occasions import Wanted
from sim.injector.world import Place, World
from sim.truth import TruthRecord


@final
class Injector:
    """Give it to one plant. Same model, seed and feeder: the same misfortunes, whoever looks.

    `feeder` seeds what comes to a whole feeder at once. With `at_random` causes strike by their rates; `wanted` ones
    do in any case, to the first lift; what is building-wide reaches all of them. Raises SimError on a cause that the
    model does not have.
    """

    def __init__(
        self, model: FaultModel, seed: int, *, feeder: int = 0, at_random: bool = True, wanted: Sequence[Wanted] = ()
    ) -> None:
        for one in wanted:
            model.cause(one.cause)
        self.model: Final = model
        self._seed: Final = seed
        self._feeder: Final = feeder
        self._at_random: Final = at_random
        self._wanted: Final = tuple(wanted)
        self.fates: Final[list[Fate]] = []
        """One for each car, from `begin` on."""

    @property
    def struck(self) -> list[Struck]:
        """What struck, in order of time."""
        return sorted((one for fate in self.fates for one in fate.struck), key=lambda one: one.t_ns)

    @property
    def pending(self) -> list[str]:
        """The causes that wait for their occasion."""
        return [strike.cause for fate in self.fates for _, strike in fate.pending]

    def begin(self, world: World) -> None:
        """The plant is new, at t = 0."""
        for car in range(world.building.cars):
            seed = f"{self._seed}/{car}" if car else self._seed
            wanted = () if car else self._wanted
            place = Place(world, car)
            self.fates.append(Fate(self.model, seed, self._feeder, self._at_random, wanted, place))

    def hear(self, record: TruthRecord) -> None:
        """Something happened."""
        car = record.data.get("car", 0)
        if isinstance(car, int):
            self.fates[car].hear(record)
