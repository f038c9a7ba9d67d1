"""`liftwarden` alone: ask the agent for its screen, once or again and again."""

import time
from collections.abc import Iterator

from edge_agent.cli.output import json_line, show, show_live
from edge_agent.cli.place import Place
from edge_agent.cli.screen import screen
from edge_agent.local.client import AgentClient
from edge_agent.local.views import Reply, Request


def look(place: Place, period_s: float | None, *, json: bool) -> None:
    """Show the screen; with a period, keep it up to date until the agent goes away or Ctrl-C."""
    looks = _looks(AgentClient(place.agent_socket), period_s)
    if json:
        for reply in looks:
            json_line({"lifts": reply.lifts, "health": reply.health})
        return
    frames = (screen(reply, place.lang) for reply in looks)
    if period_s is None:
        show(next(frames))
    else:
        show_live(frames)


def _looks(client: AgentClient, period_s: float | None) -> Iterator[Reply]:
    yield client.ask(Request("screen"))
    while period_s is not None:
        time.sleep(period_s)
        yield client.ask(Request("screen"))
