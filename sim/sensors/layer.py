"""All sensors of one car, between its perfect signals and whatever reads registers."""

from collections.abc import Mapping
from typing import Final, final

from protocols.lift.vocabulary import ITEMS, ItemKind
from protocols.nearest import hint
from sim.plant import Plant
from sim.sensors import SensorError
from sim.sensors.check import check
from sim.sensors.config import Imperfections
from sim.sensors.recorder import Recorder
from sim.sensors.stages import Wiring
from sim.sensors.trace import START, Source, Trace


@final
class Sensors:
    """What a car's sensors tell, by the vocabulary's items. Put them up when the plant is new.

    Without imperfections it is the plant's own signals, and the plant is not watched. `seed` is the plant's
    unless said. Raises SensorError.
    """

    def __init__(
        self, config: Mapping[str, Imperfections], plant: Plant, seed: int | None = None, car: int = 0
    ) -> None:
        check(config)
        self._plant: Final = plant
        self._car: Final = car
        self._recorder: Final = Recorder(plant, car) if any(one.named() for one in config.values()) else None
        self._lines: Final[dict[str, Source]] = {}
        self._switches: Final[dict[tuple[str, str], Trace]] = {}
        if self._recorder is not None:
            for item, imperfections in config.items():
                stream = f"{plant.seed if seed is None else seed}/sensors/{car}/{item}"
                self._put_up(item, imperfections, self._recorder, stream)
            speed_mps = plant.building.drive.rated_speed_mps
            self._recorder.look_closer(plant.building.door.zone_m / speed_mps)

    def values(self, t_ns: int | None = None) -> dict[str, object]:
        """What they tell at `t_ns` (now, if not given), after the plant has advanced to it."""
        values = self._plant.signals(t_ns, self._car).values()
        if self._recorder is not None:
            now_ns = self._plant.now_ns
            self._recorder.settle(now_ns)
            for item, line in self._lines.items():
                values[item] = line.at(now_ns)
        return values

    def switch(self, item: str, imperfection: str, on: bool) -> None:
        """From now on it is there, or not, whatever the configuration says. Raises SensorError on one not in it."""
        known = [".".join(pair) for pair in self._switches]
        if (item, imperfection) not in self._switches:
            name = f"{item}.{imperfection}"
            raise SensorError(f"no imperfection {name!r} here; {hint(name, known) if known else 'there are none'}")
        self._switches[item, imperfection].set(self._plant.now_ns, on)

    def _put_up(self, item: str, imperfections: Imperfections, recorder: Recorder, stream: str) -> None:
        if not imperfections.named():
            return
        for wanted in (item, *([] if imperfections.swapped is None else [imperfections.swapped.item])):
            if wanted not in recorder.items:
                raise SensorError(f"sensors: {item}: this lift has no {wanted}; {hint(wanted, recorder.items)}")
        measured = ITEMS[item].kind is ItemKind.FLOAT
        truth = _Present(self._plant, item, self._car) if measured else recorder.item(item)
        wiring = Wiring(item, recorder, self._plant.building, stream)
        self._lines[item] = wiring.wire(truth, imperfections)
        for name, switch in wiring.switches.items():
            self._switches[item, name] = switch


@final
class _Present:
    """A measured value has no edges: it is only looked at now."""

    def __init__(self, plant: Plant, item: str, car: int) -> None:
        self._plant: Final = plant
        self._car: Final = car
        self._item: Final = item

    def at(self, t_ns: int) -> object:
        """What it tells at `t_ns`, which is now."""
        return self._plant.foreseen(t_ns, self._car).values()[self._item]

    def since(self, t_ns: int) -> int:
        """Nobody asks."""
        return START
