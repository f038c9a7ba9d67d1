"""Who comes when people are trapped or the lift is broken: the way there, letting people out, the repair."""

from typing import Final, final

from sim.injector.draws import Times
from sim.injector.model import FaultModel
from sim.injector.world import World
from sim.stimuli import Stimulus
from sim.truth import TruthKind


@final
class Technician:
    """Called once at a time. Lets people out by `release`, and repairs what needs it."""

    def __init__(self, model: FaultModel, seed: int) -> None:
        staff = model.technician
        self._arrival: Final = Times(staff.arrival, f"{seed}/technician's way")
        self._release: Final = Times(staff.release, f"{seed}/release")
        self._repair: Final = Times(staff.repair, f"{seed}/repair")
        self._world: World | None = None
        self._is_called = False
        self._is_broken = False
        self._waits_for_fault = False
        self._trapped = False

    def begin(self, world: World) -> None:
        """Be ready at this plant."""
        self._world = world

    def is_needed(self, *, now: bool) -> None:
        """Something is broken, or will be at the next occasion."""
        self._waits_for_fault = not now
        if now:
            self._is_broken = True
            self._call()

    def hear(self, kind: TruthKind) -> None:
        """Something happened: people are trapped or free, or what is broken shows."""
        if kind is TruthKind.TRAPPED_SINCE:
            self._trapped = True
            self._call()
        elif kind is TruthKind.FREED:
            self._trapped = False
        elif kind is TruthKind.FAULT and self._waits_for_fault:
            self.is_needed(now=True)

    def _call(self) -> None:
        if self._is_called or self._world is None:
            return
        self._is_called = True
        world = self._world
        world.tell(TruthKind.TECHNICIAN, does="called")
        world.at(world.now_ns + self._arrival.next_ns(), self._arrive)

    def _arrive(self) -> None:
        world = self._in_world()
        world.tell(TruthKind.TECHNICIAN, does="arrived")
        world.at(world.now_ns + self._release.next_ns(), self._let_out)

    def _let_out(self) -> None:
        world = self._in_world()
        if self._trapped or self._is_broken:
            world.apply(Stimulus.RELEASE)
        world.tell(TruthKind.TECHNICIAN, does="released")
        if self._is_broken:
            world.at(world.now_ns + self._repair.next_ns(), self._repaired)
        else:
            self._is_called = False

    def _repaired(self) -> None:
        self._is_called = self._is_broken = False
        self._in_world().tell(TruthKind.TECHNICIAN, does="repaired")

    def _in_world(self) -> World:
        if self._world is None:
            raise ValueError("give the technician to a plant first")
        return self._world
