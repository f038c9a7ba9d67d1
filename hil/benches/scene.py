"""What a bench in virtual time puts before the agent: the lift's side, which a plant plays or a recording."""

from collections.abc import Callable, Sequence
from typing import Protocol

from hil.benches.bench import Does
from hil.benches.evidence import Evidence
from hil.benches.plant_hands import PlantHands
from hil.loop import VirtualLoop
from hil.scenario.model import Scenario
from hil.setup import BenchSetup
from hil.site import VirtualSite
from hil.world import VirtualWorld


class Scene(Protocol):
    """Where the agent is plugged in, what it is told about it, and the hands on the lift."""

    @property
    def site(self) -> VirtualSite:
        """Wire, broker and clock."""

    @property
    def setup(self) -> BenchSetup:
        """The devices, and how they are asked."""

    @property
    def labels(self) -> Sequence[str]:
        """The landings' signs, from the lowest."""

    @property
    def does(self) -> Does:
        """The steps that are done to the lift."""

    def predicates(self) -> dict[str, Callable[[], bool]]:
        """What the `while` of a fault may name."""


MakeScene = Callable[[Scenario, int, VirtualLoop, Evidence], Scene]
"""By scenario and seed, for a loop; what the scene shows goes into the evidence. Raises BenchError and the like."""


class SimulatedScene:
    """The plant and the devices that a scenario's world names."""

    def __init__(self, scenario: Scenario, seed: int, loop: VirtualLoop, evidence: Evidence) -> None:
        self.setup = scenario.world.setup(seed)
        self.site = VirtualWorld(
            self.setup.devices,
            building=self.setup.building,
            building_set=self.setup.building_set,
            seed=seed,
            line=self.setup.line,
            delivery=scenario.world.delivery,
            sensors=self.setup.sensors,
            on_truth=evidence.truth,
            on_tap=evidence.tapped,
        )
        self.labels = self.site.world.labels
        plant = PlantHands(self.site.world, loop)
        self.does = plant.does
        self.predicates = plant.predicates
