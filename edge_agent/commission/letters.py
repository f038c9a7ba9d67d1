"""An item's value as one letter, and its values over a time as a word: T and F, U and D, N and I."""

import re
from collections.abc import Iterable
from functools import cache
from itertools import product
from typing import Final

from protocols.lift.vocabulary import ITEMS, Direction, DriveState, ItemKind, ServiceMode
from protocols.profiles.place import GOING_DOWN, GOING_UP
from protocols.upstream.messages import Text

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


_SPOKEN: Final = {
    "T": Text("是", "on"),
    "F": Text("否", "off"),
    "U": Text("上行", "up"),
    "D": Text("下行", "down"),
    "-": Text("无", "none"),
    "S": Text("待机", "standby"),
    "X": Text("故障", "fault"),
    "N": Text("正常", "normal"),
    "I": Text("检修", "inspection"),
    "o": Text("其他", "other"),
}
_NOTHING: Final = Text("无数据", "no data")
_LONGEST: Final = 4
_ALPHABETS: Final = ("TF", "UD-", "SUDX", "NIo")


def spoken(word: str) -> Text:
    """The word as people say it: "off-on-off"."""
    if not word:
        return _NOTHING
    said = [_SPOKEN.get(letter, Text(letter, letter)) for letter in word]
    return Text("-".join(one.zh for one in said), "-".join(one.en for one in said))


@cache
def shortest(pattern: str, begin: str = "") -> str:
    """The shortest word that matches the pattern, one that begins with the letter `begin` if there is one."""
    words = [
        "".join(letters)
        for length in range(1, _LONGEST + 1)
        for alphabet in _ALPHABETS
        for letters in product(alphabet, repeat=length)
        if word_of(letters) == "".join(letters) and re.fullmatch(pattern, "".join(letters))
    ]
    return next((word for word in words if word.startswith(begin)), words[0] if words else "")
