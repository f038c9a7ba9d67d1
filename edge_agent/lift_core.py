"""One lift's core, without I/O: (state, input) -> (state, happenings), and when to be called again.

Inputs are a snapshot (also a repeated one, when only time has passed), a device's link going down or up, and
the platform's acknowledgement. Nothing here reads a clock: time comes with the input.
"""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from edge_agent.alarm import lifecycle
from edge_agent.alarm.lifecycle import OpenAlarm, Progress
from edge_agent.clock import NS
from edge_agent.config_types import DetectConfig, LiftConfig
from edge_agent.detect import conditions, entrapment, events, evidence, occupancy, track
from edge_agent.detect.conditions import Change, Condition
from edge_agent.detect.entrapment import Finding, Rule, Stage
from edge_agent.detect.facts import Facts, facts_of
from edge_agent.detect.look import Answer, Look
from edge_agent.lift_state import LiftState
from edge_agent.state import plausibility
from edge_agent.state.words import Words
from protocols.lift.snapshot import LiftSnapshot
from protocols.lift.vocabulary import ServiceMode
from protocols.upstream.messages import Phase, Stamp, Text, Trapped

StampAt = Callable[[int], Stamp]

_DURING_MAINTENANCE: Final = 3
"""Severity of an entrapment found in inspection mode: kept, sent, but no rescue team at once."""
_SIGNAL: Final = "D04."
"""How the conditions of single signals are stored; the person sensor's is "D04" alone."""
_IN_SERVICE: Final = frozenset({None, ServiceMode.NORMAL})
_NOTHING: Final[Mapping[str, str]] = {}


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One step in the life of an alarm or event, before it gets its place in the journal."""

    event_id: str
    code: str
    phase: Phase
    begin: Stamp
    end: Stamp | None = None
    trapped: Trapped = Trapped.UNKNOWN
    zone: bool | None = None
    confidence: float = 1.0
    severity: int | None = None
    evidence: Text
    restored: bool = False


class LiftCore:
    """The rules of one lift. `prefix` makes event ids unique beyond this lift and this journal."""

    def __init__(
        self, lift: LiftConfig, config: DetectConfig, prefix: str, meant: Mapping[str, str] = _NOTHING
    ) -> None:
        """`meant`: by the names of the devices' faults the event that each means."""
        self._lift = lift
        self._meant = meant
        self._labels = tuple(floor.label for floor in lift.floors)
        self._config = config
        self._prefix = prefix

    def _event_id(self, number: int) -> str:
        return f"{self._prefix}-{self._lift.id}-{number}"

    def _label(self, floor: int | None) -> str | None:
        return None if floor is None else self._lift.floors[floor].label

    def findings(self, state: LiftState, snapshot: LiftSnapshot) -> list[Finding]:
        """Every entrapment rule's answer for a state that already knows this snapshot."""
        facts = facts_of(snapshot, self._config.entrapment)
        return entrapment.findings(
            state.entrapment,
            snapshot,
            facts,
            state.track,
            state.occupancy,
            self._config.entrapment,
            self._lift.full_travel_s,
        )

    def on_words(self, state: LiftState, snapshot: LiftSnapshot, words: Words, news: bool) -> LiftState:
        """What each device says, with `news` or with another snapshot: whom to doubt. The same state if neither."""
        seen = plausibility.seen_of(snapshot, facts_of(snapshot, self._config.entrapment))
        before = state.plausibility
        if not news and seen == before.seen:
            return state
        now = plausibility.follow(before, seen, words.said, words.watched, len(self._lift.doors), snapshot.t_ns)
        return msgspec.structs.replace(state, plausibility=now)

    def doubted(self, state: LiftState) -> AbstractSet[tuple[str, str]]:
        """(item, device) that are not to be believed."""
        doubts = plausibility.doubts(state.plausibility, self._config.plausibility)
        return {(doubt.item, doubt.device) for doubt in doubts.values()}

    def on_snapshot(
        self, state: LiftState, snapshot: LiftSnapshot, stamp_at: StampAt
    ) -> tuple[LiftState, list[Happening]]:
        """One more look at the lift."""
        facts = facts_of(snapshot, self._config.entrapment)
        now_track = track.follow(state.track, facts, self._config.entrapment)
        now_occupancy = occupancy.follow(state.occupancy, snapshot, facts, now_track, self._config.occupancy)
        state = msgspec.structs.replace(
            state,
            t_ns=snapshot.t_ns,
            track=now_track,
            occupancy=now_occupancy,
            entrapment=entrapment.follow(state.entrapment, snapshot, facts, now_track, now_occupancy),
        )
        state, cleared = self._clear(state, facts, stamp_at)
        state, raised = self._raise(state, snapshot, facts, stamp_at)
        state, events = self._conditions(state, snapshot, facts, stamp_at)
        return state, [*cleared, *raised, *events]

    def _clear(self, state: LiftState, facts: Facts, stamp_at: StampAt) -> tuple[LiftState, list[Happening]]:
        alarms: list[OpenAlarm] = []
        said: list[Happening] = []
        for alarm in state.alarms:
            now = alarm
            if alarm.progress is Progress.OPEN and lifecycle.people_can_leave(
                alarm, state.track, facts.t_ns, self._config.entrapment
            ):
                why = evidence.cleared_text(state.track)
                now, phases = lifecycle.clear(alarm, stamp_at(facts.t_ns), why)
                said += self._told(now, phases, facts.in_zone)
            if now.phase is not Phase.ENDED:
                alarms.append(now)
        return msgspec.structs.replace(state, alarms=tuple(alarms)), said

    def _told(self, alarm: OpenAlarm, phases: Iterable[Phase], in_zone: bool | None) -> list[Happening]:
        free = alarm.progress is Progress.CLEARED
        return [
            Happening(
                event_id=alarm.event_id,
                code=alarm.code,
                phase=phase,
                begin=alarm.begin,
                end=alarm.cleared,
                trapped=Trapped.NO if free else alarm.trapped,
                zone=in_zone,
                confidence=alarm.confidence,
                severity=alarm.severity,
                evidence=alarm.evidence,
                restored=alarm.restored,
            )
            for phase in phases
        ]

    def _raise(
        self, state: LiftState, snapshot: LiftSnapshot, facts: Facts, stamp_at: StampAt
    ) -> tuple[LiftState, list[Happening]]:
        findings = self.findings(state, snapshot)
        stages = {finding.rule.value: finding.stage for finding in findings if finding.stage is not Stage.IDLE}
        state = msgspec.structs.replace(state, stages=stages)
        due = [finding for finding in findings if finding.stage is Stage.RAISE]
        if any(finding.rule is Rule.CONTROLLER for finding in due):
            state = msgspec.structs.replace(state, entrapment=entrapment.controller_heard(state.entrapment))
        news = next((finding for finding in due if not self._is_known(finding, state)), None)
        if news is None:
            return state, []
        alarm = self._new_alarm(state, news, snapshot, facts, stamp_at)
        said = Happening(
            event_id=alarm.event_id,
            code=alarm.code,
            phase=Phase.RAISED,
            begin=alarm.begin,
            trapped=alarm.trapped,
            zone=facts.in_zone,
            confidence=alarm.confidence,
            severity=alarm.severity,
            evidence=alarm.evidence,
            restored=state.occupancy.restored,
        )
        state = msgspec.structs.replace(state, alarms=(*state.alarms, alarm), next_event=state.next_event + 1)
        return state, [said]

    def _is_known(self, finding: Finding, state: LiftState) -> bool:
        """An alarm that nothing could clear hides what is found in its own stop, and not an entrapment elsewhere."""
        open_alarms = [alarm for alarm in state.alarms if alarm.progress is Progress.OPEN]
        if finding.rule is Rule.BACKSTOP:
            return bool(open_alarms)
        return any(alarm.significant_moves == state.track.significant_moves for alarm in open_alarms)

    def _new_alarm(
        self, state: LiftState, finding: Finding, snapshot: LiftSnapshot, facts: Facts, stamp_at: StampAt
    ) -> OpenAlarm:
        text = evidence.entrapment_text(finding, state.occupancy, self._label(facts.floor), facts.in_zone)
        maintenance = snapshot.mode.known is ServiceMode.INSPECTION
        if maintenance:
            text = Text(f"检修期间: {text.zh}", f"during maintenance: {text.en}")
        return OpenAlarm(
            event_id=self._event_id(state.next_event),
            code=finding.code,
            begin=stamp_at(finding.since_ns),
            severity=_DURING_MAINTENANCE if maintenance else 1,
            confidence=evidence.confidence(finding, state.occupancy),
            evidence=text,
            trapped=Trapped.YES if state.occupancy.level is Trapped.YES else Trapped.UNKNOWN,
            full_openings=state.track.full_openings,
            significant_moves=state.track.significant_moves,
        )

    def _look(self, state: LiftState, snapshot: LiftSnapshot, facts: Facts) -> Look:
        mode = snapshot.mode.known
        return Look(
            snapshot=snapshot,
            facts=facts,
            track=state.track,
            occupancy=state.occupancy,
            config=self._config,
            full_travel_s=self._lift.full_travel_s,
            in_service=(state.memory.modes.mode if mode is None else mode) in _IN_SERVICE,
            rated_mps=self._lift.rated_mps,
            labels=self._labels,
        )

    def _conditions(
        self, state: LiftState, snapshot: LiftSnapshot, facts: Facts, stamp_at: StampAt
    ) -> tuple[LiftState, list[Happening]]:
        look = self._look(state, snapshot, facts)
        state = msgspec.structs.replace(state, memory=events.follow(state.memory, look))
        said: list[Happening] = []
        for key, answer in events.answers(state.memory, look, self._meant).items():
            if answer.holds or (answer.holds is False and key in state.conditions):
                state, news = self._condition(state, key, answer, facts.t_ns, stamp_at)
                said += news
        state, doubts = self._doubts(state, facts, stamp_at)
        return state, [msgspec.structs.replace(item, zone=facts.in_zone) for item in said + doubts]

    def _doubts(self, state: LiftState, facts: Facts, stamp_at: StampAt) -> tuple[LiftState, list[Happening]]:
        doubts = plausibility.doubts(state.plausibility, self._config.plausibility)
        known = {key.removeprefix(_SIGNAL) for key in state.conditions if key.startswith(_SIGNAL)}
        said: list[Happening] = []
        for subject in sorted(doubts.keys() | known):
            doubt = doubts.get(subject)
            text = evidence.plausible_text(subject) if doubt is None else evidence.doubt_text(doubt)
            answer = Answer(doubt is not None, text)
            state, news = self._condition(state, f"{_SIGNAL}{subject}", answer, facts.t_ns, stamp_at)
            said += [msgspec.structs.replace(item, evidence=text) for item in news]
        return state, said

    def on_link(
        self, state: LiftState, device: str, down: bool, since_ns: int, t_ns: int, stamp_at: StampAt
    ) -> tuple[LiftState, list[Happening]]:
        """A device's link went down (it failed since `since_ns`) or came up."""
        key = f"D02.{device}"
        known = state.conditions.get(key, Condition())
        if down and known.since_ns is None:
            kept = {**state.conditions, key: msgspec.structs.replace(known, since_ns=since_ns, seen_ns=t_ns)}
            state = msgspec.structs.replace(state, conditions=kept)
        return self._condition(state, key, Answer(down, evidence.link_text(device)), t_ns, stamp_at)

    def _condition(
        self, state: LiftState, key: str, answer: Answer, t_ns: int, stamp_at: StampAt
    ) -> tuple[LiftState, list[Happening]]:
        before = state.conditions.get(key, Condition())
        now, change = conditions.follow(before, answer, t_ns)
        said: list[Happening] = []
        if change is Change.BEGAN and now.since_ns is not None:
            now = msgspec.structs.replace(now, event_id=self._event_id(state.next_event), begin=stamp_at(now.since_ns))
            state = msgspec.structs.replace(state, next_event=state.next_event + 1)
            said = self._event(key, now, Phase.BEGIN, t_ns, None)
        elif change is Change.ENDED:
            said = self._event(key, before, Phase.END, t_ns, stamp_at(t_ns))
        if now == before:
            return state, said
        kept = {**state.conditions, key: now}
        if now == Condition():
            del kept[key]
        return msgspec.structs.replace(state, conditions=kept), said

    def _event(self, key: str, condition: Condition, phase: Phase, t_ns: int, end: Stamp | None) -> list[Happening]:
        if condition.event_id is None or condition.begin is None:
            return []
        held_s = None if condition.since_ns is None else (t_ns - condition.since_ns) / NS
        return [
            Happening(
                event_id=condition.event_id,
                code=key.partition(".")[0],
                phase=phase,
                begin=condition.begin,
                end=end,
                severity=condition.severity,
                confidence=condition.confidence,
                evidence=evidence.held_text(condition.said, held_s),
            )
        ]

    def on_acknowledgement(
        self, state: LiftState, event_id: str, in_zone: bool | None
    ) -> tuple[LiftState, list[Happening]]:
        """The platform has taken the alarm on. An unknown id changes nothing."""
        alarms: list[OpenAlarm] = []
        said: list[Happening] = []
        for alarm in state.alarms:
            now = alarm
            if alarm.event_id == event_id:
                now, phases = lifecycle.acknowledge(alarm)
                said += self._told(now, phases, in_zone)
            if now.phase is not Phase.ENDED:
                alarms.append(now)
        return msgspec.structs.replace(state, alarms=tuple(alarms)), said

    def next_deadline(self, state: LiftState, snapshot: LiftSnapshot) -> int | None:
        """The next instant at which time alone changes something, strictly after the state's own."""
        config, t_ns = self._config, state.t_ns
        facts = facts_of(snapshot, config.entrapment)
        candidates = [
            track.next_deadline(state.track, facts, config.entrapment),
            occupancy.next_deadline(state.occupancy, config.occupancy),
            lifecycle.next_deadline(state.alarms, state.track, config.entrapment),
            entrapment.next_deadline(
                state.entrapment, state.occupancy, config.entrapment, self._lift.full_travel_s, t_ns
            ),
            *self._condition_deadlines(state),
        ]
        return min((at for at in candidates if at is not None and at > t_ns), default=None)

    def _condition_deadlines(self, state: LiftState) -> list[int]:
        due = (condition for condition in state.conditions.values() if condition.event_id is None)
        return [condition.due_ns for condition in due if condition.due_ns is not None]
