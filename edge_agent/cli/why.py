"""`liftwarden why`: why there is, or is not, an alarm right now, rule by rule and signal by signal."""

from collections.abc import Iterator, Sequence
from typing import Final

import typer
from rich.cells import cell_len
from rich.text import Text as Styled

from edge_agent.cli import texts
from edge_agent.cli.options import ConfigOption, JsonOption, SocketOption, examples
from edge_agent.cli.output import json_line, show
from edge_agent.cli.place import place_of
from edge_agent.cli.texts import of, word
from edge_agent.local.client import AgentClient
from edge_agent.local.views import Request, SignalView, WhyView
from protocols.language import pick

EXAMPLES = examples("liftwarden why", "liftwarden why --json")
_STYLES: Final = {True: "green", False: "red", None: "yellow"}
_MARK_CELLS: Final = 5


def why(
    context: typer.Context, *, json: JsonOption = False, config: ConfigOption = None, socket: SocketOption = None
) -> None:
    """Why there is, or is not, an alarm right now, signal by signal. / 当前为什么报警或不报警."""
    place = place_of(context, config, socket)
    views = AgentClient(place.agent_socket).ask(Request("why")).why
    if json:
        for view in views:
            json_line(view)
    else:
        show(why_lines(views, place.lang))


def why_lines(views: Sequence[WhyView], lang: str) -> Iterator[Styled]:
    """Per rule: its name, what it comes to, then each signal with what the rule needs of it."""
    for number, view in enumerate(views):
        if number:
            yield Styled("")
        yield Styled(f"{view.lift_id} {view.code} {pick(view.name, lang)}", style="bold")
        yield _verdict(view, lang)
        for signal in view.signals:
            yield _signal(signal, lang)


def _verdict(view: WhyView, lang: str) -> Styled:
    phase = (of(texts.RULE_PHASES, view.phase, lang), "" if view.phase == "idle" else "bold red")
    soon = "" if not view.raises_in_s else f", {word('alarm_in', lang, seconds=f'{view.raises_in_s:.0f}')}"
    return Styled.assemble("  ", phase, f": {pick(view.verdict, lang)}{soon}")


def _signal(signal: SignalView, lang: str) -> Styled:
    mark = pick(texts.HOLDS[signal.holds], lang)
    age = "" if signal.age_ms is None else f", {signal.age_ms / 1000:.1f} s"
    return Styled.assemble(
        "  ",
        (mark, _STYLES[signal.holds]),
        " " * (_MARK_CELLS - cell_len(mark)),
        f"{signal.name} = {signal.value} ({word('needs', lang)} {signal.needs}{age})",
    )
