"""The words that acts are written in: what a lift at rest says, what changes together, and one act of a person.

An item's values during a step are written as a word, one letter for each value in turn (`letters.py`): "TFT" is a door
limit that was left and reached again. An act expects each item's word to match a pattern. An item that it does not name
keeps the letter it had.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from edge_agent.config_types import LiftConfig
from protocols.lift.vocabulary import DoorSide
from protocols.profiles.place import GOING_DOWN, GOING_UP
from protocols.upstream.messages import Text

Expected = Mapping[str, str]
"""By item the pattern (a regular expression) that its word matches whole."""

AT_REST: Final[Mapping[str, str]] = {
    "mode": "N",
    "moving": "F",
    "speed_mps": "F",
    GOING_UP: "F",
    GOING_DOWN: "F",
    "brake_command": "F",
    "brake_open": "F",
    "contactor_command": "F",
    "contactor_closed": "F",
    "door_zone": "T",
    "doors.front.open": "F",
    "doors.front.closed": "T",
    "doors.rear.open": "F",
    "doors.rear.closed": "T",
    "safety_chain": "T",
    "landing_lock": "T",
    "car_lock": "T",
    "alarm_button": "F",
    "door_open_button": "F",
    "mains": "T",
    "overload": "F",
    "cabinet_door": "F",
}
"""The letters of an empty car that stands at a landing in normal service with its doors shut."""

ANYTHING: Final = dict.fromkeys((*AT_REST, "person"), ".*")
LOCKS: Final = ("landing_lock", "car_lock")
CONTACTS: Final = ("safety_chain", *LOCKS)
TURNING: Final = (
    "moving",
    "speed_mps",
    "brake_command",
    "brake_open",
    "contactor_command",
    "contactor_closed",
)
"""True while the machine turns; which of them comes first is told by hundredths of a second, too little for a poll."""
_DOOR_LIMITS: Final = tuple(f"doors.{side.value}.{end}" for side in DoorSide for end in ("open", "closed"))
SERVING: Final = frozenset((*TURNING, *CONTACTS, *_DOOR_LIMITS, GOING_UP, GOING_DOWN, "door_zone"))
"""What changes when a lift answers a call."""
_BOTH: Final = "(?=.*T)(?=.*F)[TF]+"
ONCE_OR_MORE: Final = {"T": "T(FT)+", "F": "F(TF)+"}
AT_ALL: Final = {"T": "T(FT)*", "F": "F(TF)*"}


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """A step before it is known what the acts before it left behind.

    `after` are the letters that it leaves. `any_way`: the items it does not name may do anything, and end as they were;
    `in_service`: the lift may answer somebody meanwhile, so those of motion and doors may, too.
    """

    name: str
    said: Text
    does: Expected = {}
    after: Mapping[str, str] = {}
    floor: int | None = None
    is_optional: bool = False
    needs: str = ""
    any_way: bool = False
    in_service: bool = False
    proves: tuple[str, ...] = ()


def cycle_of(lift: LiftConfig) -> dict[str, str]:
    """The doors opened and shut once, or again; of two doors perhaps only one did."""
    each = ONCE_OR_MORE if lift.doors == (DoorSide.FRONT,) else AT_ALL
    doors = {
        f"doors.{side.value}.{end}": each[letter]
        for side in DoorSide
        for end, letter in (("open", "F"), ("closed", "T"))
    }
    return doors | dict.fromkeys(LOCKS, ONCE_OR_MORE["T"]) | {"safety_chain": AT_ALL["T"]}


def motion(letter: str, contact: str) -> dict[str, str]:
    """A run in one direction, from one landing to another."""
    return {
        **dict.fromkeys((*TURNING, contact), ONCE_OR_MORE["F"]),
        "direction": f"[-{letter}]*{letter}[-{letter}]*",
        "drive_state": f"[S{letter}]*{letter}[S{letter}]*",
        "car_calls": _BOTH,
        "door_zone": ONCE_OR_MORE["T"],
    }
