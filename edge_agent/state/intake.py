"""What of a device's answers is taken at all: only those of the device that its profile describes, and settled inputs.

Where the profile says which values its identity registers can have, nothing is believed before they were read, and
nothing once they say otherwise: registers of another device decode into wrong values that look right.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from edge_agent.config_types import ChannelConfig
from protocols.profiles.layout import Block, Layout
from protocols.profiles.place import GOING_DOWN, GOING_UP

_NS_PER_MS: Final = 1_000_000
_UNSEEN_NS: Final = 3_000_000_000
"""A value seen before and after a longer time than this was not seen to stay."""


def debounces(channels: Iterable[ChannelConfig]) -> dict[str, int]:
    """How long the items of a module's inputs have to keep a new value, in ns."""
    waits: dict[str, int] = {}
    for channel in channels:
        items = ("direction", "moving") if channel.item in (GOING_UP, GOING_DOWN) else (channel.item,)
        waits |= {item: max(round(channel.debounce_ms * _NS_PER_MS), waits.get(item, 0)) for item in items}
    return {item: wait_ns for item, wait_ns in waits.items() if wait_ns}


class _Settling:
    """A value that an input wants to have, since when, and when it was last seen."""

    __slots__ = ("seen_ns", "since_ns", "value")

    def __init__(self, value: object, t_ns: int) -> None:
        self.value = value
        self.since_ns = self.seen_ns = t_ns


class Intake:
    """One device's. `debounce_ns` says how long an item has to keep a new value before it counts."""

    def __init__(self, device: str, layout: Layout, debounce_ns: Mapping[str, int]) -> None:
        self._device = device
        self._layout = layout
        self._debounce_ns = debounce_ns
        self._wrong: dict[str, str] = {}  # by identity row what is wrong with it; "" if it fits
        self._settled: dict[str, object] = {}
        self._settling: dict[str, _Settling] = {}

    @property
    def is_identified(self) -> bool:
        """Whether every identity row was read, and fits."""
        return all(self._wrong.get(identity.row) == "" for identity in self._layout.identities)

    @property
    def problem(self) -> str:
        """Why nothing of this device is believed, if so."""
        if self.is_identified:
            return ""
        wrong = [what for what in self._wrong.values() if what]
        unread = [identity.row for identity in self._layout.identities if identity.row not in self._wrong]
        told = "; ".join(wrong) if wrong else f"its identity ({', '.join(unread)}) could not be read yet"
        return f"{self._device}: {told}; nothing it says is believed"

    def forget(self) -> None:
        """The device was away: it may be another one now, and its inputs may have done anything."""
        self._wrong.clear()
        self._settled.clear()
        self._settling.clear()

    def take(self, block: Block, words: Sequence[int], from_ns: int) -> dict[str, object]:
        """The values to believe in a block's words, sampled from `from_ns` on."""
        self._wrong |= self._layout.identified(block, words)
        if not self.is_identified:
            return {}
        values = self._layout.decode(block, words)
        if self._debounce_ns:
            return {name: value for name, value in values.items() if self._is_settled(name, value, from_ns)}
        return values

    def _is_settled(self, name: str, value: object, t_ns: int) -> bool:
        wait_ns = self._debounce_ns.get(name, 0)
        if not wait_ns or (name in self._settled and self._settled[name] == value):
            self._settling.pop(name, None)
            return True
        settling = self._settling.get(name)
        if settling is None or settling.value != value or t_ns - settling.seen_ns > max(2 * wait_ns, _UNSEEN_NS):
            settling = self._settling[name] = _Settling(value, t_ns)
        settling.seen_ns = t_ns
        if t_ns - settling.since_ns < wait_ns:
            return False
        self._settled[name] = value
        del self._settling[name]
        return True
