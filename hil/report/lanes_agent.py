"""The lanes of the agent: its process, what it told a subscriber, and the life of each alarm."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from hil.report.lane import Group, Lane, Span, Tone, grouped, mark
from hil.trace import Lane as Source
from hil.trace import Record, Trace
from protocols.upstream.messages import Phase, Text


def agent_lanes(trace: Trace) -> Iterator[Lane]:
    """Its process, whether the platform sees it, its links as it tells them."""
    records = list(trace.of(Source.AGENT))
    marks = [mark(one, tone=Tone.BAD if one.name in ("killed", "ended") else Tone.PLAIN) for one in records]
    life = [(one.t_ns, "running" if one.name == "started" else "", one) for one in records if one.name in _LIFE]
    runs = _states(life, trace)
    if records:
        yield Lane(id="agent", group=Group.AGENT, title=Text("终端进程", "Agent"), spans=runs, marks=marks)
    health = [(one.t_ns, _online(one), one) for one in trace.of(Source.MQTT, "health")]
    if health:
        title = Text("平台所见", "As the platform sees it")
        yield Lane(id="online", group=Group.AGENT, title=title, spans=_states(health, trace))
    links: dict[str, list[tuple[int, str, Record]]] = {}
    for one in trace.of(Source.MQTT, "state"):
        for device, state in _dict(_payload(one).get("link")).items():
            links.setdefault(_owned(one, device), []).append((one.t_ns, str(state), one))
    for device, states in links.items():
        title = Text(f"链路: {device}", f"Link: {device}")
        yield Lane(id=f"link-{device}", group=Group.AGENT, title=title, spans=_states(states, trace))


_LIFE: Final = frozenset({"started", "stopped", "killed", "ended"})
_STATE_TONES: Final = {
    "running": Tone.GOOD,
    "online": Tone.GOOD,
    "up": Tone.GOOD,
    "degraded": Tone.WAIT,
    "probing": Tone.WAIT,
    "offline": Tone.BAD,
    "down": Tone.BAD,
}


def _online(one: Record) -> str:
    return "online" if _payload(one).get("online") else "offline"


def _owned(one: Record, device: str) -> str:
    """Devices are numbered within their lift."""
    lift = _dict(_payload(one).get("ids")).get("lift_id", "")
    return f"{lift} {device}"


def _states(seen: Iterable[tuple[int, str, Record]], trace: Trace) -> list[Span]:
    """Spans of the same state; "" is none. The first record of each is its data."""
    spans: list[Span] = []
    since_ns, state, first = 0, "", None
    for t_ns, now, one in seen:
        if now != state:
            if first is not None and state:
                spans.append(Span(since_ns, t_ns, state, _STATE_TONES.get(state, Tone.PLAIN), first.data))
            since_ns, state, first = t_ns, now, one
    if first is not None and state:
        spans.append(Span(since_ns, trace.end_ns, state, _STATE_TONES.get(state, Tone.PLAIN), first.data))
    return spans


def mqtt_lanes(trace: Trace) -> Iterator[Lane]:
    """A lane for each kind of message."""
    for name, records in grouped(trace.of(Source.MQTT), lambda one: one.name).items():
        marks = [mark(one, label=_message(one)) for one in records]
        yield Lane(id=f"mqtt-{name}", group=Group.MQTT, title=Text(f"MQTT: {name}", f"MQTT: {name}"), marks=marks)


def _message(one: Record) -> str:
    payload = _payload(one)
    words = [payload.get("code"), payload.get("phase"), payload.get("kind")]
    return " ".join(str(word) for word in words if word) or one.name


def alarm_lanes(trace: Trace) -> Iterator[Lane]:
    """A lane for each happening that was told: raised, acknowledged, cleared, until it ended."""
    told = (one for one in trace.of(Source.MQTT) if one.name in ("alarm", "event") and _payload(one).get("event_id"))
    for event, records in grouped(told, lambda one: str(_payload(one)["event_id"])).items():
        first = _payload(records[0])
        code, lift = str(first.get("code", "")), str(_dict(first.get("ids")).get("lift_id", ""))
        name = _dict(first.get("name"))
        title = Text(f"{code} {name.get('zh', '')} {lift}", f"{code} {name.get('en', '')}, {lift}")
        yield Lane(id=f"alarm-{event}", group=Group.ALARMS, title=title, spans=_phases(records, trace))


_PHASE_TONES: Final = {
    Phase.RAISED.value: Tone.BAD,
    Phase.ACKNOWLEDGED.value: Tone.WAIT,
    Phase.CLEARED.value: Tone.GOOD,
    Phase.BEGIN.value: Tone.WAIT,
}


def _phases(records: list[Record], trace: Trace) -> list[Span]:
    """From each phase's first message to the next phase's; what has ended is a point."""
    firsts = {str(_payload(one).get("phase", "")): one for one in reversed(records)}
    steps = sorted(firsts.items(), key=lambda step: step[1].t_ns)
    ends = [*(one.t_ns for _, one in steps[1:]), trace.end_ns]
    return [
        Span(
            one.t_ns,
            one.t_ns if phase in (Phase.ENDED.value, Phase.END.value) else end_ns,
            phase,
            _PHASE_TONES.get(phase, Tone.PLAIN),
            one.data,
        )
        for (phase, one), end_ns in zip(steps, ends, strict=True)
    ]


def _payload(one: Record) -> dict[str, Any]:
    return _dict(one.fields.get("payload"))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
