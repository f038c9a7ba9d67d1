"""A plant with its truth, driven in seconds; and houses to put it in."""

from collections.abc import Callable

from msgspec.structs import replace

from sim.building import Building, Floor, Title, Traffic
from sim.plant import Plant
from sim.signals import PlantSignals
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind, TruthRecord

S = 1_000_000_000

HOUSE = Building(
    name="house",
    title=Title(en="House", zh="住宅"),
    floors=tuple(Floor(str(i + 1), 3.0 * i) for i in range(9)),
    traffic=Traffic(passengers_per_hour=60.0),
)
"""Nine floors, on average a passenger a minute."""
QUIET_HOUSE = replace(HOUSE, traffic=Traffic(passengers_per_hour=0.0))
"""The same, and nobody comes by themselves."""

MODES_END = (
    Stimulus.FIRE_END,
    Stimulus.EARTHQUAKE_END,
    Stimulus.REPAIR_ENDS,
    Stimulus.IN_SERVICE,
    Stimulus.INDEPENDENT_OFF,
    Stimulus.ATTENDANT_OFF,
)
"""What ends the modes that a technician's release leaves to others."""


class Witness:
    """A plant and everything that really happened in it."""

    def __init__(self, building: Building = HOUSE, seed: int = 1) -> None:
        self.truth: list[TruthRecord] = []
        self.plant = Plant(building, seed, self.truth.append)

    @property
    def now(self) -> PlantSignals:
        return self.plant.signals()

    def apply(self, stimulus: Stimulus, seconds: float | None = None) -> Effect:
        return self.plant.apply(stimulus, seconds)

    def run(self, seconds: float) -> PlantSignals:
        return self.plant.signals(self.plant.now_ns + round(seconds * S))

    def until(self, reached: Callable[[PlantSignals], bool], limit_s: float = 600.0) -> PlantSignals:
        """Advance event by event until `reached`."""
        limit_ns = self.plant.now_ns + round(limit_s * S)
        while not reached(self.now):
            due = self.plant.next_event_ns()
            assert due is not None and due <= limit_ns, "never reached"
            self.plant.advance_to(due)
        return self.now

    def until_kind(self, kind: TruthKind) -> TruthRecord:
        seen = len(self.truth)
        self.until(lambda _: any(record.kind is kind for record in self.truth[seen:]))
        return next(record for record in self.truth[seen:] if record.kind is kind)

    def trap(self, stimulus: Stimulus) -> TruthRecord:
        """Apply an entrapping stimulus and advance to the instant from which people are trapped."""
        self.apply(stimulus)
        return self.until_kind(TruthKind.TRAPPED_SINCE)

    def of(self, *kinds: TruthKind) -> list[TruthRecord]:
        return [record for record in self.truth if record.kind in kinds]
