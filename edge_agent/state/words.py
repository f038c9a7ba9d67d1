"""What each device says of the items that a trip changes, and since when it has said so without a break.

A device that was not heard for longer than `UNBROKEN_NS` may have said anything meanwhile, so what it says then is new.
"""

from collections.abc import Iterable, Mapping
from typing import Final

UNBROKEN_NS: Final = 2_000_000_000
"""What a trip changes stays so for longer: a car is longer between two zones, a door longer open (a design value)."""


class Word:
    """A truth value, since when it was heard without a break, and when last."""

    __slots__ = ("heard_ns", "since_ns", "value")

    def __init__(self, value: bool, since_ns: int, heard_ns: int) -> None:
        self.value = value
        self.since_ns = since_ns
        self.heard_ns = heard_ns

    def is_heard(self, t_ns: int) -> bool:
        """Whether the device still says so at `t_ns`."""
        return t_ns - self.heard_ns <= UNBROKEN_NS


def key_of(device: str, item: str) -> str:
    """What one device says of one item, as it is stored and told: "device/item"."""
    return f"{device}/{item}"


class Words:
    """The words of one lift's devices, by `key_of`. `watched` are (item, device) to listen to."""

    def __init__(self, watched: Iterable[tuple[str, str]]) -> None:
        self._keys: dict[str, dict[str, str]] = {}
        for item, device in watched:
            self._keys.setdefault(device, {})[item] = key_of(device, item)
        self._said: dict[str, Word] = {}
        self._news = False
        self.watched: Final = frozenset(key for keys in self._keys.values() for key in keys.values())

    @property
    def said(self) -> Mapping[str, Word]:
        """The last word of every device that was not forgotten."""
        return self._said

    def news(self) -> bool:
        """Whether somebody said something else since this was last asked."""
        news, self._news = self._news, False
        return news

    def take(self, device: str, values: Mapping[str, object], from_ns: int) -> None:
        """A device said these values at `from_ns`."""
        for item, key in self._keys.get(device, {}).items():
            value = values.get(item)
            if isinstance(value, bool):
                self._hear(key, value, from_ns)

    def _hear(self, key: str, value: bool, from_ns: int) -> None:
        word = self._said.get(key)
        if word is not None and word.value is value and from_ns - word.heard_ns <= UNBROKEN_NS:
            word.heard_ns = from_ns
            return
        self._said[key] = Word(value, from_ns, from_ns)
        self._news = True

    def forget(self, device: str) -> None:
        """The device was away, and may have said anything."""
        for key in self._keys.get(device, {}).values():
            self._said.pop(key, None)
