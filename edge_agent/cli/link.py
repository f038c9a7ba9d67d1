"""`liftwarden diag link`: what the link to each device is worth, and everything that was counted on the wire."""

from collections.abc import Iterator
from typing import Final

import typer
from rich.text import Text as Styled

from edge_agent.cli import texts
from edge_agent.cli.options import ConfigOption, JsonOption, SocketOption, examples
from edge_agent.cli.output import FAILED, folded, json_line, show
from edge_agent.cli.place import place_of
from edge_agent.cli.texts import of, word
from edge_agent.local.client import AgentClient
from edge_agent.local.views import LinkView, Request

_BAR_CELLS: Final = 16
_LABEL_CELLS: Final = 12
_GOOD: Final = "green"
_BAD: Final = "bold red"
_DOUBT: Final = "yellow"
_STYLES: Final = {"up": _GOOD, "degraded": _DOUBT, "paused": _DOUBT, "probing": _DOUBT}

EPILOG: Final = examples("liftwarden diag link", "liftwarden diag link --json")


def link(
    context: typer.Context,
    *,
    json: JsonOption = False,
    config: ConfigOption = None,
    socket: SocketOption = None,
) -> None:
    """Each device's link: state, counters, latency; exit code 1 if one is not up. / 链路状态与计数."""
    place = place_of(context, config, socket)
    reply = AgentClient(place.agent_socket).ask(Request("screen"))
    links = [view for lift in reply.lifts for view in lift.links]
    if json:
        for view in links:
            json_line(view)
    else:
        show(line for view in links for line in _lines(view, place.lang))
    if any(view.state != "up" for view in links):
        raise typer.Exit(FAILED)


def _lines(view: LinkView, lang: str) -> Iterator[Styled]:
    state = Styled(of(texts.LINKS, view.state, lang), style=_STYLES.get(view.state, _BAD))
    yield Styled.assemble((f"{view.device} ", "bold"), f"{view.slave:02X}h ", state)
    yield Styled(f"  {view.profile}")
    for name, count in view.counters.items():
        if count or name == "ok":
            yield Styled(f"  {count:>9}  {name}")
    yield from _histogram(view.latencies, lang)
    if view.last_error:
        yield from folded(f"{word('last_error', lang)}: {view.last_error}", lead="  ")


def _histogram(latencies: dict[str, int], lang: str) -> Iterator[Styled]:
    if not latencies:
        return
    yield Styled(f"  {word('latency', lang)}:")
    most = max(latencies.values())
    for edge, count in latencies.items():
        bar = "#" * max(1, round(_BAR_CELLS * count / most))
        yield Styled(f"  {edge:>{_LABEL_CELLS}}  {bar} {count}")
