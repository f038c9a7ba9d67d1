"""All that is remembered of one lift: one frozen, versioned struct, stored with the events it causes."""

from typing import Final

import msgspec

from edge_agent import AgentError
from edge_agent.alarm.lifecycle import OpenAlarm
from edge_agent.detect.conditions import Condition
from edge_agent.detect.entrapment import Entrapment, Rule, Stage
from edge_agent.detect.events.memory import Memory
from edge_agent.detect.occupancy import Occupancy
from edge_agent.detect.track import Track
from edge_agent.detect.window import Window
from edge_agent.state import plausibility
from edge_agent.state.plausibility import Plausibility
from protocols.upstream.messages import Trapped

STATE_VERSION: Final = 1


class LiftState(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one lift's core at `t_ns` of boot `boot_id`. `next_event` numbers its events."""

    version: int = STATE_VERSION
    boot_id: str = ""
    t_ns: int = 0
    track: Track = Track()
    occupancy: Occupancy = Occupancy()
    entrapment: Entrapment = Entrapment()
    plausibility: Plausibility = Plausibility()
    memory: Memory = Memory()
    stages: dict[str, Stage] = {}
    conditions: dict[str, Condition] = {}
    alarms: tuple[OpenAlarm, ...] = ()
    next_event: int = 1


def encode(state: LiftState) -> bytes:
    """The state as stored."""
    return msgspec.json.encode(state)


def decode(blob: bytes) -> LiftState:
    """The state as it was stored, untouched. Raises AgentError if it is not ours to read."""
    try:
        state = msgspec.json.decode(blob, type=LiftState)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AgentError(f"stored lift state unreadable: {error}; starting without it") from error
    if state.version != STATE_VERSION:
        raise AgentError(f"stored lift state has version {state.version}, not {STATE_VERSION}; starting without it")
    return state


def restore(state: LiftState, boot_id: str) -> LiftState:
    """The state to go on with after a restart.

    Latches, open alarms and doubts stay. Windows go on from what they had counted, without the time nobody looked;
    after a reboot, whose clock shares nothing with the old one, they start anew and latches are marked restored.
    """
    rebooted = state.boot_id != boot_id
    return msgspec.structs.replace(
        state,
        boot_id=boot_id,
        track=msgspec.structs.replace(
            state.track,
            move=None,
            stationary=None,
            open_since_ns=None,
            counted_this_opening=False,
            at_limit=False,
            elsewhere_since_ns=None,
            place_seen_ns=None if rebooted else state.track.place_seen_ns,
        ),
        occupancy=_restored_occupancy(state.occupancy, rebooted),
        entrapment=_restored_windows(state, rebooted),
        plausibility=plausibility.restored(state.plausibility),
        memory=state.memory.restored(),
        conditions={
            key: msgspec.structs.replace(condition, since_ns=None, due_ns=None)
            for key, condition in state.conditions.items()
        },
        alarms=tuple(msgspec.structs.replace(alarm, restored=True) for alarm in state.alarms),
    )


def _restored_occupancy(occupancy: Occupancy, rebooted: bool) -> Occupancy:
    sensor = msgspec.structs.replace(occupancy.sensor, last=None, on_since_ns=None, off_since_ns=None)
    return msgspec.structs.replace(
        occupancy,
        sensor=sensor,
        calls=None,
        shut_since_ns=None if rebooted else occupancy.shut_since_ns,
        restored=occupancy.restored or (rebooted and occupancy.level is Trapped.YES),
    )


def _restored_windows(state: LiftState, rebooted: bool) -> Entrapment:
    windows = state.entrapment
    if rebooted:
        return Entrapment(
            full_openings=windows.full_openings,
            significant_moves=windows.significant_moves,
            controller_told=windows.controller_told,
        )

    def paused(window: Window) -> Window:
        return window.paused(state.t_ns)

    return msgspec.structs.replace(
        windows,
        between=paused(windows.between),
        landing=paused(windows.landing),
        trip=paused(windows.trip),
        mains_lost_ns=None,
    )


class Durable(msgspec.Struct, frozen=True):
    """What must survive a kill, of a state: when this differs, the state is written."""

    level: Trapped
    evidence: tuple[str, ...]
    opened_here: bool | None
    trip_call: bool
    sensor_stuck: bool
    seen_since_shut: bool
    held_signs: tuple[bool, bool, bool]
    stages: dict[str, Stage]
    open_events: tuple[str, ...]
    alarms: tuple[OpenAlarm, ...]


def durable_part(state: LiftState) -> Durable:
    """The part of a state whose change is worth a write."""
    return Durable(
        level=state.occupancy.level,
        evidence=tuple(kind.value for kind in state.occupancy.evidence),
        opened_here=state.track.opened_here,
        trip_call=state.occupancy.trip_call,
        sensor_stuck=state.occupancy.sensor.stuck,
        seen_since_shut=state.occupancy.seen_since_shut,
        held_signs=(state.occupancy.button, state.occupancy.device_rule, state.entrapment.controller_told),
        stages=state.stages,
        open_events=tuple(code for code, condition in state.conditions.items() if condition.event_id),
        alarms=state.alarms,
    )


def must_sync(before: Durable, after: Durable) -> bool:
    """Whether a power cut may not undo the change: suspicion, alarms, and the latch that people are in the car."""
    occupied_now = after.level is Trapped.YES and before.level is not Trapped.YES
    return occupied_now or before.stages != after.stages or before.alarms != after.alarms


def suspicions(stages: dict[str, Stage]) -> set[Rule]:
    """The rules that are past their suspect time."""
    return {Rule(name) for name, stage in stages.items() if stage is not Stage.IDLE}
