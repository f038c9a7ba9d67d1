"""Why there is, or is not, an alarm right now: each entrapment rule, condition by condition."""

from collections.abc import Sequence
from typing import Final

from edge_agent.clock import NS
from edge_agent.config_types import LiftConfig
from edge_agent.detect.entrapment import Finding, Rule, Stage, asks_to_open
from edge_agent.detect.evidence import occupancy_text
from edge_agent.detect.facts import Facts
from edge_agent.lift_state import LiftState
from edge_agent.local.views import SignalView, WhyView
from edge_agent.state.present import plain
from protocols.lift.catalogue import Catalogue
from protocols.lift.snapshot import Item, LiftSnapshot
from protocols.upstream.messages import Text, Trapped

_NS_PER_MS: Final = 1_000_000
_RULES_TITLE: Final = {
    Rule.BETWEEN_FLOORS: Text("停在楼层之间", "stopped between floors"),
    Rule.AT_LANDING: Text("平层不开门", "at a landing, doors do not open"),
    Rule.BACKSTOP: Text("轿内指令后长时间未开门", "long without a door opening after a car call"),
    Rule.CONTROLLER: Text("控制器报告困人", "the controller reports trapped people"),
}


def _signal(name: str, item: Item[object], now_ns: int, needs: str, holds: bool | None) -> SignalView:
    age_ms = item.age_ns(now_ns) // _NS_PER_MS if item.source else None
    shown = plain(item.value)
    value = item.validity.value if item.known is None else str(shown).lower()
    return SignalView(name=name, value=value, age_ms=age_ms, needs=needs, holds=holds)


def _people(state: LiftState, holds: bool | None, needs: str) -> SignalView:
    level = state.occupancy.level
    reasons = ", ".join(kind.value for kind in state.occupancy.evidence)
    return SignalView("occupied", f"{level.value} ({reasons})" if reasons else level.value, None, needs, holds)


def _standing(snapshot: LiftSnapshot, facts: Facts) -> list[SignalView]:
    now_ns = facts.t_ns
    return [
        _signal("moving", snapshot.moving, now_ns, "false", facts.stationary),  # type: ignore[arg-type]
        _signal("speed_mps", snapshot.speed_mps, now_ns, "~0", facts.stationary),  # type: ignore[arg-type]
    ]


def _between(state: LiftState, snapshot: LiftSnapshot, facts: Facts) -> list[SignalView]:
    outside = None if facts.in_zone is None else not facts.in_zone
    return [
        *_standing(snapshot, facts),
        _signal("door_zone", snapshot.door_zone, facts.t_ns, "false", outside),  # type: ignore[arg-type]
        _people(state, state.occupancy.level is not Trapped.NO, "yes, unknown"),
    ]


def _landing(state: LiftState, snapshot: LiftSnapshot, facts: Facts) -> list[SignalView]:
    opened = state.track.opened_here
    wanted = state.occupancy.level is Trapped.YES or (
        state.occupancy.level is Trapped.UNKNOWN and asks_to_open(snapshot, state.occupancy)
    )
    shown = "unknown" if opened is None else str(opened).lower()
    return [
        *_standing(snapshot, facts),
        _signal("door_zone", snapshot.door_zone, facts.t_ns, "true", facts.in_zone),  # type: ignore[arg-type]
        SignalView("opened_here", shown, None, "false", None if opened is None else not opened),
        _people(state, wanted, "yes; unknown + call, fault, button"),
    ]


def _backstop(state: LiftState) -> list[SignalView]:
    begun = state.occupancy.trip_call
    return [SignalView("car_call_trip_unopened", str(begun).lower(), None, "true", begun)]


def _signals(rule: Rule, state: LiftState, snapshot: LiftSnapshot, facts: Facts) -> list[SignalView]:
    if rule is Rule.BETWEEN_FLOORS:
        return _between(state, snapshot, facts)
    if rule is Rule.AT_LANDING:
        return _landing(state, snapshot, facts)
    return _backstop(state) if rule is Rule.BACKSTOP else []


def _verdict(finding: Finding, signals: Sequence[SignalView], state: LiftState) -> Text:
    people = occupancy_text(state.occupancy)
    if finding.stage is Stage.RAISE:
        return Text(f"成立: {people.zh}", f"true: {people.en}")
    wrong = [signal.name for signal in signals if signal.holds is False]
    if wrong:
        return Text(f"不成立, 因为 {', '.join(wrong)}", f"not true, because of {', '.join(wrong)}")
    unknown = [signal.name for signal in signals if signal.holds is None]
    if unknown:
        return Text(f"无法判断: {', '.join(unknown)} 未知", f"cannot tell: {', '.join(unknown)} unknown")
    return Text(f"正在计时; {people.zh}", f"counting; {people.en}")


def why(
    lift: LiftConfig,
    catalogue: Catalogue,
    state: LiftState,
    snapshot: LiftSnapshot,
    facts: Facts,
    findings: Sequence[Finding],
) -> list[WhyView]:
    """One view per rule, in the order the rules are asked."""
    views: list[WhyView] = []
    for finding in findings:
        signals = _signals(finding.rule, state, snapshot, facts)
        counting = finding.elapsed_ns > 0 and all(signal.holds for signal in signals)
        title, name = _RULES_TITLE[finding.rule], catalogue[finding.code].name
        views.append(
            WhyView(
                lift_id=lift.id,
                code=finding.code,
                name=Text(f"{name.zh}: {title.zh}", f"{name.en}: {title.en}"),
                phase=finding.stage.value,
                since_s=finding.elapsed_ns / NS if counting else None,
                raises_in_s=max(0.0, (finding.limit_ns - finding.elapsed_ns) / NS) if counting else None,
                verdict=_verdict(finding, signals, state),
                signals=signals,
            )
        )
    return views
