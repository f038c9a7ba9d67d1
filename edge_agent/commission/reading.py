"""The record read through a lift's file: every signal of every device, its word in each step, its changes in time."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from edge_agent.commission.letters import letter_of, word_of
from edge_agent.commission.record import Record, StepRecord
from edge_agent.config_types import DeviceConfig, LiftConfig
from edge_agent.equipment import place_of
from edge_agent.local.views import BlockView
from protocols import ProtocolError
from protocols.profiles.layout import Block, Layout, compile_layout
from protocols.profiles.place import GOING_UP
from protocols.profiles.schema import Profile

_NS_PER_MS: Final = 1_000_000


class Signal(msgspec.Struct, frozen=True, order=True):
    """What one device says of one item; `channel` is the input that carries it, 0 if it is none."""

    device: str
    item: str
    channel: int = 0


class Change(msgspec.Struct, frozen=True):
    """A signal became `letter` at some time from `from_ns` to `to_ns`."""

    letter: str
    from_ns: int
    to_ns: int


class Trace(msgspec.Struct, frozen=True):
    """One signal's step: its word, its changes, and its last value. The word is "" if the device said nothing."""

    word: str = ""
    changes: tuple[Change, ...] = ()
    last: object = None


Reading = Mapping[Signal, Mapping[str, Trace]]
"""By signal and by the name of each step that was done."""


class Reader:
    """Reads one device's blocks as its part of the lift's file says."""

    def __init__(self, device: DeviceConfig, profile: Profile) -> None:
        self._device: Final = device
        self._whole: Final = compile_layout(profile, device.options, place_of(device))
        self._channel_of: Final = {
            row.name: row.channel for row in profile.rows if row.channel is not None and row.holds(device.options)
        }
        self._layouts: Final[dict[Block, Layout]] = {}
        wired = {channel.item for channel in device.channels.values()}
        by_contacts = wired | ({"direction", "moving"} if GOING_UP in wired else set())
        self._items: Final = sorted(self._whole.items - by_contacts)

    @property
    def signals(self) -> list[Signal]:
        """Everything that the device should say: what its inputs are wired to, then its registers."""
        contacts = [Signal(self._device.name, one.item, number) for number, one in self._device.channels.items()]
        return contacts + [Signal(self._device.name, item) for item in self._items]

    def debounce_ns(self, signal: Signal) -> int:
        """How long the signal has to keep a new value before it counts."""
        channel = self._device.channels.get(signal.channel)
        return 0 if channel is None else round(channel.debounce_ms * _NS_PER_MS)

    def values(self, sample: BlockView) -> dict[Signal, object]:
        """What a sample says; nothing if this file's device has no such block."""
        block = Block(sample.name, sample.function, sample.address, len(sample.words))
        try:
            layout = self._layouts.get(block)
            if layout is None:
                layout = self._layouts[block] = self._whole.regrouped([block])
            contacts = self._contacts(layout, block, sample.words) if self._device.channels else {}
            decoded = layout.decode(block, sample.words)
        except ProtocolError:
            return {}
        return contacts | {
            Signal(self._device.name, item): value for item, value in decoded.items() if item in self._items
        }

    def _contacts(self, layout: Layout, block: Block, words: Sequence[int]) -> dict[Signal, object]:
        """Each wired input by itself: a direction that two of them make is judged contact by contact."""
        values: dict[Signal, object] = {}
        for row in layout.raw(block, words):
            number = self._channel_of.get(row.name)
            channel = None if number is None else self._device.channels.get(number)
            if number is None or channel is None:
                continue
            stands_alone = row.item != ""
            value = bool(row.value) if stands_alone else bool(row.value) is not channel.invert
            values[Signal(self._device.name, channel.item, number)] = value
        return values


def readers_of(lift: LiftConfig, profiles: Mapping[str, Profile]) -> dict[str, Reader]:
    """A reader for each device of the lift."""
    return {device.name: Reader(device, profiles[device.name]) for device in lift.devices}


def read_step(step: StepRecord, readers: Mapping[str, Reader]) -> dict[Signal, Trace]:
    """Every signal's trace in one step; one that said nothing since a person spoke has an empty one."""
    seen: dict[Signal, list[_Said]] = {}
    since_ns = max(step.from_ns, step.said_ns)
    spoke = {(sample.device, sample.name) for sample in step.samples if sample.to_ns > since_ns}
    for sample in step.samples:
        reader = readers.get(sample.device) if (sample.device, sample.name) in spoke else None
        for signal, value in ({} if reader is None else reader.values(sample)).items():
            seen.setdefault(signal, []).append(_Said(value, letter_of(value), sample.from_ns, sample.to_ns))
    traces = {
        signal: _trace(_settled(said, readers[signal.device].debounce_ns(signal))) for signal, said in seen.items()
    }
    return {signal: traces.get(signal, Trace()) for reader in readers.values() for signal in reader.signals}


class _Said(msgspec.Struct, frozen=True):
    value: object
    letter: str
    from_ns: int
    to_ns: int


def _settled(said: Sequence[_Said], wait_ns: int) -> list[_Said]:
    """Without what did not stand for so long, as the agent's own debounce leaves it out."""
    if not wait_ns:
        return list(said)
    kept: list[_Said] = []
    begin = 0
    for index, one in enumerate(said):
        if one.letter != said[begin].letter:
            begin = index
        last = next((other for other in said[index:] if other.letter != one.letter), said[-1])
        if not kept or one.letter == kept[-1].letter or last.from_ns - said[begin].from_ns >= wait_ns:
            kept.append(one)
    return kept


def _trace(said: Sequence[_Said]) -> Trace:
    changes = [
        Change(one.letter, before.from_ns, one.to_ns) for before, one in pairwise(said) if one.letter != before.letter
    ]
    return Trace(word_of(one.letter for one in said), tuple(changes), said[-1].value)


def read(record: Record, lift: LiftConfig, profiles: Mapping[str, Profile]) -> Reading:
    """The whole record, signal by signal, as this file reads it. Steps that were not done are left out."""
    readers = readers_of(lift, profiles)
    reading: dict[Signal, dict[str, Trace]] = {signal: {} for reader in readers.values() for signal in reader.signals}
    for step in record.steps:
        if not step.declined:
            for signal, trace in read_step(step, readers).items():
                reading.setdefault(signal, {})[step.name] = trace
    return reading
