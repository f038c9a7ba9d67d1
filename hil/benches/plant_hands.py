"""Hands on a simulated plant, the same on every bench that has one: stimuli, people, sensors, and what holds now."""

from collections.abc import Callable
from typing import Final

from hil import BenchError
from hil.benches.bench import Did, Does
from hil.loop import NS_PER_S
from hil.scenario.steps import PersonComes, Step
from hil.timeline import Timeline
from hil.world import World
from protocols.nearest import hint
from sim.signals import PlantSignals


class PlantHands:
    """Acts on a world's plant at the timeline's present instant."""

    def __init__(self, world: World, timeline: Timeline) -> None:
        self._world = world
        self._timeline = timeline

    @property
    def does(self) -> Does:
        """The steps that these hands do."""
        return {"stimulus": self._stimulus, "person": self._person, "sensor": self._sensor}

    def _stimulus(self, step: Step) -> Did:
        """Do it to the car that is named, or to the first. Raises SimError for a car that is not there."""
        if step.stimulus is None:
            raise BenchError("a stimulus without a name")
        for_s = None if step.for_ns is None else step.for_ns / NS_PER_S
        car = None if step.car is None else step.car - 1
        return {"effect": self._world.act(self._timeline.now_ns, step.stimulus, for_s, car).value}

    def _person(self, step: Step) -> Did:
        """Somebody comes. Raises BenchError for a landing that is not there."""
        if step.person is not None:
            self._world.person_comes(self._timeline.now_ns, *self._floors(step.person))
        return {}

    def _sensor(self, step: Step) -> Did:
        """An imperfection begins or ends. Raises SensorError for one that the world does not have."""
        if step.sensor is not None:
            one = step.sensor
            self._world.switch_sensor(self._timeline.now_ns, one.item, one.imperfection, one.on)
        return {}

    def predicates(self) -> dict[str, Callable[[], bool]]:
        """What the `while` of a fault may name, of the first car now."""

        def about(is_so: Callable[[PlantSignals], bool]) -> Callable[[], bool]:
            return lambda: is_so(self._world.plant.signals(max(self._timeline.now_ns, self._world.plant.now_ns)))

        return {name: about(is_so) for name, is_so in PREDICATES.items()}

    def _floors(self, person: PersonComes) -> tuple[int, int]:
        labels = [floor.label for floor in self._world.building.floors]
        for label in (person.from_, person.to):
            if label not in labels:
                raise BenchError(f"person: there is no landing {label!r}; {hint(label, labels)}")
        return labels.index(person.from_), labels.index(person.to)


PREDICATES: Final[dict[str, Callable[[PlantSignals], bool]]] = {
    "moving": lambda now: now.moving,
    "standing": lambda now: not now.moving,
    "door_open": lambda now: now.door_open,
    "door_closed": lambda now: now.door_closed,
    "door_moving": lambda now: not now.door_open and not now.door_closed,
    "in_door_zone": lambda now: now.door_zone,
    "between_floors": lambda now: not now.door_zone,
    "occupied": lambda now: now.persons > 0,
    "mains": lambda now: now.mains,
}
"""By name; `docs/scenarios.md` lists them."""
