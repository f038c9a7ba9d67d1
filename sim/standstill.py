"""A car that cannot go on: the fault that stopped it, its standstill, and who is trapped in it since when.

Trapped is who cannot get out: a door at a landing that is open for `PASSABLE_M` lets people out. A terminal sees no
width, only limits: its A02 (detection.md) means a door that has not reached its open limit. The two differ by intent.
"""

from typing import Final, final

from sim.car import Car, Phase
from sim.group import drop_out
from sim.leaving import Leaving
from sim.levelling import Leveller
from sim.trouble import Fault
from sim.truth import TruthKind


@final
class Standstill:
    """Of one car. Tells when people are trapped and freed, once each."""

    def __init__(self, car: Car, leveller: Leveller) -> None:
        self._car: Final = car
        self._leveller: Final = leveller
        self._leaving: Final = Leaving(car)
        self._trapped = False

    def break_down(self, fault: Fault) -> None:
        """`fault` is there from now on; if the controller notices it, the car answers no hall calls any more."""
        self._car.trouble.armed = None
        self._car.trouble.fault = fault
        self._car.trouble.halted_by = fault.value
        self._car.tell(TruthKind.FAULT, fault=fault.value)
        if not self._car.trouble.unnoticed:
            drop_out(self._car)

    def end_fault(self) -> None:
        """The fault, if there is one, is there no more."""
        fault = self._car.trouble.fault
        if fault is not None:
            self._car.trouble.fault = None
            self._car.tell(TruthKind.FAULT_ENDED, fault=fault.value)

    def begin(self) -> None:
        """The car stands until something or somebody gets it going again."""
        car = self._car
        car.enter(Phase.STUCK)
        self._leveller.halt()
        if car.trouble.fault is not None:
            car.trouble.unnoticed = False
            drop_out(car)
        self.trap()
        self._leaving.begin()

    def trap(self) -> None:
        """The car stands: whoever is in it and cannot get out is trapped."""
        car = self._car
        if not car.persons or self._trapped or car.lets_out(car.now_ns):
            return
        self._trapped = True
        car.tell(
            TruthKind.TRAPPED_SINCE,
            persons=car.persons,
            floor=car.floor,
            door_zone=car.in_zone(car.now_ns),
            cause=car.trouble.cause,
        )

    def set_free(self) -> None:
        """A door is open at a landing: whoever was trapped is free."""
        if self._trapped:
            self._trapped = False
            self._car.tell(TruthKind.FREED, persons=self._car.persons, floor=self._car.floor)
