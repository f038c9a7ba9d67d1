"""`liftwarden diag doctor`: what is wrong with a link, by a guided series of probes."""

from typing import Annotated, Final

import typer

from edge_agent.cli.borrow import TakePortOption, serial_port
from edge_agent.cli.options import ConfigOption, JsonOption, SocketOption, examples
from edge_agent.cli.place import place_of
from edge_agent.cli.target import LineOption, ProfileOption, SlaveOption

EPILOG: Final = examples(
    "liftwarden diag doctor --port /dev/ttyUSB0 --profile stm32-lift-sensor",
    "liftwarden diag doctor --port /dev/ttyUSB0 --slave 3 --line '19200 8E1'",
    "liftwarden diag doctor --take-port 10m --json",
)


def doctor(
    context: typer.Context,
    *,
    port: Annotated[str | None, typer.Option(metavar="PATH", help="A port that nobody holds. / 串口")] = None,
    take_port: TakePortOption = None,
    profile: ProfileOption = None,
    slave: SlaveOption = None,
    line: LineOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Start without asking. / 不再询问")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
    socket: SocketOption = None,
) -> None:
    """What is wrong with a link: probes, at most three requests to you, causes. / 链路诊断: 找出故障原因."""
    from edge_agent.cli.doctor_run import examine  # noqa: PLC0415  # `liftwarden --help` must stay light

    place = place_of(context, config, socket)
    free = serial_port(place, port, take_port, "diag doctor")
    examine(free, profile, slave, line, yes=yes, json=json, lang=place.lang)
