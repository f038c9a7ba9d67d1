"""A lift whose signals all come over the inputs of one module, its visits, and any way to wire it."""

from collections.abc import Mapping
from functools import cache
from typing import Final

import msgspec

from edge_agent.commission.judge import FAULTY, Judgement
from edge_agent.commission.record import Record
from edge_agent.commission.session import items_of_lift, judged
from edge_agent.commission.steps import Step, script
from edge_agent.config_types import ChannelConfig, DeviceConfig, FloorConfig, LiftConfig
from hil.setup import DeviceSetup
from protocols.profiles.loader import load_profile
from protocols.profiles.place import Channel
from sim.building import Building, Chain, LockInputs, load_building
from tests.commission.bulk_visit import Visit, record_of, visit

MODULE: Final = "generic-input-16"
OPTIONS: Final = {"inputs_at": "discrete_inputs"}
ITEMS: Final = (
    "door_zone",
    "landing_lock",
    "car_lock",
    "safety_chain",
    "mains",
    "alarm_button",
    "cabinet_door",
    "person",
    "doors.front.open",
    "doors.front.closed",
    "going_up",
    "going_down",
    "overload",
    "door_open_button",
    "brake_open",
)
"""What the inputs carry: everything that the issue names for the module, and four more."""
RIGHT: Final = {number: Channel(item, invert=number % 3 == 0) for number, item in enumerate(ITEMS, start=1)}
"""Every third contact is closed while its item is false, as in the field."""
PERIODS_S: Final = (0.1, 0.2, 0.3, 0.5)
"""How often the agent looks: from the default to what a slow line leaves."""
PROFILES: Final = {"io": load_profile(MODULE)}


def house() -> Building:
    """The shipped house; nobody comes but the technician, and the module reads each lock at its own contact."""
    building = load_building("residential-9")
    return msgspec.structs.replace(
        building,
        traffic=msgspec.structs.replace(building.traffic, passengers_per_hour=0.0),
        homing_after_s=None,
        chain=Chain(LockInputs.CONTACTS),
    )


def lift_read_as(channels: Mapping[int, Channel]) -> LiftConfig:
    """The lift's file, with these channels."""
    device = DeviceConfig(
        name="io",
        profile=MODULE,
        options=OPTIONS,
        channels={number: ChannelConfig(item=one.item, invert=one.invert) for number, one in channels.items()},
    )
    floors = tuple(FloorConfig(reported=1 + index, label=one.label) for index, one in enumerate(house().floors))
    return LiftConfig(id="lift-1", devices=(device,), floors=floors)


LIFT: Final = lift_read_as(RIGHT)


def steps_of_lift() -> tuple[Step, ...]:
    return script(LIFT, items_of_lift(LIFT, PROFILES))


@cache
def visited(seed: int, skipped: frozenset[str] = frozenset()) -> Visit:
    """One visit of the right lift; the wirings are laid over it."""
    return visit(house(), steps_of_lift(), seed, PERIODS_S[seed % len(PERIODS_S)], skipped)


def recorded(
    seed: int,
    wired: Mapping[int, Channel] = RIGHT,
    stuck: Mapping[str, bool | int] | None = None,
    skipped: frozenset[str] = frozenset(),
) -> Record:
    """What the agent records of a lift that is really wired so."""
    setup = DeviceSetup(
        profile=MODULE, options=OPTIONS, channels=dict(wired), stuck={} if stuck is None else dict(stuck)
    )
    record = record_of(visited(seed, skipped), {"io": setup})
    done = {step.name for step in record.steps}
    declined = [step.name for step in steps_of_lift() if step.name not in done]
    left_out = tuple(msgspec.structs.replace(record.steps[0], name=name, declined=True) for name in declined)
    return msgspec.structs.replace(record, steps=(*record.steps, *left_out))


def verdicts(judgement: Judgement) -> dict[str, tuple[str, str]]:
    """What is wrong: by item its verdict, and what it reads as."""
    return {one.signal.item: (one.verdict.value, one.as_item) for one in judgement.findings if one.verdict in FAULTY}


def judged_as(record: Record, channels: Mapping[int, Channel] = RIGHT) -> Judgement:
    return judged(record, lift_read_as(channels), PROFILES)


def inverted(number: int) -> dict[int, Channel]:
    one = RIGHT[number]
    return RIGHT | {number: Channel(one.item, not one.invert)}


def swapped(first: int, second: int) -> dict[int, Channel]:
    """The wires of two inputs exchanged; what a contact is like stays with the contact."""
    return RIGHT | {first: RIGHT[second], second: RIGHT[first]}


def dead(number: int, reads: bool) -> dict[str, bool | int]:
    """An input that reads as the item's being `reads` for ever."""
    one = RIGHT[number]
    if one.item.startswith("going_"):
        return {f"in_{number}": int(reads is not one.invert)}
    return {one.item: reads}
