"""`liftwarden diag sniff`: what is said on a line, as it comes, without ever sending a byte."""

from pathlib import Path
from typing import Annotated, Final

import typer

from edge_agent.cli.borrow import TakePortOption, serial_port
from edge_agent.cli.options import ConfigOption, JsonOption, SocketOption, examples
from edge_agent.cli.place import place_of

EPILOG: Final = examples(
    "liftwarden diag sniff --port /dev/ttyUSB0 --line '9600 8N1'",
    "liftwarden diag sniff --port /dev/ttyUSB0 --write bus.pcapng",
    "liftwarden diag sniff --take-port 10m --seconds 60 --json",
)


def sniff(
    context: typer.Context,
    *,
    port: Annotated[str | None, typer.Option(metavar="PATH", help="A port that nobody holds. / 串口")] = None,
    take_port: TakePortOption = None,
    line: Annotated[
        str | None, typer.Option(metavar="LINE", help="As in '9600 8N1', which is the default. / 线路参数")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, max=86_400, metavar="S", help="End after so long. / 监听时长, 秒")
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(metavar="FILE", readable=False, help="Capture for Wireshark, pcapng. / 抓包文件"),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Start without asking. / 不再询问")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
    socket: SocketOption = None,
) -> None:
    """Requests and answers as they come; only listens. / 被动监听: 请求, 应答与异常."""
    from edge_agent.cli.sniff_run import listen  # noqa: PLC0415  # `liftwarden --help` must stay light
    from edge_agent.diagnose.pcapng import check_new  # noqa: PLC0415

    if write is not None:
        check_new(write)
    place = place_of(context, config, socket)
    free = serial_port(place, port, take_port, "diag sniff")
    listen(free, line, seconds, write, yes=yes, lang=place.lang, json=json)
