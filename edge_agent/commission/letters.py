"""An item's value as one letter, and its values over a time as a word: T and F, U and D, N and I."""

from collections.abc import Iterable
from typing import Final

from protocols.lift.vocabulary import ITEMS, Direction, DriveState, ItemKind, ServiceMode
from protocols.profiles.place import GOING_DOWN, GOING_UP

MOVING_MPS: Final = 0.05
"""Faster than this is a movement; as `detect.entrapment.stationary_below_mps`."""

_MODES: Final = {ServiceMode.NORMAL: "N", ServiceMode.INSPECTION: "I"}
_DIRECTIONS: Final = {Direction.NONE: "-", Direction.UP: "U", Direction.DOWN: "D"}
_DRIVES: Final = {
    DriveState.STANDBY: "S",
    DriveState.RUNNING_UP: "U",
    DriveState.RUNNING_DOWN: "D",
    DriveState.FAULT: "X",
}
_MIRROR: Final = str.maketrans("TFUD", "FTDU")


def letter_of(value: object) -> str:
    """The letter of a vocabulary value; "?" for one that has none."""
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, ServiceMode):
        return _MODES.get(value, "o")
    if isinstance(value, Direction):
        return _DIRECTIONS[value]
    if isinstance(value, DriveState):
        return _DRIVES[value]
    if isinstance(value, int | float):
        return "T" if value > MOVING_MPS else "F"
    return "?"


def word_of(letters: Iterable[str]) -> str:
    """The letters with repetitions left out."""
    word = ""
    for letter in letters:
        if not word.endswith(letter):
            word += letter
    return word


def mirrored(word: str) -> str:
    """The word of the same signal the other way round."""
    return word.translate(_MIRROR)


def can_be_mirrored(item: str) -> bool:
    """Whether the item has two sides that can be taken for each other."""
    if item in (GOING_UP, GOING_DOWN):
        return True
    return ITEMS[item].kind in (ItemKind.BOOL, ItemKind.DIRECTION, ItemKind.DRIVE)
