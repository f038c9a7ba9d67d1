"""Keeps a plant in step with real time."""

from hil.timeline import RealTimeline, Timer
from hil.world import World
from sim.signals import PlantSignals
from sim.stimuli import Effect, Stimulus


class Pace:
    """Keeps the plant in step with real time, so that what happens is told when it happens."""

    def __init__(self, world: World, timeline: RealTimeline) -> None:
        self._world = world
        self._timeline = timeline
        self._timer: Timer | None = None

    def act(self, stimulus: Stimulus, for_s: float | None, car: int | None = None) -> Effect:
        """Do something to the lift now; cars count from 0."""
        effect = self._world.act(self._timeline.now_ns, stimulus, for_s, car)
        self.step()
        return effect

    def look(self, car: int) -> PlantSignals:
        """What the lift did when the plant last caught up; cars count from 0. Looking moves nothing."""
        return self._world.plant.signals(car=car)

    def step(self) -> None:
        """Catch up with the clock, and come back for the plant's next event."""
        self.stop()
        plant = self._world.plant
        plant.advance_to(max(self._timeline.now_ns, plant.now_ns))
        next_ns = plant.next_event_ns()
        if next_ns is not None:
            self._timer = self._timeline.call_at_ns(next_ns, self.step)

    def stop(self) -> None:
        """Let the plant stand still."""
        if self._timer is not None:
            self._timer.cancel()
