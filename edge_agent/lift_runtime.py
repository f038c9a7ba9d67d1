"""One lift inside the running agent: samples in, steps of its core, and what must be written, out.

Everything here happens at once, without waiting: a slow disk never delays a look at the lift. What is not yet on
disk is handed to `emit` in order.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from edge_agent import AgentError, lift_state
from edge_agent.alarm.lifecycle import OpenAlarm
from edge_agent.clock import NS, stamp
from edge_agent.config_types import DetectConfig, LiftConfig
from edge_agent.detect.facts import facts_of
from edge_agent.detect.why import why
from edge_agent.journal.entries import Entry
from edge_agent.lift_core import Happening, LiftCore
from edge_agent.lift_state import LiftState, durable_part, must_sync, suspicions
from edge_agent.local.views import PAUSED, BlockView, LiftView, LinkView, RegisterView, WhyView
from edge_agent.points import Point, reached
from edge_agent.ports import Clock
from edge_agent.state.fusion import Fusion
from edge_agent.state.intake import Intake, debounces
from edge_agent.state.present import register_views, snapshot_view
from protocols.lift.catalogue import Catalogue
from protocols.lift.snapshot import LiftSnapshot, items_of
from protocols.lift.vocabulary import ITEMS
from protocols.profiles.layout import Block, Layout
from protocols.upstream.messages import (
    EventMessage,
    LiftIds,
    Phase,
    Stamp,
    StateMessage,
    Stream,
    Text,
    Trapped,
)

_log: Final = logging.getLogger(__name__)
_ALARM_CLASS: Final = "A"


class Outcome(msgspec.Struct, frozen=True):
    """What one step leaves to be written: entries in order, the state that goes with them, and how urgently."""

    lift_id: str
    entries: tuple[Entry, ...]
    state: bytes
    sync: bool
    suspects: bool


class _Held(msgspec.Struct, frozen=True):
    """The last words of one block, and the span in which they were sampled."""

    block: Block
    words: tuple[int, ...]
    from_ns: int
    to_ns: int


class Terminal(msgspec.Struct, frozen=True):
    """What every message of this terminal carries, and the words for its codes."""

    terminal_id: str
    journal_id: str
    catalogue: Catalogue
    expires_s: int


class LiftRuntime:
    """Feeds one lift's core. Callbacks come from the poller, the deadline timer and the uplink, all on one loop."""

    def __init__(
        self,
        lift: LiftConfig,
        config: DetectConfig,
        layouts: Mapping[str, Layout],
        terminal: Terminal,
        clock: Clock,
        stored: bytes | None,
        emit: Callable[[Outcome], None],
        meant: Mapping[str, str],
    ) -> None:
        """`meant`: by the names of the devices' faults the event that each means."""
        self.lift = lift
        self.last_alarm: EventMessage | None = None
        self.commissioned = False
        self._config = config
        self._layouts = layouts
        self._terminal = terminal
        self._clock = clock
        self._emit = emit
        self._core = LiftCore(lift, config, terminal.journal_id[:8], meant)
        self._fusion = Fusion(lift, layouts, config.item_stale_s)
        self._intakes = {
            device.name: Intake(device.name, layouts[device.name], debounces(device.channels.values()))
            for device in lift.devices
        }
        self._held: dict[tuple[str, str], _Held] = {}
        self._links: dict[str, str] = dict.fromkeys(layouts, "probing")
        self._snapshot = self._fusion.snapshot(clock.now_ns())
        self._state = self._restored(stored)
        self._fusion.doubt(self._core.doubted(self._state))
        self._durable = durable_part(self._state)

    def _restored(self, stored: bytes | None) -> LiftState:
        fresh = LiftState(boot_id=self._clock.boot_id)
        if stored is None:
            return fresh
        try:
            return lift_state.restore(lift_state.decode(stored), self._clock.boot_id)
        except AgentError as error:
            _log.warning("state.unreadable lift=%s problem=%s", self.lift.id, error)
            # Event ids of before must not come again, so numbering goes on from where no run can have come.
            return msgspec.structs.replace(fresh, next_event=self._clock.wall().unix_ns // NS)

    # inputs

    def on_lent(self) -> None:
        """Nobody watched the bus for a while: what stands on it may be something else."""
        for intake in self._intakes.values():
            intake.forget()

    @property
    def notes(self) -> list[str]:
        """Devices of which nothing is believed: not what their profiles describe, or not known yet."""
        return [intake.problem for intake in self._intakes.values() if intake.problem]

    def on_block(self, device: str, block: Block, words: tuple[int, ...], from_ns: int, to_ns: int) -> None:
        """A device answered: its words, sampled between `from_ns` and `to_ns`."""
        self._held[device, block.name] = _Held(block, words, from_ns, to_ns)
        intake = self._intakes[device]
        self._fusion.take(device, block.name, intake.take(block, words, from_ns), from_ns, to_ns)
        if not intake.is_identified:
            self._fusion.forget(device)
        self.look()

    def look(self) -> None:
        """Judge what is known now; also when only time has passed."""
        now_ns, words = self._clock.now_ns(), self._fusion.words
        self._snapshot = self._fusion.snapshot(now_ns)
        state = self._core.on_words(self._state, self._snapshot, words, words.news())
        if state is not self._state and self._fusion.doubt(self._core.doubted(state)):
            self._snapshot = self._fusion.snapshot(now_ns)
        self._step(*self._core.on_snapshot(state, self._snapshot, self._stamp_at))

    def on_link(self, device: str, down: bool, since_ns: int, t_ns: int) -> None:
        """A device stopped or began to answer."""
        self._links[device] = "down" if down else "up"
        if down:
            self._intakes[device].forget()
        self._step(*self._core.on_link(self._state, device, down, since_ns, t_ns, self._stamp_at))

    def on_acknowledgement(self, event_id: str) -> bool:
        """The platform took an alarm on; whether it is one of this lift's open ones."""
        known = any(alarm.event_id == event_id for alarm in self._state.alarms)
        if known:
            self._step(*self._core.on_acknowledgement(self._state, event_id, self._snapshot.door_zone.known))
        return known

    def store(self) -> None:
        """Hand over the state as it is, so that after a stop in order windows go on where they were."""
        self._emit(Outcome(self.lift.id, (), lift_state.encode(self._state), sync=False, suspects=False))

    def next_deadline(self) -> int | None:
        """When to look again although nothing came."""
        own = self._core.next_deadline(self._state, self._snapshot)
        stale = self._fusion.next_deadline(self._snapshot.t_ns)
        return min((at for at in (own, stale) if at is not None), default=None)

    # the step

    def _stamp_at(self, t_ns: int) -> Stamp:
        return stamp(self._clock, t_ns)

    def _step(self, state: LiftState, happened: list[Happening]) -> None:
        entries = tuple(self._entry(one) for one in happened)  # first: a step that cannot be told is not taken
        durable = durable_part(state)
        before, self._state, self._durable = self._durable, state, durable
        if durable == before and not happened:
            return
        suspects = bool(suspicions(durable.stages) - suspicions(before.stages))
        if suspects:
            reached(Point.SUSPECT_DECIDED)
        if any(one.phase is Phase.RAISED for one in happened):
            reached(Point.RAISE_DECIDED)
        sync = bool(entries) or must_sync(before, durable)
        self._emit(Outcome(self.lift.id, entries, lift_state.encode(state), sync, suspects))

    def _entry(self, one: Happening) -> Entry:
        kind = self._terminal.catalogue[one.code]
        stream = Stream.ALARM if kind.cls == _ALARM_CLASS else Stream.EVENT
        severity = kind.severity if one.severity is None else one.severity
        message = self._message(one, stream, severity, kind.name)
        if stream is Stream.ALARM:
            self.last_alarm = message
        _log.info(
            "lift.%s lift=%s code=%s phase=%s id=%s",
            stream.value,
            self.lift.id,
            one.code,
            one.phase.value,
            one.event_id,
        )
        return Entry(stream, message)

    def _message(self, one: Happening, stream: Stream, severity: int, name: Text) -> EventMessage:
        now = self._snapshot
        view = snapshot_view(now, self.lift, self._stamp_at(now.t_ns))
        return EventMessage(
            terminal_id=self._terminal.terminal_id,
            journal_id=self._terminal.journal_id,
            stream=stream,
            seq=0,
            ids=self.ids,
            event_id=one.event_id,
            code=one.code,
            name=name,
            severity=severity,
            phase=one.phase,
            begin=one.begin,
            end=one.end,
            floor_index=view.floor_index,
            floor_label=view.floor_label,
            zone={True: "yes", False: "no", None: "unknown"}[one.zone],
            trapped=one.trapped,
            confidence=one.confidence,
            evidence=one.evidence,
            snapshot=view,
            restored=one.restored,
            commissioned=self.commissioned,
        )

    # views

    @property
    def ids(self) -> LiftIds:
        """The lift's identifiers as sent."""
        return LiftIds(self.lift.id, self.lift.register_no, self.lift.code_96333)

    @property
    def worries(self) -> list[str]:
        """What it must not be left alone with: open alarms, suspicions, a car that may have somebody in it."""
        rules = [f"{rule.value} suspected" for rule in suspicions(self._durable.stages)]
        return [f"{alarm.code} open" for alarm in self._state.alarms] + sorted(rules) + self._in_the_car()

    def _in_the_car(self) -> list[str]:
        """Why somebody may need us soon, by what is known now; the unknown keeps nobody from looking for the fault."""
        now = self._fresh()
        if now.moving.known or (now.speed_mps.known or 0) > self._config.entrapment.stationary_below_mps:
            return ["the car is moving"]
        if now.door_zone.known is False:
            return ["the car stands outside the door zone"]
        is_shut = not any(door.open.known for door in now.doors)
        return ["somebody is in the closed car"] if self._state.occupancy.level is Trapped.YES and is_shut else []

    def state_message(self, *, paused: bool) -> StateMessage:
        """The latest value of the lift, as sent; `paused` while nobody asks its devices."""
        now = self._fresh()
        return StateMessage(
            terminal_id=self._terminal.terminal_id,
            ids=self.ids,
            expires_s=self._terminal.expires_s,
            snapshot=snapshot_view(now, self.lift, self._stamp_at(now.t_ns)),
            link=dict.fromkeys(self._links, PAUSED) if paused else dict(self._links),
            open_alarms=[alarm.event_id for alarm in self._state.alarms],
        )

    def looks_like(self) -> tuple[object, ...]:
        """What makes a state worth sending at once: every value and its worth, without ages."""
        values = tuple((item.value, item.validity) for item in items_of(self._snapshot).values())
        return (values, tuple(self._links.values()), tuple(alarm.event_id for alarm in self._state.alarms))

    def lift_view(self, links: list[LinkView]) -> LiftView:
        """What the technician's screen shows."""
        now = self._fresh()
        return LiftView(
            lift_id=self.lift.id,
            snapshot=snapshot_view(now, self.lift, self._stamp_at(now.t_ns)),
            links=[link for link in links if link.device in self._layouts],
            occupancy=self._state.occupancy.level.value,
            open_alarms=[self._open_alarm(alarm) for alarm in self._state.alarms],
            last_alarm=self.last_alarm,
            names={name: Text(spec.zh, spec.en) for name, spec in ITEMS.items()},
        )

    def _open_alarm(self, alarm: OpenAlarm) -> EventMessage:
        """An open alarm as its last message told it, with the present snapshot."""
        kind = self._terminal.catalogue[alarm.code]
        one = Happening(
            event_id=alarm.event_id,
            code=alarm.code,
            phase=alarm.phase,
            begin=alarm.begin,
            end=alarm.cleared,
            trapped=alarm.trapped if alarm.cleared is None else Trapped.NO,
            zone=self._snapshot.door_zone.known,
            confidence=alarm.confidence,
            evidence=alarm.evidence,
            restored=alarm.restored,
        )
        return self._message(one, Stream.ALARM, alarm.severity, kind.name)

    def register_views(self) -> list[RegisterView]:
        """Every row of every device as last read."""
        now_ns = self._clock.now_ns()
        return [
            view
            for (device, _), held in self._held.items()
            for view in register_views(
                device, held.block.name, self._layouts[device].raw(held.block, held.words), now_ns - held.from_ns
            )
        ]

    def block_views(self) -> list[BlockView]:
        """The last words of every block of the devices that are what their profiles describe."""
        return [
            BlockView(
                device,
                held.block.name,
                held.block.function,
                held.block.address,
                list(held.words),
                held.from_ns,
                held.to_ns,
            )
            for (device, _), held in self._held.items()
            if self._intakes[device].is_identified
        ]

    def why_views(self) -> list[WhyView]:
        """Why there is, or is not, an alarm."""
        now = self._fresh()
        facts = facts_of(now, self._config.entrapment)
        findings = self._core.findings(self._state, now)
        return why(self.lift, self._terminal.catalogue, self._state, now, facts, findings)

    def _fresh(self) -> LiftSnapshot:
        """The snapshot with ages as of now."""
        return self._fusion.snapshot(self._clock.now_ns())
