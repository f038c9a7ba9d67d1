"""`liftwarden diag scan`: speed, format and slaves of a line that nobody knows, after a clear yes."""

from typing import Annotated, Final

import typer

from edge_agent.cli.borrow import TakePortOption, serial_port
from edge_agent.cli.options import ConfigOption, JsonOption, SocketOption, examples
from edge_agent.cli.place import place_of

EPILOG: Final = examples(
    "liftwarden diag scan --port /dev/ttyUSB0",
    "liftwarden diag scan --port /dev/ttyUSB0 --slaves 1-10,247 --bauds 9600,19200 --parity N,E",
    "liftwarden diag scan --take-port 10m --yes --json",
)


def scan(
    context: typer.Context,
    *,
    port: Annotated[str | None, typer.Option(metavar="PATH", help="A port that nobody holds. / 串口")] = None,
    take_port: TakePortOption = None,
    slaves: Annotated[str, typer.Option(metavar="N-N", help="Addresses, as in 1,3,10-20. / 从站地址")] = "1-247",
    bauds: Annotated[
        str | None, typer.Option(metavar="BD,BD", help="Speeds; default: all usual ones. / 波特率")
    ] = None,
    parity: Annotated[str, typer.Option(metavar="N,E,O", help="Parities to try. / 校验")] = "N,E,O",
    yes: Annotated[bool, typer.Option("--yes", help="Start without asking. / 不再询问")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Ask beside another master; both will suffer. / 有其他主站时仍扫描")
    ] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
    socket: SocketOption = None,
) -> None:
    """Find speed, format and slaves; sends reads on a live bus, so it asks first. / 扫描线路参数与从站."""
    from edge_agent.cli.scan_run import chosen_of, scan_port  # noqa: PLC0415  # `liftwarden --help` must stay light

    chosen = chosen_of(slaves, bauds, parity)
    place = place_of(context, config, socket)
    free = serial_port(place, port, take_port, "diag scan")
    scan_port(free, chosen, yes=yes, force=force, json=json, lang=place.lang)
