"""`liftwarden profile try`: a profile of one's own, live beside the raw words of the device that it describes."""

from typing import Annotated, Final

import typer

from edge_agent.cli.borrow import TakePortOption, free_port
from edge_agent.cli.options import ConfigOption, JsonOption, PeriodOption, SocketOption, examples
from edge_agent.cli.place import place_of
from edge_agent.cli.target import AnswerOption, LineOption, SlaveOption, Target, answers_said

EPILOG: Final = examples(
    "liftwarden profile try my-controller.yaml --port /dev/ttyUSB0",
    "liftwarden profile try my-controller.yaml --port /dev/ttyUSB0 --slave 3 --line '19200 8E1' --seconds 60",
    "liftwarden profile try my-controller.yaml --take-port 10m --json",
)


def try_(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The profile to try. / 配置文件")],
    *,
    port: Annotated[str | None, typer.Option(metavar="PATH", help="A port that nobody holds. / 串口")] = None,
    take_port: TakePortOption = None,
    slave: SlaveOption = None,
    line: LineOption = None,
    option: AnswerOption = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, max=86_400, metavar="S", help="End after so long. / 时长, 秒")
    ] = None,
    period: PeriodOption = 0.5,
    yes: Annotated[bool, typer.Option("--yes", help="Start without asking. / 不再询问")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
    socket: SocketOption = None,
) -> None:
    """Read a device by a profile of one's own; 0 it fits, 3 it does not. / 按设备配置文件实时试读."""
    from edge_agent.cli.profile_try_run import try_profile  # noqa: PLC0415  # `liftwarden --help` must stay light

    place = place_of(context, config, socket)
    free = free_port(place, port, take_port, "profile try")
    target = Target(free.name, file, slave, answers_said(option), free.line if line is None else line)
    try_profile(free, target, period_s=period, seconds=seconds, yes=yes, json=json, lang=place.lang)
