"""The vocabulary as a technician finds an item in it: by number, by name, by a word of its title."""

from typing import Final

from edge_agent.cli.profile_new_notation import BadAnswer
from protocols.language import pick
from protocols.lift.vocabulary import ITEMS, ItemKind
from protocols.profiles.check import WORDS_OF
from protocols.profiles.place import THIS_DOOR
from protocols.upstream.messages import Text

_FRONT: Final = "doors.front."


class Choice:
    """The items that a device of this kind can give, in the vocabulary's order; numbers are from 1."""

    def __init__(self, *, of_a_door: bool) -> None:
        self._titles: Final = _door_titles() if of_a_door else _titles()

    def listed(self, lang: str, search: str = "") -> list[tuple[int, str, str]]:
        """Number, item and title of each that has the search in its name or title, in either language."""
        wanted = search.lower()
        return [
            (number, item, pick(title, lang))
            for number, (item, title) in enumerate(self._titles.items(), start=1)
            if wanted in item or wanted in title.en.lower() or wanted in title.zh
        ]

    def exactly(self, text: str) -> str | None:
        """The item of that number or name, or the only one in which the text is found; None if there are several.

        Raises BadAnswer if there is none.
        """
        names = list(self._titles)
        if text in self._titles:
            return text
        if text.isdecimal():
            if not 1 <= int(text) <= len(names):
                raise BadAnswer(f"{text} is no item's number; they are 1 to {len(names)}")
            return names[int(text) - 1]
        found = self.listed("en", text)
        if not found:
            raise BadAnswer(f"{text or 'nothing'} is in no item; write raw for what is only shown, ? for the list")
        return found[0][1] if len(found) == 1 else None


def words_of(kind: ItemKind) -> tuple[str, ...]:
    """What meanings may say of an item of this kind."""
    return ("true", "false") if kind is ItemKind.BOOL else tuple(map(str, WORDS_OF.get(kind, ())))


def _titles() -> dict[str, Text]:
    return {item: Text(spec.zh, spec.en) for item, spec in ITEMS.items() if spec.kind is not ItemKind.FAULTS}


def _door_titles() -> dict[str, Text]:
    """A door operator tells of the door that it moves before anything else."""
    here = {
        THIS_DOOR + item.removeprefix(_FRONT): Text(title.zh.replace("前门", "本门"), title.en.replace("front", "this"))
        for item, title in _titles().items()
        if item.startswith(_FRONT)
    }
    return here | {item: title for item, title in _titles().items() if not item.startswith("doors.")}
