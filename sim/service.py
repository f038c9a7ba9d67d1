"""Where a mode sends the car, where it opens, whom it sends out: pure functions of the mode, the calls and the car.

Fire recall calls the car to the building's fire floor, every other mode that calls it home to the main floor.
"""

from typing import Final

from protocols.lift.vocabulary import Direction
from sim.building import Building
from sim.controller import Calls, next_stop
from sim.modes import SHUT, Doors, Mode, Rules

ATTENDED_DOOR_S: Final = 30.0
"""How long an attendant lets the door stand open without pressing anything (assumption)."""
_LETS_OUT_ANYWHERE: Final = frozenset({Mode.EARTHQUAKE, Mode.BATTERY_RESCUE, Mode.UNKNOWN})
_CALLED_HOME: Final = SHUT | {Mode.FIRE_RECALL}


def home_of(mode: Mode, building: Building) -> int:
    """The floor to which a mode calls the car, if it calls it home."""
    return building.fire_floor if mode is Mode.FIRE_RECALL else building.main_floor


def seen(mode: Mode, calls: Calls) -> Calls:
    """The calls that move a car. An attendant's car calls decide; without any he fetches who waits."""
    return Calls(car=calls.car) if mode is Mode.ATTENDANT and calls.car else calls


def next_goal(
    mode: Mode, calls: Calls, floor: int, heading: Direction, full: bool, home: int, occupied: bool
) -> int | None:
    """The floor where a car standing at `floor` goes next in a mode other than normal: perhaps `floor` itself.

    Fire: home at once. Earthquake: nowhere. Unknown: nowhere, and people get out (assumption). Out of service, under
    repair: where people in the car go, then home (assumption). Firefighter and independent: car calls. An attendant's:
    see `seen`.
    """
    in_car = Calls(car=calls.car)
    match mode:
        case Mode.FIRE_RECALL:
            return home
        case Mode.EARTHQUAKE:
            return floor
        case Mode.UNKNOWN:
            return floor if occupied else None
        case Mode.OUT_OF_SERVICE | Mode.UNDER_REPAIR:
            goal = next_stop(in_car, floor, heading, full)
            return home if goal is None and (occupied or floor != home) else goal
        case Mode.ATTENDANT:
            return next_stop(seen(mode, calls), floor, heading, full)
        case _:
            return next_stop(in_car, floor, heading, full)


def opens_at(mode: Mode, floor: int, home: int, asked: bool, occupied: bool) -> bool:
    """Whether a car that arrives at `floor` opens; `asked`: a call or somebody in it wants to here.

    Under a firefighter only the door-open button opens a door.
    """
    match mode:
        case Mode.FIRE_RECALL:
            return floor == home
        case Mode.EARTHQUAKE:
            return True
        case Mode.FIREFIGHTER:
            return False
        case Mode.UNKNOWN:
            return occupied
        case Mode.OUT_OF_SERVICE | Mode.UNDER_REPAIR:
            return asked or (occupied and floor == home)
        case _:
            return asked


def sends_out(mode: Mode, floor: int, home: int) -> bool:
    """Whether everybody has to get out at `floor`."""
    return mode in _LETS_OUT_ANYWHERE or (mode in _CALLED_HOME and floor == home)


def stays_open(mode: Mode, rules: Rules, floor: int, home: int, calls: Calls) -> bool:
    """Whether the open door closes for nobody, until something changes.

    A firefighter's door opens and closes under constant pressure (EN 81-72, C). Here a press of the door-open button
    is taken to last until the door is open, and the press of a car call until it is shut.
    """
    if rules.doors is Doors.OPEN_WHERE_CALLED:
        return mode is Mode.EARTHQUAKE or floor == home
    return rules.doors is Doors.UNTIL_CAR_CALL and not calls.car
