"""`liftwarden events`: what is in the journal, and what comes into it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

import typer
from rich.text import Text as Styled

from edge_agent.cli import texts
from edge_agent.cli.options import ConfigOption, JsonOption, SocketOption, examples
from edge_agent.cli.output import json_line, local_time, show
from edge_agent.cli.place import place_of
from edge_agent.cli.texts import word
from edge_agent.local.client import AgentClient
from edge_agent.local.views import Request
from protocols.language import pick
from protocols.upstream.messages import EventMessage, Phase, Stream

EXAMPLES = examples("liftwarden events", "liftwarden events --limit 5", "liftwarden events --follow --json")
_MOST: Final = 1000
_GLANCE: Final = 20
_LOOK_S: Final = 0.5
_Series = tuple[str, Stream]
"""What numbers are gapless in: a journal's stream."""


def events(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, max=_MOST, metavar="N", help="At most the last N. / 最近 N 条")] = 20,
    follow: Annotated[bool, typer.Option("--follow", help="Then wait for more until Ctrl-C. / 持续跟踪")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
    socket: SocketOption = None,
) -> None:
    """The last alarms and events in the journal, oldest first. / 日志中最近的报警与事件."""
    place = place_of(context, config, socket)
    client = AgentClient(place.agent_socket)
    lang = place.lang
    said = False
    for event in _events(client, limit, follow=follow):
        said = True
        if json:
            json_line(event)
        else:
            show(event_lines(event, lang))
    if not said and not json:
        typer.echo(word("no_events", lang))


def _events(client: AgentClient, limit: int, *, follow: bool) -> Iterator[EventMessage]:
    """The last `limit`; then, each once, those that come. More than _MOST between two looks would be missed."""
    recent = _recent(client, _MOST if follow else limit)
    yield from recent[-limit:]
    seen = _highest(recent)
    while follow:
        time.sleep(_LOOK_S)
        fresh = _fresh(client, _GLANCE, seen)
        if len(fresh) == _GLANCE:  # there may be more behind them
            fresh = _fresh(client, _MOST, seen)
        yield from fresh
        seen |= _highest(fresh)


def _highest(events: Sequence[EventMessage]) -> dict[_Series, int]:
    """The last number of each series among `events`."""
    highest: dict[_Series, int] = {}
    for event in events:
        series = event.journal_id, event.stream
        highest[series] = max(event.seq, highest.get(series, 0))
    return highest


def _fresh(client: AgentClient, limit: int, seen: Mapping[_Series, int]) -> list[EventMessage]:
    """Those of the last `limit` whose number is beyond what was seen of their series."""
    return [event for event in _recent(client, limit) if event.seq > seen.get((event.journal_id, event.stream), 0)]


def _recent(client: AgentClient, limit: int) -> list[EventMessage]:
    """The last `limit` of all streams in the order in which the journal took them, oldest first."""
    return client.ask(Request("events", limit=limit)).events


def event_lines(event: EventMessage, lang: str) -> list[Styled]:
    """When, what, where; then why."""
    style = "bold red" if event.phase is Phase.RAISED else ""
    place = [event.ids.lift_id]
    if event.floor_label is not None:
        place.append(word("floor", lang, label=event.floor_label))
    title = f"{event.code} {pick(event.name, lang)}: {pick(texts.PHASES[event.phase], lang)}"
    when = local_time(event.snapshot.at.wall)
    return [
        Styled.assemble(f"{when}  ", (title, style), f"  ({', '.join(place)})"),
        Styled(f"  {pick(event.evidence, lang)}"),
    ]
