"""`liftwarden diag`: registers, raw words beside their meaning, through the running agent or straight on a port.

There is one master on the bus: while the agent runs, a command never opens its port but asks the agent.
"""

from collections.abc import Generator
from contextlib import closing
from typing import Final

import msgspec
import typer

from edge_agent.cli import doctor, link, scan, sniff
from edge_agent.cli.options import ConfigOption, JsonOption, PeriodOption, SocketOption, examples
from edge_agent.cli.output import FAILED, fail, is_terminal, show, show_live
from edge_agent.cli.place import Place, place_of
from edge_agent.cli.registers import Look, changes, frames, json_rows, look_lines
from edge_agent.cli.target import (
    AnswerOption,
    LineOption,
    PortOption,
    ProfileOption,
    SlaveOption,
    Target,
    YesOption,
    target_of,
)
from edge_agent.cli.texts import word
from edge_agent.local.client import AgentClient
from edge_agent.local.views import Request

app = typer.Typer(help="Registers, links, the line itself. / 诊断: 寄存器, 链路, 线路", no_args_is_help=True)
app.command(epilog=link.EPILOG)(link.link)
app.command(epilog=doctor.EPILOG)(doctor.doctor)
app.command(epilog=scan.EPILOG)(scan.scan)
app.command(epilog=sniff.EPILOG)(sniff.sniff)

_STRAIGHT: Final = "--port /dev/ttyUSB0 --profile stm32-lift-sensor --option door_switch=open_end"


@app.command(
    epilog=examples("liftwarden diag read", "liftwarden diag read --json", f"liftwarden diag read {_STRAIGHT}")
)
def read(
    context: typer.Context,
    *,
    port: PortOption = None,
    profile: ProfileOption = None,
    slave: SlaveOption = None,
    option: AnswerOption = None,
    line: LineOption = None,
    yes: YesOption = False,
    json: JsonOption = False,
    config: ConfigOption = None,
    socket: SocketOption = None,
) -> None:
    """Every register once. / 读取一次全部寄存器."""
    place = place_of(context, config, socket)
    (look,) = _looks(place, target_of(port, profile, slave, option, line, agreed=yes), None)
    if not look.rows and not look.problems:
        raise fail(word("nothing_read", place.lang))
    rows_only = msgspec.structs.replace(look, problems=())
    if json:
        json_rows(rows_only)
    else:
        show(look_lines(rows_only))
    for problem in look.problems:
        typer.echo(problem, err=True)
    if look.problems:
        raise typer.Exit(FAILED)


@app.command(
    epilog=examples("liftwarden diag watch", "liftwarden diag watch --json", f"liftwarden diag watch {_STRAIGHT}")
)
def watch(
    context: typer.Context,
    *,
    port: PortOption = None,
    profile: ProfileOption = None,
    slave: SlaveOption = None,
    option: AnswerOption = None,
    line: LineOption = None,
    yes: YesOption = False,
    period: PeriodOption = 0.5,
    json: JsonOption = False,
    config: ConfigOption = None,
    socket: SocketOption = None,
) -> None:
    """Every register, then each change, until Ctrl-C. / 持续监视寄存器变化."""
    place = place_of(context, config, socket)
    with closing(_looks(place, target_of(port, profile, slave, option, line, agreed=yes), period)) as looks:
        if json:
            for look in changes(looks):
                json_rows(look)
        elif is_terminal():
            show_live(frames(looks))
        else:
            for look in changes(looks):
                show(look_lines(look))


def _looks(place: Place, target: Target | None, period_s: float | None) -> Generator[Look, None, None]:
    """One look; with a period, looks without end."""
    if target is not None:
        from edge_agent.cli.direct import looks  # noqa: PLC0415  # `liftwarden --help` must stay light

        yield from looks(target, period_s, place.lang)
        return
    client = AgentClient(place.agent_socket)
    if period_s is None:
        yield Look(client.ask(Request("read")).registers)
        return
    for reply in client.stream(Request("watch", period_s=period_s)):
        yield Look(reply.registers)
