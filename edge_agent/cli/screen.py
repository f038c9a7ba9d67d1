"""The 40-column screen: what a technician in a machine room asks first, one row each, no scrolling."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.cells import cell_len
from rich.text import Text as Styled

from edge_agent.cli import texts
from edge_agent.cli.output import local_time, wrapped
from edge_agent.cli.texts import of, word
from edge_agent.local.views import LiftView, LinkView, Reply
from protocols.language import pick
from protocols.upstream.messages import EventMessage, HealthMessage, ItemView, Phase, SnapshotView

WIDTH: Final = 40
_LABEL_CELLS: Final = 8
_NOT_CONNECTED: Final = "not connected: "
"""How the uplink begins the note that says why; `mqtt_version` stays that of the latest session."""
_GOOD: Final = "green"
_BAD: Final = "bold red"
_DOUBT: Final = "yellow"


def screen(reply: Reply, lang: str) -> list[Styled]:
    """Every lift of the terminal, one block below the other; no line is wider than WIDTH cells."""
    lines: list[Styled] = []
    for lift in reply.lifts:
        lines += _block(lift, reply.health, lang)
    return lines


def _block(lift: LiftView, health: HealthMessage | None, lang: str) -> Iterator[Styled]:
    rows = {
        "floor": _floor(lift.snapshot, lang),
        "doors": _doors(lift.snapshot, lang),
        "mode": _mode(lift.snapshot, lang),
        "people": _people(lift, lang),
        "link": _links(lift.links, lang),
        "alarm": _alarms(lift, lang),
        "upstream": _upstream(health, lang),
        "notes": _notes(health),
    }
    yield _head(lift)
    for name, values in rows.items():
        label = pick(texts.LABELS[name], lang)
        for value in values:
            yield from wrapped(label, value, _LABEL_CELLS, WIDTH)
            label = ""


def _head(lift: LiftView) -> Styled:
    clock = local_time(lift.snapshot.at.wall, "%H:%M:%S")
    room = WIDTH - cell_len(clock) - 1
    name = Styled(lift.lift_id)
    name.truncate(room, pad=True)
    return Styled.assemble(name, " ", clock, style="bold")


def _good(snapshot: SnapshotView, name: str) -> bool | int | float | str | list[str] | None:
    item = snapshot.items.get(name)
    return item.value if item is not None and item.validity == "good" else None


def _doubt(item: ItemView | None, lang: str) -> Styled:
    """Why a value is not known."""
    if item is None:
        return Styled(word("not_reported", lang), style="dim")
    if item.validity == "stale":
        return Styled(word("stale", lang, age=f"{item.age_ms // 1000} s"), style=_DOUBT)
    return Styled(word("implausible" if item.validity == "implausible" else "unknown", lang), style=_DOUBT)


def _floor(snapshot: SnapshotView, lang: str) -> list[Styled]:
    label = snapshot.floor_label
    floor = _doubt(snapshot.items.get("floor"), lang) if label is None else Styled(label, style="bold")
    moving, zone = _good(snapshot, "moving"), _good(snapshot, "door_zone")
    said = [of(texts.MOTION, _motion(snapshot), lang)] if isinstance(moving, bool) else []
    if isinstance(zone, bool):
        said.append(pick(texts.ZONE[zone], lang))
    return [Styled("  ").join([floor, Styled(", ".join(said))]) if said else floor]


def _motion(snapshot: SnapshotView) -> str:
    if _good(snapshot, "moving") is False:
        return "stopped"
    direction = _good(snapshot, "direction")
    return direction if direction in {"up", "down"} and isinstance(direction, str) else "moving"


def _doors(snapshot: SnapshotView, lang: str) -> list[Styled]:
    sides = [side for side in texts.SIDES if any(name.startswith(f"doors.{side}.") for name in snapshot.items)]
    if not sides:
        return [_doubt(None, lang)]
    states = {side: _door(snapshot, side, lang) for side in sides}
    if list(states) == ["front"]:
        return [states["front"]]
    return [Styled.assemble(of(texts.SIDES, side, lang), " ", state) for side, state in states.items()]


def _door(snapshot: SnapshotView, side: str, lang: str) -> Styled:
    opened, closed = _good(snapshot, f"doors.{side}.open"), _good(snapshot, f"doors.{side}.closed")
    state = _DOOR_STATES.get((opened, closed))
    if state is not None:
        return Styled(of(texts.DOORS, state, lang))
    items = (snapshot.items.get(f"doors.{side}.{end}") for end in ("open", "closed"))
    return _doubt(next((item for item in items if item is not None), None), lang)


_DOOR_STATES: Final[dict[tuple[object, object], str]] = {
    (True, False): "open",
    (True, None): "open",
    (False, True): "closed",
    (None, True): "closed",
    (False, False): "between",
    (False, None): "not_open",
    (None, False): "not_closed",
    (True, True): "contradiction",
}
"""What the limits (open, closed) say together; None is an unknown one. Neither limit is the other's opposite."""


def _mode(snapshot: SnapshotView, lang: str) -> list[Styled]:
    mode = _good(snapshot, "mode")
    if not isinstance(mode, str):
        return [_doubt(snapshot.items.get("mode"), lang)]
    return [Styled(of(texts.MODES, mode, lang), style="" if mode == "normal" else _DOUBT)]


def _people(lift: LiftView, lang: str) -> list[Styled]:
    said = [of(texts.PEOPLE, lift.occupancy, lang)]
    person = _good(lift.snapshot, "person")
    if isinstance(person, bool):
        said.append(f"({pick(texts.PERSON_SENSOR[person], lang)})")
    return [Styled(" ".join(said), style=_DOUBT if lift.occupancy == "unknown" else "")]


def _links(links: Sequence[LinkView], lang: str) -> list[Styled]:
    if not links:
        return [Styled(word("none", lang))]
    return [_link(link, lang) for link in links]


def _link(link: LinkView, lang: str) -> Styled:
    state = Styled(of(texts.LINKS, link.state, lang), style=_GOOD if link.state == "up" else _BAD)
    why = f": {link.last_error}" if link.last_error and link.state != "up" else ""
    return Styled.assemble(f"{link.device} {link.slave:02X}h ", state, why)


def _alarms(lift: LiftView, lang: str) -> list[Styled]:
    if lift.open_alarms:
        return [line for alarm in lift.open_alarms for line in _alarm(alarm, lang)]
    if lift.last_alarm is None:
        return [Styled(word("none", lang))]
    return _alarm(lift.last_alarm, lang)[:1]


def _alarm(alarm: EventMessage, lang: str) -> list[Styled]:
    """What, where it stands, since when; then why."""
    over = alarm.phase in {Phase.CLEARED, Phase.ENDED}
    title = f"{alarm.code} {pick(alarm.name, lang)}: {pick(texts.PHASES[alarm.phase], lang)}"
    since = word("since", lang, time=local_time(alarm.begin.wall, "%m-%d %H:%M"))
    return [Styled(f"{title}, {since}", style="" if over else _BAD), Styled(pick(alarm.evidence, lang))]


def _upstream(health: HealthMessage | None, lang: str) -> list[Styled]:
    if health is None:
        return [Styled(word("unknown", lang), style=_DOUBT)]
    refused = [note for note in health.notes if note.startswith(_NOT_CONNECTED)]
    if health.mqtt_version and not refused:
        lines = [Styled(word("connected", lang, version=health.mqtt_version), style=_GOOD)]
    else:
        reasons = [Styled(note.removeprefix(_NOT_CONNECTED)) for note in refused]
        lines = [Styled(word("disconnected", lang), style=_BAD), *reasons]
    if health.undelivered:
        lines.append(Styled(word("waiting", lang, count=health.undelivered), style=_DOUBT))
    if health.unacknowledged_alarms:
        lines.append(Styled(word("unacknowledged", lang, count=health.unacknowledged_alarms), style=_DOUBT))
    if health.delivery_unverified:
        lines.append(Styled(word("unverified", lang), style=_DOUBT))
    return lines


def _notes(health: HealthMessage | None) -> list[Styled]:
    """The rest of what a person should know."""
    notes = [] if health is None else health.notes
    return [Styled(note) for note in notes if not note.startswith(_NOT_CONNECTED)]
