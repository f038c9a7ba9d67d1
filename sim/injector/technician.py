"""Who comes when people are trapped or the lift is broken: the way there, letting people out, the repair."""

import enum
from typing import Final, final

from sim.injector.draws import Times
from sim.injector.model import FaultModel
from sim.injector.world import Place
from sim.stimuli import Stimulus
from sim.truth import TruthKind


class At(enum.Enum):
    """Where the technician is."""

    AWAY = "away"
    UNDER_WAY = "under_way"
    WORK = "work"


@final
class Technician:
    """One for the lift. Lets people out by `release`, repairs out of service what needs it, and goes."""

    def __init__(self, model: FaultModel, seed: int | str, place: Place) -> None:
        staff = model.technician
        self._arrival: Final = Times(staff.arrival, f"{seed}/technician's way")
        self._release: Final = Times(staff.release, f"{seed}/release")
        self._repair: Final = Times(staff.repair, f"{seed}/repair")
        self._place: Final = place
        self._at = At.AWAY
        self._broken = False
        self._waits_for_fault = False
        self._trapped = False

    def is_needed(self, *, now: bool) -> None:
        """Something is broken, or will be at the next occasion."""
        if now:
            self._broken = True
            self._call()
        else:
            self._waits_for_fault = True

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
        if self._at is At.AWAY:
            self._at = At.UNDER_WAY
            self._place.tell(TruthKind.TECHNICIAN, does="called")
            self._place.after(self._arrival.next_ns(), self._arrive)
        elif self._at is At.WORK:
            self._place.after(self._release.next_ns(), self._let_out)

    def _arrive(self) -> None:
        self._place.tell(TruthKind.TECHNICIAN, does="arrived")
        self._place.after(self._release.next_ns(), self._released)

    def _released(self) -> None:
        needs_repair = self._broken
        self._let_out()
        self._place.tell(TruthKind.TECHNICIAN, does="released")
        if needs_repair:
            self._at = At.WORK
            self._place.apply(Stimulus.REPAIR_BEGINS)
            self._place.after(self._repair.next_ns(), self._repaired)
        else:
            self._leave()

    def _let_out(self) -> None:
        if self._trapped or self._broken:
            self._broken = self._waits_for_fault = False
            self._place.apply(Stimulus.RELEASE)

    def _repaired(self) -> None:
        self._place.apply(Stimulus.REPAIR_ENDS)
        self._place.tell(TruthKind.TECHNICIAN, does="repaired")
        self._leave()

    def _leave(self) -> None:
        self._at = At.AWAY
        if self._broken:
            self._call()
