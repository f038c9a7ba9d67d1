"""What to change in a lift's file so that a record that was wrong reads right, and whether it then does."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from edge_agent.commission.amend import Edit
from edge_agent.commission.judge import FAULTY, PROOF, Finding, Judgement, Verdict
from edge_agent.commission.reading import Signal
from edge_agent.commission.record import Record
from edge_agent.commission.session import judged
from edge_agent.config_types import ChannelConfig, DeviceConfig, FloorConfig, LiftConfig
from protocols import ProtocolError
from protocols.profiles.schema import Profile
from protocols.strictyaml import Path

_GOOD: Final = Verdict.GOOD
_REWIRED: Final = frozenset({Verdict.INVERTED, Verdict.SWAPPED, Verdict.OTHER})


class Fix(msgspec.Struct, frozen=True):
    """Edits of the file, the lift as it then is, and the same record judged by it."""

    edits: tuple[Edit, ...]
    lift: LiftConfig
    judgement: Judgement


def fix_of(
    record: Record, judgement: Judgement, lift: LiftConfig, profiles: Mapping[str, Profile], index: int
) -> Fix | None:
    """The fix for what the file can put right (`index` is the lift's place in it); None if that is nothing.

    A fix is only proposed if with it every signal that it touches is good, and every other one is what it was.
    """
    mended = msgspec.structs.replace(
        lift,
        devices=tuple(_device(device, judgement.faulty) for device in lift.devices),
        floors=_floors(lift, judgement),
    )
    try:
        mended = _with_options(record, mended, profiles)
        after = judged(record, mended, profiles)
    except ProtocolError:  # two wires would carry one item
        return None
    edits = tuple(_edits(lift, mended, index))
    if not edits:
        return None
    return Fix(edits, mended, after) if _is_better(judgement, after) else None


def _is_better(before: Judgement, after: Judgement) -> bool:
    """Whether fewer signals are faulty, and none is less sure than it was, or has vanished but for a good one."""
    was = {_place_of(one.signal): one.verdict for one in before.findings}
    now = {_place_of(one.signal): one.verdict for one in after.findings}
    gone, new = was.keys() - now.keys(), now.keys() - was.keys()
    renamed = (
        len(gone) == len(new) and all(was[one] in FAULTY for one in gone) and all(now[one] is _GOOD for one in new)
    )
    kept = all(now[one] in (_GOOD, was[one]) for one in was.keys() & now.keys())
    return renamed and kept and len(after.faulty) < len(before.faulty)


def _place_of(signal: Signal) -> tuple[str, int | str]:
    """What stays the same of a signal: the input, or the item of a register."""
    return signal.device, signal.channel or signal.item


def _device(device: DeviceConfig, faulty: Sequence[Finding]) -> DeviceConfig:
    channels = dict(device.channels)
    for finding in faulty:
        if finding.signal.device == device.name and finding.verdict in _REWIRED and not finding.alike:
            number = finding.signal.channel
            if number:
                channels[number] = _rewired(device.channels[number], finding)
    return msgspec.structs.replace(device, channels=channels)


def _rewired(channel: ChannelConfig, finding: Finding) -> ChannelConfig:
    is_turned = finding.verdict is Verdict.INVERTED or finding.is_mirrored
    item = channel.item if finding.verdict is Verdict.INVERTED else finding.as_item
    return msgspec.structs.replace(channel, item=item, invert=channel.invert is not is_turned)


def _floors(lift: LiftConfig, judgement: Judgement) -> tuple[FloorConfig, ...]:
    found = [one for one in judgement.findings if one.signal.item == "floor"]
    wrong = [one for one in found if one.verdict is Verdict.NUMBERING]
    if len(wrong) != 1 or len(found) != 1:
        return lift.floors
    return tuple(
        msgspec.structs.replace(floor, reported=number)
        for floor, number in zip(lift.floors, wrong[0].floors, strict=True)
    )


def _with_options(record: Record, lift: LiftConfig, profiles: Mapping[str, Profile]) -> LiftConfig:
    """The lift with those answers to its profiles' questions with which most of the record reads right."""
    best, judgement = lift, judged(record, lift, profiles)
    for number, device in enumerate(lift.devices):
        wrong = [one for one in judgement.faulty if one.signal.device == device.name]
        if not any(len(one.misfits) >= PROOF for one in wrong):
            continue
        for name, option in profiles[device.name].options.items():
            for value in option.values:
                options = best.devices[number].options | {name: value}
                other = msgspec.structs.replace(best.devices[number], options=options)
                devices = (*best.devices[:number], other, *best.devices[number + 1 :])
                tried = msgspec.structs.replace(best, devices=devices)
                try:
                    after = judged(record, tried, profiles)
                except ProtocolError:  # this answer does not go with the rest
                    continue
                if _is_better(judgement, after):
                    best, judgement = tried, after
    return best


def _edits(before: LiftConfig, after: LiftConfig, index: int) -> Iterator[Edit]:
    top: Path = ("lifts", index)
    for number, (old, new) in enumerate(zip(before.devices, after.devices, strict=True)):
        device = (*top, "devices", number)
        for channel, wired in new.channels.items():
            was = old.channels[channel]
            at = (*device, "channels", str(channel))
            if was.item != wired.item:
                yield Edit((*at, "item"), wired.item, was.item)
            if was.invert is not wired.invert:
                yield Edit((*at, "invert"), wired.invert, was.invert)
        for name, value in new.options.items():
            if old.options.get(name) != value:
                yield Edit((*device, "options", name), value, old.options.get(name))
    for number, (floor, renamed) in enumerate(zip(before.floors, after.floors, strict=True)):
        if floor.reported != renamed.reported:
            yield Edit((*top, "floors", number, "reported"), renamed.reported, floor.reported)
