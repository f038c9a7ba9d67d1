"""Item 6: brake and contactor follow their own times, and a landing door's contact is not the car door's."""

from collections.abc import Callable
from itertools import groupby
from typing import Final

from sim.agenda import to_ns
from sim.plant import Plant
from sim.signals import PlantSignals
from sim.stimuli import Stimulus
from sim.truth import TruthKind, TruthRecord
from verify.findings import Finding, Outcome, PlantWrong, judged
from verify.house import LIVELY

_DRIVE: Final = LIVELY.drive
_START: Final = (
    ("contactor_command", True, -to_ns(_DRIVE.contactor_lag_s) - to_ns(_DRIVE.brake_lift_s)),
    ("contactor_closed", True, -to_ns(_DRIVE.brake_lift_s)),
    ("brake_command", True, -to_ns(_DRIVE.brake_lift_s)),
    ("brake_open", True, 0),
)
_DROPPED: Final = to_ns(_DRIVE.brake_drop_s)
_LET_GO: Final = _DROPPED + to_ns(_DRIVE.contactor_hold_s)
_STOP: Final = (
    ("brake_command", False, 0),
    ("brake_open", False, _DROPPED),
    ("contactor_command", False, _LET_GO),
    ("contactor_closed", False, _LET_GO + to_ns(_DRIVE.contactor_lag_s)),
)
_LONG_NS: Final = to_ns(3600)
Edge = tuple[int, str, bool]
Reached = Callable[[PlantSignals], bool]


def check(seed: int, hours: float) -> Outcome:
    """Every edge of so many hours, looked for in a second run of the same; and doors that are apart."""
    edges, late = edges_of(seed, hours), 0
    plant = Plant(LIVELY, seed)
    for t_ns, together in groupby(edges, lambda edge: edge[0]):
        before, after = plant.signals(t_ns - 1).values(), plant.signals(t_ns).values()
        late += sum(not (after[item] is value and before[item] is not value) for _, item, value in together)
    wrong = doors_together(seed)
    return Outcome(
        (
            Finding(
                6,
                "contactor before brake before motion, standstill before brake before contactor",
                "the drive's own times in the building file, counted from the runs of the truth log",
                "1 ns",
                f"{late} of {len(edges)} edges are not where they should be",
                judged(not late and bool(edges)),
            ),
            Finding(
                6,
                "landing and car door apart",
                "a pried car door between landings opens no landing door's contact; a bridged lock reads closed at an"
                " open door, and its car door's contact does not",
                "as said",
                "; ".join(wrong) if wrong else "so it is",
                judged(not wrong),
            ),
        )
    )


def edges_of(seed: int, hours: float) -> list[Edge]:
    """When each signal changes, by the runs of the log; in order of time."""
    log: list[TruthRecord] = []
    end_ns = to_ns(hours * 3600)
    Plant(LIVELY, seed, log.append).advance_to(end_ns)
    edges: list[Edge] = []
    for record in log:
        offsets = {TruthKind.DEPARTED: _START, TruthKind.ARRIVED: _STOP}.get(record.kind, ())
        edges += [(record.t_ns + after_ns, item, value) for item, value, after_ns in offsets]
    return sorted(edge for edge in edges if edge[0] <= end_ns)


def doors_together(seed: int) -> list[str]:
    """What of the doors is not told apart."""
    wrong = []
    plant = Plant(LIVELY, seed)
    plant.apply(Stimulus.ENTRAP_BETWEEN_FLOORS)
    _until(plant, lambda now: not now.moving and not now.door_zone)
    plant.apply(Stimulus.FORCE_DOOR)
    pried = plant.signals(plant.now_ns + to_ns(10))
    if (pried.landing_made, pried.car_made) != (True, False):
        wrong.append("a pried car door opens the landing door's contact")
    plant = Plant(LIVELY, seed)
    plant.apply(Stimulus.BRIDGE_LANDING_LOCK)
    bridged = _until(plant, lambda now: now.door_open)
    if (bridged.landing_lock, bridged.landing_made, bridged.car_lock) != (True, False, False):
        wrong.append("a bridged landing lock reads as the car door's contact")
    return wrong


def _until(plant: Plant, reached: Reached) -> PlantSignals:
    while not reached(now := plant.signals()):
        due_ns = plant.next_event_ns()
        if due_ns is None or due_ns > _LONG_NS:
            raise PlantWrong("never reached")
        plant.advance_to(due_ns)
    return now
